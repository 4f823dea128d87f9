"""The page that a run ends with: its table, its figures, and an explorer of its alignments."""

from visualize.report.page import write_report as write_report

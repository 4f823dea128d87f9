"""Pages of runs and of any models: a table, figures, and an explorer of alignments."""

from visualize.report.models_page import write_models_report as write_models_report
from visualize.report.run_page import write_report as write_report
from visualize.report.whole_run import draw_everything as draw_everything

"""Conventions in which correct forced aligners differ."""

from dataclasses import replace

from refkd.verify.ctc.conventions import CONVENTIONS as CTC
from refkd.verify.kit import Convention

SHARED = ("dtype", "layout", "input", "labels", "blank")  # the same arguments as CTC losses
BUGS = {"dtype": "A11", "input": "A15", "labels": "A9", "blank": "A10"}

CONVENTIONS = (
    *(
        replace(convention, bug=BUGS.get(convention.name, ""))
        for convention in CTC
        if convention.name in SHARED
    ),
    Convention(
        "alignment",
        {
            "frames": "the class of each frame, blanks included",
            "spans": "rows (utterance, label, start, end)",
        },
        "answer",
    ),
    Convention(
        "end",
        {"exclusive": "spans end before `end`", "inclusive": "spans end with `end`"},
        "answer", bug="A2",
    ),
    Convention(
        "blanks",
        {"left_out": "spans of labels only", "kept": "blanks are spans, too"},
        "answer", bug="A5",
    ),
    Convention(
        "scores",
        {
            "log_prob": "log-probability of a frame; of a span, the mean of its frames",
            "sum": "log-probability of a span, the sum of its frames",
            "prob": "probability of a frame; of a span, the mean of its frames",
            "total": "log-probability of the whole path",
            "none": "none are returned",
        },
        "answer", bug="A4",
    ),
)  # fmt: skip

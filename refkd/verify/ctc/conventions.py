"""What CTC implementations do differently and are right about."""

from refkd.verify.kit import Convention, of_dtype

LAYOUTS = {"TNK": (0, 1, 2), "NTK": (1, 0, 2), "NKT": (1, 2, 0)}  # axes of (T, N, K)
BASES = {"e": "natural", "2": "to base 2", "10": "to base 10"}
REDUCED = ("sum", "mean", "mean_by_label")  # one number for the batch

LAYOUT = Convention(
    "layout",
    {"TNK": "(T, N, K): time first", "NTK": "(N, T, K): batch first", "NKT": "(N, K, T)"},
    "call",
)
CONVENTIONS = (
    of_dtype("V10"),
    LAYOUT,
    Convention(
        "input",
        {
            "logits": "logits, normalised by the implementation",
            "log_probs": "log-probabilities, not normalised again",
            "probs": "probabilities",
        },
        "call", bug="V9",
    ),
    Convention(
        "labels", {"padded": "padded to (N, L)", "flat": "one after the other in one row"},
        "call", bug="V3",
    ),
    Convention(
        "blank",
        {
            "argument": "the argument blank",
            "first": "class 0, whatever the argument is",
            "last": "class K-1, whatever the argument is",
        },
        "call", bug="V4",
    ),
    Convention("log", BASES, "answer", bug="V13"),
    Convention(
        "reduction",
        {
            "none": "none, one loss for each utterance",
            "sum": "sum over the batch",
            "mean": "mean over the batch",
            "mean_by_label": "each divided by its number of labels, then the mean",
            "per_label": "each divided by its number of labels",
            "per_frame": "each divided by its number of frames",
        },
        "answer", bug="V13",
    ),
    Convention(
        "grad_of",
        {
            "logits": "in the logits (rows sum to 0)",
            "log_probs": "in the log-probabilities (rows sum to -1)",
            "probs": "in the probabilities",
            "none": "none is returned",
            "ignored": "not compared",
        },
        "answer", bug="G1", searched=("logits", "log_probs", "probs", "none"),
    ),
    Convention(
        "infeasible",
        {
            "inf": "loss inf",
            "zero": "loss 0",
            "large": "a large finite loss",
            "raise": "refused",
        },
        "later", bug="V8",
    ),
    Convention(
        "label_padding",
        {
            "any": "may hold anything",
            "blank": "must hold the blank",
            "zero": "must hold 0",
            "minus_one": "must hold -1",
        },
        "later", bug="V3",
    ),
)  # fmt: skip

"""First states are left out, exchanged, or those of another utterance."""

import numpy as np

from refkd.verify.lstm.plain import PlainLSTM


class FirstStateReplaced(PlainLSTM):
    bug = "L13"

    def __init__(self, words, **replaced):
        self.words = words
        self.replaced = replaced

    def take(self, given):
        return given | {name: make(given) for name, make in self.replaced.items()}


class FirstStatesMixed(FirstStateReplaced):
    square = True


class FirstStateCarriedOver(PlainLSTM):
    bug = "L13"
    words = "an utterance starts in the last state of the one before"

    def take(self, given):
        return given | {name: given[name].copy() for name in ("h0", "c0")}

    def utterance(self, n, walk, given):
        found = super().utterance(n, walk, given)
        for name, last in (("h0", "h_last"), ("c0", "c_last")):
            given[name][n + 1 : n + 2] = found[last]
        return found


class FirstStateIgnoredByGradient(PlainLSTM):
    bug = "L13"
    words = "the gradient takes the first cell state for zero"

    def backward(self, run, d_hidden, d_h, d_c, given):
        run.c[0] = 0.0
        return super().backward(run, d_hidden, d_h, d_c, given)


DEFECTS = (
    FirstStateReplaced(
        "h0 and c0 are left out",
        h0=lambda given: np.zeros_like(given["h0"]),
        c0=lambda given: np.zeros_like(given["c0"]),
    ),
    FirstStateReplaced("h0 is left out", h0=lambda given: np.zeros_like(given["h0"])),
    FirstStateReplaced("c0 is left out", c0=lambda given: np.zeros_like(given["c0"])),
    FirstStatesMixed(
        "h0 and c0 are exchanged", h0=lambda given: given["c0"], c0=lambda given: given["h0"]
    ),
    FirstStatesMixed("h0 stands for c0, too", c0=lambda given: given["h0"]),
    FirstStateReplaced(
        "the first states of the first utterance are used for all",
        h0=lambda given: np.broadcast_to(given["h0"][:1], given["h0"].shape),
        c0=lambda given: np.broadcast_to(given["c0"][:1], given["c0"].shape),
    ),
    FirstStateReplaced(
        "h0 of the first utterance is used for all",
        h0=lambda given: np.broadcast_to(given["h0"][:1], given["h0"].shape),
    ),
    FirstStateReplaced(
        "c0 of the first utterance is used for all",
        c0=lambda given: np.broadcast_to(given["c0"][:1], given["c0"].shape),
    ),
    FirstStateCarriedOver(),
    FirstStateIgnoredByGradient(),
)

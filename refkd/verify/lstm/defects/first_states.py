"""First states are left out, exchanged, or those of another utterance."""

from operator import itemgetter

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.lstm.defects.replaced import ArgumentsReplaced
from refkd.verify.lstm.plain import PlainLSTM

DEFECTS = Defects(PlainLSTM)


class FirstStatesMixed(ArgumentsReplaced):
    square = True


class FirstStateCarriedOver(PlainLSTM):
    bug = "L13"
    words = "an utterance starts in the last state of the one before"

    def preprocess(self, arguments):
        return arguments | {name: arguments[name].copy() for name in ("h0", "c0")}

    def utterance(self, n, walk, arguments):
        results = super().utterance(n, walk, arguments)
        for name, last in (("h0", "h_last"), ("c0", "c_last")):
            arguments[name][n + 1 : n + 2] = results[last]
        return results


def zero(name):
    return lambda arguments: np.zeros_like(arguments[name])


def of_the_first(name):
    return lambda arguments: np.broadcast_to(arguments[name][:1], arguments[name].shape)


DEFECTS.rows(
    ArgumentsReplaced("L13", "h0 and c0 are left out", h0=zero("h0"), c0=zero("c0")),
    ArgumentsReplaced("L13", "h0 is left out", h0=zero("h0")),
    ArgumentsReplaced("L13", "c0 is left out", c0=zero("c0")),
    FirstStatesMixed("L13", "h0 and c0 are exchanged", h0=itemgetter("c0"), c0=itemgetter("h0")),
    FirstStatesMixed("L13", "h0 stands for c0, too", c0=itemgetter("h0")),
    ArgumentsReplaced(
        "L13",
        "the first states of the first utterance are used for all",
        h0=of_the_first("h0"),
        c0=of_the_first("c0"),
    ),
    ArgumentsReplaced("L13", "h0 of the first utterance is used for all", h0=of_the_first("h0")),
    ArgumentsReplaced("L13", "c0 of the first utterance is used for all", c0=of_the_first("c0")),
    FirstStateCarriedOver(),
)


@DEFECTS.step("backward", "L13", "the gradient takes the first cell state for zero")
def first_state_ignored_by_gradient(self, run, d_hidden, d_h, d_c, arguments):
    run.c[0] = 0.0
    return PlainLSTM.backward(self, run, d_hidden, d_h, d_c, arguments)

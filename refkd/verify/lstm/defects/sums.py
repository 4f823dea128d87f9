"""Gradients of the weights are not added up over frames and utterances."""

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.lstm.plain import PlainLSTM

DEFECTS = Defects(PlainLSTM)


class SumsOfOneStep(PlainLSTM):
    bug = "L7"

    def __init__(self, words, rows, *right):
        self.words = words
        self.rows, self.right = rows, right

    def sums(self, run, d_a):
        selected = np.zeros_like(d_a)
        selected[self.rows] = d_a[self.rows]
        right = super().sums(run, d_a)
        return super().sums(run, selected) | {name: right[name] for name in self.right}


class OneUtterance(PlainLSTM):
    bug = "L7"

    def __init__(self, words, n):
        self.words = words
        self.n = n

    def total(self, parts, arguments):
        return parts[self.n]


class DividedBy(PlainLSTM):
    bug = "L7"

    def __init__(self, words, divisor):
        self.words = words
        self.divisor = divisor

    def total(self, parts, arguments):
        return super().total(parts, arguments) / self.divisor(arguments)


DEFECTS.rows(
    SumsOfOneStep("gradients of the weights are those of the last step only", slice(-1, None)),
    SumsOfOneStep("gradients of the weights are those of the first step only", slice(0, 1)),
    SumsOfOneStep(
        "gradients of the two matrices are those of the last step only", slice(-1, None), "d_bias"
    ),
    SumsOfOneStep(
        "gradients of the two matrices are those of the first step only", slice(0, 1), "d_bias"
    ),
    SumsOfOneStep("gradients of the weights leave out the first step", slice(1, None)),
    SumsOfOneStep("gradients of the weights leave out the last step", slice(0, -1)),
)


@DEFECTS.step(
    "sums", "L7", "the gradient of w_hidden uses h of the same step, not of the step before"
)
def recurrent_sum_lags(self, run, d_a):
    return PlainLSTM.sums(self, run, d_a) | {"d_w_hidden": run.h[1:].T @ d_a}


@DEFECTS.step("sums", "L7", "the gradient of w_hidden leaves out the first step, h0")
def recurrent_sum_without_first(self, run, d_a):
    return PlainLSTM.sums(self, run, d_a) | {"d_w_hidden": run.h[1:-1].T @ d_a[1:]}


DEFECTS.rows(
    OneUtterance("gradients of the weights are those of the last utterance only", -1),
    OneUtterance("gradients of the weights are those of the first utterance only", 0),
    DividedBy(
        "gradients of the weights are divided by the number of utterances",
        lambda arguments: len(arguments["lengths"]),
    ),
    DividedBy(
        "gradients of the weights are divided by the number of frames",
        lambda arguments: len(arguments["inputs"]),
    ),
    DividedBy(
        "gradients of the weights are divided by the number of all frames",
        lambda arguments: arguments["inputs"].shape[0] * arguments["inputs"].shape[1],
    ),
)

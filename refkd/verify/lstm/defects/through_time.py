"""Gradients on their way through the states, and their sums over frames and utterances."""

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.lstm.plain import PlainLSTM

DEFECTS = Defects(PlainLSTM)


class UpstreamScaled(PlainLSTM):
    """Only some steps see the gradient of the outputs; those of the last states have a factor."""

    bug = "L7"

    def __init__(self, words, steps=slice(None), h=1.0, c=1.0):
        self.words = words
        self.steps, self.h, self.c = steps, h, c

    def upstream(self, n, walk, arguments):
        d_hidden, d_h, d_c = super().upstream(n, walk, arguments)
        d_outputs = np.zeros_like(d_hidden)
        d_outputs[self.steps] = d_hidden[self.steps]
        return d_outputs, self.h * d_h, self.c * d_c


class LastGradientsExchanged(PlainLSTM):
    bug = "L7"
    square = True
    words = "the gradients of the last hidden and of the last cell state are exchanged"

    def upstream(self, n, walk, arguments):
        d_hidden, d_h, d_c = super().upstream(n, walk, arguments)
        return d_hidden, d_c, d_h


class KnowsTheEnd(PlainLSTM):
    """Knows the last step of the walk, where the way back begins."""

    def backward(self, run, d_hidden, d_h, d_c, arguments):
        self.end = len(run.gates) - 1
        return super().backward(run, d_hidden, d_h, d_c, arguments)


class CarryReplacesOutputs(KnowsTheEnd):
    bug = "L7"
    words = "the gradient carried in h replaces that of the output, instead of being added"

    def upstream_sum(self, d_h, d_output, s):
        return super().upstream_sum(d_h, d_output, s) if s == self.end else d_h


class HiddenNotCarried(KnowsTheEnd):
    bug = "L7"
    words = "the gradient in h is not carried from step to step"

    def upstream_sum(self, d_h, d_output, s):
        return super().upstream_sum(d_h, d_output, s) if s == self.end else d_output


class CellBefore(PlainLSTM):
    """The gradient in c of the step before is another function of d_c, the gates and the step."""

    bug = "L7"

    def __init__(self, words, cell_before):
        self.words = words
        self.replaced = cell_before

    def cell_before(self, d_c, gates, s):
        return self.replaced(d_c, gates, s)


class OneStepOnly(HiddenNotCarried):
    words = "no gradient is carried from step to step, in neither state"

    def cell_before(self, d_c, gates, s):
        return super().cell_before(d_c, gates, s) * (s == 0)


class FirstStateGradient(PlainLSTM):
    bug = "L7"

    def __init__(self, words, **scaled):
        self.words = words
        self.scaled = scaled

    def postprocess(self, results, arguments):
        return results | {name: by * results[name] for name, by in self.scaled.items()}


class FirstStateGradientsExchanged(PlainLSTM):
    bug = "L7"
    square = True
    words = "the gradients of h0 and c0 are exchanged"

    def postprocess(self, results, arguments):
        return results | {"d_h0": results["d_c0"], "d_c0": results["d_h0"]}


DEFECTS.rows(
    UpstreamScaled("the gradient of the final cell state is not added", c=0.0),
    UpstreamScaled("the gradient of the final hidden state is not added", h=0.0),
    UpstreamScaled("the gradients of both final states are not added", h=0.0, c=0.0),
    UpstreamScaled("the gradient of the final cell state is added twice", c=2.0),
    UpstreamScaled("the gradient of the final hidden state is added twice", h=2.0),
    LastGradientsExchanged(),
    UpstreamScaled("the gradient of the last hidden state overwrites that of the last output",
                   slice(0, -1)),
    UpstreamScaled("the gradient of the outputs is left out; only that of the last states is used",
                   slice(0)),
    UpstreamScaled("only the gradient of the last output is used", slice(-1, None)),
    CarryReplacesOutputs(),
    HiddenNotCarried(),
)  # fmt: skip


@DEFECTS.step(
    "hidden_before", "L7", "the gradient in h is not carried from step to step, nor to h0"
)
def hidden_never_passed(self, d_a, arguments):
    return 0.0 * PlainLSTM.hidden_before(self, d_a, arguments)


DEFECTS.rows(
    CellBefore("the gradient in c is not carried from step to step: overwritten, not accumulated",
               lambda d_c, gates, s: d_c * gates[1] * (s == 0)),
    CellBefore("the gradient in c is overwritten at each step; that of c0 is zero",
               lambda d_c, gates, s: 0.0 * d_c),
)  # fmt: skip


@DEFECTS.step(
    "into_cell",
    "L7",
    "the gradient in c from the step after, or of the last cell state, is overwritten",
)
def cell_overwritten(self, d_c, d_h, gates, c):
    return PlainLSTM.into_cell(self, 0.0 * d_c, d_h, gates, c)


@DEFECTS.step("into_cell", "L7", "the gradient of the output does not reach the cell")
def cell_keeps_only_carry(self, d_c, d_h, gates, c):
    return d_c


DEFECTS.rows(
    CellBefore("the gradient in c passes to the step before without the forget gate",
               lambda d_c, gates, s: d_c),
    CellBefore("the gradient in c passes to the step before through the input gate",
               lambda d_c, gates, s: d_c * gates[0]),
    OneStepOnly(),
    FirstStateGradient("the gradient of h0 is zero", d_h0=0.0),
    FirstStateGradient("the gradient of c0 is zero", d_c0=0.0),
    FirstStateGradient("the gradients of h0 and c0 are zero", d_h0=0.0, d_c0=0.0),
    FirstStateGradientsExchanged(),
    CellBefore("the gradient of c0 lacks the forget gate of the first step",
               lambda d_c, gates, s: d_c * gates[1] if s > 0 else d_c),
)  # fmt: skip


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
    SumsOfOneStep("gradients of the two matrices are those of the last step only", slice(-1, None),
                  "d_bias"),
    SumsOfOneStep("gradients of the two matrices are those of the first step only", slice(0, 1),
                  "d_bias"),
    SumsOfOneStep("gradients of the weights leave out the first step", slice(1, None)),
    SumsOfOneStep("gradients of the weights leave out the last step", slice(0, -1)),
)  # fmt: skip


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
    DividedBy("gradients of the weights are divided by the number of utterances",
              lambda arguments: len(arguments["lengths"])),
    DividedBy("gradients of the weights are divided by the number of frames",
              lambda arguments: len(arguments["inputs"])),
    DividedBy("gradients of the weights are divided by the number of all frames",
              lambda arguments: arguments["inputs"].shape[0] * arguments["inputs"].shape[1]),
)  # fmt: skip

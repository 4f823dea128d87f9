"""Gradients on their way through the states, and their sums over frames and utterances."""

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.lstm.plain import PlainLSTM

DEFECTS = Defects(PlainLSTM)
ALL = slice(None)


def upstream_scaled(self, n, walk, arguments, steps, h, c):
    """Only some steps see the gradient of the outputs; those of the last states have a factor."""
    d_hidden, d_h, d_c = PlainLSTM.upstream(self, n, walk, arguments)
    d_outputs = np.zeros_like(d_hidden)
    d_outputs[steps] = d_hidden[steps]
    return d_outputs, h * d_h, c * d_c


DEFECTS.family("upstream", "L7", upstream_scaled, {
    "the gradient of the final cell state is not added": (ALL, 1.0, 0.0),
    "the gradient of the final hidden state is not added": (ALL, 0.0, 1.0),
    "the gradients of both final states are not added": (ALL, 0.0, 0.0),
    "the gradient of the final cell state is added twice": (ALL, 1.0, 2.0),
    "the gradient of the final hidden state is added twice": (ALL, 2.0, 1.0),
})  # fmt: skip


@DEFECTS.step(
    "upstream",
    "L7",
    "the gradients of the last hidden and of the last cell state are exchanged",
    square=True,
)
def last_gradients_exchanged(self, n, walk, arguments):
    d_hidden, d_h, d_c = PlainLSTM.upstream(self, n, walk, arguments)
    return d_hidden, d_c, d_h


DEFECTS.family("upstream", "L7", upstream_scaled, {
    "the gradient of the last hidden state overwrites that of the last output":
        (slice(0, -1), 1.0, 1.0),
    "the gradient of the outputs is left out; only that of the last states is used":
        (slice(0), 1.0, 1.0),
    "only the gradient of the last output is used": (slice(-1, None), 1.0, 1.0),
})  # fmt: skip


class KnowsTheEnd(PlainLSTM):
    """Knows the last step of the walk, where the way back begins."""

    def backward(self, run, d_hidden, d_h, d_c, arguments):
        self.end = len(run.gates) - 1
        return super().backward(run, d_hidden, d_h, d_c, arguments)


@DEFECTS.steps(
    "L7", "the gradient carried in h replaces that of the output, instead of being added"
)
class CarryReplacesOutputs(KnowsTheEnd):
    def upstream_sum(self, d_h, d_output, s):
        return super().upstream_sum(d_h, d_output, s) if s == self.end else d_h


@DEFECTS.steps("L7", "the gradient in h is not carried from step to step")
class HiddenNotCarried(KnowsTheEnd):
    def upstream_sum(self, d_h, d_output, s):
        return super().upstream_sum(d_h, d_output, s) if s == self.end else d_output


@DEFECTS.step(
    "hidden_before", "L7", "the gradient in h is not carried from step to step, nor to h0"
)
def hidden_never_passed(self, d_a, arguments):
    return 0.0 * PlainLSTM.hidden_before(self, d_a, arguments)


@DEFECTS.step(
    "cell_before",
    "L7",
    "the gradient in c is not carried from step to step: overwritten, not accumulated",
)
def cell_not_carried(self, d_c, gates, s):
    return d_c * gates[1] * (s == 0)


@DEFECTS.step(
    "cell_before", "L7", "the gradient in c is overwritten at each step; that of c0 is zero"
)
def cell_never_passed(self, d_c, gates, s):
    return 0.0 * d_c


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


@DEFECTS.step(
    "cell_before", "L7", "the gradient in c passes to the step before without the forget gate"
)
def cell_without_forget_gate(self, d_c, gates, s):
    return d_c


@DEFECTS.step(
    "cell_before", "L7", "the gradient in c passes to the step before through the input gate"
)
def cell_through_input_gate(self, d_c, gates, s):
    return d_c * gates[0]


@DEFECTS.steps("L7", "no gradient is carried from step to step, in neither state")
class OneStepOnly(HiddenNotCarried):
    def cell_before(self, d_c, gates, s):
        return super().cell_before(d_c, gates, s) * (s == 0)


def gradients_zero(self, results, arguments, *names):
    return results | {name: 0.0 * results[name] for name in names}


DEFECTS.family("postprocess", "L7", gradients_zero, {
    "the gradient of h0 is zero": "d_h0",
    "the gradient of c0 is zero": "d_c0",
    "the gradients of h0 and c0 are zero": ("d_h0", "d_c0"),
})  # fmt: skip


@DEFECTS.step("postprocess", "L7", "the gradients of h0 and c0 are exchanged", square=True)
def first_state_gradients_exchanged(self, results, arguments):
    return results | {"d_h0": results["d_c0"], "d_c0": results["d_h0"]}


@DEFECTS.step("cell_before", "L7", "the gradient of c0 lacks the forget gate of the first step")
def first_step_without_forget_gate(self, d_c, gates, s):
    return d_c * gates[1] if s > 0 else d_c


def sums_of_some_steps(self, run, d_a, rows, *right):
    """Gradients of the weights from some rows only, but for those that are right."""
    selected = np.zeros_like(d_a)
    selected[rows] = d_a[rows]
    all_steps = PlainLSTM.sums(self, run, d_a)
    return PlainLSTM.sums(self, run, selected) | {name: all_steps[name] for name in right}


DEFECTS.family("sums", "L7", sums_of_some_steps, {
    "gradients of the weights are those of the last step only": slice(-1, None),
    "gradients of the weights are those of the first step only": slice(0, 1),
    "gradients of the two matrices are those of the last step only": (slice(-1, None), "d_bias"),
    "gradients of the two matrices are those of the first step only": (slice(0, 1), "d_bias"),
    "gradients of the weights leave out the first step": slice(1, None),
    "gradients of the weights leave out the last step": slice(0, -1),
})  # fmt: skip


@DEFECTS.step(
    "sums", "L7", "the gradient of w_hidden uses h of the same step, not of the step before"
)
def recurrent_sum_lags(self, run, d_a):
    return PlainLSTM.sums(self, run, d_a) | {"d_w_hidden": run.h[1:].T @ d_a}


@DEFECTS.step("sums", "L7", "the gradient of w_hidden leaves out the first step, h0")
def recurrent_sum_without_first(self, run, d_a):
    return PlainLSTM.sums(self, run, d_a) | {"d_w_hidden": run.h[1:-1].T @ d_a[1:]}


def total_of_utterance(self, parts, arguments, n):
    return parts[n]


def total_divided(self, parts, arguments, divisor):
    T, N = arguments["inputs"].shape[:2]
    return PlainLSTM.total(self, parts, arguments) / {"N": N, "T": T, "T N": T * N}[divisor]


DEFECTS.family("total", "L7", total_of_utterance, {
    "gradients of the weights are those of the last utterance only": -1,
    "gradients of the weights are those of the first utterance only": 0,
})  # fmt: skip
DEFECTS.family("total", "L7", total_divided, {
    "gradients of the weights are divided by the number of utterances": "N",
    "gradients of the weights are divided by the number of frames": "T",
    "gradients of the weights are divided by the number of all frames": "T N",
})  # fmt: skip

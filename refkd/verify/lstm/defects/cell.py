"""Other activations, gates and outputs of the cell."""

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.lstm.plain import PlainLSTM

DEFECTS = Defects(PlainLSTM)


class HardSigmoid(PlainLSTM):
    def __init__(self, slope):
        self.slope = slope

    def sigmoid(self, a):
        return np.clip(0.5 + self.slope * a, 0.0, 1.0)

    def slopes(self, gates):
        inside = (gates > 0.0) & (gates < 1.0)
        return np.where([[1], [1], [0], [1]], self.slope * inside, super().slopes(gates))


DEFECTS.rows("L10", {
    "the sigmoid is a hard one, 0.2 a + 0.5": HardSigmoid(0.2),
    "the sigmoid is a hard one, a / 6 + 0.5": HardSigmoid(1.0 / 6.0),
})  # fmt: skip


@DEFECTS.step("sigmoid", "L10", "the sigmoid is a hard one, 0.2 a + 0.5, but its slope is not")
def hard_sigmoid_right_slope(self, a):
    return np.clip(0.5 + 0.2 * a, 0.0, 1.0)


@DEFECTS.steps("L10", "the output is o c, without tanh")
class NoTanhOfCell(PlainLSTM):
    def output(self, gates, c_before, c):
        return gates[3] * c

    def into_cell(self, d_c, d_h, gates, c):
        return d_c + d_h * gates[3]

    def into_gates(self, d_c, d_h, gates, c_before, c):
        i, _, g, _ = gates
        return np.stack([d_c * g, d_c * c_before, d_c * i, d_h * c])


@DEFECTS.steps("L10", "the candidate goes through a sigmoid, not through tanh")
class SigmoidCandidate(PlainLSTM):
    def gates(self, a):
        return self.sigmoid(a)

    def slopes(self, gates):
        return gates * (1.0 - gates)


@DEFECTS.steps("L10", "the candidate does not go through tanh")
class LinearCandidate(PlainLSTM):
    def gates(self, a):
        return np.where([[0], [0], [1], [0]], a, self.sigmoid(a))

    def slopes(self, gates):
        return np.where([[0], [0], [1], [0]], 1.0, super().slopes(gates))


@DEFECTS.steps("L10", "relu is used in place of tanh")
class ReluCandidate(PlainLSTM):
    def tanh(self, a):
        return np.maximum(a, 0.0)

    def into_cell(self, d_c, d_h, gates, c):
        return d_c + d_h * gates[3] * (c > 0.0)

    def into_gates(self, d_c, d_h, gates, c_before, c):
        i, _, g, _ = gates
        return np.stack([d_c * g, d_c * c_before, d_c * i, d_h * np.maximum(c, 0.0)])

    def slopes(self, gates):
        return np.where([[0], [0], [1], [0]], gates > 0.0, super().slopes(gates))


class CoupledGates(PlainLSTM):
    def __init__(self, coupled, free):
        self.coupled, self.free = coupled, free

    def gates(self, a):
        opened = super().gates(a)
        opened[self.coupled] = 1.0 - opened[self.free]
        return opened

    def slopes(self, gates):
        slopes = super().slopes(gates)
        slopes[self.coupled] = 0.0
        return slopes

    def into_gates(self, d_c, d_h, gates, c_before, c):
        into = super().into_gates(d_c, d_h, gates, c_before, c)
        into[self.free] -= into[self.coupled]
        return into


DEFECTS.rows("L10", {
    "forget and input gates are coupled: f = 1 - i": CoupledGates(coupled=1, free=0),
    "forget and input gates are coupled: i = 1 - f": CoupledGates(coupled=0, free=1),
})  # fmt: skip


@DEFECTS.step("output", "L10", "the output is computed from the cell before the step")
def output_of_old_cell(self, gates, c_before, c):
    return gates[3] * np.tanh(c_before)


@DEFECTS.steps("L10", "the forget gate is left out: c = c + i g")
class NothingIsForgotten(PlainLSTM):
    def gates(self, a):
        opened = super().gates(a)
        opened[1] = 1.0
        return opened

    def slopes(self, gates):
        slopes = super().slopes(gates)
        slopes[1] = 0.0
        return slopes


@DEFECTS.steps("L10", "the cell is clipped to [-1, 1]")
class CellIsClipped(PlainLSTM):
    def cell(self, gates, c):
        return np.clip(super().cell(gates, c), -1.0, 1.0)

    def into_cell(self, d_c, d_h, gates, c):
        return super().into_cell(d_c, d_h, gates, c) * (np.abs(c) < 1.0)


@DEFECTS.step("sigmoid", "L12", "sigmoid is e^a / (1 + e^a), which is NaN for large a")
def sigmoid_overflows(self, a):
    return np.exp(a) / (1.0 + np.exp(a))


@DEFECTS.step("tanh", "L12", "tanh is a quotient of exponentials, which is NaN for large inputs")
def tanh_overflows(self, a):
    return (np.exp(2.0 * a) - 1.0) / (np.exp(2.0 * a) + 1.0)

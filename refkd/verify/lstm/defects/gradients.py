"""Gradients of single gates."""

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.lstm.conventions import GATE_NAMES
from refkd.verify.lstm.plain import PlainLSTM

DEFECTS = Defects(PlainLSTM)

NAMES = tuple(GATE_NAMES.values())


class SlopeScaled(PlainLSTM):
    """The slope of some gates is taken to a power and multiplied."""

    bug = "L8"

    def __init__(self, words, rows, power=1, factor=1.0):
        self.words = words
        self.rows, self.power, self.factor = rows, power, factor

    def slopes(self, gates):
        slopes = super().slopes(gates)
        slopes[self.rows] = self.factor * slopes[self.rows] ** self.power
        return slopes


class WrongSlope(PlainLSTM):
    bug = "L8"

    def __init__(self, words, row, slope):
        self.words = words
        self.row, self.slope = row, slope

    def slopes(self, gates):
        slopes = super().slopes(gates)
        slopes[self.row] = self.slope(gates[self.row])
        return slopes


class CopiedBias(PlainLSTM):
    bug = "L8"

    def __init__(self, words, rows, names=("d_bias", "d_bias_hidden")):
        self.words = words
        self.rows, self.names = rows, names

    def postprocess(self, results, arguments):
        return results | {name: self._copied(results[name]) for name in self.names}

    def _copied(self, array):
        return array.reshape(*array.shape[:-1], 4, -1)[..., self.rows, :].reshape(array.shape)


class WrongFactor(PlainLSTM):
    """The gradient in one of the four gates is computed from something else."""

    bug = "L8"

    def __init__(self, words, row, factor):
        self.words = words
        self.row, self.factor = row, factor

    def into_gates(self, d_c, d_h, gates, c_before, c):
        into = super().into_gates(d_c, d_h, gates, c_before, c)
        into[self.row] = self.factor(d_c, d_h, gates, c_before, c)
        return into


class CellSlope(PlainLSTM):
    bug = "L8"

    def __init__(self, words, factor):
        self.words = words
        self.factor = factor

    def into_cell(self, d_c, d_h, gates, c):
        return d_c + d_h * self.factor(gates[3], c)


class RowsOfRecurrentMissing(PlainLSTM):
    bug = "L8"

    def __init__(self, row):
        self.words = f"the {NAMES[row]} passes no gradient to h of the step before"
        self.row = row

    def hidden_before(self, d_a, arguments):
        d_a = d_a.copy()
        d_a[self.row] = 0.0
        return super().hidden_before(d_a, arguments)


DEFECTS.rows(
    *(
        SlopeScaled(f"the gradient of the {names} lacks the slope of its sigmoid or tanh", rows, 0)
        for names, rows in (
            *((name, [row]) for row, name in enumerate(NAMES)),
            ("three sigmoid gates", [0, 1, 3]),
            ("four gates", [0, 1, 2, 3]),
        )
    ),
    *(
        SlopeScaled(f"the gradient of the {name} has the slope of its sigmoid or tanh twice", row,
                    power=2)
        for row, name in enumerate(NAMES)
    ),
    *(
        SlopeScaled(f"the gradient of the {name} is zero", row, factor=0.0)
        for row, name in enumerate(NAMES)
    ),
    *(
        SlopeScaled(f"the gradient of the {name} has the wrong sign", row, factor=-1.0)
        for row, name in enumerate(NAMES)
    ),
    *(RowsOfRecurrentMissing(row) for row in range(4)),
    *(
        WrongSlope(f"the slope of tanh is taken for that of the sigmoid in the {NAMES[row]}", row,
                   lambda gate: 1.0 - gate * gate)
        for row in (0, 1, 3)
    ),
    WrongSlope("the slope of the sigmoid is taken for that of tanh in the candidate", 2,
               lambda gate: gate * (1.0 - gate)),
    WrongSlope("the slope of tanh is taken for 1 - g in the candidate", 2, lambda gate: 1.0 - gate),
    WrongSlope("tanh is taken twice in the slope of the candidate", 2,
               lambda gate: 1.0 - np.tanh(gate) ** 2),
    *(
        WrongSlope(f"the sigmoid is taken twice in the slope of the {NAMES[row]}", row,
                   lambda gate: np.exp(-gate) / (1.0 + np.exp(-gate)) ** 2)
        for row in (0, 1, 3)
    ),
    CopiedBias("the bias gradients of the input and output gates are copies of the forget gate's",
               [1, 1, 2, 1]),
    CopiedBias("the bias gradient of the input gate is a copy of the forget gate's", [1, 1, 2, 3]),
    CopiedBias("the bias gradient of the output gate is a copy of the forget gate's", [0, 1, 2, 1]),
    CopiedBias("the bias gradient of the forget gate is a copy of the input gate's", [0, 0, 2, 3]),
    CopiedBias("the bias gradient of the output gate is a copy of the input gate's", [0, 1, 2, 0]),
    CopiedBias("the bias gradient of the candidate is a copy of the input gate's", [0, 1, 0, 3]),
    CopiedBias("the recurrent gradient of the output gate is a copy of the forget gate's",
               [0, 1, 2, 1], ("d_w_hidden",)),
    CopiedBias("the recurrent gradient of the input gate is a copy of the forget gate's",
               [1, 1, 2, 3], ("d_w_hidden",)),
    WrongFactor("the gradient of the forget gate uses the cell after the step, not before", 1,
                lambda d_c, d_h, gates, c_before, c: d_c * c),
    WrongFactor("the gradient of the output gate uses the cell before the step", 3,
                lambda d_c, d_h, gates, c_before, c: d_h * np.tanh(c_before)),
    WrongFactor("the gradient of the output gate uses c, not tanh(c)", 3,
                lambda d_c, d_h, gates, c_before, c: d_h * c),
    WrongFactor("the gradient of the output gate comes from that of the cell", 3,
                lambda d_c, d_h, gates, c_before, c: d_c * np.tanh(c)),
    WrongFactor("the gradient of the input gate uses the cell before, not the candidate", 0,
                lambda d_c, d_h, gates, c_before, c: d_c * c_before),
    WrongFactor("the gradient of the forget gate uses the candidate, not the cell before", 1,
                lambda d_c, d_h, gates, c_before, c: d_c * gates[2]),
    WrongFactor("the gradient of the candidate uses the forget gate, not the input gate", 2,
                lambda d_c, d_h, gates, c_before, c: d_c * gates[1]),
    WrongFactor("the gradient of the candidate uses the candidate, not the input gate", 2,
                lambda d_c, d_h, gates, c_before, c: d_c * gates[2]),
    CellSlope("the gradient of the cell lacks the slope of tanh", lambda o, c: o),
    CellSlope("the gradient of the cell uses c in the slope of tanh, 1 - c^2",
              lambda o, c: o * (1.0 - c * c)),
    CellSlope("the gradient of the cell has 1 - tanh(c) for 1 - tanh^2(c)",
              lambda o, c: o * (1.0 - np.tanh(c))),
    CellSlope("the gradient of the cell takes tanh twice in the slope, 1 - tanh^2(tanh(c))",
              lambda o, c: o * (1.0 - np.tanh(np.tanh(c)) ** 2)),
    CellSlope("the gradient of the cell lacks the output gate", lambda o, c: 1.0 - np.tanh(c) ** 2),
)  # fmt: skip

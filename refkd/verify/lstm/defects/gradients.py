"""Gradients of single gates."""

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.lstm.conventions import GATE_NAMES
from refkd.verify.lstm.defects.weights import in_order
from refkd.verify.lstm.plain import PlainLSTM

DEFECTS = Defects(PlainLSTM)
NAMES = tuple(GATE_NAMES.values())
BIASES = ("d_bias", "d_bias_hidden")


def slope_scaled(self, gates, rows, power, factor):
    """The slope of some gates is taken to a power and multiplied."""
    slopes = PlainLSTM.slopes(self, gates)
    slopes[rows] = factor * slopes[rows] ** power
    return slopes


def hidden_without_gate(self, d_a, arguments, row):
    d_a = d_a.copy()
    d_a[row] = 0.0
    return PlainLSTM.hidden_before(self, d_a, arguments)


def other_slope(self, gates, row, slope):
    slopes = PlainLSTM.slopes(self, gates)
    slopes[row] = slope(gates[row])
    return slopes


def slope_of_tanh(gate):
    return 1.0 - gate * gate


def slope_of_sigmoid(gate):
    return gate * (1.0 - gate)


def slope_of_sigmoid_of_gate(gate):
    return np.exp(-gate) / (1.0 + np.exp(-gate)) ** 2


def gates_copied(self, results, arguments, order, *names):
    return results | {name: in_order(results[name], order) for name in names}


def other_factor(self, d_c, d_h, gates, c_before, c, row, factor):
    """The gradient in one of the four gates is computed from something else."""
    into = PlainLSTM.into_gates(self, d_c, d_h, gates, c_before, c)
    into[row] = factor(d_c, d_h, gates, c_before, c)
    return into


def other_cell_slope(self, d_c, d_h, gates, c, factor):
    return d_c + d_h * factor(gates[3], c)


DEFECTS.family("slopes", "L8", slope_scaled, {
    f"the gradient of the {names} lacks the slope of its sigmoid or tanh": (rows, 0, 1.0)
    for names, rows in (
        *((name, [row]) for row, name in enumerate(NAMES)),
        ("three sigmoid gates", [0, 1, 3]),
        ("four gates", [0, 1, 2, 3]),
    )
})  # fmt: skip
DEFECTS.family("slopes", "L8", slope_scaled, {
    f"the gradient of the {name} has the slope of its sigmoid or tanh twice": (row, 2, 1.0)
    for row, name in enumerate(NAMES)
})  # fmt: skip
DEFECTS.family("slopes", "L8", slope_scaled, {
    f"the gradient of the {name} is zero": (row, 1, 0.0) for row, name in enumerate(NAMES)
})  # fmt: skip
DEFECTS.family("slopes", "L8", slope_scaled, {
    f"the gradient of the {name} has the wrong sign": (row, 1, -1.0)
    for row, name in enumerate(NAMES)
})  # fmt: skip
DEFECTS.family("hidden_before", "L8", hidden_without_gate, {
    f"the {name} passes no gradient to h of the step before": row
    for row, name in enumerate(NAMES)
})  # fmt: skip
DEFECTS.family("slopes", "L8", other_slope, {
    f"the slope of the sigmoid is that of tanh in the {NAMES[row]}": (row, slope_of_tanh)
    for row in (0, 1, 3)
})  # fmt: skip
DEFECTS.family("slopes", "L8", other_slope, {
    "the slope of tanh is that of the sigmoid in the candidate": (2, slope_of_sigmoid),
    "the slope of tanh is 1 - g in the candidate": (2, lambda gate: 1.0 - gate),
    "tanh is taken twice in the slope of the candidate":
        (2, lambda gate: 1.0 - np.tanh(gate) ** 2),
})  # fmt: skip
DEFECTS.family("slopes", "L8", other_slope, {
    f"the sigmoid is taken twice in the slope of the {NAMES[row]}": (row, slope_of_sigmoid_of_gate)
    for row in (0, 1, 3)
})  # fmt: skip
DEFECTS.family("postprocess", "L8", gates_copied, {
    "the bias gradients of the input and output gates are copies of the forget gate's":
        ([1, 1, 2, 1], *BIASES),
    "the bias gradient of the input gate is a copy of the forget gate's": ([1, 1, 2, 3], *BIASES),
    "the bias gradient of the output gate is a copy of the forget gate's": ([0, 1, 2, 1], *BIASES),
    "the bias gradient of the forget gate is a copy of the input gate's": ([0, 0, 2, 3], *BIASES),
    "the bias gradient of the output gate is a copy of the input gate's": ([0, 1, 2, 0], *BIASES),
    "the bias gradient of the candidate is a copy of the input gate's": ([0, 1, 0, 3], *BIASES),
    "the recurrent gradient of the output gate is a copy of the forget gate's":
        ([0, 1, 2, 1], "d_w_hidden"),
    "the recurrent gradient of the input gate is a copy of the forget gate's":
        ([1, 1, 2, 3], "d_w_hidden"),
})  # fmt: skip
DEFECTS.family("into_gates", "L8", other_factor, {
    "the gradient of the forget gate uses the cell after the step, not before":
        (1, lambda d_c, d_h, gates, c_before, c: d_c * c),
    "the gradient of the output gate uses the cell before the step":
        (3, lambda d_c, d_h, gates, c_before, c: d_h * np.tanh(c_before)),
    "the gradient of the output gate uses c, not tanh(c)":
        (3, lambda d_c, d_h, gates, c_before, c: d_h * c),
    "the gradient of the output gate is computed from that of the cell":
        (3, lambda d_c, d_h, gates, c_before, c: d_c * np.tanh(c)),
    "the gradient of the input gate uses the cell before, not the candidate":
        (0, lambda d_c, d_h, gates, c_before, c: d_c * c_before),
    "the gradient of the forget gate uses the candidate, not the cell before":
        (1, lambda d_c, d_h, gates, c_before, c: d_c * gates[2]),
    "the gradient of the candidate uses the forget gate, not the input gate":
        (2, lambda d_c, d_h, gates, c_before, c: d_c * gates[1]),
    "the gradient of the candidate uses the candidate, not the input gate":
        (2, lambda d_c, d_h, gates, c_before, c: d_c * gates[2]),
})  # fmt: skip
DEFECTS.family("into_cell", "L8", other_cell_slope, {
    "the gradient of the cell lacks the slope of tanh": lambda o, c: o,
    "the gradient of the cell uses c in the slope of tanh, 1 - c^2": lambda o, c: o * (1.0 - c * c),
    "the gradient of the cell has 1 - tanh(c) in place of 1 - tanh^2(c)":
        lambda o, c: o * (1.0 - np.tanh(c)),
    "the gradient of the cell takes tanh twice in the slope, 1 - tanh^2(tanh(c))":
        lambda o, c: o * (1.0 - np.tanh(np.tanh(c)) ** 2),
    "the gradient of the cell lacks the output gate": lambda o, c: 1.0 - np.tanh(c) ** 2,
})  # fmt: skip

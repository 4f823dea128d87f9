"""Weights are read in a wrong order, transposed, or left out."""

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.lstm.conventions import EXCHANGED, GATES
from refkd.verify.lstm.defects.replaced import ArgumentsReplaced
from refkd.verify.lstm.plain import PlainLSTM

DEFECTS = Defects(PlainLSTM)

PLACES = {
    "w_hidden": ("w_hidden",),
    "w_input": ("w_input",),
    "both biases": ("bias", "bias_hidden"),
    "the second bias": ("bias_hidden",),
}
OF_WEIGHTS = ("d_w_input", "d_w_hidden", "d_bias", "d_bias_hidden")


def in_order(array, order):
    blocks = array.reshape(*array.shape[:-1], 4, -1)
    return blocks[..., order, :].reshape(array.shape)


def blocks_transposed(w_hidden):
    H = len(w_hidden)
    return w_hidden.reshape(H, 4, H).transpose(2, 1, 0).reshape(H, 4 * H)


def by_gate(array):
    """The four gates of a unit side by side: its units of a gate side by side."""
    blocks = array.reshape(*array.shape[:-1], -1, 4)
    return np.swapaxes(blocks, -1, -2).reshape(array.shape)


def by_unit(array):
    """The reverse of `by_gate`."""
    blocks = array.reshape(*array.shape[:-1], 4, -1)
    return np.swapaxes(blocks, -1, -2).reshape(array.shape)


class GatesExchanged(PlainLSTM):
    bug = "L1"

    def __init__(self, gates, exchanged, place, names):
        self.words = f"gates are in another order in one place: {exchanged} in {place}"
        self.order, self.names = [GATES.index(gate) for gate in gates], names

    def preprocess(self, arguments):
        return arguments | {name: in_order(arguments[name], self.order) for name in self.names}

    def postprocess(self, results, arguments):
        names, back = ["d_" + name for name in self.names], np.argsort(self.order)
        return results | {name: in_order(results[name], back) for name in names}


class GradientsExchanged(PlainLSTM):
    bug = "L1"

    def __init__(self, gates, exchanged):
        self.words = f"gates are in another order in the gradients of the weights: {exchanged}"
        self.order = [GATES.index(gate) for gate in gates]

    def postprocess(self, results, arguments):
        return results | {name: in_order(results[name], self.order) for name in OF_WEIGHTS}


class RecurrentTransposed(PlainLSTM):
    bug = "L4"
    square = True
    words = "the recurrent matrix is transposed, gate by gate"

    def preprocess(self, arguments):
        return arguments | {"w_hidden": blocks_transposed(arguments["w_hidden"])}

    def postprocess(self, results, arguments):
        return results | {"d_w_hidden": blocks_transposed(results["d_w_hidden"])}


class Reshaped(PlainLSTM):
    bug = "L4"

    def __init__(self, words, name):
        self.words = words
        self.name = name

    def preprocess(self, arguments):
        matrix = arguments[self.name]
        return arguments | {self.name: matrix.T.reshape(matrix.shape)}

    def postprocess(self, results, arguments):
        gradient = results["d_" + self.name]
        return results | {"d_" + self.name: gradient.reshape(gradient.shape[::-1]).T}


class StackedByUnit(PlainLSTM):
    bug = "L4"
    words = "weights are stacked unit by unit, not gate by gate"
    names: tuple[str, ...] = ("w_input", "w_hidden", "bias", "bias_hidden")

    def preprocess(self, arguments):
        return arguments | {name: by_gate(arguments[name]) for name in self.names}

    def postprocess(self, results, arguments):
        names = ["d_" + name for name in self.names]
        return results | {name: by_unit(results[name]) for name in names}


class RecurrentStackedByUnit(StackedByUnit):
    words = "the recurrent matrix is stacked unit by unit, not gate by gate"
    names = ("w_hidden",)


class GradientTransposed(PlainLSTM):
    bug = "L4"
    square = True
    words = "the gradient of the recurrent matrix is transposed, gate by gate"

    def postprocess(self, results, arguments):
        return results | {"d_w_hidden": blocks_transposed(results["d_w_hidden"])}


class RecurrentTransposedBackward(PlainLSTM):
    bug = "L4"
    square = True
    words = "the recurrent matrix is transposed, gate by gate, on the way back"

    def hidden_before(self, d_a, arguments):
        return blocks_transposed(arguments["w_hidden"]) @ d_a.ravel()


DEFECTS.rows(
    *(
        GatesExchanged(gates, exchanged, place, names)
        for place, names in PLACES.items()
        for gates, exchanged in EXCHANGED.items()
    ),
    *(GradientsExchanged(gates, exchanged) for gates, exchanged in EXCHANGED.items()),
    RecurrentTransposed(),
    Reshaped("the recurrent matrix is reshaped where it must be transposed", "w_hidden"),
    Reshaped("the input matrix is reshaped where it must be transposed", "w_input"),
    ArgumentsReplaced(
        "L4",
        "the recurrent matrix is left out",
        w_hidden=lambda arguments: np.zeros_like(arguments["w_hidden"]),
    ),
    StackedByUnit(),
    RecurrentStackedByUnit(),
    GradientTransposed(),
    RecurrentTransposedBackward(),
)

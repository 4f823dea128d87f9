"""Weights are read in a wrong order, transposed, left out, or biases changed."""

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.lstm.conventions import EXCHANGED, GATES
from refkd.verify.lstm.plain import PlainLSTM
from refkd.verify.lstm.recipe import WEIGHTS

DEFECTS = Defects(PlainLSTM)

PLACES = {
    "w_hidden": ("w_hidden",),
    "w_input": ("w_input",),
    "both biases": ("bias", "bias_hidden"),
    "the second bias": ("bias_hidden",),
}
OF_WEIGHTS = tuple("d_" + name for name in WEIGHTS)


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
    def __init__(self, gates, names):
        self.order, self.names = [GATES.index(gate) for gate in gates], names

    def preprocess(self, arguments):
        return arguments | {name: in_order(arguments[name], self.order) for name in self.names}

    def postprocess(self, results, arguments):
        names, back = ["d_" + name for name in self.names], np.argsort(self.order)
        return results | {name: in_order(results[name], back) for name in names}


IN_ONE_PLACE = "the gates are in a different order in one place: "
DEFECTS.rows("L1", {
    f"{IN_ONE_PLACE}{exchanged} in {place}": GatesExchanged(gates, names)
    for place, names in PLACES.items()
    for gates, exchanged in EXCHANGED.items()
})  # fmt: skip


def gradients_exchanged(self, results, arguments, gates):
    order = [GATES.index(gate) for gate in gates]
    return results | {name: in_order(results[name], order) for name in OF_WEIGHTS}


IN_GRADIENTS = "the gates are in a different order in the gradients of the weights: "
DEFECTS.family("postprocess", "L1", gradients_exchanged, {
    IN_GRADIENTS + exchanged: gates for gates, exchanged in EXCHANGED.items()
})  # fmt: skip


@DEFECTS.steps("L4", "the recurrent matrix is transposed, gate by gate")
class RecurrentTransposed(PlainLSTM):
    square = True

    def preprocess(self, arguments):
        return arguments | {"w_hidden": blocks_transposed(arguments["w_hidden"])}

    def postprocess(self, results, arguments):
        return results | {"d_w_hidden": blocks_transposed(results["d_w_hidden"])}


class Reshaped(PlainLSTM):
    def __init__(self, name):
        self.name = name

    def preprocess(self, arguments):
        matrix = arguments[self.name]
        return arguments | {self.name: matrix.T.reshape(matrix.shape)}

    def postprocess(self, results, arguments):
        gradient = results["d_" + self.name]
        return results | {"d_" + self.name: gradient.reshape(gradient.shape[::-1]).T}


DEFECTS.rows("L4", {
    "the recurrent matrix is reshaped instead of transposed": Reshaped("w_hidden"),
    "the input matrix is reshaped instead of transposed": Reshaped("w_input"),
})  # fmt: skip


@DEFECTS.step("preprocess", "L4", "the recurrent matrix is left out")
def recurrent_left_out(self, arguments):
    return arguments | {"w_hidden": np.zeros_like(arguments["w_hidden"])}


class StackedByUnit(PlainLSTM):
    def __init__(self, *names):
        self.names = names

    def preprocess(self, arguments):
        return arguments | {name: by_gate(arguments[name]) for name in self.names}

    def postprocess(self, results, arguments):
        names = ["d_" + name for name in self.names]
        return results | {name: by_unit(results[name]) for name in names}


DEFECTS.rows("L4", {
    "weights are stacked unit by unit, not gate by gate": StackedByUnit(*WEIGHTS),
    "the recurrent matrix is stacked unit by unit, not gate by gate": StackedByUnit("w_hidden"),
})  # fmt: skip


@DEFECTS.step(
    "postprocess",
    "L4",
    "the gradient of the recurrent matrix is transposed, gate by gate",
    square=True,
)
def gradient_transposed(self, results, arguments):
    return results | {"d_w_hidden": blocks_transposed(results["d_w_hidden"])}


@DEFECTS.step(
    "hidden_before",
    "L4",
    "the recurrent matrix is transposed, gate by gate, on the way back",
    square=True,
)
def recurrent_transposed_backward(self, d_a, arguments):
    return blocks_transposed(arguments["w_hidden"]) @ d_a.ravel()


def biases_mixed(self, arguments, *multiples):
    """Each bias is a sum of multiples (first, second) of both."""
    return arguments | {
        name: first * arguments["bias"] + second * arguments["bias_hidden"]
        for name, (first, second) in zip(("bias", "bias_hidden"), multiples, strict=True)
    }


def bias_gradients_scaled(self, results, arguments, first, second):
    return results | {
        "d_bias": first * results["d_bias"],
        "d_bias_hidden": second * results["d_bias_hidden"],
    }


def forget_bias_changed(self, x, h, arguments, added):
    a = PlainLSTM.preactivation(self, x, h, arguments)
    return a + np.array([[0.0], [added], [0.0], [0.0]])


DEFECTS.family("preprocess", "L2", biases_mixed, {
    "the second bias is left out": ((1.0, 0.0), (0.0, 0.0)),
    "the first bias is left out": ((0.0, 0.0), (0.0, 1.0)),
    "no bias is added": ((0.0, 0.0), (0.0, 0.0)),
    "the first bias is added twice, the second not at all": ((1.0, 0.0), (1.0, 0.0)),
    "the second bias is added twice, the first not at all": ((0.0, 1.0), (0.0, 1.0)),
    "the bias is added twice": ((2.0, 0.0), (0.0, 2.0)),
})  # fmt: skip
DEFECTS.family("postprocess", "L2", bias_gradients_scaled, {
    "the gradient of both biases is halved": (0.5, 0.5),
    "the gradient of both biases is doubled": (2.0, 2.0),
    "the gradient of the second bias is halved": (1.0, 0.5),
    "the gradient of the second bias is zero": (1.0, 0.0),
    "the gradient of the first bias is zero": (0.0, 1.0),
    "the gradient of both biases is zero": (0.0, 0.0),
    "the gradient of the second bias has the wrong sign": (1.0, -1.0),
})  # fmt: skip
DEFECTS.family("preactivation", "L3", forget_bias_changed, {
    "1 is added to the bias of the forget gate (--forget-bias added if intended)": 1.0,
})  # fmt: skip


@DEFECTS.step("preprocess", "L3", "the bias of the forget gate is set to 1, whatever bias is given")
def forget_bias_is_one(self, arguments):
    bias = arguments["bias"] + arguments["bias_hidden"]
    bias.reshape(4, -1)[1] = 1.0
    return arguments | {"bias": bias, "bias_hidden": np.zeros_like(bias)}


DEFECTS.family("preactivation", "L3", forget_bias_changed, {
    "1 is subtracted from the bias of the forget gate": -1.0,
})  # fmt: skip

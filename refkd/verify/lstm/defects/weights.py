"""Weights are read in a wrong order, transposed, left out, or biases changed."""

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.lstm.conventions import EXCHANGED, GATES
from refkd.verify.lstm.plain import PlainLSTM


class ArgumentsReplaced(PlainLSTM):
    def __init__(self, bug, words, **replaced):
        self.bug, self.words = bug, words
        self.replaced = replaced

    def preprocess(self, arguments):
        return arguments | {name: make(arguments) for name, make in self.replaced.items()}


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
    ArgumentsReplaced("L4", "the recurrent matrix is left out",
                      w_hidden=lambda arguments: np.zeros_like(arguments["w_hidden"])),
    StackedByUnit(),
    RecurrentStackedByUnit(),
    GradientTransposed(),
    RecurrentTransposedBackward(),
)  # fmt: skip


class BiasesMixed(PlainLSTM):
    """Each bias is a sum of multiples (first, second) of both."""

    bug = "L2"

    def __init__(self, words, bias, bias_hidden):
        self.words = words
        self.factors = {"bias": bias, "bias_hidden": bias_hidden}

    def preprocess(self, arguments):
        return arguments | {
            name: first * arguments["bias"] + second * arguments["bias_hidden"]
            for name, (first, second) in self.factors.items()
        }


class BiasGradientScaled(PlainLSTM):
    bug = "L2"

    def __init__(self, words, first, second):
        self.words = words
        self.first, self.second = first, second

    def postprocess(self, results, arguments):
        return results | {
            "d_bias": self.first * results["d_bias"],
            "d_bias_hidden": self.second * results["d_bias_hidden"],
        }


class ForgetBiasChanged(PlainLSTM):
    bug = "L3"

    def __init__(self, words, added):
        self.words = words
        self.added = np.array([[0.0], [added], [0.0], [0.0]])

    def preactivation(self, x, h, arguments):
        return super().preactivation(x, h, arguments) + self.added


DEFECTS.rows(
    BiasesMixed("the second bias is left out", (1.0, 0.0), (0.0, 0.0)),
    BiasesMixed("the first bias is left out", (0.0, 0.0), (0.0, 1.0)),
    BiasesMixed("no bias is added", (0.0, 0.0), (0.0, 0.0)),
    BiasesMixed("the first bias is added twice, the second not at all", (1.0, 0.0), (1.0, 0.0)),
    BiasesMixed("the second bias is added twice, the first not at all", (0.0, 1.0), (0.0, 1.0)),
    BiasesMixed("the bias is added twice", (2.0, 0.0), (0.0, 2.0)),
    BiasGradientScaled("the gradient of both biases is halved", 0.5, 0.5),
    BiasGradientScaled("the gradient of both biases is doubled", 2.0, 2.0),
    BiasGradientScaled("the gradient of the second bias is halved", 1.0, 0.5),
    BiasGradientScaled("the gradient of the second bias is zero", 1.0, 0.0),
    BiasGradientScaled("the gradient of the first bias is zero", 0.0, 1.0),
    BiasGradientScaled("the gradient of both biases is zero", 0.0, 0.0),
    BiasGradientScaled("the gradient of the second bias has the wrong sign", 1.0, -1.0),
    ForgetBiasChanged(
        "1 is added to the bias of the forget gate (--forget-bias added says that it is meant)", 1.0
    ),
)


@DEFECTS.step("preprocess", "L3", "the bias of the forget gate is set to 1, whatever is given")
def forget_bias_is_one(self, arguments):
    bias = arguments["bias"] + arguments["bias_hidden"]
    bias.reshape(4, -1)[1] = 1.0
    return arguments | {"bias": bias, "bias_hidden": np.zeros_like(bias)}


DEFECTS.rows(
    ForgetBiasChanged("1 is taken from the bias of the forget gate", -1.0),
)

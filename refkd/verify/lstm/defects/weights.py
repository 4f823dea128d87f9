"""Weights are read in a wrong order, transposed, or left out."""

import numpy as np

from refkd.verify.lstm.conventions import EXCHANGED, GATES
from refkd.verify.lstm.plain import PlainLSTM

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

    def take(self, given):
        return given | {name: in_order(given[name], self.order) for name in self.names}

    def give(self, found, given):
        names, back = ["d_" + name for name in self.names], np.argsort(self.order)
        return found | {name: in_order(found[name], back) for name in names}


class GradientsExchanged(PlainLSTM):
    bug = "L1"

    def __init__(self, gates, exchanged):
        self.words = f"gates are in another order in the gradients of the weights: {exchanged}"
        self.order = [GATES.index(gate) for gate in gates]

    def give(self, found, given):
        return found | {name: in_order(found[name], self.order) for name in OF_WEIGHTS}


class RecurrentTransposed(PlainLSTM):
    bug = "L4"
    square = True
    words = "the recurrent matrix is transposed, gate by gate"

    def take(self, given):
        return given | {"w_hidden": blocks_transposed(given["w_hidden"])}

    def give(self, found, given):
        return found | {"d_w_hidden": blocks_transposed(found["d_w_hidden"])}


class RecurrentReshaped(PlainLSTM):
    bug = "L4"
    words = "the recurrent matrix is reshaped where it must be transposed"

    def take(self, given):
        w_hidden = given["w_hidden"]
        return given | {"w_hidden": w_hidden.T.reshape(w_hidden.shape)}

    def give(self, found, given):
        d_w_hidden = found["d_w_hidden"]
        return found | {"d_w_hidden": d_w_hidden.reshape(d_w_hidden.shape[::-1]).T}


class InputReshaped(PlainLSTM):
    bug = "L4"
    words = "the input matrix is reshaped where it must be transposed"

    def take(self, given):
        w_input = given["w_input"]
        return given | {"w_input": w_input.T.reshape(w_input.shape)}

    def give(self, found, given):
        d_w_input = found["d_w_input"]
        return found | {"d_w_input": d_w_input.reshape(d_w_input.shape[::-1]).T}


class RecurrentIgnored(PlainLSTM):
    bug = "L4"
    words = "the recurrent matrix is left out"

    def take(self, given):
        return given | {"w_hidden": np.zeros_like(given["w_hidden"])}


class StackedByUnit(PlainLSTM):
    bug = "L4"
    words = "weights are stacked unit by unit, not gate by gate"
    names: tuple[str, ...] = ("w_input", "w_hidden", "bias", "bias_hidden")

    def take(self, given):
        return given | {name: by_gate(given[name]) for name in self.names}

    def give(self, found, given):
        names = ["d_" + name for name in self.names]
        return found | {name: by_unit(found[name]) for name in names}


class RecurrentStackedByUnit(StackedByUnit):
    words = "the recurrent matrix is stacked unit by unit, not gate by gate"
    names = ("w_hidden",)


class GradientTransposed(PlainLSTM):
    bug = "L4"
    square = True
    words = "the gradient of the recurrent matrix is transposed, gate by gate"

    def give(self, found, given):
        return found | {"d_w_hidden": blocks_transposed(found["d_w_hidden"])}


class RecurrentTransposedBackward(PlainLSTM):
    bug = "L4"
    square = True
    words = "the recurrent matrix is transposed, gate by gate, on the way back"

    def hidden_before(self, d_a, given):
        return blocks_transposed(given["w_hidden"]) @ d_a.ravel()


DEFECTS = (
    *(
        GatesExchanged(gates, exchanged, place, names)
        for place, names in PLACES.items()
        for gates, exchanged in EXCHANGED.items()
    ),
    *(GradientsExchanged(gates, exchanged) for gates, exchanged in EXCHANGED.items()),
    RecurrentTransposed(),
    RecurrentReshaped(),
    InputReshaped(),
    RecurrentIgnored(),
    StackedByUnit(),
    RecurrentStackedByUnit(),
    GradientTransposed(),
    RecurrentTransposedBackward(),
)

"""Biases are left out, doubled, or changed."""

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.lstm.plain import PlainLSTM

DEFECTS = Defects(PlainLSTM)


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

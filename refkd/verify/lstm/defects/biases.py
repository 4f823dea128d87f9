"""Biases are left out, doubled, or changed."""

import numpy as np

from refkd.verify.lstm.plain import PlainLSTM


class SecondBiasIgnored(PlainLSTM):
    bug = "L2"
    words = "the second bias is left out"

    def take(self, given):
        return given | {"bias_hidden": np.zeros_like(given["bias_hidden"])}


class FirstBiasIgnored(PlainLSTM):
    bug = "L2"
    words = "the first bias is left out"

    def take(self, given):
        return given | {"bias": np.zeros_like(given["bias"])}


class NoBias(PlainLSTM):
    bug = "L2"
    words = "no bias is added"

    def take(self, given):
        return given | {"bias": 0.0 * given["bias"], "bias_hidden": 0.0 * given["bias_hidden"]}


class FirstBiasTwice(PlainLSTM):
    bug = "L2"
    words = "the first bias is added twice, the second not at all"

    def take(self, given):
        return given | {"bias_hidden": given["bias"]}


class SecondBiasTwice(PlainLSTM):
    bug = "L2"
    words = "the second bias is added twice, the first not at all"

    def take(self, given):
        return given | {"bias": given["bias_hidden"]}


class BiasesDoubled(PlainLSTM):
    bug = "L2"
    words = "the bias is added twice"

    def take(self, given):
        return given | {"bias": 2.0 * given["bias"], "bias_hidden": 2.0 * given["bias_hidden"]}


class BiasGradientScaled(PlainLSTM):
    bug = "L2"

    def __init__(self, words, first, second):
        self.words = words
        self.first, self.second = first, second

    def give(self, found, given):
        return found | {
            "d_bias": self.first * found["d_bias"],
            "d_bias_hidden": self.second * found["d_bias_hidden"],
        }


class ForgetBiasAdded(PlainLSTM):
    bug = "L3"
    words = "1 is added to the bias of the forget gate (--forget-bias added says that it is meant)"

    def heard(self, x, h, given):
        return super().heard(x, h, given) + np.array([[0.0], [1.0], [0.0], [0.0]])


class ForgetBiasIsOne(PlainLSTM):
    bug = "L3"
    words = "the bias of the forget gate is set to 1, whatever is given"

    def take(self, given):
        bias = given["bias"] + given["bias_hidden"]
        bias.reshape(4, -1)[1] = 1.0
        return given | {"bias": bias, "bias_hidden": np.zeros_like(bias)}


class ForgetBiasSubtracted(ForgetBiasAdded):
    words = "1 is taken from the bias of the forget gate"

    def heard(self, x, h, given):
        return PlainLSTM.heard(self, x, h, given) - np.array([[0.0], [1.0], [0.0], [0.0]])


DEFECTS = (
    SecondBiasIgnored(),
    FirstBiasIgnored(),
    NoBias(),
    FirstBiasTwice(),
    SecondBiasTwice(),
    BiasesDoubled(),
    BiasGradientScaled("the gradient of both biases is halved", 0.5, 0.5),
    BiasGradientScaled("the gradient of both biases is doubled", 2.0, 2.0),
    BiasGradientScaled("the gradient of the second bias is halved", 1.0, 0.5),
    BiasGradientScaled("the gradient of the second bias is zero", 1.0, 0.0),
    BiasGradientScaled("the gradient of the first bias is zero", 0.0, 1.0),
    BiasGradientScaled("the gradient of both biases is zero", 0.0, 0.0),
    BiasGradientScaled("the gradient of the second bias has the wrong sign", 1.0, -1.0),
    ForgetBiasAdded(),
    ForgetBiasIsOne(),
    ForgetBiasSubtracted(),
)

"""Losses or gradients are multiplied or divided by something."""

import numpy as np

from refkd.verify.ctc.plain import PlainCTC


class GradientOverBatch(PlainCTC):
    bug = "V13"
    words = "the gradient is divided by the number of utterances, the loss is not"

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        return loss, grad * upstream[:, None] / len(loss)


class GradientOverFrames(PlainCTC):
    bug = "V13"
    words = "the gradient is divided by the number of frames, the loss is not"

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        return loss, grad * (upstream / input_lengths)[:, None]


class GradientOverLabels(PlainCTC):
    bug = "V13"
    words = "the gradient is divided by the number of labels, the loss is not"

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        return loss, grad * (upstream / np.maximum(label_lengths, 1))[:, None]


class LossOverBatch(PlainCTC):
    bug = "V13"
    words = "losses are divided by the number of utterances, the gradient is not"

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        return loss / len(loss), grad * upstream[:, None]


class LossOverFrames(PlainCTC):
    bug = "V13"
    words = "losses are divided by the number of frames, the gradient is not"

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        return loss / input_lengths, grad * upstream[:, None]


class LossOverPaddedFrames(PlainCTC):
    bug = "V13"
    words = "losses and gradients are divided by the padded number of frames"

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        return loss / len(grad), grad * upstream[:, None] / len(grad)


class LossOverLabels(PlainCTC):
    bug = "V13"
    words = "losses are divided by the number of labels, the gradient is not"

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        return loss / np.maximum(label_lengths, 1), grad * upstream[:, None]


class OverLabelsOfNone(PlainCTC):
    bug = "V13"
    words = "losses and gradients are divided by the number of labels, an empty target by 0"

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        with np.errstate(all="ignore"):
            return loss / label_lengths, grad * (upstream / label_lengths)[:, None]


class EverythingOverFrames(PlainCTC):
    bug = "V13"
    words = "losses and gradients are divided by the number of frames"

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        return loss / input_lengths, grad * (upstream / input_lengths)[:, None]


class EverythingOverLabels(PlainCTC):
    bug = "V13"
    words = "losses and gradients are divided by the number of labels"

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        labels = np.maximum(label_lengths, 1)
        return loss / labels, grad * (upstream / labels)[:, None]


class EverythingOverBatch(PlainCTC):
    bug = "V13"
    words = "losses and gradients are divided by the number of utterances"

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        return loss / len(loss), grad * upstream[:, None] / len(loss)


class InBits(PlainCTC):
    bug = "V13"
    words = "losses are in bits, the gradient is in nats"

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        return loss / np.log(2.0), grad * upstream[:, None]

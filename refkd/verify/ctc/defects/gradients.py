"""The loss is right; the gradient is another, goes elsewhere, or is NaN."""

import numpy as np

from refkd.verify.compare import log_softmax
from refkd.verify.ctc.plain import PlainCTC


class InLogProbabilities(PlainCTC):
    bug = "G1"
    words = "the gradient is that in the log-probabilities: the softmax is missing"

    def gradient(self, prob, occupancy, target):
        return -occupancy


class WrongSign(PlainCTC):
    bug = "G1"
    words = "the gradient has the wrong sign"

    def gradient(self, prob, occupancy, target):
        return occupancy - prob


class InProbabilities(PlainCTC):
    bug = "G1"
    words = "the gradient is that in the probabilities"

    def gradient(self, prob, occupancy, target):
        return -occupancy / prob


class SoftmaxOnly(PlainCTC):
    bug = "G7"
    words = "the gradient is the softmax: occupancies are missing"

    def gradient(self, prob, occupancy, target):
        return prob


class _Upstream(PlainCTC):
    """The gradient is multiplied by something else than the upstream gradients (N,)."""

    bug = "G2"

    def __init__(self, words, factor):
        self.words = words
        self.factor = factor

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        return loss, grad * np.reshape(self.factor(upstream), (-1, 1))


FACTORS = (
    _Upstream("the upstream gradient is ignored", np.ones_like),
    _Upstream(
        "the upstream gradient of the first utterance is used for all",
        lambda upstream: upstream[0],
    ),
    _Upstream("the mean of the upstream gradients is used for all", np.mean),
    _Upstream("the sum of the upstream gradients is used for all", np.sum),
    _Upstream("the upstream gradient is applied twice", np.square),
    _Upstream("the sign of the upstream gradient is lost", np.abs),
)


class UpstreamOnTheLoss(PlainCTC):
    bug = "G2"
    words = "the upstream gradient is multiplied into the loss, too"

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        return loss * upstream, grad * upstream[:, None]


class _PartsApart(PlainCTC):
    """Keeps softmax and occupancy apart until the upstream gradient comes."""

    def __call__(self, logits, labels, input_lengths, label_lengths, blank, d_loss):
        arguments = logits, labels, input_lengths, label_lengths, blank
        loss, whole = PlainCTC()(*arguments, None)
        inside = np.arange(len(logits))[:, None] < input_lengths
        inside &= loss < np.inf
        prob = np.zeros(logits.shape)
        prob[inside] = np.exp(log_softmax(logits[inside]))
        factor = np.ones(len(loss)) if d_loss is None else d_loss
        return loss, self.joined(prob, prob - whole, factor[:, None])

    def joined(self, prob, occupancy, upstream):
        return (prob - occupancy) * upstream


class UpstreamOnSoftmaxOnly(_PartsApart):
    bug = "G2"
    words = "the upstream gradient is applied to the softmax, but not to the occupancies"

    def joined(self, prob, occupancy, upstream):
        return prob * upstream - occupancy


class UpstreamOnOccupancyOnly(_PartsApart):
    bug = "G2"
    words = "the upstream gradient is applied to the occupancies, but not to the softmax"

    def joined(self, prob, occupancy, upstream):
        return prob - occupancy * upstream


class PaddingKeepsSoftmax(PlainCTC):
    bug = "G3"
    words = "the gradient of padded frames is not zero, but their softmax"

    def fill_padding(self, logits, length, grad):
        grad[length:] = np.exp(log_softmax(logits[length:]))


class PaddingWantsBlank(PlainCTC):
    bug = "G3"
    words = "the gradient of padded frames is not zero, but that of a frame that should say blank"

    def __call__(self, logits, labels, input_lengths, label_lengths, blank, d_loss):
        loss, grad = super().__call__(logits, labels, input_lengths, label_lengths, blank, d_loss)
        factor = np.ones(len(loss)) if d_loss is None else d_loss
        for n, length in enumerate(input_lengths):
            prob = np.exp(log_softmax(logits[length:, n]))
            prob[:, blank] -= 1.0
            grad[length:, n] = prob * factor[n]
        return loss, grad


class PaddingRepeatsTheLastFrame(PlainCTC):
    bug = "G3"
    words = "the gradient of padded frames is not zero, but that of the last frame"

    def fill_padding(self, logits, length, grad):
        grad[length:] = grad[length - 1]


class InfiniteLossGivesNaN(PlainCTC):
    bug = "G4"
    words = "the gradient of an infinite loss is NaN"

    def finished(self, loss, grad, target):
        return (loss, grad) if loss < np.inf else (np.inf, np.full_like(grad, np.nan))


class InfiniteLossReachesTheBatch(PlainCTC):
    bug = "G4"
    words = "an infinite loss makes the gradient of the whole batch NaN"

    def batch(self, loss, grad, upstream, input_lengths, label_lengths):
        loss, grad = super().batch(loss, grad, upstream, input_lengths, label_lengths)
        return loss, grad if (loss < np.inf).all() else np.full_like(grad, np.nan)


class InfiniteLossKeepsSoftmax(PlainCTC):
    bug = "G5"
    words = "the gradient of a target that does not fit is not zero, but the softmax"

    def finished(self, loss, grad, target):
        return loss, grad

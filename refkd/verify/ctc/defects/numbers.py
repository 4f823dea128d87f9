"""Digits are lost, or numbers leave the range of the dtype."""

import numpy as np

from refkd.verify.compare import log_softmax, rounded
from refkd.verify.ctc.plain import PlainCTC, shifted


class ProbabilityDomain(PlainCTC):
    bug = "V10"
    words = "probabilities of paths are multiplied without logarithm or scaling, and underflow"

    def loss_of(self, logp, target, blank):
        states = self.states(target, blank)
        skip = self.skips(states, blank)
        emission = np.exp(logp[:, states])
        alpha, beta = np.zeros(emission.shape), np.zeros(emission.shape)
        alpha[0, :2], beta[-1, -2:] = emission[0, :2], 1.0
        for t in range(1, len(alpha)):
            jump = np.where(skip, _moved(alpha[t - 1], 2), 0.0)
            alpha[t] = (alpha[t - 1] + _moved(alpha[t - 1], 1) + jump) * emission[t]
        for t in range(len(beta) - 2, -1, -1):
            onward = beta[t + 1] * emission[t + 1]
            jump = _moved(np.where(skip, onward, 0.0), -2)
            beta[t] = onward + _moved(onward, -1) + jump
        total = alpha[-1, -2:].sum()
        return -np.log(total), self.occupancy(alpha * beta / total, states, logp.shape[1])


def _moved(row, by):
    moved = shifted(row, by)
    moved[np.isinf(moved)] = 0.0
    return moved


class SmallNumberAdded(PlainCTC):
    bug = "V10"
    words = "1e-7 is added to every probability"
    small = 1e-7

    def normalised(self, logits):
        return np.log(np.exp(log_softmax(logits)) + self.small)


class SmallerNumberAdded(SmallNumberAdded):
    words = "1e-10 is added to every probability"
    small = 1e-10


class TinyNumberAdded(SmallNumberAdded):
    words = "1e-12 is added to every probability"
    small = 1e-12


class ProbabilitiesClipped(PlainCTC):
    bug = "V10"
    words = "probabilities are not let below 1e-7"

    def normalised(self, logits):
        return np.log(np.maximum(np.exp(log_softmax(logits)), 1e-7))


class LogarithmAfterSoftmax(PlainCTC):
    bug = "V10"
    words = "the logarithm is taken of a softmax that has underflowed to 0"

    def normalised(self, logits):
        return np.log(np.exp(log_softmax(logits)))


class LogarithmOfZeroIsMinus30(PlainCTC):
    bug = "V8"
    words = "-30 stands for the logarithm of 0"
    zero = -30.0

    def arrive(self, before, skip):
        before = np.maximum(before, self.zero)
        step, jump = shifted(before, 1), shifted(before, 2)
        step, jump = np.maximum(step, self.zero), np.where(skip, jump, self.zero)
        return np.logaddexp(np.logaddexp(before, step), np.maximum(jump, self.zero))


class LogarithmOfZeroIsMinus1e5(LogarithmOfZeroIsMinus30):
    words = "-1e5 stands for the logarithm of 0"
    zero = -1e5


class NoLogarithmOfTheLargest(PlainCTC):
    bug = "V10"
    words = "path probabilities are added as log(e^a + e^b), without the larger one taken out"

    def add(self, a, b):
        return np.log(np.exp(a) + np.exp(b))


class MinusInfinityMinusItself(PlainCTC):
    bug = "G6"
    words = "adding two path probabilities of 0 gives NaN: -inf minus -inf"

    def add(self, a, b):
        high = np.maximum(a, b)
        return high + np.log(np.exp(a - high) + np.exp(b - high))


class SoftmaxWithoutMaximum(PlainCTC):
    bug = "V11"
    words = "the softmax does not take out the largest logit, and overflows"

    def normalised(self, logits):
        return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


class LogitsClipped(PlainCTC):
    bug = "V11"
    words = "logits are clipped to +-50"

    def normalised(self, logits):
        return log_softmax(np.clip(logits, -50.0, 50.0))


class SinglePrecision(PlainCTC):
    bug = "V10"
    words = "the tables are kept in single precision"

    def alpha(self, emission, skip):
        return super().alpha(emission.astype(np.float32), skip).astype(np.float32)

    def arrive(self, before, skip):
        return super().arrive(before.astype(np.float32), skip).astype(np.float32)


class HalfPrecision(PlainCTC):
    bug = "G11"
    words = "the tables are kept in half precision"

    def arrive(self, before, skip):
        return super().arrive(rounded(before, "float16"), skip)


class LossClipped(PlainCTC):
    bug = "V10"
    words = "losses above 100 are clipped"

    def nats(self, total):
        return min(super().nats(total), 100.0)

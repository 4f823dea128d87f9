"""Digits are lost, or numbers leave the range of the dtype."""

import numpy as np

from refkd.verify.compare import log_softmax, rounded
from refkd.verify.ctc.plain import PlainCTC, shifted
from refkd.verify.defects import Defects

DEFECTS = Defects(PlainCTC)


@DEFECTS.step(
    "loss_of",
    "V10",
    "probabilities of paths are multiplied without logarithm or scaling, and underflow",
)
def probability_domain(self, logp, target, blank):
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


def small_number_added(self, logits, small):
    return np.log(np.exp(log_softmax(logits)) + small)


DEFECTS.family("normalised", "V10", small_number_added, {
    "1e-7 is added to every probability": 1e-7,
    "1e-10 is added to every probability": 1e-10,
    "1e-12 is added to every probability": 1e-12,
})  # fmt: skip


@DEFECTS.step("normalised", "V10", "probabilities below 1e-7 are raised to it")
def probabilities_clipped(self, logits):
    return np.log(np.maximum(np.exp(log_softmax(logits)), 1e-7))


@DEFECTS.step("normalised", "V10", "the logarithm is taken of a softmax that has underflowed to 0")
def logarithm_after_softmax(self, logits):
    return np.log(np.exp(log_softmax(logits)))


def logarithm_of_zero(self, before, skip, zero):
    before = np.maximum(before, zero)
    step, jump = shifted(before, 1), shifted(before, 2)
    step, jump = np.maximum(step, zero), np.where(skip, jump, zero)
    return np.logaddexp(np.logaddexp(before, step), np.maximum(jump, zero))


DEFECTS.family("arrive", "V8", logarithm_of_zero, {
    "-30 is used as the logarithm of 0": -30.0,
    "-1e5 is used as the logarithm of 0": -1e5,
})  # fmt: skip


@DEFECTS.step(
    "add",
    "V10",
    "path probabilities are added as log(e^a + e^b), without factoring out the larger one",
)
def no_logarithm_of_the_largest(self, a, b):
    return np.log(np.exp(a) + np.exp(b))


@DEFECTS.step("add", "G6", "adding two path probabilities of 0 gives NaN: -inf minus -inf")
def minus_infinity_minus_itself(self, a, b):
    high = np.maximum(a, b)
    return high + np.log(np.exp(a - high) + np.exp(b - high))


@DEFECTS.step("normalised", "V11", "the softmax does not subtract the largest logit, and overflows")
def softmax_without_maximum(self, logits):
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


@DEFECTS.step("normalised", "V11", "logits are clipped to +-50")
def logits_clipped(self, logits):
    return log_softmax(np.clip(logits, -50.0, 50.0))


@DEFECTS.steps("V10", "the tables are stored in single precision")
class SinglePrecision(PlainCTC):
    def alpha(self, emission, skip):
        return super().alpha(emission.astype(np.float32), skip).astype(np.float32)

    def arrive(self, before, skip):
        return super().arrive(before.astype(np.float32), skip).astype(np.float32)


@DEFECTS.step("arrive", "G11", "the tables are stored in half precision")
def half_precision(self, before, skip):
    return PlainCTC.arrive(self, rounded(before, "float16"), skip)


@DEFECTS.step("nats", "V10", "losses above 100 are clipped")
def loss_clipped(self, total):
    return min(PlainCTC.nats(self, total), 100.0)

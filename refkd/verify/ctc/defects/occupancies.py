"""The loss is right; the occupancies behind the gradient are not."""

import numpy as np

from refkd.verify.ctc.plain import PlainCTC, shifted
from refkd.verify.defects import Defects

DEFECTS = Defects(PlainCTC)


def label_overwritten(self, weight, states, K, order):
    """The states of labels are written one over the other in this order."""
    occupancy = np.zeros((len(weight), K))
    occupancy[:, states[0]] = weight[:, ::2].sum(axis=1)
    for s in range(len(states))[order]:
        occupancy[:, states[s]] = weight[:, s]
    return occupancy


DEFECTS.family("occupancy", "G7", label_overwritten, {
    "of a label that occurs twice, only the last occurrence is counted": slice(1, None, 2),
})  # fmt: skip


@DEFECTS.step(
    "occupancy", "G7", "of the states of one class, the blank included, only the last is counted"
)
def every_class_overwritten(self, weight, states, K):
    occupancy = np.zeros((len(weight), K))
    for s, k in enumerate(states):
        occupancy[:, k] = weight[:, s]
    return occupancy


DEFECTS.family("occupancy", "G7", label_overwritten, {
    "of a label that occurs twice, only the first occurrence is counted": slice(-2, None, -2),
})  # fmt: skip


@DEFECTS.step("occupancy", "G7", "the occupancy of the blank is left out")
def blank_forgotten(self, weight, states, K):
    occupancy = PlainCTC.occupancy(self, weight, states, K)
    occupancy[:, states[0]] = 0.0
    return occupancy


@DEFECTS.step("occupancy", "G7", "the last blank state is left out of the occupancy")
def last_blank_forgotten(self, weight, states, K):
    return PlainCTC.occupancy(self, weight[:, :-1], states[:-1], K)


@DEFECTS.step("occupancy", "G7", "the first blank state is left out of the occupancy")
def first_blank_forgotten(self, weight, states, K):
    return PlainCTC.occupancy(self, weight[:, 1:], states[1:], K)


def weights_changed(self, logp, target, blank, weights):
    """Alpha and beta become shares of the paths, the weights of the states, in another way."""
    states = self.states(target, blank)
    skip, emission = self.skips(states, blank), logp[:, states]
    alpha = self.alpha(emission, skip)
    loss = self.nats(self.total(alpha))
    weight = weights(self, alpha, self.beta(emission, skip), emission, loss)
    return loss, self.occupancy(weight, states, logp.shape[1])


DEFECTS.family("loss_of", "G7", weights_changed, {
    "the emission is counted in alpha and in beta, and not divided out once":
        lambda self, alpha, beta, emission, loss: np.exp(alpha + beta + emission + loss),
    "the emission is counted in alpha and in beta, and every frame is normalised":
        lambda self, alpha, beta, emission, loss: self.weights(alpha + beta + emission, loss),
    "the emission is left out of the occupancies":
        lambda self, alpha, beta, emission, loss: self.weights(alpha + beta - emission, loss),
    "occupancies are not divided by the probability of the target":
        lambda self, alpha, beta, emission, loss: np.exp(alpha + beta),
})  # fmt: skip
DEFECTS.family("loss_of", "G8", weights_changed, {
    "occupancies come from the forward variable alone":
        lambda self, alpha, beta, emission, loss: self.weights(alpha, loss),
})  # fmt: skip


@DEFECTS.step("beta", "G8", "the backward variable leaves out the paths that end with a label")
def beta_ends_with_blank(self, emission, skip):
    return _beta_from(self, emission, skip, slice(-1, None))


@DEFECTS.step("beta", "G8", "the backward variable leaves out the paths that end with a blank")
def beta_ends_with_label(self, emission, skip):
    S = emission.shape[1]
    return _beta_from(self, emission, skip, slice(max(S - 2, 0), max(S - 1, 1)))


@DEFECTS.step(
    "leave", "G8", "the backward variable tests the skip at the state that is left, not entered"
)
def beta_skips_shifted(self, onward, skip):
    jump = np.where(skip, shifted(onward, -2), -np.inf)
    return np.logaddexp(np.logaddexp(onward, shifted(onward, -1)), jump)


@DEFECTS.step("leave", "G8", "the backward variable never skips a blank")
def beta_never_skips(self, onward, skip):
    return np.logaddexp(onward, shifted(onward, -1))


@DEFECTS.step("leave", "G8", "the backward variable skips the blank between repeated labels, too")
def beta_skips_repeats(self, onward, skip):
    every = np.arange(len(skip)) % 2 == 1
    return PlainCTC.leave(self, onward, every)


def frame_without_gradient(self, prob, occupancy, target, frame):
    grad = prob - occupancy
    grad[frame] = 0.0
    return grad


DEFECTS.family("gradient", "G8", frame_without_gradient, {
    "the last frame has no gradient": -1,
    "the first frame has no gradient": 0,
})  # fmt: skip


def _beta_from(ctc, emission, skip, last):
    beta = np.full(emission.shape, -np.inf)
    beta[-1, last] = 0.0
    for t in range(len(beta) - 2, -1, -1):
        beta[t] = ctc.leave(beta[t + 1] + emission[t + 1], skip)
    return beta

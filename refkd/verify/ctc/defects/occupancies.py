"""The loss is right; the occupancies behind the gradient are not."""

import numpy as np

from refkd.verify.ctc.plain import PlainCTC, shifted
from refkd.verify.defects import Defects

DEFECTS = Defects(PlainCTC)


@DEFECTS.steps
class LabelOverwritten(PlainCTC):
    bug = "G7"
    words = "of a label that occurs twice only the last occurrence counts"
    order = slice(1, None, 2)  # in which the states of labels are written

    def occupancy(self, weight, states, K):
        occupancy = np.zeros((len(weight), K))
        occupancy[:, states[0]] = weight[:, ::2].sum(axis=1)
        for s in range(len(states))[self.order]:
            occupancy[:, states[s]] = weight[:, s]
        return occupancy


@DEFECTS.step(
    "occupancy", "G7", "of the states of one class, the blank included, only the last counts"
)
def every_class_overwritten(self, weight, states, K):
    occupancy = np.zeros((len(weight), K))
    for s, k in enumerate(states):
        occupancy[:, k] = weight[:, s]
    return occupancy


@DEFECTS.steps
class LabelOnce(LabelOverwritten):
    words = "of a label that occurs twice only the first occurrence counts"
    order = slice(-2, None, -2)


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


class _ThroughChanged(PlainCTC):
    """Corrupts alpha + beta before it becomes an occupancy."""

    def loss_of(self, logp, target, blank):
        states = self.states(target, blank)
        skip, emission = self.skips(states, blank), logp[:, states]
        alpha = self.alpha(emission, skip)
        loss = self.nats(self.total(alpha))
        weight = self.corrupted(alpha, self.beta(emission, skip), emission, loss)
        return loss, self.occupancy(weight, states, logp.shape[1])

    def corrupted(self, alpha, beta, emission, loss):
        return self.weights(alpha + beta, loss)


@DEFECTS.steps
class EmissionTwice(_ThroughChanged):
    bug = "G7"
    words = "the emission is counted in alpha and in beta, and not taken out once"

    def corrupted(self, alpha, beta, emission, loss):
        return np.exp(alpha + beta + emission + loss)


@DEFECTS.steps
class EmissionTwiceNormalised(_ThroughChanged):
    bug = "G7"
    words = "the emission is counted in alpha and in beta, and every frame normalised"

    def corrupted(self, alpha, beta, emission, loss):
        return self.weights(alpha + beta + emission, loss)


@DEFECTS.steps
class EmissionNever(_ThroughChanged):
    bug = "G7"
    words = "the emission is left out of the occupancies"

    def corrupted(self, alpha, beta, emission, loss):
        return self.weights(alpha + beta - emission, loss)


@DEFECTS.steps
class NotDivided(_ThroughChanged):
    bug = "G7"
    words = "occupancies are not divided by the probability of the target"

    def corrupted(self, alpha, beta, emission, loss):
        return np.exp(alpha + beta)


@DEFECTS.steps
class AlphaOnly(_ThroughChanged):
    bug = "G8"
    words = "occupancies come from the forward variable alone"

    def corrupted(self, alpha, beta, emission, loss):
        return self.weights(alpha, loss)


@DEFECTS.step("beta", "G8", "the backward variable leaves out the paths that end with a label")
def beta_ends_with_blank(self, emission, skip):
    return _beta_from(self, emission, skip, slice(-1, None))


@DEFECTS.step("beta", "G8", "the backward variable leaves out the paths that end with a blank")
def beta_ends_with_label(self, emission, skip):
    S = emission.shape[1]
    return _beta_from(self, emission, skip, slice(max(S - 2, 0), max(S - 1, 1)))


@DEFECTS.step(
    "leave", "G8", "the backward variable skips by the rule of the state that it leaves, not enters"
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


@DEFECTS.steps
class LastFrameWithoutGradient(PlainCTC):
    bug = "G8"
    words = "the last frame has no gradient"
    frame = -1

    def gradient(self, prob, occupancy, target):
        grad = prob - occupancy
        grad[self.frame] = 0.0
        return grad


@DEFECTS.steps
class FirstFrameWithoutGradient(LastFrameWithoutGradient):
    words = "the first frame has no gradient"
    frame = 0


def _beta_from(ctc, emission, skip, last):
    beta = np.full(emission.shape, -np.inf)
    beta[-1, last] = 0.0
    for t in range(len(beta) - 2, -1, -1):
        beta[t] = ctc.leave(beta[t + 1] + emission[t + 1], skip)
    return beta

"""Wrong weights, and gradients through them."""

import numpy as np

from refkd.verify.compare import log_softmax
from refkd.verify.defects import Defects
from refkd.verify.distill.plain import PlainDistill

DEFECTS = Defects(PlainDistill)


@DEFECTS.steps("K14", "the gradient passes through the weights of TopK, which are constants")
class ThroughWeights(PlainDistill):
    def gradient(self, D, lp, lq, weight, rule):
        if rule["rule"] != "TopK" or rule["tau"] is None:
            return super().gradient(D, lp, lq, weight, rule)
        cost = np.where(weight > 0.0, D, 0.0)
        mean = (weight * cost).sum(axis=1, keepdims=True)
        through = weight * (1.0 - (cost - mean) / rule["tau"])
        slope = self.slope(lp[None], lq[:, None], rule)
        return (np.where(weight[:, :, None] > 0.0, through[:, :, None] * slope, 0.0)).sum(axis=1)


@DEFECTS.steps(
    "K14", "Soft is the weighted sum of divergences, with a gradient through the weights"
)
class ThroughWeightsOfSoft(ThroughWeights):
    def soft_loss(self, D, chosen, weight, tau):
        return float((weight * np.where(chosen, D, 0.0)).sum())

    def gradient(self, D, lp, lq, weight, rule):
        if rule["rule"] != "Soft":
            return PlainDistill.gradient(self, D, lp, lq, weight, rule)
        return super().gradient(D, lp, lq, weight, {**rule, "rule": "TopK"})


@DEFECTS.step(
    "soft_minimum", "K14", "the soft minimum uses the sum over the window in place of the mean"
)
def sum_for_mean(self, cost, tau):
    surplus = 0.0 if tau == np.inf else tau * np.log(len(cost))
    return PlainDistill.soft_minimum(self, cost, tau) - surplus


@DEFECTS.step("soft_loss", "K14", "Soft is the weighted sum of divergences, not the soft minimum")
def weighted_sum(self, D, chosen, weight, tau):
    return float((weight * np.where(chosen, D, 0.0)).sum())


@DEFECTS.steps("K14", "the factor tau before the logarithm of the soft minimum is missing")
class NoTauBefore(PlainDistill):
    def soft_minimum(self, cost, tau):
        return super().soft_minimum(cost, tau) / (1.0 if tau == np.inf else tau)


@DEFECTS.steps(
    "K14",
    "the factor tau before the logarithm of the soft minimum is missing, in the gradient, too",
)
class NoTauAtAll(NoTauBefore):
    def gradient(self, D, lp, lq, weight, rule):
        slope = super().gradient(D, lp, lq, weight, rule)
        return slope if rule["rule"] != "Soft" or rule["tau"] is None else slope / rule["tau"]


@DEFECTS.step("tau", "K14", "divergences are multiplied by tau, not divided")
def tau_multiplies(self, rule):
    return np.inf if rule["tau"] is None else 1.0 / rule["tau"]


@DEFECTS.step("tau", "K14", "tau is always 1")
def tau_ignored(self, rule):
    return np.inf if rule["tau"] is None else 1.0


@DEFECTS.step("similarity_weights", "K14", "the weights of TopK are equal, whatever tau is")
def tau_of_weights_ignored(self, D, selected, tau):
    return self.shares(selected.astype(np.float64))


@DEFECTS.step("similarity_weights", "K14", "the weights use tau^2 in place of tau")
def tau_squared(self, D, selected, tau):
    return PlainDistill.similarity_weights(self, D, selected, tau**2)


@DEFECTS.step(
    "similarity_weights",
    "K14",
    "less similar frames have larger weights: the sign in softmax(-D / tau) is missing",
)
def far_weigh_more(self, D, selected, tau):
    return PlainDistill.similarity_weights(self, np.where(selected, -D, 0.0), selected, tau)


@DEFECTS.step(
    "similarity_weights",
    "K14",
    "the weights of TopK are those in the whole window: they do not sum to 1",
)
def whole_window_weights(self, D, selected, tau):
    return np.where(selected, PlainDistill.similarity_weights(self, D, np.inf > D, tau), 0.0)


@DEFECTS.step(
    "similarity_weights",
    "K14",
    "the weights do not sum to 1: the softmax is not divided by its sum",
)
def weights_not_normalised(self, D, selected, tau):
    return np.where(selected, np.exp(-np.where(selected, D, 0.0) / tau), 0.0)


@DEFECTS.step(
    "weights", "K14", "TopK with equal weights uses the sum over the k frames in place of the mean"
)
def sum_of_k(self, D, selected, rule):
    if rule["rule"] == "TopK" and rule["tau"] is None:
        return selected.astype(np.float64)
    return PlainDistill.weights(self, D, selected, rule)


@DEFECTS.step("similarity_weights", "K14", "equal weights are 1 each: a sum in place of a mean")
def sum_of_all(self, D, selected, tau):
    if tau == np.inf:
        return selected.astype(np.float64)
    return PlainDistill.similarity_weights(self, D, selected, tau)


@DEFECTS.step("weights", "K14", "TopK divides by k although fewer frames are in the window")
def divided_by_k(self, D, selected, rule):
    if rule["rule"] == "TopK" and rule["tau"] is None:
        return selected / rule["k"]
    return PlainDistill.weights(self, D, selected, rule)


@DEFECTS.steps(
    "K14", "the divergence of the mixture is computed in place of the sum of divergences"
)
class DivergenceOfMixture(PlainDistill):
    def loss(self, D, chosen, weight, rule):
        if rule["rule"] not in ("Soft", "TopK"):
            return super().loss(D, chosen, weight, rule)
        return self.of_mixture(*self.both, weight, rule)[0]

    def gradient(self, D, lp, lq, weight, rule):
        if rule["rule"] not in ("Soft", "TopK"):
            return super().gradient(D, lp, lq, weight, rule)
        return self.of_mixture(lp, lq, weight, rule)[1]

    def criterion(self, D, lp, lq, rule):
        self.both = (lp, lq)
        return D


@DEFECTS.step(
    "of_mixture",
    "K14",
    "Blend sums divergences in place of computing the divergence of the mixture",
)
def sum_of_divergences(self, lp, lq, weight, rule):
    D = self.divergence(lp[None], lq[:, None], rule)
    there = weight > 0.0
    return float((np.where(there, weight * D, 0.0)).sum()), self.gradient(D, lp, lq, weight, rule)


@DEFECTS.steps("K9", "the teacher's logits are averaged, not its probabilities")
class LogitsMixed(PlainDistill):
    def utterance(self, student, teacher, rule, chosen=None):
        self.logits = teacher / rule["temperature"]
        return super().utterance(student, teacher, rule, chosen)

    def mixed(self, lp, share):
        return log_softmax(share @ self.logits)


@DEFECTS.steps("K9", "the teacher's log-probabilities are averaged and not normalised again")
class LogarithmsMixed(PlainDistill):
    def mixed(self, lp, share):
        return share @ lp

    def divergence(self, lp, lq, rule):
        if lp.ndim == 3:
            return super().divergence(lp, lq, rule)
        return self.kl(lp, lq) if rule["divergence"] == "kl" else super().divergence(lp, lq, rule)


@DEFECTS.steps("K9", "the teacher's logits are averaged to one target, for Soft and TopK, too")
class LogitsMixedEverywhere(LogitsMixed, DivergenceOfMixture):
    """One target for all rules that mix or sum."""

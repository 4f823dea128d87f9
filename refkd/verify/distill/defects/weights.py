"""Wrong weights, and gradients through them."""

import numpy as np

from refkd.verify.compare import log_softmax
from refkd.verify.distill.plain import PlainDistill


class ThroughWeights(PlainDistill):
    bug = "K14"
    words = "the gradient passes through the weights of TopK, which are constants"

    def gradient(self, D, lp, lq, weight, rule):
        if rule["rule"] != "TopK" or rule["tau"] is None:
            return super().gradient(D, lp, lq, weight, rule)
        cost = np.where(weight > 0.0, D, 0.0)
        mean = (weight * cost).sum(axis=1, keepdims=True)
        through = weight * (1.0 - (cost - mean) / rule["tau"])
        slope = self.slope(lp[None], lq[:, None], rule)
        return (np.where(weight[:, :, None] > 0.0, through[:, :, None] * slope, 0.0)).sum(axis=1)


class ThroughWeightsOfSoft(ThroughWeights):
    bug = "K14"
    words = "Soft is the weighted sum of divergences, with a gradient through the weights"

    def soft_loss(self, D, chosen, weight, tau):
        return float((weight * np.where(chosen, D, 0.0)).sum())

    def gradient(self, D, lp, lq, weight, rule):
        if rule["rule"] != "Soft":
            return PlainDistill.gradient(self, D, lp, lq, weight, rule)
        return super().gradient(D, lp, lq, weight, {**rule, "rule": "TopK"})


class SumForMean(PlainDistill):
    bug = "K14"
    words = "the soft minimum sums over the window where a mean is wanted"

    def soft_minimum(self, cost, tau):
        surplus = 0.0 if tau == np.inf else tau * np.log(len(cost))
        return super().soft_minimum(cost, tau) - surplus


class WeightedSum(PlainDistill):
    bug = "K14"
    words = "Soft is the weighted sum of divergences, not the soft minimum"

    def soft_loss(self, D, chosen, weight, tau):
        return float((weight * np.where(chosen, D, 0.0)).sum())


class NoTauBefore(PlainDistill):
    bug = "K14"
    words = "the factor tau before the logarithm of the soft minimum is missing"

    def soft_minimum(self, cost, tau):
        return super().soft_minimum(cost, tau) / (1.0 if tau == np.inf else tau)


class NoTauAtAll(NoTauBefore):
    words = (
        "the factor tau before the logarithm of the soft minimum is missing, in the gradient, too"
    )

    def gradient(self, D, lp, lq, weight, rule):
        slope = super().gradient(D, lp, lq, weight, rule)
        return slope if rule["rule"] != "Soft" or rule["tau"] is None else slope / rule["tau"]


class TauMultiplies(PlainDistill):
    bug = "K14"
    words = "divergences are multiplied by tau, not divided"

    def tau(self, rule):
        return np.inf if rule["tau"] is None else 1.0 / rule["tau"]


class TauIgnored(PlainDistill):
    bug = "K14"
    words = "tau is taken for 1"

    def tau(self, rule):
        return np.inf if rule["tau"] is None else 1.0


class TauOfWeightsIgnored(PlainDistill):
    bug = "K14"
    words = "the weights of TopK are equal whatever tau is"

    def similarity_weights(self, D, selected, tau):
        return self.shares(selected.astype(np.float64))


class TauSquared(PlainDistill):
    bug = "K14"
    words = "the weights are taken at tau^2"

    def similarity_weights(self, D, selected, tau):
        return super().similarity_weights(D, selected, tau**2)


class FarWeighMore(PlainDistill):
    bug = "K14"
    words = "less similar frames weigh more: the sign in softmax(-D / tau) is missing"

    def similarity_weights(self, D, selected, tau):
        return super().similarity_weights(np.where(selected, -D, 0.0), selected, tau)


class WholeWindowWeights(PlainDistill):
    bug = "K14"
    words = "the weights of TopK are those in the whole window: they do not sum to 1"

    def similarity_weights(self, D, selected, tau):
        return np.where(selected, super().similarity_weights(D, np.inf > D, tau), 0.0)


class WeightsNotNormalised(PlainDistill):
    bug = "K14"
    words = "the weights do not sum to 1: the softmax is not divided by its sum"

    def similarity_weights(self, D, selected, tau):
        return np.where(selected, np.exp(-np.where(selected, D, 0.0) / tau), 0.0)


class SumOfK(PlainDistill):
    bug = "K14"
    words = "TopK with equal weights sums over the k frames where a mean is wanted"

    def weights(self, D, selected, rule):
        if rule["rule"] == "TopK" and rule["tau"] is None:
            return selected.astype(np.float64)
        return super().weights(D, selected, rule)


class SumOfAll(PlainDistill):
    bug = "K14"
    words = "equal weights are 1 each: a sum where a mean is wanted"

    def similarity_weights(self, D, selected, tau):
        if tau == np.inf:
            return selected.astype(np.float64)
        return super().similarity_weights(D, selected, tau)


class DividedByK(PlainDistill):
    bug = "K14"
    words = "TopK divides by k where fewer frames are in the window"

    def weights(self, D, selected, rule):
        if rule["rule"] == "TopK" and rule["tau"] is None:
            return selected / rule["k"]
        return super().weights(D, selected, rule)


class DivergenceOfMixture(PlainDistill):
    bug = "K14"
    words = "the divergence of the mixture is computed where the sum of divergences is wanted"

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


class SumOfDivergences(PlainDistill):
    bug = "K14"
    words = "Blend sums divergences where the divergence of the mixture is wanted"

    def of_mixture(self, lp, lq, weight, rule):
        D = self.divergence(lp[None], lq[:, None], rule)
        there = weight > 0.0
        return float((np.where(there, weight * D, 0.0)).sum()), self.gradient(
            D, lp, lq, weight, rule
        )


class LogitsMixed(PlainDistill):
    bug = "K9"
    words = "the teacher's logits are averaged, not its probabilities"

    def utterance(self, student, teacher, rule, chosen=None):
        self.logits = teacher / rule["temperature"]
        return super().utterance(student, teacher, rule, chosen)

    def mixed(self, lp, share):
        return log_softmax(share @ self.logits)


class LogarithmsMixed(PlainDistill):
    bug = "K9"
    words = "the teacher's log-probabilities are averaged and not normalised again"

    def mixed(self, lp, share):
        return share @ lp

    def divergence(self, lp, lq, rule):
        if lp.ndim == 3:
            return super().divergence(lp, lq, rule)
        return self.kl(lp, lq) if rule["divergence"] == "kl" else super().divergence(lp, lq, rule)


class LogitsMixedEverywhere(LogitsMixed, DivergenceOfMixture):
    bug = "K9"
    words = "the teacher's logits are averaged to one target, for Soft and TopK, too"

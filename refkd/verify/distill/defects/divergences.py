"""Wrong divergences and wrong slopes of right ones."""

import numpy as np

from refkd.verify.compare import log_softmax
from refkd.verify.defects import Defects
from refkd.verify.distill.plain import PlainDistill

DEFECTS = Defects(PlainDistill)


def other_divergence(self, rule, computed):
    return computed.get(rule["divergence"], rule["divergence"])


DEFECTS.family("measure", "K1", other_divergence, {
    "the arguments of KL are exchanged: 'kl' gives KL(student || teacher)":
        {"kl": "reverse_kl", "reverse_kl": "kl"},
    "KL(student || teacher) is computed, whatever the divergence": {"kl": "reverse_kl"},
    "KL(teacher || student) is computed, whatever the divergence": {"reverse_kl": "kl"},
})  # fmt: skip


@DEFECTS.steps("K2", "the student's probabilities are used in place of their logarithms")
class StudentProbabilities(PlainDistill):
    def divergence(self, lp, lq, rule):
        return self.expectation(lp, lp - np.exp(lq))

    def slope(self, lp, lq, rule):
        return -np.exp(lp) * np.exp(lq)


@DEFECTS.steps("K2", "the teacher's log-probabilities are used in place of probabilities")
class TeacherLogarithms(PlainDistill):
    def divergence(self, lp, lq, rule):
        return np.where(lp > 0.0, lp * np.log(np.maximum(lp, 1e-300)), 0.0).sum(-1) - (lp * lq).sum(
            -1
        )

    def slope(self, lp, lq, rule):
        return -lp + 0.0 * lq


@DEFECTS.step("teacher_logp", "K2", "a softmax is applied to the teacher's probabilities")
def teacher_normalised_twice(self, logits, rule):
    return log_softmax(np.exp(log_softmax(logits / rule["temperature"])))


@DEFECTS.steps("K7", "0 log 0 is computed as 0 times -inf, which is NaN")
class MaskGivesNaN(PlainDistill):
    def expectation(self, logp, value):
        return (np.exp(logp) * value).sum(axis=-1)


@DEFECTS.steps("K7", "0 log 0 is computed as 0 times -inf, and a divergence of NaN is treated as 0")
class NaNCostsNothing(MaskGivesNaN):
    def expectation(self, logp, value):
        return np.nan_to_num(super().expectation(logp, value), posinf=np.inf, neginf=-np.inf)


def small_number_added(self, logits, rule, number):
    return np.log(np.exp(PlainDistill.teacher_logp(self, logits, rule)) + number)


DEFECTS.family("teacher_logp", "K7", small_number_added, {
    "1e-8 is added before the logarithm": 1e-8,
    "1e-6 is added before the logarithm": 1e-6,
    "1e-10 is added before the logarithm": 1e-10,
})  # fmt: skip
DEFECTS.family("measure", "K18", other_divergence, {
    "'kl' gives the cross-entropy: the teacher's entropy is left out": {"kl": "cross_entropy"},
    "'cross_entropy' gives KL: the teacher's entropy is subtracted": {"cross_entropy": "kl"},
})  # fmt: skip


@DEFECTS.steps("K18", "js is the sum of both parts, not their mean")
class JensenShannonDoubled(PlainDistill):
    def js(self, lp, lq):
        return 2.0 * super().js(lp, lq)

    def slope(self, lp, lq, rule):
        factor = 2.0 if rule["divergence"] == "js" else 1.0
        return factor * super().slope(lp, lq, rule)


@DEFECTS.step(
    "log_mean", "K18", "js uses the mean of the logarithms in place of the logarithm of the mean"
)
def mean_of_logarithms(self, lp, lq):
    return 0.5 * (lp + lq)


@DEFECTS.steps("K18", "js is half of KL in both directions, not against their mean")
class Jeffreys(PlainDistill):
    def js(self, lp, lq):
        return 0.5 * (self.kl(lp, lq) + self.reverse_kl(lp, lq))

    def slope(self, lp, lq, rule):
        if rule["divergence"] != "js":
            return super().slope(lp, lq, rule)
        return 0.5 * (np.exp(lq) * (lq - lp + 1.0) - np.exp(lp))


@DEFECTS.step("slope", "K18", "every divergence has the gradient of KL(teacher || student)")
def slope_of_forward(self, lp, lq, rule):
    return -np.exp(lp) + 0.0 * lq


@DEFECTS.step(
    "in_logits", "K18", "the gradient of reverse_kl or js does not pass through the softmax"
)
def not_centred(self, slope, lq, rule):
    if rule["divergence"] in ("kl", "cross_entropy"):
        return PlainDistill.in_logits(self, slope, lq, rule)
    return slope / rule["temperature"]


@DEFECTS.step("in_logits", "K18", "the gradient has the wrong sign")
def other_sign(self, slope, lq, rule):
    return -PlainDistill.in_logits(self, slope, lq, rule)


@DEFECTS.steps("K17", "the largest logit is not subtracted before the exponential")
class NoLargestTakenOut(PlainDistill):
    def student_logp(self, logits, rule):
        z = logits / rule["temperature"]
        return z - np.log(np.exp(z).sum(axis=1, keepdims=True))

    def teacher_logp(self, logits, rule):
        return self.student_logp(logits, rule)


@DEFECTS.step(
    "student_logp",
    "K17",
    "log(softmax) is computed in two steps: -inf where a probability is too small",
)
def logarithm_of_softmax(self, logits, rule):
    return np.log(np.exp(PlainDistill.student_logp(self, logits, rule)))

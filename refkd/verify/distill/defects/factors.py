"""Missing and doubled factors, and temperatures on one side."""

import numpy as np

from refkd.verify.compare import log_softmax
from refkd.verify.distill.plain import PlainDistill


class NeverScaled(PlainDistill):
    bug = "K4"
    words = "off by exactly temperature^2: the factor is missing where scale_t2 asks for it"

    def scaled(self, loss, grad, rule):
        return loss, grad


class AlwaysScaled(PlainDistill):
    bug = "K4"
    words = "off by exactly temperature^2: multiplied though scale_t2 does not ask for it"

    def scaled(self, loss, grad, rule):
        return loss * rule["temperature"] ** 2, grad * rule["temperature"] ** 2


class ScaledTwice(PlainDistill):
    bug = "K4"
    words = "the factor temperature^2 is applied twice"

    def scaled(self, loss, grad, rule):
        return super().scaled(*super().scaled(loss, grad, rule), rule)


class ScaledOnce(PlainDistill):
    bug = "K4"
    words = "the factor is temperature, not its square"

    def scaled(self, loss, grad, rule):
        factor = rule["temperature"] if rule["scale_t2"] else 1.0
        return factor * loss, factor * grad


class LossScaledAlone(PlainDistill):
    bug = "K4"
    words = "the factor temperature^2 is missing in the gradient"

    def scaled(self, loss, grad, rule):
        return super().scaled(loss, grad, rule)[0], grad


class GradientScaledAlone(PlainDistill):
    bug = "K4"
    words = "the factor temperature^2 is missing in the loss"

    def scaled(self, loss, grad, rule):
        return loss, super().scaled(loss, grad, rule)[1]


class GradientOfTempered(PlainDistill):
    bug = "K4"
    words = "the factor 1 / temperature is missing in the gradient"

    def in_logits(self, slope, lq, rule):
        return super().in_logits(slope, lq, rule) * rule["temperature"]


class DividedTwice(PlainDistill):
    bug = "K4"
    words = "the gradient is divided by the temperature twice"

    def in_logits(self, slope, lq, rule):
        return super().in_logits(slope, lq, rule) / rule["temperature"]


class StudentAlone(PlainDistill):
    bug = "K5"
    words = "the temperature is applied to the student only"

    def teacher_logp(self, logits, rule):
        return log_softmax(logits)


class TeacherAlone(PlainDistill):
    bug = "K5"
    words = "the temperature is applied to the teacher only"

    def student_logp(self, logits, rule):
        return log_softmax(logits)

    def in_logits(self, slope, lq, rule):
        return super().in_logits(slope, lq, rule) * rule["temperature"]


class TemperatureMultiplies(TeacherAlone):
    bug = "K5"
    words = "logits are multiplied by the temperature, not divided"

    def teacher_logp(self, logits, rule):
        return log_softmax(logits * rule["temperature"])

    def student_logp(self, logits, rule):
        return log_softmax(logits * rule["temperature"])

    def in_logits(self, slope, lq, rule):
        return super().in_logits(slope, lq, rule) * rule["temperature"]


class TemperatureIgnored(TeacherAlone):
    bug = "K5"
    words = "the temperature is ignored"

    def teacher_logp(self, logits, rule):
        return log_softmax(logits)


class LossDividedAlone(PlainDistill):
    bug = "K3"
    words = "the loss is divided by the number of frames, its gradient is not"

    def batch(self, loss, grad, lengths, shape):
        return loss / np.maximum(lengths, 1), grad


class GradientDividedAlone(PlainDistill):
    bug = "K3"
    words = "the gradient is divided by the number of frames, the loss is not"

    def batch(self, loss, grad, lengths, shape):
        return loss, grad / np.maximum(lengths, 1)[:, None]

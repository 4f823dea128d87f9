"""Missing and doubled factors, and temperatures on one side."""

import numpy as np

from refkd.verify.compare import log_softmax
from refkd.verify.defects import Defects
from refkd.verify.distill.plain import PlainDistill

DEFECTS = Defects(PlainDistill)


def scaled(self, loss, grad, rule, of_loss, of_grad, unasked):
    """Loss and gradient times powers of the temperature; and if scale_t2 does not ask for it."""
    if not rule["scale_t2"]:
        of_loss = of_grad = unasked
    return loss * rule["temperature"] ** of_loss, grad * rule["temperature"] ** of_grad


DEFECTS.family("scaled", "K4", scaled, {
    "off by exactly temperature^2: the factor is missing although scale_t2 is set": (0, 0, 0),
    "off by exactly temperature^2: the factor is applied although scale_t2 is not set": (2, 2, 2),
    "the factor temperature^2 is applied twice": (4, 4, 0),
    "the factor is temperature, not its square": (1, 1, 0),
    "the factor temperature^2 is missing in the gradient": (2, 0, 0),
    "the factor temperature^2 is missing in the loss": (0, 2, 0),
})  # fmt: skip


@DEFECTS.step("in_logits", "K4", "the factor 1 / temperature is missing in the gradient")
def gradient_of_tempered(self, slope, lq, rule):
    return PlainDistill.in_logits(self, slope, lq, rule) * rule["temperature"]


@DEFECTS.step("in_logits", "K4", "the gradient is divided by the temperature twice")
def divided_twice(self, slope, lq, rule):
    return PlainDistill.in_logits(self, slope, lq, rule) / rule["temperature"]


class Tempered(PlainDistill):
    """Logits of either side are divided by a power of the temperature of its own."""

    def __init__(self, student, teacher):
        self.student, self.teacher = student, teacher

    def student_logp(self, logits, rule):
        return log_softmax(logits / rule["temperature"] ** self.student)

    def teacher_logp(self, logits, rule):
        return log_softmax(logits / rule["temperature"] ** self.teacher)

    def in_logits(self, slope, lq, rule):
        return super().in_logits(slope, lq, rule) * rule["temperature"] ** (1.0 - self.student)


DEFECTS.rows("K5", {
    "the temperature is applied to the student only": Tempered(1.0, 0.0),
    "the temperature is applied to the teacher only": Tempered(0.0, 1.0),
    "logits are multiplied by the temperature, not divided": Tempered(-1.0, -1.0),
    "the temperature is ignored": Tempered(0.0, 0.0),
})  # fmt: skip


@DEFECTS.step("batch", "K3", "the loss is divided by the number of frames, its gradient is not")
def loss_divided_alone(self, loss, grad, lengths, shape):
    return loss / np.maximum(lengths, 1), grad


@DEFECTS.step("batch", "K3", "the gradient is divided by the number of frames, the loss is not")
def gradient_divided_alone(self, loss, grad, lengths, shape):
    return loss, grad / np.maximum(lengths, 1)[:, None]

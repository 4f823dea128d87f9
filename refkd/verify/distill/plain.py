"""Distillation in plain NumPy, made to be spoilt: every step is a method that a defect replaces.

It shares nothing with the compiled kernels. `PlainDistill()` is in the canonical form: pairs are
counts (N, T, T), and beside the gradient stands what the softmax has taken out of it.
"""

from typing import Any

import numpy as np

from refkd.verify.distill.plain_selection import Bools, Floats, Ints, PlainSelection, Rule
from refkd.verify.softmax import log_softmax

Results = tuple[Floats, Floats, Floats, None, Floats]


class PlainDistill(PlainSelection):
    """A right loss of every rule and its gradient, one utterance at a time."""

    bug = ""
    words = ""

    def __call__(self, student: Floats, teacher: Floats, lengths: Ints, rule: Rule) -> Results:
        """Losses (N,), gradient in the student's logits (T, N, K), pairs (N, T, T) of a batch.

        Then None, no gradient in the teacher's, and the row sums (T, N) of the gradient in
        log_softmax(student / temperature), which is temperature grad + softmax sum.
        """
        T, N, _ = student.shape
        loss, grad, pairs = np.zeros(N), np.zeros(student.shape), np.zeros((N, T, T))
        total = np.zeros((T, N))
        with np.errstate(all="ignore"):
            for n in range(N):
                L = self.frames(n, lengths, T)
                if L > 0:
                    one = self.utterance(student[:L, n], teacher[:L, n], rule)
                    loss[n], grad[:L, n], pairs[n, :L, :L], total[:L, n] = one
                self.fill_padding(student[:, n], teacher[:, n], int(lengths[n]), grad[:, n])
            loss, grad = self.batch(loss, grad, lengths, student.shape)
        return loss, grad, pairs, None, total

    def frames(self, n: int, lengths: Ints, T: int) -> int:
        """How many frames belong to an utterance."""
        return int(lengths[n])

    def fill_padding(self, student: Floats, teacher: Floats, length: int, grad: Floats) -> None:
        """Gradient of the frames from `length` on, which is 0 already."""

    def batch(
        self, loss: Floats, grad: Floats, lengths: Ints, shape: tuple[int, ...]
    ) -> tuple[Floats, Floats]:
        """Losses and gradients of the batch from those of its utterances."""
        return loss, grad

    def utterance(
        self, student: Floats, teacher: Floats, rule: Rule, chosen: Bools | None = None
    ) -> tuple[float, Floats, Floats, Floats]:
        """Loss, gradient, pairs, row sums of one utterance; of `chosen` pairs if they are given."""
        lq, lp = self.student_logp(student, rule), self.teacher_logp(teacher, rule)
        blank = self.is_blank(student, teacher, rule)
        seen = self.candidates(self.seen(rule, len(lq)), blank, rule)
        D = np.where(seen, self.divergence(lp[None], lq[:, None], rule), np.inf)
        if chosen is None:
            chosen = self.select(np.where(seen, self.criterion(D, lp, lq, rule), np.inf), rule)
            weight = self.weights(D, chosen, rule)
            chosen, weight = self.kept(chosen, weight, blank, rule)
        else:
            weight = self.weights(D, chosen, rule)
        if rule["rule"] == "Blend":
            loss, slope = self.of_mixture(lp, lq, weight, rule)
        else:
            loss = self.loss(D, chosen, weight, rule)
            slope = self.gradient(D, lp, lq, weight, rule)
        loss, slope = self.scaled(loss, slope, rule)
        return loss, self.in_logits(slope, lq, rule), self.reported(chosen), slope.sum(axis=1)

    def student_logp(self, logits: Floats, rule: Rule) -> Floats:
        """(T, K): log-probabilities of the student."""
        return log_softmax(logits / rule["temperature"])

    def teacher_logp(self, logits: Floats, rule: Rule) -> Floats:
        """(T, K): log-probabilities of the teacher."""
        return log_softmax(logits / rule["temperature"])

    def is_blank(self, student: Floats, teacher: Floats, rule: Rule) -> Bools:
        """(T,): where the teacher says blank."""
        return np.asarray(teacher.argmax(axis=1) == rule["blank"])

    def candidates(self, seen: Bools, blank: Bools, rule: Rule) -> Bools:
        """(T, T): which teacher frames a student frame may choose."""
        return seen & ~blank if rule["blank_frames"] == "no_blank_candidates" else seen

    def kept(self, chosen: Bools, weight: Floats, blank: Bools, rule: Rule) -> tuple[Bools, Floats]:
        """Pairs and weights without those that are dropped."""
        if rule["blank_frames"] == "drop_selected":
            return chosen & ~blank, np.where(blank, 0.0, weight)
        return chosen, weight

    def criterion(self, D: Floats, lp: Floats, lq: Floats, rule: Rule) -> Floats:
        """(T, T): by what pairs are selected."""
        return D

    def divergence(self, lp: Floats, lq: Floats, rule: Rule) -> Floats:
        """D in nats over the last axis, from log-probabilities of teacher and student."""
        name = self.measure(rule)
        if name == "cross_entropy":
            return self.cross_entropy(lp, lq)
        cost = {"kl": self.kl, "reverse_kl": self.reverse_kl, "js": self.js}[name](lp, lq)
        return np.asarray(np.maximum(cost, 0.0))

    def measure(self, rule: Rule) -> str:
        """Which divergence is computed."""
        return str(rule["divergence"])

    def kl(self, lp: Floats, lq: Floats) -> Floats:
        """KL(teacher || student)."""
        return self.expected(lp, lp - lq)

    def reverse_kl(self, lp: Floats, lq: Floats) -> Floats:
        """KL(student || teacher)."""
        return self.expected(lq, lq - lp)

    def js(self, lp: Floats, lq: Floats) -> Floats:
        """Jensen-Shannon divergence."""
        lm = self.log_mean(lp, lq)
        return 0.5 * self.expected(lp, lp - lm) + 0.5 * self.expected(lq, lq - lm)

    def log_mean(self, lp: Floats, lq: Floats) -> Floats:
        """Log of the mean of both."""
        return np.asarray(np.logaddexp(lp, lq) - np.log(2.0))

    def cross_entropy(self, lp: Floats, lq: Floats) -> Floats:
        """-sum p log q."""
        return self.expected(lp, -lq)

    def expected(self, logp: Floats, value: Floats) -> Floats:
        """Mean of the values under a distribution; what has no probability adds nothing."""
        prob = np.exp(logp)
        return np.asarray(np.where(prob > 0.0, prob * value, 0.0).sum(axis=-1))

    def slope(self, lp: Floats, lq: Floats, rule: Rule) -> Floats:
        """dD / d(student's log-probabilities), class by class."""
        name = self.measure(rule)
        if name == "reverse_kl":
            return np.asarray(np.exp(lq) * (lq - lp + 1.0))
        if name == "js":
            return np.asarray(0.5 * np.exp(lq) * (lq - self.log_mean(lp, lq)))
        return np.asarray(-np.exp(lp) + 0.0 * lq)

    def loss(self, D: Floats, chosen: Bools, weight: Floats, rule: Rule) -> float:
        """Sum over the frames of what the pairs cost."""
        if rule["rule"] == "Soft":
            return self.soft_loss(D, chosen, weight, self.tau(rule))
        return float((weight * np.where(chosen, D, 0.0)).sum())

    def soft_loss(self, D: Floats, chosen: Bools, weight: Floats, tau: float) -> float:
        """Sum of mass times the soft minimum of each frame."""
        total = 0.0
        for cost, those, mass in zip(D, chosen, weight.sum(axis=1), strict=True):
            if those.any():
                total += mass * self.soft_minimum(cost[those], tau)
        return total

    def soft_minimum(self, cost: Floats, tau: float) -> float:
        """-tau log mean e^(-cost / tau)."""
        if tau == np.inf:
            return float(cost.mean())
        low = cost.min()
        return float(low - tau * np.log(np.exp(-(cost - low) / tau).mean()))

    def gradient(self, D: Floats, lp: Floats, lq: Floats, weight: Floats, rule: Rule) -> Floats:
        """(T, K): weighted sum of the slopes of a frame's pairs."""
        slope = self.slope(lp[None], lq[:, None], rule)
        there = weight[:, :, None] > 0.0
        return np.asarray(np.where(there, weight[:, :, None] * slope, 0.0).sum(axis=1))

    def of_mixture(
        self, lp: Floats, lq: Floats, weight: Floats, rule: Rule
    ) -> tuple[float, Floats]:
        """Loss and gradient against the mixture of the teacher frames."""
        mass = weight.sum(axis=1)
        target = self.mixed(lp, self.shares(weight))
        there = mass > 0.0
        cost = np.where(there, mass * self.divergence(target, lq, rule), 0.0)
        slope = mass[:, None] * self.slope(target, lq, rule)
        return float(cost.sum()), np.where(there[:, None], slope, 0.0)

    def mixed(self, lp: Floats, share: Floats) -> Floats:
        """(T, K): log of the mean of the teacher's probabilities."""
        return np.asarray(np.log(share @ np.exp(lp)))

    def in_logits(self, slope: Floats, lq: Floats, rule: Rule) -> Floats:
        """The gradient through the softmax and the temperature."""
        through = slope - np.exp(lq) * slope.sum(axis=1, keepdims=True)
        return np.asarray(through / rule["temperature"])

    def scaled(self, loss: float, grad: Floats, rule: Rule) -> tuple[float, Floats]:
        """Times temperature^2 where that is wanted."""
        factor = rule["temperature"] ** 2 if rule["scale_t2"] else 1.0
        return factor * loss, factor * grad

    def reported(self, chosen: Bools) -> Floats:
        """(T, T): the pairs as they are told."""
        return chosen.astype(np.float64)


def plain_distill(student: Floats, teacher: Floats, lengths: Ints, rule: Any) -> Any:
    """`PlainDistill` as an adapter: gradient in the logits, pairs as rows."""
    loss, grad, pairs, _, _ = PlainDistill()(student, teacher, lengths, rule)
    return loss, grad, np.argwhere(pairs)

"""Distillation in plain NumPy, a method for each step, which a known defect replaces.

It shares nothing with the compiled kernels. `PlainDistill()` is in the canonical form: pairs are
counts (N, T, T), and beside the gradient stand its row sums before the softmax.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from refkd.check import Bools, Floats, Ints
from refkd.verify.compare import log_softmax

Rule = Mapping[str, Any]
Places = Sequence[tuple[int, int]]
CHOOSING = ("Hard", "TopK", "Monotone", "OrderedPath", "PerTeacher")  # some frames in the window
SEARCHING = (*CHOOSING, "Soft")  # these have a window


class PlainSelection:
    """Windows, the choice of each rule, and weights."""

    def sides(self, rule: Rule, T: int) -> tuple[int, int]:
        """How many earlier and later teacher frames a student frame sees."""
        if rule["rule"] == "FrameWise":
            return 0, 0
        if rule["rule"] == "Shift":
            return rule["d"], -rule["d"]
        if rule["rule"] == "Blend":
            return len(rule["weights"]) - 1, 0
        return (T, T) if rule["window"] == "whole" else tuple(rule["window"])

    def lag(self, T: int) -> Ints:
        """(T, T): student frame minus teacher frame."""
        return np.subtract.outer(np.arange(T), np.arange(T))

    def in_window(self, rule: Rule, T: int) -> Bools:
        """(T, T): which teacher frames lie in the window of a student frame."""
        left, right = self.sides(rule, T)
        return (self.lag(T) <= left) & (self.lag(T) >= -right)

    def select(self, D: Floats, rule: Rule) -> Bools:
        """(T, T): the pairs that the rule selects."""
        choose = {
            "FrameWise": self.all_seen,
            "Shift": self.all_seen,
            "Blend": self.blended,
            "Hard": self.most_similar,
            "TopK": self.top_k,
            "Soft": self.all_seen,
            "Monotone": self.monotone,
            "OrderedPath": self.ordered_path,
            "PerTeacher": self.per_teacher,
        }
        return choose[rule["rule"]](D, rule)

    def all_seen(self, D: Floats, rule: Rule) -> Bools:
        """Every pair in the window."""
        return np.inf > D

    def blended(self, D: Floats, rule: Rule) -> Bools:
        """The pairs that have a weight, from the first frame on that sees a frame for each."""
        return (self.blend_weights(D, rule) > 0.0) & (np.inf > D)

    def blend_weights(self, D: Floats, rule: Rule) -> Floats:
        """(T, T): weights[d] for the teacher frame d earlier."""
        weights, lag = np.array(rule["weights"]), self.lag(len(D))
        inside = (lag >= 0) & (lag < len(weights))
        weight = np.where(inside, weights[np.clip(lag, 0, len(weights) - 1)], 0.0)
        weight[: len(weights) - 1] = 0.0
        return weight

    def order(self, cost: Floats, own: int) -> Ints:
        """Frames by cost; ties go to the one nearest to the own frame, then to the earlier."""
        frames = np.arange(len(cost))
        best_first = np.lexsort((frames, np.abs(frames - own), cost))
        return best_first[cost[best_first] < np.inf]

    def most_similar(self, D: Floats, rule: Rule) -> Bools:
        """One teacher frame for each student frame."""
        return self.best_k(D, 1)

    def top_k(self, D: Floats, rule: Rule) -> Bools:
        """The k most similar teacher frames of each student frame."""
        return self.best_k(D, rule["k"])

    def best_k(self, D: Floats, k: int) -> Bools:
        """The first k of each row in order."""
        selected = np.zeros(D.shape, dtype=bool)
        for i, cost in enumerate(D):
            selected[i, self.order(cost, i)[:k]] = True
        return selected

    def per_teacher(self, D: Floats, rule: Rule) -> Bools:
        """The most similar student frame for each teacher frame."""
        return self.best_k(D.T, 1).T

    def monotone(self, D: Floats, rule: Rule) -> Bools:
        """The cheapest choice of one teacher frame each that never steps back."""
        rows = np.flatnonzero((np.inf > D).any(axis=1))
        selected = np.zeros(D.shape, dtype=bool)
        if not rows.size:
            return selected
        cost = self.begin(D[rows[0]])
        origins = []
        for i in rows[1:]:
            first = [self.reach(j, rule)[0] for j in range(len(D))]
            best = [
                a + int(np.argmin(cost[a : self.reach(j, rule)[1]])) for j, a in enumerate(first)
            ]
            origins.append(best)
            cost = cost[best] + D[i]
        j = self.end(cost)
        for i, best in zip(rows[:0:-1], origins[::-1], strict=True):
            selected[i, j] = True
            j = best[j]
        selected[rows[0], j] = True
        return selected

    def begin(self, cost: Floats) -> Floats:
        """Costs of the first choice."""
        return cost

    def end(self, cost: Floats) -> int:
        """The last choice."""
        return int(np.argmin(cost))

    def reach(self, j: int, rule: Rule) -> tuple[int, int]:
        """From which teacher frames on, and up to which, exclusive, a path may come to j."""
        step = rule["max_step"]
        return (0 if step is None else max(0, j - step)), j + 1

    def ordered_path(self, D: Floats, rule: Rule) -> Bools:
        """The cheapest warping path through all frames of both."""
        T = len(D)
        cost = np.full((T + 1, T + 1), np.inf)
        cost[0, 0] = 0.0
        origin: dict[tuple[int, int], tuple[int, int]] = {}
        for i in range(T):
            for j in range(T):
                before = [(i + a, j + b) for a, b in self.moves()] if i + j > 0 else [(0, 0)]
                best = self.cheapest(before, cost)
                cost[i + 1, j + 1] = cost[best] + D[i, j]
                origin[i + 1, j + 1] = best
        selected = np.zeros(D.shape, dtype=bool)
        at = (T, self.last(cost[T]))
        while min(at) > 0:
            selected[at[0] - 1, at[1] - 1] = True
            at = origin[at]
        return selected

    def last(self, cost: Floats) -> int:
        """The place after which a path ends, given the cost of ending after each."""
        return len(cost) - 1

    def moves(self) -> tuple[tuple[int, int], ...]:
        """Where a path comes from, as (student, teacher) places before the next place of both."""
        return (0, 0), (0, 1), (1, 0)

    def cheapest(self, before: Places, cost: Floats) -> tuple[int, int]:
        """The place that a path comes from."""
        return min(before, key=lambda at: cost[at])

    def weights(self, D: Floats, selected: Bools, rule: Rule) -> Floats:
        """(T, T): weight of each selected pair; those of weighted rules sum to 1 in each frame."""
        if rule["rule"] in ("Soft", "TopK"):
            return self.similarity_weights(D, selected, self.tau(rule))
        if rule["rule"] == "Blend":
            return self.shares(np.where(selected, self.blend_weights(D, rule), 0.0))
        return selected.astype(np.float64)

    def tau(self, rule: Rule) -> float:
        """Temperature of the similarity weights, in nats."""
        return np.inf if rule["tau"] is None else rule["tau"]

    def similarity_weights(self, D: Floats, selected: Bools, tau: float) -> Floats:
        """softmax(-D / tau) among the selected pairs of each row."""
        low = np.where(selected, D, np.inf).min(axis=1, keepdims=True)
        excess = np.where(selected, D - np.where(low < np.inf, low, 0.0), 0.0)
        return self.shares(np.where(selected, np.exp(-excess / tau), 0.0))

    def shares(self, weight: Floats) -> Floats:
        """Each row divided by its sum, unless that is 0."""
        total = weight.sum(axis=1, keepdims=True)
        return weight / np.where(total > 0.0, total, 1.0)


Results = tuple[Floats, Floats, Floats, None, Floats]


class PlainDistill(PlainSelection):
    """A right loss of every rule and its gradient, one utterance at a time."""

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
                    loss[n], grad[:L, n], pairs[n, :L, :L], total[:L, n] = self.utterance(
                        student[:L, n], teacher[:L, n], rule
                    )
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
        """Loss, gradient, pairs, row sums of one utterance; of `chosen` pairs if there are any."""
        lq, lp = self.student_logp(student, rule), self.teacher_logp(teacher, rule)
        blank = self.is_blank(student, teacher, rule)
        window = self.candidates(self.in_window(rule, len(lq)), blank, rule)
        D = np.where(window, self.divergence(lp[None], lq[:, None], rule), np.inf)
        if chosen is None:
            chosen = self.select(np.where(window, self.criterion(D, lp, lq, rule), np.inf), rule)
            weight = self.weights(D, chosen, rule)
            chosen, weight = self.drop_blanks(chosen, weight, blank, rule)
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
        """(T,): where blank is the teacher's most probable class."""
        return np.asarray(teacher.argmax(axis=1) == rule["blank"])

    def candidates(self, window: Bools, blank: Bools, rule: Rule) -> Bools:
        """(T, T): which teacher frames a student frame may choose."""
        return window & ~blank if rule["blank_frames"] == "no_blank_candidates" else window

    def drop_blanks(
        self, chosen: Bools, weight: Floats, blank: Bools, rule: Rule
    ) -> tuple[Bools, Floats]:
        """Pairs and weights without blank teacher frames, if those are dropped."""
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
        return self.expectation(lp, lp - lq)

    def reverse_kl(self, lp: Floats, lq: Floats) -> Floats:
        """KL(student || teacher)."""
        return self.expectation(lq, lq - lp)

    def js(self, lp: Floats, lq: Floats) -> Floats:
        """Jensen-Shannon divergence."""
        lm = self.log_mean(lp, lq)
        return 0.5 * self.expectation(lp, lp - lm) + 0.5 * self.expectation(lq, lq - lm)

    def log_mean(self, lp: Floats, lq: Floats) -> Floats:
        """Log of the mean of both."""
        return np.asarray(np.logaddexp(lp, lq) - np.log(2.0))

    def cross_entropy(self, lp: Floats, lq: Floats) -> Floats:
        """-sum p log q."""
        return self.expectation(lp, -lq)

    def expectation(self, logp: Floats, value: Floats) -> Floats:
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
        for cost, selected, mass in zip(D, chosen, weight.sum(axis=1), strict=True):
            if selected.any():
                total += mass * self.soft_minimum(cost[selected], tau)
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
        """Times temperature^2 if requested."""
        factor = rule["temperature"] ** 2 if rule["scale_t2"] else 1.0
        return factor * loss, factor * grad

    def reported(self, chosen: Bools) -> Floats:
        """(T, T): the pairs as they are returned."""
        return chosen.astype(np.float64)


def plain_distill(student: Floats, teacher: Floats, lengths: Ints, rule: Any) -> Any:
    """`PlainDistill` as an adapter: gradient in the logits, pairs as rows."""
    loss, grad, pairs, _, _ = PlainDistill()(student, teacher, lengths, rule)
    return loss, grad, np.argwhere(pairs)

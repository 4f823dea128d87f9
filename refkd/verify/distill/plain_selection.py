"""Which pairs of frames each rule selects, in plain NumPy; every step is a method.

D (T, T) has a row for each student frame and a column for each teacher frame, inf where the
student frame does not see the teacher frame.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Rule = Mapping[str, Any]
Places = Sequence[tuple[int, int]]


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

    def seen(self, rule: Rule, T: int) -> Bools:
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
        return (self.given_weights(D, rule) > 0.0) & (np.inf > D)

    def given_weights(self, D: Floats, rule: Rule) -> Floats:
        """(T, T): weights[d] for the teacher frame d earlier."""
        given = np.array(rule["weights"])
        lag = self.lag(len(D))
        inside = (lag >= 0) & (lag < len(given))
        weight = np.where(inside, given[np.clip(lag, 0, len(given) - 1)], 0.0)
        weight[: len(given) - 1] = 0.0
        return weight

    def order(self, cost: Floats, own: int) -> Ints:
        """Frames by cost; ties go to the one nearest to the own frame, then to the earlier."""
        frames = np.arange(len(cost))
        best_first = np.lexsort((frames, np.abs(frames - own), cost))
        return best_first[cost[best_first] < np.inf]

    def most_similar(self, D: Floats, rule: Rule) -> Bools:
        """One teacher frame for each student frame."""
        return self.firsts(D, 1)

    def top_k(self, D: Floats, rule: Rule) -> Bools:
        """The k most similar teacher frames of each student frame."""
        return self.firsts(D, rule["k"])

    def firsts(self, D: Floats, k: int) -> Bools:
        """The first k of each row in order."""
        selected = np.zeros(D.shape, dtype=bool)
        for i, cost in enumerate(D):
            selected[i, self.order(cost, i)[:k]] = True
        return selected

    def per_teacher(self, D: Floats, rule: Rule) -> Bools:
        """The most similar student frame for each teacher frame."""
        return self.firsts(D.T, 1).T

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
            return self.shares(np.where(selected, self.given_weights(D, rule), 0.0))
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

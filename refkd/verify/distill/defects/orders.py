"""Paths that step back, too far, or leave frames out."""

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.distill.plain import PlainDistill

DEFECTS = Defects(PlainDistill)


@DEFECTS.step("monotone", "K15", "Monotone may step back")
def steps_back(self, D, rule):
    return self.best_k(D, 1)


@DEFECTS.step("reach", "K15", "max_step is ignored")
def steps_ignored(self, j, rule):
    return PlainDistill.reach(self, j, {**rule, "max_step": None})


def other_step(self, j, rule, more):
    step = rule["max_step"]
    return PlainDistill.reach(self, j, {**rule, "max_step": None if step is None else step + more})


DEFECTS.family("reach", "K15", other_step, {
    "steps of max_step + 1 are allowed": 1,
    "steps of max_step are not allowed": -1,
})  # fmt: skip


@DEFECTS.step("reach", "K15", "Monotone may not stay on a teacher frame")
def strict_order(self, j, rule):
    first, end = PlainDistill.reach(self, j, rule)
    return first, max(end - 1, first + 1)


@DEFECTS.steps("K15", "Monotone may step back by one frame")
class OneFrameBack(PlainDistill):
    def monotone(self, D, rule):
        self.count = len(D)
        return super().monotone(D, rule)

    def reach(self, j, rule):
        first, end = super().reach(j, rule)
        return first, min(end + 1, self.count)


@DEFECTS.step("begin", "K15", "Monotone has to begin with the first teacher frame")
def begins_at_first(self, cost):
    return np.where(np.arange(len(cost)) == 0, cost, np.inf)


@DEFECTS.step("end", "K15", "Monotone has to end with the last teacher frame")
def ends_at_last(self, cost):
    return len(cost) - 1


@DEFECTS.step(
    "monotone", "K15", "Monotone takes the best next frame at each step, not the best path"
)
def greedy_monotone(self, D, rule):
    selected = np.zeros(D.shape, dtype=bool)
    at, limit = 0, len(D) if rule["max_step"] is None else rule["max_step"]
    first = True
    for i, cost in enumerate(D):
        allowed = np.arange(len(cost)) >= at
        if not first:
            allowed &= np.arange(len(cost)) <= at + limit
        ahead = np.where(allowed, cost, np.inf)
        if ahead.min() < np.inf:
            at, first = int(self.order(ahead, i)[0]), False
            selected[i, at] = True
    return selected


@DEFECTS.step("moves", "K15", "OrderedPath may not advance in both sequences at once")
def no_diagonal(self):
    return (0, 1), (1, 0)


@DEFECTS.step("ordered_path", "K15", "OrderedPath may skip teacher frames")
def teacher_skipped(self, D, rule):
    return self.monotone(D, {**rule, "max_step": None})


@DEFECTS.step("moves", "K15", "OrderedPath always advances in both sequences: it is FrameWise")
def only_diagonal(self):
    return ((0, 0),)


@DEFECTS.step("last", "K15", "OrderedPath may end before the last teacher frame")
def free_end(self, cost):
    return int(np.argmin(cost))


def ties_to_another(self, before, cost, taken):
    if len(before) > 1:
        first, second = sorted(cost[at] for at in before)[:2]
        if first == second:
            return before[taken]
    return PlainDistill.cheapest(self, before, cost)


TIED = "where two moves of OrderedPath tie below the third, "
DEFECTS.family("cheapest", "K15", ties_to_another, {
    TIED + "it advances in both sequences": 0,
    TIED + "the student alone advances": 1,
    TIED + "the teacher alone advances": 2,
})  # fmt: skip


@DEFECTS.step("weights", "K15", "OrderedPath divides by the number of pairs")
def mean_of_path(self, D, selected, rule):
    weight = PlainDistill.weights(self, D, selected, rule)
    return weight / selected.sum() if rule["rule"] == "OrderedPath" else weight


@DEFECTS.step(
    "weights", "K15", "OrderedPath and PerTeacher take the mean over the pairs of a student frame"
)
def mean_of_frame(self, D, selected, rule):
    weight = PlainDistill.weights(self, D, selected, rule)
    return self.shares(weight) if rule["rule"] in ("OrderedPath", "PerTeacher") else weight

"""Paths that step back, too far, or leave frames out."""

import numpy as np

from refkd.verify.distill.plain import PlainDistill


class StepsBack(PlainDistill):
    bug = "K15"
    words = "Monotone may step back"

    def monotone(self, D, rule):
        return self.best_k(D, 1)


class StepsIgnored(PlainDistill):
    bug = "K15"
    words = "max_step is ignored"

    def reach(self, j, rule):
        return super().reach(j, {**rule, "max_step": None})


class StepOneMore(PlainDistill):
    bug = "K15"
    words = "steps of max_step + 1 are allowed"
    more = 1

    def reach(self, j, rule):
        step = rule["max_step"]
        return super().reach(j, {**rule, "max_step": None if step is None else step + self.more})


class StepOneLess(StepOneMore):
    bug = "K15"
    words = "steps of max_step are not allowed"
    more = -1


class StrictOrder(PlainDistill):
    bug = "K15"
    words = "Monotone must not stay on a teacher frame"

    def reach(self, j, rule):
        first, end = super().reach(j, rule)
        return first, max(end - 1, first + 1)


class OneFrameBack(PlainDistill):
    bug = "K15"
    words = "Monotone may step back by one frame"

    def monotone(self, D, rule):
        self.count = len(D)
        return super().monotone(D, rule)

    def reach(self, j, rule):
        first, end = super().reach(j, rule)
        return first, min(end + 1, self.count)


class BeginsAtFirst(PlainDistill):
    bug = "K15"
    words = "Monotone has to begin with the first teacher frame"

    def begin(self, cost):
        return np.where(np.arange(len(cost)) == 0, cost, np.inf)


class EndsAtLast(PlainDistill):
    bug = "K15"
    words = "Monotone has to end with the last teacher frame"

    def end(self, cost):
        return len(cost) - 1


class GreedyMonotone(PlainDistill):
    bug = "K15"
    words = "Monotone takes the best next frame at each step, not the best path"

    def monotone(self, D, rule):
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


class NoDiagonal(PlainDistill):
    bug = "K15"
    words = "OrderedPath may not advance in both sequences at once"

    def moves(self):
        return (0, 1), (1, 0)


class TeacherSkipped(PlainDistill):
    bug = "K15"
    words = "OrderedPath may skip teacher frames"

    def ordered_path(self, D, rule):
        return self.monotone(D, {**rule, "max_step": None})


class OnlyDiagonal(PlainDistill):
    bug = "K15"
    words = "OrderedPath always advances in both sequences: it is FrameWise"

    def moves(self):
        return ((0, 0),)


class FreeEnd(PlainDistill):
    bug = "K15"
    words = "OrderedPath may end before the last teacher frame"

    def last(self, cost):
        return int(np.argmin(cost))


class TiesToDiagonal(PlainDistill):
    bug = "K15"
    words = "where two moves of OrderedPath tie below the third, it advances in both sequences"
    otherwise = 0

    def cheapest(self, before, cost):
        if len(before) > 1:
            first, second = sorted(cost[at] for at in before)[:2]
            if first == second:
                return before[self.otherwise]
        return super().cheapest(before, cost)


class TiesToStudent(TiesToDiagonal):
    words = "where two moves of OrderedPath tie below the third, the student alone advances"
    otherwise = 1


class TiesToTeacher(TiesToDiagonal):
    words = "where two moves of OrderedPath tie below the third, the teacher alone advances"
    otherwise = 2


class MeanOfPath(PlainDistill):
    bug = "K15"
    words = "OrderedPath divides by the number of pairs"

    def weights(self, D, selected, rule):
        weight = super().weights(D, selected, rule)
        return weight / selected.sum() if rule["rule"] == "OrderedPath" else weight


class MeanOfFrame(PlainDistill):
    bug = "K15"
    words = "OrderedPath and PerTeacher take the mean over the pairs of a student frame"

    def weights(self, D, selected, rule):
        weight = super().weights(D, selected, rule)
        return self.shares(weight) if rule["rule"] in ("OrderedPath", "PerTeacher") else weight

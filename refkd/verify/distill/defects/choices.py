"""Other pairs than the most similar ones."""

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.distill.plain import PlainDistill, PlainSelection

DEFECTS = Defects(PlainDistill)

LARGEST = 1e300  # infinitely far, and still there


class OtherOrder(PlainDistill):
    """Frames are sorted by other keys, the last one first; `teachers_only` spares PerTeacher."""

    def __init__(self, keys, teachers_only=False):
        self.keys, self.teachers_only = keys, teachers_only

    def order(self, cost, own):
        frames = np.arange(len(cost))
        best_first = np.lexsort(self.keys(frames, np.abs(frames - own), cost))
        return best_first[cost[best_first] < np.inf]

    def per_teacher(self, D, rule):
        if self.teachers_only:
            return PlainSelection().per_teacher(D, rule)
        return super().per_teacher(D, rule)


def first(frames, away, cost):
    return frames, cost


def last(frames, away, cost):
    return -frames, cost


def later(frames, away, cost):
    return -frames, away, cost


def farthest(frames, away, cost):
    return frames, -away, cost


def least_similar(frames, away, cost):
    return frames, away, np.where(cost < np.inf, -cost, np.inf)


DEFECTS.rows("K12", {
    "ties go to the earliest frame, not to the nearest": OtherOrder(first),
    "ties go to the latest frame, not to the nearest": OtherOrder(last),
    "ties between equally near frames go to the later": OtherOrder(later),
    "ties go to the farthest frame": OtherOrder(farthest),
    "ties between teacher frames go to the earliest, not to the nearest": OtherOrder(first, True),
    "ties between teacher frames go to the latest, not to the nearest": OtherOrder(last, True),
    "ties between equally near teacher frames go to the later": OtherOrder(later, True),
})  # fmt: skip
DEFECTS.rows("K13", {
    "the least similar frame is selected": OtherOrder(least_similar),
    "the least similar teacher frame is selected": OtherOrder(least_similar, True),
})  # fmt: skip


@DEFECTS.step(
    "criterion", "K13", "pairs are selected by cross-entropy, but the loss is another divergence"
)
def by_cross_entropy(self, D, lp, lq, rule):
    return self.cross_entropy(lp[None], lq[:, None])


@DEFECTS.step("criterion", "K13", "pairs are selected by KL in the direction opposite to the loss")
def by_the_other_kl(self, D, lp, lq, rule):
    if rule["divergence"] not in ("kl", "reverse_kl"):
        return D
    other = self.reverse_kl if rule["divergence"] == "kl" else self.kl
    return np.minimum(other(lp[None], lq[:, None]), LARGEST)


@DEFECTS.step(
    "criterion", "K13", "pairs are selected by the Euclidean distance of the probabilities"
)
def by_distance(self, D, lp, lq, rule):
    return ((np.exp(lp)[None] - np.exp(lq)[:, None]) ** 2).sum(axis=2)


@DEFECTS.step("criterion", "K13", "pairs are selected by the product of the probabilities")
def by_product(self, D, lp, lq, rule):
    return -(np.exp(lp)[None] * np.exp(lq)[:, None]).sum(axis=2)


@DEFECTS.step("criterion", "K13", "pairs are selected by KL, whatever the divergence of the loss")
def by_kl(self, D, lp, lq, rule):
    return self.kl(lp[None], lq[:, None])


@DEFECTS.steps("K13", "pairs are selected without the temperature")
class ByUntempered(PlainDistill):
    def utterance(self, student, teacher, rule, chosen=None):
        self.bare = (student, teacher)
        return super().utterance(student, teacher, rule, chosen)

    def criterion(self, D, lp, lq, rule):
        plain = {**rule, "temperature": 1.0}
        lq, lp = self.student_logp(self.bare[0], plain), self.teacher_logp(self.bare[1], plain)
        return self.divergence(lp[None], lq[:, None], rule)


def other_k(self, D, rule, more):
    return self.best_k(D, max(rule["k"] + more, 1))


DEFECTS.family("top_k", "K13", other_k, {
    "TopK selects one frame too many": 1,
    "TopK selects one frame too few": -1,
})  # fmt: skip


@DEFECTS.step("top_k", "K13", "TopK selects the least similar frames")
def top_of_the_least(self, D, rule):
    return self.best_k(np.where(np.inf > D, -D, np.inf), rule["k"])


@DEFECTS.step("per_teacher", "K13", "PerTeacher searches a teacher frame for each student frame")
def per_student(self, D, rule):
    return self.best_k(D, 1)


@DEFECTS.step(
    "sides",
    "K11",
    "PerTeacher puts the window around the teacher frame, so its sides are exchanged",
)
def teacher_window(self, rule, T):
    left, right = PlainDistill.sides(self, rule, T)
    return (right, left) if rule["rule"] == "PerTeacher" else (left, right)

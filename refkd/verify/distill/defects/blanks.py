"""Blank frames treated otherwise, and empty selections."""

import numpy as np

from refkd.verify.defects import Defects
from refkd.verify.distill.plain import PlainDistill

DEFECTS = Defects(PlainDistill)


@DEFECTS.step("is_blank", "K10", "the student, not the teacher, decides which frames are blank")
def blank_of_student(self, student, teacher, rule):
    return student.argmax(axis=1) == rule["blank"]


@DEFECTS.step("is_blank", "K10", "the last class is used as the blank")
def blank_is_last(self, student, teacher, rule):
    return teacher.argmax(axis=1) == teacher.shape[1] - 1


@DEFECTS.step(
    "is_blank",
    "K10",
    "a frame is blank if p(blank) exceeds 1/2, not if the blank is the best class",
)
def blank_by_half(self, student, teacher, rule):
    return np.exp(self.teacher_logp(teacher, rule))[:, rule["blank"]] > 0.5


@DEFECTS.step("utterance", "K10", "blank frames are kept, whatever blank_frames is")
def blank_kept(self, student, teacher, rule, chosen=None):
    return PlainDistill.utterance(self, student, teacher, {**rule, "blank_frames": "keep"}, chosen)


@DEFECTS.step("drop_blanks", "K10", "the blank frames are kept, the others dropped")
def dropped_not_kept(self, chosen, weight, blank, rule):
    return PlainDistill.drop_blanks(self, chosen, weight, ~blank, rule)


@DEFECTS.step("candidates", "K10", "the blank frames are the only candidates")
def visible_not_invisible(self, window, blank, rule):
    return PlainDistill.candidates(self, window, ~blank, rule)


def treated_otherwise(self, student, teacher, rule, asked, done):
    if rule["blank_frames"] == asked and rule["rule"] != "OrderedPath":
        rule = {**rule, "blank_frames": done}
    return PlainDistill.utterance(self, student, teacher, rule)


DEFECTS.family("utterance", "K10", treated_otherwise, {
    "'drop_selected' is treated like 'no_blank_candidates'":
        ("drop_selected", "no_blank_candidates"),
    "'no_blank_candidates' is treated like 'drop_selected'":
        ("no_blank_candidates", "drop_selected"),
    "blank frames are left out, though blank_frames keeps them": ("keep", "drop_selected"),
})  # fmt: skip


@DEFECTS.step(
    "drop_blanks", "K10", "weights are made to sum to 1 again after blank frames are dropped"
)
def shares_after_dropping(self, chosen, weight, blank, rule):
    chosen, weight = PlainDistill.drop_blanks(self, chosen, weight, blank, rule)
    if rule["blank_frames"] == "drop_selected" and rule["rule"] in ("Soft", "TopK", "Blend"):
        weight = self.shares(weight)
    return chosen, weight


@DEFECTS.step("weights", "K10", "Blend does not scale the weights of what is left of its frames")
def shares_missing(self, D, selected, rule):
    if rule["rule"] == "Blend":
        return np.where(selected, self.blend_weights(D, rule), 0.0)
    return PlainDistill.weights(self, D, selected, rule)


@DEFECTS.step(
    "drop_blanks",
    "K10",
    "student frames at which the teacher is blank are dropped, not pairs with its blanks",
)
def student_dropped(self, chosen, weight, blank, rule):
    if rule["blank_frames"] != "drop_selected":
        return chosen, weight
    return chosen & ~np.asarray(blank)[:, None], np.where(blank[:, None], 0.0, weight)


@DEFECTS.step("utterance", "K10", "an empty selection is divided by 0")
def empty_is_nan(self, student, teacher, rule, chosen=None):
    loss, grad, pairs, total = PlainDistill.utterance(self, student, teacher, rule, chosen)
    if not pairs.any():
        return np.nan, np.full_like(grad, np.nan), pairs, total
    return loss, grad, pairs, total


@DEFECTS.step("utterance", "K10", "a frame that selects nothing gives NaN")
def empty_frame_is_nan(self, student, teacher, rule, chosen=None):
    loss, grad, pairs, total = PlainDistill.utterance(self, student, teacher, rule, chosen)
    empty = np.asarray(~pairs.any(axis=1))
    return ((np.nan if empty.any() else loss), np.where(empty[:, None], np.nan, grad), pairs, total)


@DEFECTS.steps("K10", "a student frame with an empty window takes the first teacher frame")
class EmptyTakesFirst(PlainDistill):
    def best_k(self, D, k):
        selected = super().best_k(D, k)
        selected[~selected.any(axis=1), 0] = True
        return selected

    def loss(self, D, chosen, weight, rule):
        lp, lq = self.both
        return super().loss(self.divergence(lp[None], lq[:, None], rule), chosen, weight, rule)

    def criterion(self, D, lp, lq, rule):
        self.both = (lp, lq)
        return D

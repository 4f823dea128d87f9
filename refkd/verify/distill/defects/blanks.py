"""Blank frames treated otherwise, and empty selections."""

import numpy as np

from refkd.verify.distill.plain import PlainDistill


class BlankOfStudent(PlainDistill):
    bug = "K10"
    words = "the student, not the teacher, decides which frames are blank"

    def is_blank(self, student, teacher, rule):
        return student.argmax(axis=1) == rule["blank"]


class BlankIsLast(PlainDistill):
    bug = "K10"
    words = "the last class is taken for the blank"

    def is_blank(self, student, teacher, rule):
        return teacher.argmax(axis=1) == teacher.shape[1] - 1


class BlankByHalf(PlainDistill):
    bug = "K10"
    words = "a frame is blank if the blank has more than half, not if it has most"

    def is_blank(self, student, teacher, rule):
        return np.exp(self.teacher_logp(teacher, rule))[:, rule["blank"]] > 0.5


class BlankKept(PlainDistill):
    bug = "K10"
    words = "blank frames are kept, whatever blank_frames says"

    def utterance(self, student, teacher, rule, chosen=None):
        return super().utterance(student, teacher, {**rule, "blank_frames": "keep"}, chosen)


class DroppedNotKept(PlainDistill):
    bug = "K10"
    words = "the blank frames are kept, the others dropped"

    def drop_blanks(self, chosen, weight, blank, rule):
        return super().drop_blanks(chosen, weight, ~blank, rule)


class VisibleNotInvisible(PlainDistill):
    bug = "K10"
    words = "the blank frames are the only candidates"

    def candidates(self, window, blank, rule):
        return super().candidates(window, ~blank, rule)


class DroppedIsInvisible(PlainDistill):
    bug = "K10"
    words = "'drop_selected' is treated like 'no_blank_candidates'"
    asked, done = "drop_selected", "no_blank_candidates"

    def utterance(self, student, teacher, rule, chosen=None):
        if rule["blank_frames"] == self.asked and rule["rule"] != "OrderedPath":
            rule = {**rule, "blank_frames": self.done}
        return super().utterance(student, teacher, rule, chosen)


class InvisibleIsDropped(DroppedIsInvisible):
    bug = "K10"
    words = "'no_blank_candidates' is treated like 'drop_selected'"
    asked, done = "no_blank_candidates", "drop_selected"


class AlwaysDropped(DroppedIsInvisible):
    bug = "K10"
    words = "blank frames are left out, though blank_frames keeps them"
    asked, done = "keep", "drop_selected"


class SharesAfterDropping(PlainDistill):
    bug = "K10"
    words = "weights are made to sum to 1 again after blank frames are dropped"

    def drop_blanks(self, chosen, weight, blank, rule):
        chosen, weight = super().drop_blanks(chosen, weight, blank, rule)
        if rule["blank_frames"] == "drop_selected" and rule["rule"] in ("Soft", "TopK", "Blend"):
            weight = self.shares(weight)
        return chosen, weight


class SharesMissing(PlainDistill):
    bug = "K10"
    words = "Blend does not scale the weights of what is left of its frames"

    def weights(self, D, selected, rule):
        if rule["rule"] == "Blend":
            return np.where(selected, self.blend_weights(D, rule), 0.0)
        return super().weights(D, selected, rule)


class StudentDropped(PlainDistill):
    bug = "K10"
    words = "student frames at which the teacher is blank are dropped, not pairs with its blanks"

    def drop_blanks(self, chosen, weight, blank, rule):
        if rule["blank_frames"] != "drop_selected":
            return chosen, weight
        return chosen & ~np.asarray(blank)[:, None], np.where(blank[:, None], 0.0, weight)


class EmptyIsNaN(PlainDistill):
    bug = "K10"
    words = "an empty selection is divided by 0"

    def utterance(self, student, teacher, rule, chosen=None):
        loss, grad, pairs, total = super().utterance(student, teacher, rule, chosen)
        if not pairs.any():
            return np.nan, np.full_like(grad, np.nan), pairs, total
        return loss, grad, pairs, total


class EmptyFrameIsNaN(PlainDistill):
    bug = "K10"
    words = "a frame that selects nothing gives NaN"

    def utterance(self, student, teacher, rule, chosen=None):
        loss, grad, pairs, total = super().utterance(student, teacher, rule, chosen)
        empty = np.asarray(~pairs.any(axis=1))
        return (
            (np.nan if empty.any() else loss),
            np.where(empty[:, None], np.nan, grad),
            pairs,
            total,
        )


class EmptyTakesFirst(PlainDistill):
    bug = "K10"
    words = "a student frame that sees nothing takes the first teacher frame"

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

"""Windows in the wrong place, and clocks that run the wrong way."""

import numpy as np

from refkd.verify.distill.plain import PlainDistill

SEARCHING = ("Hard", "TopK", "Soft", "Monotone", "OrderedPath", "PerTeacher")


class LeftShort(PlainDistill):
    bug = "K11"
    words = "the window is one frame short on the left"
    left, right = -1, 0

    def sides(self, rule, T):
        left, right = super().sides(rule, T)
        if rule["rule"] not in SEARCHING:
            return left, right
        return left + self.left, right + self.right


class LeftLong(LeftShort):
    bug = "K11"
    words = "the window is one frame too long on the left"
    left, right = 1, 0


class RightShort(LeftShort):
    bug = "K11"
    words = "the window is one frame short on the right"
    left, right = 0, -1


class RightLong(LeftShort):
    bug = "K11"
    words = "the window is one frame too long on the right"
    left, right = 0, 1


class OneLater(LeftShort):
    bug = "K11"
    words = "the window lies one frame too late"
    left, right = -1, 1


class OneEarlier(LeftShort):
    bug = "K11"
    words = "the window lies one frame too early"
    left, right = 1, -1


class Mirrored(PlainDistill):
    bug = "K11"
    words = "left and right of the window are exchanged"

    def sides(self, rule, T):
        left, right = super().sides(rule, T)
        return (right, left) if rule["rule"] in SEARCHING else (left, right)


class SameOnBothSides(PlainDistill):
    bug = "K11"
    words = "the window is as long on the right as on the left"

    def sides(self, rule, T):
        left, right = super().sides(rule, T)
        return (left, left) if rule["rule"] in SEARCHING else (left, right)


class RightIgnored(PlainDistill):
    bug = "K11"
    words = "the right side of the window is taken for 0"

    def sides(self, rule, T):
        left, right = super().sides(rule, T)
        return (left, 0) if rule["rule"] in SEARCHING else (left, right)


class NegativeRightIgnored(PlainDistill):
    bug = "K11"
    words = "a negative right side of the window is taken for 0"

    def sides(self, rule, T):
        left, right = super().sides(rule, T)
        return (left, max(right, 0)) if rule["rule"] in SEARCHING else (left, right)


class WindowIgnored(PlainDistill):
    bug = "K11"
    words = "the window is ignored, the whole utterance is searched"

    def sides(self, rule, T):
        return (T, T) if rule["rule"] in SEARCHING else super().sides(rule, T)


class ClampedToEdges(PlainDistill):
    bug = "K11"
    words = "frames outside the utterance are replaced by the first or the last"

    def seen(self, rule, T):
        left, right = self.sides(rule, T)
        if rule["rule"] not in SEARCHING:
            return super().seen(rule, T)
        seen = np.zeros((T, T), dtype=bool)
        for i in range(T):
            seen[i, np.clip(np.arange(i - left, i + right + 1), 0, T - 1)] = True
        return seen


class EverythingClamped(PlainDistill):
    bug = "K11"
    words = "frames outside the utterance are replaced by the first or the last, by every rule"

    def seen(self, rule, T):
        left, right = self.sides(rule, T)
        seen = np.zeros((T, T), dtype=bool)
        for i in range(T):
            seen[i, self.inside(np.arange(i - left, i + right + 1), T)] = True
        return seen

    def inside(self, frames, T):
        return np.clip(frames, 0, T - 1)


class EverythingWraps(EverythingClamped):
    bug = "K11"
    words = "windows wrap around: the first frames see the last"

    def inside(self, frames, T):
        return frames % T


class ShiftedLater(PlainDistill):
    bug = "K16"
    words = "Shift(d) takes the teacher frame d later, not d earlier"

    def sides(self, rule, T):
        left, right = super().sides(rule, T)
        return (-left, left) if rule["rule"] == "Shift" else (left, right)


class ShiftedOneMore(PlainDistill):
    bug = "K16"
    words = "Shift(d) takes the teacher frame d + 1 earlier"
    by = 1

    def sides(self, rule, T):
        left, right = super().sides(rule, T)
        return (left + self.by, right - self.by) if rule["rule"] == "Shift" else (left, right)


class ShiftedOneLess(ShiftedOneMore):
    bug = "K16"
    words = "Shift(d) takes the teacher frame d - 1 earlier"
    by = -1


class ShiftIgnored(PlainDistill):
    bug = "K16"
    words = "Shift(d) takes the student's own frame"

    def sides(self, rule, T):
        return (0, 0) if rule["rule"] == "Shift" else super().sides(rule, T)


class ShiftWraps(PlainDistill):
    bug = "K16"
    words = "Shift(d) wraps around: the first frames learn from the last"

    def seen(self, rule, T):
        if rule["rule"] != "Shift":
            return super().seen(rule, T)
        return self.lag(T) % T == rule["d"] % T


class ShiftHeld(PlainDistill):
    bug = "K16"
    words = "Shift(d) lets the first d frames learn from frame 0; they have no loss"

    def seen(self, rule, T):
        if rule["rule"] != "Shift":
            return super().seen(rule, T)
        seen = np.zeros((T, T), dtype=bool)
        seen[np.arange(T), np.maximum(np.arange(T) - rule["d"], 0)] = True
        return seen


class BlendReversed(PlainDistill):
    bug = "K16"
    words = "the weights of Blend are taken in the other order"

    def given_weights(self, D, rule):
        return super().given_weights(D, {**rule, "weights": rule["weights"][::-1]})


class BlendBegins(PlainDistill):
    bug = "K16"
    words = "Blend begins before all of its frames are there"

    def given_weights(self, D, rule):
        given = np.array(rule["weights"])
        lag = self.lag(len(D))
        inside = (lag >= 0) & (lag < len(given))
        return np.where(inside, given[np.clip(lag, 0, len(given) - 1)], 0.0)


class PairsExchanged(PlainDistill):
    bug = "K16"
    words = "student and teacher frame are exchanged in the pairs: offsets have the other sign"

    def reported(self, chosen):
        return super().reported(chosen).T

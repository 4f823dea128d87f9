"""Windows in the wrong place, and clocks that run the wrong way."""

import numpy as np

from refkd.losses.rules import RULES
from refkd.verify.defects import Defects
from refkd.verify.distill.plain import SEARCHING, PlainDistill

DEFECTS = Defects(PlainDistill)


class OtherSides(PlainDistill):
    def __init__(self, words, change, bug="K11", rules=SEARCHING):
        self.bug, self.words = bug, words
        self.change, self.rules = change, rules

    def sides(self, rule, T):
        left, right = super().sides(rule, T)
        return self.change(left, right, T) if rule["rule"] in self.rules else (left, right)


DEFECTS.rows(
    OtherSides("the window is one frame short on the left",
               lambda left, right, T: (left - 1, right)),
    OtherSides("the window is one frame too long on the left",
               lambda left, right, T: (left + 1, right)),
    OtherSides("the window is one frame short on the right",
               lambda left, right, T: (left, right - 1)),
    OtherSides("the window is one frame too long on the right",
               lambda left, right, T: (left, right + 1)),
    OtherSides("the window lies one frame too late", lambda left, right, T: (left - 1, right + 1)),
    OtherSides("the window lies one frame too early", lambda left, right, T: (left + 1, right - 1)),
    OtherSides("left and right of the window are exchanged", lambda left, right, T: (right, left)),
    OtherSides("the window is as long on the right as on the left",
               lambda left, right, T: (left, left)),
    OtherSides("the right side of the window is taken for 0", lambda left, right, T: (left, 0)),
    OtherSides("a negative right side of the window is taken for 0",
               lambda left, right, T: (left, max(right, 0))),
    OtherSides("the window is ignored, the whole utterance is searched",
               lambda left, right, T: (T, T)),
)  # fmt: skip


class FramesOutside(PlainDistill):
    """Frames outside the utterance are replaced by others."""

    bug = "K11"

    def __init__(self, words, replace, rules):
        self.words = words
        self.replace, self.rules = replace, rules

    def in_window(self, rule, T):
        if rule["rule"] not in self.rules:
            return super().in_window(rule, T)
        left, right = self.sides(rule, T)
        window = np.zeros((T, T), dtype=bool)
        for i in range(T):
            window[i, self.replace(np.arange(i - left, i + right + 1), T)] = True
        return window


def clamped(frames, T):
    return np.clip(frames, 0, T - 1)


DEFECTS.rows(
    FramesOutside("frames outside the utterance are replaced by the first or the last", clamped,
                  SEARCHING),
    FramesOutside(
        "frames outside the utterance are replaced by the first or the last, by every rule",
        clamped,
        RULES,
    ),
    FramesOutside("windows wrap around: the first frames see the last",
                  lambda frames, T: frames % T, RULES),
)  # fmt: skip
DEFECTS.rows(
    OtherSides("Shift(d) takes the teacher frame d later, not d earlier",
               lambda left, right, T: (-left, left), "K16", ("Shift",)),
    OtherSides("Shift(d) takes the teacher frame d + 1 earlier",
               lambda left, right, T: (left + 1, right - 1), "K16", ("Shift",)),
    OtherSides("Shift(d) takes the teacher frame d - 1 earlier",
               lambda left, right, T: (left - 1, right + 1), "K16", ("Shift",)),
    OtherSides("Shift(d) takes the student's own frame", lambda left, right, T: (0, 0), "K16",
               ("Shift",)),
)  # fmt: skip


@DEFECTS.step("in_window", "K16", "Shift(d) wraps around: the first frames learn from the last")
def shift_wraps(self, rule, T):
    if rule["rule"] != "Shift":
        return PlainDistill.in_window(self, rule, T)
    return self.lag(T) % T == rule["d"] % T


@DEFECTS.step(
    "in_window", "K16", "Shift(d) lets the first d frames learn from frame 0; they have no loss"
)
def shift_held(self, rule, T):
    if rule["rule"] != "Shift":
        return PlainDistill.in_window(self, rule, T)
    window = np.zeros((T, T), dtype=bool)
    window[np.arange(T), np.maximum(np.arange(T) - rule["d"], 0)] = True
    return window


@DEFECTS.step("blend_weights", "K16", "the weights of Blend are taken in the other order")
def blend_reversed(self, D, rule):
    return PlainDistill.blend_weights(self, D, {**rule, "weights": rule["weights"][::-1]})


@DEFECTS.step("blend_weights", "K16", "Blend begins before all of its frames are there")
def blend_begins(self, D, rule):
    weights, lag = np.array(rule["weights"]), self.lag(len(D))
    inside = (lag >= 0) & (lag < len(weights))
    return np.where(inside, weights[np.clip(lag, 0, len(weights) - 1)], 0.0)


@DEFECTS.step(
    "reported",
    "K16",
    "student and teacher frame are exchanged in the pairs: offsets have the other sign",
)
def pairs_exchanged(self, chosen):
    return PlainDistill.reported(self, chosen).T

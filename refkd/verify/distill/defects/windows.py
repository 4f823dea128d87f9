"""Windows in the wrong place, and clocks that run the wrong way."""

import numpy as np

from refkd.losses.rules import RULES
from refkd.verify.defects import Defects
from refkd.verify.distill.plain import SEARCHING, PlainDistill

DEFECTS = Defects(PlainDistill)


def other_sides(self, rule, T, change, rules=SEARCHING):
    left, right = PlainDistill.sides(self, rule, T)
    return change(left, right, T) if rule["rule"] in rules else (left, right)


def frames_outside(self, rule, T, replace, rules):
    """Frames outside the utterance are replaced by others."""
    if rule["rule"] not in rules:
        return PlainDistill.in_window(self, rule, T)
    left, right = self.sides(rule, T)
    window = np.zeros((T, T), dtype=bool)
    for i in range(T):
        window[i, replace(np.arange(i - left, i + right + 1), T)] = True
    return window


def clamped(frames, T):
    return np.clip(frames, 0, T - 1)


SHIFT = ("Shift",)
DEFECTS.family("sides", "K11", other_sides, {
    "the window is one frame short on the left": lambda left, right, T: (left - 1, right),
    "the window is one frame too long on the left": lambda left, right, T: (left + 1, right),
    "the window is one frame short on the right": lambda left, right, T: (left, right - 1),
    "the window is one frame too long on the right": lambda left, right, T: (left, right + 1),
    "the window lies one frame too late": lambda left, right, T: (left - 1, right + 1),
    "the window lies one frame too early": lambda left, right, T: (left + 1, right - 1),
    "left and right of the window are exchanged": lambda left, right, T: (right, left),
    "the window is as long on the right as on the left": lambda left, right, T: (left, left),
    "the right side of the window is always 0": lambda left, right, T: (left, 0),
    "a negative right side of the window is treated as 0":
        lambda left, right, T: (left, max(right, 0)),
    "the window is ignored, the whole utterance is searched": lambda left, right, T: (T, T),
})  # fmt: skip
DEFECTS.family("in_window", "K11", frames_outside, {
    "frames outside the utterance are replaced by the first or the last": (clamped, SEARCHING),
    "frames outside the utterance are replaced by the first or the last, by every rule":
        (clamped, RULES),
    "windows wrap around: the first frames select the last": (lambda frames, T: frames % T, RULES),
})  # fmt: skip
DEFECTS.family("sides", "K16", other_sides, {
    "Shift(d) takes the teacher frame d later, not d earlier":
        (lambda left, right, T: (-left, left), SHIFT),
    "Shift(d) takes the teacher frame d + 1 earlier":
        (lambda left, right, T: (left + 1, right - 1), SHIFT),
    "Shift(d) takes the teacher frame d - 1 earlier":
        (lambda left, right, T: (left - 1, right + 1), SHIFT),
    "Shift(d) takes the student's own frame": (lambda left, right, T: (0, 0), SHIFT),
})  # fmt: skip


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


@DEFECTS.step("blend_weights", "K16", "the weights of Blend are in reverse order")
def blend_reversed(self, D, rule):
    return PlainDistill.blend_weights(self, D, {**rule, "weights": rule["weights"][::-1]})


@DEFECTS.step("blend_weights", "K16", "Blend begins before all of its frames exist")
def blend_begins(self, D, rule):
    weights, lag = np.array(rule["weights"]), self.lag(len(D))
    inside = (lag >= 0) & (lag < len(weights))
    return np.where(inside, weights[np.clip(lag, 0, len(weights) - 1)], 0.0)


@DEFECTS.step(
    "reported",
    "K16",
    "student and teacher frame are exchanged in the pairs: offsets have the wrong sign",
)
def pairs_exchanged(self, chosen):
    return PlainDistill.reported(self, chosen).T

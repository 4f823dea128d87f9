"""CTC cases worked by hand: numbers that fit on an envelope."""

from typing import Any

import numpy as np

from refkd.verify.ctc.cases import Register
from refkd.verify.ctc.recipe import batch, drawn_logits

CASES = Register()
case = CASES.case

_PROB = np.array([0.2, 0.5, 0.4])
_SAID = _PROB - np.array([0.16, 0.5, 0.36]) / 0.72


@case("V15", "G7", expected={"loss": [-np.log(0.72)], "grad": [np.stack([-_SAID, _SAID], axis=1)]})
def three_frames() -> dict[str, Any]:
    """Of eight paths `0 0 0` and `1 0 1` do not spell [1]: 0.72 is left (docs/course/ctc.md)."""
    return batch([np.log(np.stack([1 - _PROB, _PROB], axis=1))], [[1]])


@case("V1", "V8", expected={"loss": [np.log(8)], "grad": [[[0.5, -0.5], [-0.5, 0.5], [0.5, -0.5]]]})
def repeat_in_three_frames() -> dict[str, Any]:
    """Only `1 0 1` spells [1, 1]."""
    return batch([np.zeros((3, 2))], [[1, 1]])


@case("V7", "V8", expected={"loss": [np.log(2)], "grad": [[[0.5, -0.5]]]})
def one_frame() -> dict[str, Any]:
    """One path of two."""
    return batch([np.zeros((1, 2))], [[1]])


@case("V7", expected={"loss": [np.log(9)], "grad": [[[-2 / 3, 1 / 3, 1 / 3]] * 2]})
def empty_target() -> dict[str, Any]:
    """Only `0 0` spells nothing: one path of nine."""
    return batch([np.zeros((2, 3))], [[]])


@case("V7", "V14", expected={"loss": [0.0], "grad": [[[0.0]] * 3]})
def blank_alone() -> dict[str, Any]:
    """One class: every path is right."""
    return batch([drawn_logits(11, 3, 1)], [[]])


@case("V1", "V8", "G4", "G5", expected={"loss": [np.inf], "grad": [[[0.0] * 2] * 2]})
def repeat_in_two_frames() -> dict[str, Any]:
    """No path: a blank has to stand between."""
    return batch([drawn_logits(79, 2, 2)], [[1, 1]])


@case("V8", "G4", "G5", expected={"loss": [np.inf], "grad": [[[0.0] * 3] * 2]})
def three_labels_in_two_frames() -> dict[str, Any]:
    """No path."""
    return batch([drawn_logits(12, 2, 3)], [[1, 2, 1]])

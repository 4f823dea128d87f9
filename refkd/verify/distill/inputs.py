"""Inputs of distillation cases."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from refkd.check import Floats

DEFAULTS = {
    "divergence": "kl",
    "temperature": 1.0,
    "scale_t2": False,
    "blank_frames": "keep",
    "blank": 0,
}


def rule_of(name: str, **values: Any) -> dict[str, Any]:
    """A rule as plain values with every option: parameters as of `rule_to_dict`.

    Examples
    --------
    >>> from refkd.verify.distill.inputs import rule_of
    >>> rule_of("Shift", d=2, temperature=2.0)["temperature"]
    2.0
    """
    return {"rule": name, **DEFAULTS, **values}


def batch(
    student: Sequence[Floats], teacher: Sequence[Floats], rule: dict[str, Any]
) -> dict[str, Any]:
    """Whole utterances of both, and the rule."""
    return {"student": list(student), "teacher": list(teacher), "rule": rule}


def drawn_pair(
    seed: int, frames: int, classes: int, blank: int, scale: float = 1.0
) -> tuple[Floats, Floats]:
    """Peaked logits (T, K) of a student and a teacher in sixteenths; every third frame is blank.

    They are exact if `scale` is a power of two.
    """
    rng = np.random.default_rng(seed)
    student, teacher = rng.integers(-32, 33, size=(2, frames, classes)) / 16.0
    labels = rng.integers(classes, size=frames)
    labels[1::3] = blank
    teacher[np.arange(frames), labels] += 3.0
    late = np.concatenate([[blank], labels])[:frames]
    student[np.arange(frames), late] += 2.0
    return scale * student, scale * teacher

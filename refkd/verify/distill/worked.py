"""Distillation cases whose losses were worked by hand, and those that conventions are read from."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from refkd.check import Floats
from refkd.verify.distill.grid import BLANK_FRAMES, DIVERGENCES
from refkd.verify.distill.inputs import batch, drawn_pair, rule_of
from refkd.verify.records import Case, Tolerance

GRID = 2.0**20  # logarithms are rounded to its fractions: the same on every machine
PAGE = "hand: docs/course/selection.md"
FRAME_WISE: dict[str, dict[str, Any]] = {  # every rule, made to see the frame itself only
    "FrameWise": {},
    "Hard": {"window": [0, 0]},
    "Shift": {"d": 0},
    "Blend": {"weights": [1.0]},
    "TopK": {"window": [0, 0], "k": 1, "tau": None},
    "Soft": {"window": [0, 0], "tau": 1.0},
    "Monotone": {"window": [0, 0], "max_step": None},
    "OrderedPath": {"window": [0, 0]},
    "PerTeacher": {"window": [0, 0]},
}
ASKED: tuple[dict[str, Any], ...] = (  # what a loss may have to be asked together with
    {},
    *({"divergence": divergence} for divergence in DIVERGENCES[1:]),
    *({"blank_frames": treatment} for treatment in BLANK_FRAMES[1:]),
    {"scale_t2": True},
    *(
        {"divergence": divergence, "blank_frames": treatment}
        for treatment in BLANK_FRAMES[1:]
        for divergence in DIVERGENCES[1:]
    ),
)
THREE_FRAMES: dict[str, tuple[dict[str, Any], float]] = {
    "FrameWise": ({}, 1.6636),
    "Shift": ({"d": 1}, 0.0000),
    "Blend": ({"weights": [0.2, 0.8]}, 0.0399),
    "Hard": ({"window": [1, 0]}, 0.8318),
    "TopK": ({"window": [1, 0], "k": 2, "tau": 0.6}, 0.9981),
    "Soft": ({"window": [1, 0], "tau": 0.6}, 1.1138),
    "Monotone": ({"window": [1, 0], "max_step": None}, 0.8318),
    "OrderedPath": ({"window": [1, 0]}, 0.8318),
    "PerTeacher": ({"window": [1, 0]}, 0.0000),
}
TOY: dict[str, tuple[dict[str, Any], tuple[float, ...]]] = {  # losses of a frame
    "FrameWise": ({}, (0.000, 0.582, 0.304, 0.582, 0.582)),
    "Hard": ({"window": [6, 0]}, (0.000, 0.000, 0.000, 0.271, 0.278)),
    "Monotone": ({"window": [6, 0], "max_step": None}, (0.000, 0.000, 0.000, 0.271, 0.278)),
    "Monotone_steps": ({"window": [6, 0], "max_step": 1}, (0.000, 0.000, 0.304, 0.271, 0.582)),
    "OrderedPath": ({"window": [6, 0]}, (0.000, 0.000, 0.304, 0.271, 0.582)),
    "PerTeacher": ({"window": [6, 0]}, (0.000, 0.000, 0.304, 0.271, 0.304)),
}
TOY_STUDENTS = {  # frames late, and the first symbol
    "identical": (0, 1),
    "late": (3, 1),
    "silent": None,
    "wrong": (3, 2),
    "lost": (10, 1),
}
TOY_FRAMES = 60


def logs(prob: Any) -> Floats:
    """Logarithms of probabilities, in fractions that every machine computes alike."""
    return np.asarray(np.round(np.log(prob) * GRID) / GRID)


def probe(rule: str, **asked: Any) -> Case:
    """Two utterances of five frames and four classes, to a rule that sees one frame."""
    student, teacher = zip(*(drawn_pair(seed, 5, 4, 1) for seed in (1, 2)), strict=True)
    inputs = batch(student, teacher, rule_of(rule, **FRAME_WISE[rule], blank=1, **asked))
    name = "_".join(["probe", rule, *map(str, asked.values())])
    return Case(name, inputs, ("K18", "K1"), "generated")


def three_frames(rule: str) -> Case:
    """The student emits one frame later what the teacher emits."""
    parameters, loss = THREE_FRAMES[rule]
    teacher = logs([[0.2, 0.8], [0.8, 0.2], [0.8, 0.2]])
    student = logs([[0.8, 0.2], [0.2, 0.8], [0.8, 0.2]])
    return Case(
        f"three_frames_{rule}",
        batch([student], [teacher], rule_of(rule, **parameters)),
        ("K11", "K12"),
        PAGE,
        expected={"loss": np.array([loss])},
        tolerance=Tolerance(0.0, 6e-5),
        layout={"open": rule in ("Monotone", "OrderedPath")},
    )


def spikes(lag: int, first: int) -> Floats:
    """(60, 5): four symbols, `first` and those after it, so many frames late; else blank."""
    prob = np.full((TOY_FRAMES, 5), 0.03 / 4)
    prob[:, 0] = 0.97
    for n, frame in enumerate((8, 20, 32, 44)):
        prob[frame + lag] = 0.05 / 4
        prob[frame + lag, (first - 1 + n) % 4 + 1] = 0.95
    return logs(prob)


def toy(rule: str) -> Case:
    """Loss of five students under a rule: equal, late, silent, wrong, and beyond the window."""
    parameters, losses = TOY[rule]
    silent = np.repeat(spikes(0, 1)[:1], TOY_FRAMES, axis=0)
    students = [silent if spike is None else spikes(*spike) for spike in TOY_STUDENTS.values()]
    name = rule.partition("_")[0]
    return Case(
        f"toy_{rule}",
        batch(students, [spikes(0, 1)] * len(students), rule_of(name, **parameters)),
        ("K15", "K13", "K11"),
        PAGE,
        expected={"loss": TOY_FRAMES * np.array(losses)},
        tolerance=Tolerance(0.0, TOY_FRAMES * 5.1e-4),
        layout={"open": name in ("Monotone", "OrderedPath")},
    )


PROBES: dict[str, Callable[[], Case]] = {  # the last ones for losses that refuse the plain ones
    probe(rule, **asked).name: partial(probe, rule, **asked)
    for asked in ASKED
    for rule in (FRAME_WISE if asked.keys() <= {"divergence"} else ("FrameWise", "Hard"))
}
WORKED: dict[str, Callable[[], Case]] = {
    **{f"probe_{rule}": PROBES[f"probe_{rule}"] for rule in FRAME_WISE},
    **{f"three_frames_{rule}": partial(three_frames, rule) for rule in THREE_FRAMES},
    **{f"toy_{rule}": partial(toy, rule) for rule in TOY},
}

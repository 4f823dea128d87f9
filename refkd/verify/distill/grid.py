"""Every rule in every variation: the bulk of the distillation cases, called RULE-VARIATION."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from refkd import check
from refkd.verify.distill.inputs import Floats, batch, drawn_pair, rule_of
from refkd.verify.records import Case

RULES: dict[str, dict[str, Any]] = {
    "FrameWise": {"rule": "FrameWise"},
    "Shift": {"rule": "Shift", "d": 2},
    "Blend": {"rule": "Blend", "weights": [0.125, 0.625, 0.25]},
    "Hard": {"rule": "Hard", "window": [2, 1]},
    "TopK": {"rule": "TopK", "window": [3, 1], "k": 3, "tau": 0.5},
    "TopK_equal": {"rule": "TopK", "window": [2, 1], "k": 2, "tau": None},
    "Soft": {"rule": "Soft", "window": [2, 1], "tau": 0.5},
    "Soft_mean": {"rule": "Soft", "window": [1, 0], "tau": None},
    "Monotone": {"rule": "Monotone", "window": [3, 1], "max_step": None},
    "Monotone_steps": {"rule": "Monotone", "window": [3, 2], "max_step": 1},
    "OrderedPath": {"rule": "OrderedPath", "window": [2, 1]},
    "PerTeacher": {"rule": "PerTeacher", "window": [2, 1]},
}
BUGS = {
    "FrameWise": ("K1", "K18"),
    "Shift": ("K16", "K1"),
    "Blend": ("K9", "K16"),
    "Hard": ("K13", "K11", "K12"),
    "TopK": ("K14", "K13"),
    "TopK_equal": ("K13", "K14"),
    "Soft": ("K14", "K11"),
    "Soft_mean": ("K14", "K11"),
    "Monotone": ("K15", "K11"),
    "Monotone_steps": ("K15", "K11"),
    "OrderedPath": ("K15", "K11"),
    "PerTeacher": ("K13", "K11"),
}
WINDOWED = [name for name, facts in RULES.items() if "window" in facts]
T, K, BLANK = 7, 4, 2


def _inputs(rule: str, lengths: tuple[int, ...] = (T,), scale: float = 1.0, **options: Any) -> Any:
    facts = {**RULES[rule], "blank": BLANK, **options}
    pairs = [drawn_pair(n + 10 * len(rule), L, K, BLANK, scale) for n, L in enumerate(lengths)]
    student, teacher = zip(*pairs, strict=True)
    return batch(student, teacher, rule_of(facts.pop("rule"), **facts))


def _masked(teacher: Floats, only: int | None) -> Floats:
    """The teacher with classes ruled out: the weakest of each frame, or all but the strongest."""
    order = np.argsort(np.argsort(teacher, axis=1), axis=1)
    return np.where(order >= (1 if only is None else teacher.shape[1] - only), teacher, -np.inf)


def _with_masked(rule: str, only: int | None = None, **options: Any) -> Any:
    inputs = _inputs(rule, **options)
    return {**inputs, "teacher": [_masked(one, only) for one in inputs["teacher"]]}


Variation = tuple[tuple[str, ...], Callable[[str], Any], dict[str, Any]]
VARIATIONS: dict[str, Variation] = {
    "plain": ((), lambda rule: _inputs(rule, (T, T)), {}),
    "ragged": (("K6",), lambda rule: _inputs(rule, (5, T, 2)), {"extra_frames": 2}),
    "temperature": (("K5",), lambda rule: _inputs(rule, temperature=2.0), {}),
    "scaled": (("K4",), lambda rule: _inputs(rule, temperature=2.0, scale_t2=True), {}),
    "reverse": (("K1", "K18"), lambda rule: _inputs(rule, divergence="reverse_kl"), {}),
    "js": (("K18",), lambda rule: _inputs(rule, divergence="js"), {}),
    "entropy": (("K18",), lambda rule: _inputs(rule, divergence="cross_entropy"), {}),
    "masked": (("K7",), _with_masked, {}),
    "drop": (("K10",), lambda rule: _inputs(rule, blank_frames="drop_selected"), {}),
    "invisible": (
        ("K10",),
        lambda rule: _inputs(rule, blank_frames="no_blank_candidates"),
        {},
    ),
    "onehot": (("K7",), lambda rule: _with_masked(rule, 1), {}),
    "single": (("K11",), lambda rule: _inputs(rule, (1, 1)), {}),
    "earlier": (("K11",), lambda rule: _inputs(rule, window=[3, -1]), {}),
    "later": (("K11",), lambda rule: _inputs(rule, window=[-1, 2]), {}),
    "whole": (("K11",), lambda rule: _inputs(rule, window="whole"), {}),
    "wide": (("K11",), lambda rule: _inputs(rule, window=[20, 1]), {}),
    "outside": (("K10", "K11"), lambda rule: _inputs(rule, window=[9, -8]), {}),
}
QUICK = ("plain", "ragged", "temperature", "scaled", "reverse", "masked", "drop", "invisible")


def grid_case(name: str) -> Case:
    """The case of this name.

    Parameters
    ----------
    name : str
        RULE-VARIATION.

    Returns
    -------
    Case
        With the bugs of its variation first, then those of its rule.

    Raises
    ------
    ArgumentError
        If there is no such rule or variation, or the rule cannot be varied so.
    """
    rule, _, variation = name.partition("-")
    check.one_of("--case", name, [*grid_names()])
    bugs, make, form = VARIATIONS[variation]
    catches = tuple(dict.fromkeys((*bugs, *BUGS[rule])))
    return Case(name, make(rule), catches, "generated", form=form)


def grid_names(quick: bool = False) -> Iterator[str]:
    """Names of all cases, or of the quick ones."""
    for variation in QUICK if quick else VARIATIONS:
        for rule in RULES:
            if _possible(rule, variation):
                yield f"{rule}-{variation}"


def _possible(rule: str, variation: str) -> bool:
    if variation in ("earlier", "later", "whole", "wide", "outside") and rule not in WINDOWED:
        return False
    if variation in ("earlier", "later", "outside") and rule == "OrderedPath":
        return False  # its path begins and ends where both do
    return (rule, variation) not in (
        ("OrderedPath", "invisible"),  # skips no frame, so that none can be invisible
        ("Monotone_steps", "invisible"),  # no path of single steps around the blanks
    )

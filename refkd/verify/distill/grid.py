"""Every rule in every variation and every combination of what it may be asked together with.

A variation is called RULE-VARIATION; a combination RULE-DIVERGENCE, or
RULE-DIVERGENCE+OPTION+OPTION.
"""

from collections.abc import Callable, Iterator
from itertools import product
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
JUDGED = tuple(dict.fromkeys(facts["rule"] for facts in RULES.values()))  # refkd may have more
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
NO_PATH = ("OrderedPath", "Monotone_steps")  # around frames that must not be selected
FRAMES, K, BLANK = 7, 4, 2
FEW_FRAMES, SEED = 5, 2  # of a combination; float32 chooses the same frames as float64

DIVERGENCES = ("kl", "reverse_kl", "js", "cross_entropy")
BLANK_FRAMES = ("keep", "drop_selected", "no_blank_candidates")
TEMPERATURE = 1.5  # its square is neither its double nor a number of frames or classes
OPTIONS: dict[str, tuple[dict[str, Any], str]] = {  # how the rule asks for it, and what it catches
    "temperature": ({"temperature": TEMPERATURE}, "K5"),
    "scale_t2": ({"scale_t2": True}, "K4"),
    "drop_selected": ({"blank_frames": "drop_selected"}, "K10"),
    "no_blank_candidates": ({"blank_frames": "no_blank_candidates"}, "K10"),
}
DIVERGENCE_BUGS = {"kl": (), "reverse_kl": ("K1", "K18"), "js": ("K18",), "cross_entropy": ("K18",)}


def _inputs(
    rule: str, lengths: tuple[int, ...] = (FRAMES,), seed: int = 0, **options: Any
) -> dict[str, Any]:
    facts = {**RULES[rule], "blank": BLANK, **options}
    pairs = [drawn_pair(n + 10 * len(rule), L, K, BLANK) for n, L in enumerate(lengths, seed)]
    student, teacher = zip(*pairs, strict=True)
    return batch(student, teacher, rule_of(facts.pop("rule"), **facts))


def _masked(teacher: Floats, only: int | None) -> Floats:
    """The teacher with classes ruled out: the weakest of each frame, or all but the strongest."""
    order = np.argsort(np.argsort(teacher, axis=1), axis=1)
    return np.where(order >= (1 if only is None else teacher.shape[1] - only), teacher, -np.inf)


def _with_masked(rule: str, only: int | None = None) -> dict[str, Any]:
    inputs = _inputs(rule)
    return {**inputs, "teacher": [_masked(teacher, only) for teacher in inputs["teacher"]]}


Variation = tuple[tuple[str, ...], Callable[[str], Any], dict[str, Any]]
VARIATIONS: dict[str, Variation] = {
    "plain": ((), lambda rule: _inputs(rule, (FRAMES, FRAMES)), {}),
    "ragged": (("K6",), lambda rule: _inputs(rule, (5, FRAMES, 2)), {"extra_frames": 2}),
    "tempting": (
        ("K6",),
        lambda rule: _inputs(rule, (5, FRAMES, 2)),
        {"extra_frames": 1, "padding": "tempting"},
    ),
    "masked": (("K7",), _with_masked, {}),
    "onehot": (("K7",), lambda rule: _with_masked(rule, 1), {}),
    "single": (("K11",), lambda rule: _inputs(rule, (1, 1)), {}),
    "earlier": (("K11",), lambda rule: _inputs(rule, window=[3, -1]), {}),
    "later": (("K11",), lambda rule: _inputs(rule, window=[-1, 2]), {}),
    "whole": (("K11",), lambda rule: _inputs(rule, window="whole"), {}),
    "wide": (("K11",), lambda rule: _inputs(rule, window=[20, 1]), {}),
    "outside": (("K10", "K11"), lambda rule: _inputs(rule, window=[9, -8]), {}),
}
QUICK = ("plain", "ragged", "tempting", "masked")


def grid_case(name: str) -> Case:
    """The variation or combination of this name; bugs of its options come before its rule's."""
    rule, _, asked = name.partition("-")
    if name not in NAMES:
        check.fail("--case", "a name that --list shows", name)
    if asked in VARIATIONS:
        bugs, make, form = VARIATIONS[asked]
        inputs = make(rule)
    else:
        divergence, *options = asked.split("+")
        bugs = tuple(OPTIONS[option][1] for option in options) + DIVERGENCE_BUGS[divergence]
        facts = {key: value for option in options for key, value in OPTIONS[option][0].items()}
        inputs = _inputs(rule, (FEW_FRAMES,), SEED, divergence=divergence, **facts)
        form = {}
    return Case(name, inputs, tuple(dict.fromkeys((*bugs, *BUGS[rule]))), "generated", form=form)


def grid_names(quick: bool = False) -> Iterator[str]:
    """Names of all cases, or of the quick ones."""
    for variation in QUICK if quick else VARIATIONS:
        for rule in RULES:
            if _possible(rule, variation):
                yield f"{rule}-{variation}"
    yield from combinations()


def combinations() -> Iterator[str]:
    """Names of the cases that ask for one combination each of rule, divergence and options."""
    for rule, divergence in product(RULES, DIVERGENCES):
        for temperature, scale, blank_frames in product(
            ("", "+temperature"), ("", "+scale_t2"), BLANK_FRAMES
        ):
            if not (blank_frames == "no_blank_candidates" and rule in NO_PATH):
                blank = "" if blank_frames == "keep" else f"+{blank_frames}"
                yield f"{rule}-{divergence}{temperature}{scale}{blank}"


def _possible(rule: str, variation: str) -> bool:
    if variation in ("earlier", "later", "whole", "wide", "outside") and rule not in WINDOWED:
        return False
    # an OrderedPath begins and ends where both do
    return not (variation in ("earlier", "later", "outside") and rule == "OrderedPath")


NAMES = frozenset(grid_names())

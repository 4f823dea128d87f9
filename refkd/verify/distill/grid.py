"""Every rule in every variation and combination, and cases with everything drawn.

A variation is called RULE-VARIATION; a combination RULE-DIVERGENCE, or
RULE-DIVERGENCE+OPTION+OPTION; a drawn case drawn-SEED-NUMBER.
"""

import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np

from refkd import check
from refkd.check import ArgumentError, Floats
from refkd.verify.distill.inputs import batch, drawn_pair, rule_of
from refkd.verify.distill.reduce import traced
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
        bugs, make, layout = VARIATIONS[asked]
        inputs = make(rule)
    else:
        divergence, *options = asked.split("+")
        bugs = tuple(OPTIONS[option][1] for option in options) + DIVERGENCE_BUGS[divergence]
        facts = {key: value for option in options for key, value in OPTIONS[option][0].items()}
        inputs = _inputs(rule, (FEW_FRAMES,), SEED, divergence=divergence, **facts)
        layout = {}
    return Case(
        name, inputs, tuple(dict.fromkeys((*bugs, *BUGS[rule]))), "generated", layout=layout
    )


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


FORM = re.compile(r"drawn-(\d+)-(\d+)")
ATTEMPTS = 200
GAP = 1e-3  # nats; float32 tells them apart
BUG_CLASSES = ("K13", "K11", "K14", "K15", "K16", "K5", "K6", "K10")


def drawn(name: str) -> Case:
    """The case drawn-SEED-NUMBER; what is not `clear` is drawn again."""
    match = FORM.fullmatch(name)
    if match is None:
        check.fail("--case", "a name such as drawn-0-7", name)
    for attempt in range(ATTEMPTS):
        case = _drawn(name, np.random.default_rng([int(match[1]), int(match[2]), attempt]))
        if clear(case):
            return case
    check.fail("--case", "a number of a case that can be drawn", name)


def clear(case: Case) -> bool:
    """Whether the rule can be followed and no two divergences of a frame are almost equal."""
    inputs = case.inputs
    try:
        for student, teacher in zip(inputs["student"], inputs["teacher"], strict=True):
            band = traced(student, teacher, inputs["rule"]).divergence
            for frame in band:
                apart = np.diff(np.sort(frame[frame < np.inf]))
                if ((apart > 0.0) & (apart < GAP)).any():
                    return False
    except ArgumentError:
        return False
    return True


def _drawn(name: str, rng: np.random.Generator) -> Case:
    K = int(rng.integers(3, 7))
    blank = int(rng.integers(K))
    left, right = int(rng.integers(0, 6)), int(rng.integers(-2, 4))
    facts = dict(RULES[str(rng.choice(list(RULES)))])
    if "window" in facts:
        lowest = 0 if facts["rule"] == "OrderedPath" else -left
        facts["window"] = [left, max(right, lowest)]
    if facts["rule"] == "Shift":
        facts["d"] = left
    rule = rule_of(
        facts.pop("rule"),
        **facts,
        blank=blank,
        divergence=str(rng.choice(["kl", "kl", "reverse_kl", "js", "cross_entropy"])),
        temperature=float(rng.choice([1.0, 1.0, 0.5, 2.0, 3.0])),
        scale_t2=bool(rng.integers(2)),
        blank_frames=str(rng.choice(["keep", "keep", "drop_selected", "no_blank_candidates"])),
    )
    lengths = rng.integers(1, 9, size=int(rng.integers(1, 4)))
    scale = float(rng.choice([0.5, 1.0, 2.0]))
    seeds = rng.integers(2**31, size=len(lengths))
    pairs = [
        drawn_pair(int(seed), int(L), K, blank, scale)
        for seed, L in zip(seeds, lengths, strict=True)
    ]
    student, teacher = zip(*pairs, strict=True)
    layout = {"extra_frames": int(rng.integers(3))}
    return Case(name, batch(student, teacher, rule), BUG_CLASSES, "generated", layout=layout)

"""Distillation cases with everything drawn; the recipe is the name: drawn-SEED-NUMBER."""

import re

import numpy as np

from refkd import check
from refkd.check import ArgumentError
from refkd.verify.distill.grid import RULES
from refkd.verify.distill.inputs import batch, drawn_pair, rule_of
from refkd.verify.distill.reduce import traced
from refkd.verify.records import Case

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

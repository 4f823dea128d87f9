"""Alignments with everything drawn; the recipe is the name: drawn-SEED-NUMBER, ties-SEED-NUMBER."""

import re
from itertools import pairwise

import numpy as np

from refkd import check
from refkd.verify.alignment.defects.paths import TieSkips, TieStays, TieSteps
from refkd.verify.alignment.inputs import drawn_logits, said
from refkd.verify.alignment.plain import PlainAligner
from refkd.verify.ctc.inputs import batch
from refkd.verify.records import Case
from refkd.verify.softmax import log_softmax

TIES = (TieStays, TieSteps, TieSkips)

PREFIXES = ("drawn-", "ties-")
FORM = re.compile(r"(drawn|ties)-(\d+)-(\d+)")
CATCHES = ("A6", "A1", "A8", "A9", "A7", "A13")
ATTEMPTS = 500


def drawn(name: str) -> Case:
    """The case of this name.

    Parameters
    ----------
    name : str
        drawn-SEED-NUMBER, or ties-SEED-NUMBER: there whoever breaks ties badly is wrong.

    Returns
    -------
    Case
        Of targets that fit into their frames.

    Raises
    ------
    ArgumentError
        If the name is none.
    """
    match = FORM.fullmatch(name)
    if match is None:
        check.fail("--case", "a name such as drawn-0-7 or ties-0-7", name)
    seed, number = int(match[2]), int(match[3])
    return _tied(name, seed, number) if match[1] == "ties" else _drawn(name, seed, number)


def _tied(name: str, seed: int, number: int) -> Case:
    """Logits of 0, -1 and -2, drawn until a bad way to break ties ends in a worse path."""
    bad = TIES[number % len(TIES)]()
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng([seed, number, attempt])
        K = int(rng.integers(2, 5))
        target = rng.integers(1, K, size=int(rng.integers(1, 4)))
        frames = 2 * len(target) + int(rng.integers(0, 3))
        logits = -rng.integers(3, size=(frames, K)).astype(np.float64)
        logp = log_softmax(logits)
        costs = [
            logp[np.arange(frames), aligner.path(logp, target, 0)].sum()
            for aligner in (PlainAligner(), bad)
        ]
        if costs[1] < costs[0] - 0.5:
            return Case(name, batch([logits], [target.tolist()]), ("A14", "A6"), "generated")
    check.fail("--case", "a number of a case that can be drawn", name)


def _drawn(name: str, seed: int, number: int) -> Case:
    rng = np.random.default_rng([seed, number])
    K = int(rng.integers(2, 7))
    blank = int(rng.integers(K))
    others = [k for k in range(K) if k != blank]
    logits, labels = [], []
    for _ in range(int(rng.integers(1, 4))):
        target = [int(k) for k in rng.choice(others, size=int(rng.integers(0, 5)))]
        repeats = sum(a == b for a, b in pairwise(target))
        frames = max(len(target) + repeats, 1) + int(rng.integers(0, 6))
        of_logits = int(rng.integers(2**31))
        if rng.integers(2):
            logits.append(said(of_logits, frames, K, target, blank))
        else:
            logits.append(drawn_logits(of_logits, frames, K))
        labels.append(target)
    form = {"extra_frames": int(rng.integers(3)), "extra_labels": int(rng.integers(2))}
    catches = ("A12", *CATCHES) if [] in labels else CATCHES
    return Case(name, batch(logits, labels, blank), catches, "generated", form=form)

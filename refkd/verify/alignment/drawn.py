"""Alignments with everything drawn; the recipe is the name: drawn-SEED-NUMBER."""

import re
from itertools import pairwise

import numpy as np

from refkd import check
from refkd.verify.alignment.inputs import drawn_logits, said
from refkd.verify.ctc.inputs import batch
from refkd.verify.records import Case

PREFIX = "drawn-"
FORM = re.compile(r"drawn-(\d+)-(\d+)")
CATCHES = ("A6", "A1", "A8", "A9", "A7", "A13")


def drawn(name: str) -> Case:
    """The case of this name.

    Parameters
    ----------
    name : str
        drawn-SEED-NUMBER.

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
        check.fail("--case", "a name such as drawn-0-7", name)
    rng = np.random.default_rng([int(match[1]), int(match[2])])
    K = int(rng.integers(2, 7))
    blank = int(rng.integers(K))
    others = [k for k in range(K) if k != blank]
    logits, labels = [], []
    for _ in range(int(rng.integers(1, 4))):
        target = [int(k) for k in rng.choice(others, size=int(rng.integers(0, 5)))]
        repeats = sum(a == b for a, b in pairwise(target))
        frames = max(len(target) + repeats, 1) + int(rng.integers(0, 6))
        seed = int(rng.integers(2**31))
        if rng.integers(2):
            logits.append(said(seed, frames, K, target, blank))
        else:
            logits.append(drawn_logits(seed, frames, K))
        labels.append(target)
    form = {"extra_frames": int(rng.integers(3)), "extra_labels": int(rng.integers(2))}
    catches = ("A12", *CATCHES) if [] in labels else CATCHES
    return Case(name, batch(logits, labels, blank), catches, "generated", form=form)

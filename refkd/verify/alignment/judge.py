"""Whether a forced alignment is right: it collapses to its labels, and none is more probable."""

import numpy as np

from refkd.check import Floats, Ints
from refkd.verify.alignment.plain import PADDING
from refkd.verify.alignment.translate import LAST, canonical, express, log_probs
from refkd.verify.compare import TOLERANCES, combined, worst_deviation
from refkd.verify.ctc.translate import lengths
from refkd.verify.records import Arguments, Case, Conventions, Deviation, Outputs


def deviation(
    case: Case, arguments: Arguments, expected: Outputs, got: Outputs, conventions: Conventions
) -> Deviation | None:
    """The worst entry of an answer; None if the answer is right.

    A path other than the expected one is also right if it collapses to the labels and is as
    probable; its scores are then compared with its own.
    """
    tolerance = combined(TOLERANCES[conventions["dtype"]], case.tolerance)
    worst = worst_deviation(got, {name: expected[name] for name in got}, tolerance)
    otherwise = {name: expected[LAST + name] for name in got if LAST + name in expected}
    if worst is None or (otherwise and not worst_deviation(got, otherwise, tolerance)):
        return None
    own = _own(arguments, expected, got, conventions)
    return worst if own is None else worst_deviation(got, own, tolerance)


def _own(
    arguments: Arguments, expected: Outputs, got: Outputs, conventions: Conventions
) -> Outputs | None:
    """What is expected with this path; None if it is no path, or a worse one."""
    right, path = (
        canonical(outputs["alignment"], arguments, conventions) for outputs in (expected, got)
    )
    logp = log_probs(arguments)
    best, own = path_scores(logp, right), path_scores(logp, path)
    totals = {"scores": own.sum(axis=0)}, {"scores": best.sum(axis=0)}
    if not spells(path, arguments) or worst_deviation(*totals, TOLERANCES[conventions["dtype"]]):
        return None
    return express(arguments, {"alignment": path, "scores": own}, conventions)


def path_scores(logp: Floats, path: Ints) -> Floats:
    """(T, N): log-probability of the class of each frame, 0 where there is none."""
    there = (path >= 0) & (path < logp.shape[2])
    inside = np.where(there, path, 0)[:, :, None]
    return np.asarray(np.where(there, np.take_along_axis(logp, inside, axis=2)[:, :, 0], 0.0))


def spells(path: Ints, arguments: Arguments) -> bool:
    """Whether every path, repeats merged and blanks left out, is its labels."""
    for n, (T, L) in enumerate(lengths(arguments)):
        row = path[:, n]
        if (row[:T] < 0).any() or (row[T:] != PADDING).any():
            return False
        merged = row[:T][np.diff(row[:T], prepend=PADDING) != 0]
        if merged[merged != arguments["blank"]].tolist() != arguments["labels"][n, :L].tolist():
            return False
    return True

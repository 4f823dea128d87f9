"""What a wrong alignment shows by itself."""

from collections.abc import Iterator
from itertools import groupby

import numpy as np

from refkd.verify.alignment.judge import path_scores
from refkd.verify.alignment.plain import Ints
from refkd.verify.alignment.translate import TWICE, log_probs
from refkd.verify.records import Outcome, Symptom

Span = tuple[int, int, int]  # label, start, end


def symptoms(outcome: Outcome) -> list[Symptom]:
    """Symptoms of one wrong answer, the most telling first."""
    got = (outcome.answer.outputs or {})["alignment"]
    right, arguments = outcome.expected["alignment"], outcome.arguments
    if np.array_equal(got, right):
        return [Symptom("A4", "the alignment is right, but not its scores")]
    if (got == TWICE).any():
        return [Symptom("A2", "spans overlap")]
    blank = arguments["blank"]
    pairs = [(spans(a, blank), spans(b, blank)) for a, b in zip(got.T, right.T, strict=True)]
    if any(_labels(mine) != _labels(best) for mine, best in pairs):
        return list(_other_labels([(_labels(mine), _labels(best)) for mine, best in pairs]))
    late = [
        (one[1] - other[1], one[2] - other[2])
        for mine, best in pairs
        for one, other in zip(mine, best, strict=True)
    ]
    found = list(_other_edges(np.array(late).reshape(-1, 2)))
    if found:
        return found
    if path_scores(log_probs(arguments), got).sum() == -np.inf:
        return [Symptom("A11", "a path without any probability is returned")]
    return [Symptom("A6", "a less probable path of the labels is returned")]


def spans(path: Ints, blank: int) -> list[Span]:
    """The runs of labels on a path (T,)."""
    found, start = [], 0
    for label, run in groupby(path.tolist()):
        end = start + len(list(run))
        if label >= 0 and label != blank:
            found.append((label, start, end))
        start = end
    return found


def _labels(found: list[Span]) -> list[int]:
    return [label for label, _, _ in found]


def _other_labels(pairs: list[tuple[list[int], list[int]]]) -> Iterator[Symptom]:
    if all(mine == best[:-1] for mine, best in pairs):
        yield Symptom("A9", "the last label is missing")
    if all(mine == best[1:] for mine, best in pairs):
        yield Symptom("A9", "the first label is missing")
    if all(mine == best[::-1] for mine, best in pairs):
        yield Symptom("A9", "the labels come backwards")
    yield Symptom("A6", "what is returned does not spell the labels")


def _other_edges(late: Ints) -> Iterator[Symptom]:
    """From (start, end) of each span against the right one: minus is early."""
    starts, ends = late.T
    if len(late) > 1 and late.any() and (late == late[0, 0]).all():
        way = "late" if late[0, 0] > 0 else "early"
        yield Symptom("A3", f"everything is {abs(int(late[0, 0]))} frames {way}")
    elif ends.any() and not starts.any():
        yield Symptom("A2", "spans start where they should, but end elsewhere")
    elif starts.any() and not ends.any():
        yield Symptom("A3", "spans end where they should, but start elsewhere")

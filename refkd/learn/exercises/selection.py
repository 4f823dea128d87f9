"""Exercises 9 to 11: what Hard and PerTeacher choose, weights and soft minimum of Soft."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from refkd.check import Floats
from refkd.learn.exercises.bands import (
    INF,
    as_columns,
    bands,
    chosen_of,
    frames_of,
    square,
    window,
)
from refkd.learn.exercises.exercise import Exercise, Table, Tables, case, slip, slips_of_kit
from refkd.losses.rules import Hard, PerTeacher, Soft
from refkd.losses.selection import pair_weights, select_pairs, soft_minimum
from refkd.verify.distill.plain import PlainDistill
from refkd.verify.records import Case, Defect

COLUMNS = "the column w is returned in place of the teacher frame u = t + w - left"
TAUS = (0.5, 1.0, 2.0, 1e-3, INF)


def _cases() -> Sequence[Case]:
    return [case(name, divergence=band, left=left) for name, (band, left) in bands().items()]


def _per_teacher_cases() -> Sequence[Case]:
    equal = np.array([[INF, 0.25, 0.5], [0.25, 0.5, 0.5], [1.0, 0.5, INF]])
    return [*_cases(), case("student frames tie, and one is nearer", divergence=equal, left=1)]


def _soft_cases() -> Sequence[Case]:
    return [
        case(f"{name}, tau={tau:g}", divergence=band, tau=tau)
        for name, (band, _) in bands().items()
        for tau in TAUS
    ]


def _hard(divergence: Floats, left: int) -> Tables:
    selected = select_pairs(Hard(window(divergence, left)), divergence, left)
    return (frames_of(selected, left),)


def _per_teacher(divergence: Floats, left: int) -> Tables:
    selected = select_pairs(PerTeacher(window(divergence, left)), divergence, left)
    return (chosen_of((square(np.where(selected, 0.0, INF), left) < INF).T),)


def _soft(divergence: Floats, tau: float) -> Tables:
    rule = Soft(window(divergence, 0), tau)
    selected = select_pairs(rule, divergence, 0)
    return pair_weights(rule, divergence, selected), soft_minimum(rule, divergence, selected)


def _plain_hard(plain: Any, divergence: Floats, left: int) -> Tables:
    return (chosen_of(plain.most_similar(square(divergence, left), {"rule": "Hard"})),)


def _plain_per_teacher(plain: Any, divergence: Floats, left: int) -> Tables:
    selected = plain.per_teacher(square(divergence, left), {"rule": "PerTeacher"})
    return (chosen_of(selected.T),)


def _plain_soft(plain: Any, divergence: Floats, tau: float) -> Tables:
    rule = {"rule": "Soft", "tau": None if tau == INF else tau, "k": divergence.shape[1]}
    selected = plain.all_seen(divergence, rule)
    weight = plain.weights(divergence, selected, rule)
    rows = [slice(t, t + 1) for t in range(len(divergence))]
    tau = plain.tau(rule)
    return weight, np.array(
        [plain.soft_loss(divergence[row], selected[row], weight[row], tau) for row in rows]
    )


def _column(divergence: Floats, left: int) -> Tables:
    """The choice of Hard, as a column of the band."""
    return (as_columns(_hard(divergence, left)[0], left),)


def _column_of_student(divergence: Floats, left: int) -> Tables:
    """The choice of PerTeacher, as a column of the band."""
    (frames,) = _per_teacher(divergence, left)
    return (np.where(frames < 0, -1, np.arange(len(frames)) - frames + left),)


def _mirrored(divergence: Floats, left: int) -> Tables:
    """PerTeacher with columns that run the other way."""
    right = divergence.shape[1] - 1 - left
    turned = np.full((len(divergence), len(divergence)), INF)
    for t, u in np.ndindex(*turned.shape):
        if -right <= u - t <= left:
            turned[t, u] = divergence[t, t - u + left]
    return (chosen_of(PlainDistill().per_teacher(turned, {}).T),)


def _underflowing(divergence: Floats, tau: float) -> Tables:
    """Soft by (S10) and (S11) literally, so that exponentials underflow."""
    weight = np.exp(-divergence / tau)
    total = weight.sum(axis=1)
    seen = (divergence < INF).sum(axis=1)
    shares = np.where(seen[:, None] > 0, weight / total[:, None], 0.0)
    return shares, np.where(seen > 0, -tau * np.log(total / seen), 0.0)


def _hard_slips() -> Sequence[Defect]:
    return (slip(COLUMNS, _column), *slips_of_kit("distill", _plain_hard))


def _per_teacher_slips() -> Sequence[Defect]:
    return (
        slip("a teacher frame is chosen for each student frame: this is Hard", _hard),
        slip(
            "the column w is returned in place of the student frame t = u - w + left",
            _column_of_student,
        ),
        slip("the pair (t, u) is looked up at column t - u + left, not u - t + left", _mirrored),
        *slips_of_kit("distill", _plain_per_teacher),
    )


def _soft_slips() -> Sequence[Defect]:
    return (
        slip("the smallest D is not subtracted first, so every e^(-D / tau) is 0", _underflowing),
        *slips_of_kit("distill", _plain_soft),
    )


HARD = Exercise(9, "hard", (Table("chosen", "t", ("S2",)),), _cases, _hard, _hard_slips)
SOFT_MINIMUM = Exercise(
    10,
    "soft_minimum",
    (Table("weight", "tw", ("S10",)), Table("softmin", "t", ("S11",))),
    _soft_cases,
    _soft,
    _soft_slips,
)
PER_TEACHER = Exercise(
    11,
    "per_teacher",
    (Table("chosen", "u", ("S9",)),),
    _per_teacher_cases,
    _per_teacher,
    _per_teacher_slips,
)

"""Exercises 12 and 13: the cheapest ordered choices, Monotone and OrderedPath."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from refkd.check import Floats
from refkd.kernels.selection import select_monotone, select_ordered_path
from refkd.learn.exercises.bands import (
    INF,
    as_columns,
    as_frames,
    bands,
    chosen_of,
    frames_of,
    square,
)
from refkd.learn.exercises.exercise import Exercise, Table, Tables, case, slip, slips_of_kit
from refkd.learn.exercises.selection import COLUMNS
from refkd.verify.records import Case, Defect

NO_PATH = [[INF, INF, 0.5, 0.5], [INF, INF, INF, 0.25], [1.0, INF, INF, INF]]  # steps back
MAX_STEPS = (1, 2)
MOVES = ((1, 0), (1, 1), (0, -1))  # rows back and columns on of the three pairs before a pair
PAGE = "docs/course/order.md"


def _monotone_cases() -> Sequence[Case]:
    steps = [
        case(f"{name}, max_step={step}", divergence=band, left=left, max_step=step)
        for name, (band, left) in bands().items()
        for step in MAX_STEPS
    ]
    return [*steps, case("no path", divergence=np.array(NO_PATH), left=2, max_step=1)]


def _path_cases() -> Sequence[Case]:
    """Those whose pairs (t, t) all exist."""
    return [
        case(name, divergence=band, left=left)
        for name, (band, left) in bands().items()
        if left < band.shape[1] and (band[:, left] < INF).all()
    ]


def _monotone(divergence: Floats, left: int, max_step: int) -> Tables:
    cost, selected = np.full(divergence.shape, INF), np.zeros(divergence.shape, dtype=bool)
    origin = np.zeros(divergence.shape, dtype=np.int64)
    select_monotone(divergence, max_step, cost, origin, selected)
    return cost, frames_of(selected, left)


def _path(divergence: Floats, left: int) -> Tables:
    cost, selected = np.empty(divergence.shape), np.zeros(divergence.shape, dtype=bool)
    step = np.empty(divergence.shape, dtype=np.int8)
    select_ordered_path(divergence, left, cost, step, selected)
    last = divergence.shape[1] - 1 - selected[:, ::-1].argmax(axis=1)
    return cost, frames_of(selected, left), as_frames(last, left)


def _plain_monotone(plain: Any, divergence: Floats, left: int, max_step: int) -> Tables:
    D = square(divergence, left)
    selected = plain.monotone(D, {"rule": "Monotone", "max_step": max_step})
    there = bool((D[selected] < INF).all())
    return None, chosen_of(selected if there else np.zeros_like(selected))


def _plain_path(plain: Any, divergence: Floats, left: int) -> Tables:
    selected = plain.ordered_path(square(divergence, left), {"rule": "OrderedPath"})
    last = len(selected) - 1 - chosen_of(selected[:, ::-1])
    return None, chosen_of(selected), last


def _steps(step: Callable[[int, int], float], lowest: float) -> Callable[..., Tables]:
    """The costs of Monotone if `step(frames, columns)` is taken for the step between two pairs."""

    def tables(divergence: Floats, left: int, max_step: int) -> Tables:
        cost = np.full(divergence.shape, INF)
        before = None
        for t in np.flatnonzero((divergence < INF).any(axis=1)):
            for w in range(divergence.shape[1]):
                best = 0.0
                if before is not None:
                    steps = [step(int(t - before), w - column) for column in range(len(cost[t]))]
                    ways = zip(cost[before], steps, strict=True)
                    best = min([c for c, by in ways if lowest <= by <= max_step], default=INF)
                cost[t, w] = divergence[t, w] + best
            before = t
        return cost, None

    return tables


def _one_column(divergence: Floats, left: int, max_step: int) -> Tables:
    """The last frame of Monotone is right, and its column is that of all frames."""
    frames = _monotone(divergence, left, max_step)[1]
    columns = as_columns(frames, left)
    chosen = columns[columns >= 0]
    return None, as_frames(np.where(columns < 0, -1, chosen[-1] if chosen.size else -1), left)


def _columns(divergence: Floats, left: int, max_step: int) -> Tables:
    return None, as_columns(_monotone(divergence, left, max_step)[1], left)


def _monotone_slips() -> Sequence[Defect]:
    return (
        slip("a path may step back", _steps(lambda frames, columns: frames + columns, -INF)),
        slip("a path may not stay", _steps(lambda frames, columns: frames + columns, 1)),
        slip(
            "steps are differences of columns, not of teacher frames",
            _steps(lambda frames, columns: columns, 0),
        ),
        slip(
            "a path keeps its column w of the band: the same column one frame earlier is another "
            "teacher frame",
            _steps(lambda frames, columns: 0 if columns == 0 else INF, 0),
        ),
        slip(
            "the choice is read back along one column w of the band, not along the columns that "
            "gave the minimum",
            _one_column,
        ),
        slip(COLUMNS, _columns),
        *slips_of_kit("distill", _plain_monotone),
    )


def _moves(moves: Sequence[tuple[int, int]], free: bool = False) -> Callable[..., Tables]:
    """The costs of OrderedPath with other moves: rows back and columns on."""

    def tables(divergence: Floats, left: int) -> Tables:
        cost = np.full(divergence.shape, INF)
        for t, w in np.ndindex(*divergence.shape):
            begins = t == 0 and (free or w == left)
            before = [
                cost[t - back, w + on]
                for back, on in moves
                if t >= back and 0 <= w + on < divergence.shape[1]
            ]
            cost[t, w] = divergence[t, w] + (0.0 if begins else min(before, default=INF))
        return cost, None, None

    return tables


def _path_columns(divergence: Floats, left: int) -> Tables:
    _, first, last = _path(divergence, left)
    return None, as_columns(first, left), as_columns(last, left)


def _path_slips() -> Sequence[Defect]:
    both, student, teacher = MOVES
    costs = {
        "the band is read like a table of all pairs: in the row before, the same column w is the "
        "pair (t - 1, u - 1), not (t - 1, u)": _moves(((1, -1), (1, 0), (0, -1))),
        "a path may not advance in both sequences at once": _moves((student, teacher)),
        "the student may not advance alone": _moves((both, teacher)),
        "the teacher may not advance alone": _moves((both, student)),
        "a path may begin at any teacher frame": _moves(MOVES, free=True),
    }
    return (
        *(slip(words, tables) for words, tables in costs.items()),
        slip(COLUMNS, _path_columns),
        *slips_of_kit("distill", _plain_path),
    )


MONOTONE = Exercise(
    12,
    "monotone",
    (
        Table("cost", "tw", ("S5",), ("S4", "S5")),
        Table("chosen", "t", ("S6",), backward=True),
    ),
    _monotone_cases,
    _monotone,
    _monotone_slips,
    PAGE,
)
ORDERED_PATH = Exercise(
    13,
    "ordered_path",
    (
        Table("cost", "tw", ("S7",)),
        Table("first", "t", ("S8",), backward=True),
        Table("last", "t", ("S8",), backward=True),
    ),
    _path_cases,
    _path,
    _path_slips,
    PAGE,
)

"""Exercises 6 to 8: the choices of Hard and Monotone, the weights and soft minimum of Soft."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from refkd.check import Bools, Floats, Ints
from refkd.kernels.selection import select_monotone
from refkd.learn.exercises.exercise import Exercise, Table, Tables, case, slip, slips_of_kit
from refkd.losses.rules import Hard, Soft, Window
from refkd.losses.selection import pair_weights, select_pairs, soft_minimum
from refkd.verify.records import Case, Defect

INF = np.inf
HAND = [[INF, 0.8318], [0.0, 0.8318], [0.0, 0.0]]
BANDS: Mapping[str, tuple[Any, int]] = {  # divergence, left
    "three frames by hand": (HAND, 1),
    "one frame": ([[0.5]], 0),
    "ties": ([[INF, INF, 1.0, 1.0], [INF, 0.5, 0.5, INF], [0.25, 0.75, 0.25, INF]], 2),
    "equally near": ([[INF, 1.0, 0.5], [0.5, 1.0, 0.5], [0.5, 1.0, INF]], 1),
    "earlier frames only": ([[INF, INF], [INF, 0.5], [0.75, 1.0], [0.25, 0.5]], 2),
    "a frame sees nothing": ([[INF, 0.5], [INF, INF], [0.25, 0.5], [0.5, 1.0]], 1),
    "nothing is seen": ([[INF, INF], [INF, INF]], 1),
}
NO_PATH = [[INF, INF, 0.5, 0.5], [INF, INF, INF, 0.25], [1.0, INF, INF, INF]]  # steps back
SIZES = ((4, 2, 0), (5, 1, 1), (6, 2, 1), (7, 3, 0))  # T, left, right
MAX_STEPS = (1, 2)
TAUS = (0.5, 1.0, 2.0, 1e-3, INF)


def _bands() -> dict[str, tuple[Floats, int]]:
    by_hand = {name: (np.array(band), left) for name, (band, left) in BANDS.items()}
    drawn = {f"T={T}, window ({a}, {b})": (_drawn(T, a, b), a) for T, a, b in SIZES}
    return {**by_hand, **drawn}


def _drawn(T: int, left: int, right: int) -> Floats:
    """A band in eighths, so that sums are exact and ties occur."""
    W = left + right + 1
    band = np.random.default_rng(10 * T + W).integers(0, 17, (T, W)) / 8
    u = np.add.outer(np.arange(T), np.arange(W) - left)
    band[(u < 0) | (u >= T)] = INF
    return band


def _hard_cases() -> Sequence[Case]:
    return [case(name, divergence=band, left=left) for name, (band, left) in _bands().items()]


def _monotone_cases() -> Sequence[Case]:
    steps = [
        case(f"{name}, max_step={step}", divergence=band, left=left, max_step=step)
        for name, (band, left) in _bands().items()
        for step in MAX_STEPS
    ]
    return [*steps, case("no path", divergence=np.array(NO_PATH), left=2, max_step=1)]


def _soft_cases() -> Sequence[Case]:
    return [
        case(f"{name}, tau={tau:g}", divergence=band, tau=tau)
        for name, (band, _) in _bands().items()
        for tau in TAUS
    ]


def _window(divergence: Floats, left: int) -> Window:
    return Window(left, divergence.shape[1] - 1 - left)


def _hard(divergence: Floats, left: int) -> Tables:
    selected = select_pairs(Hard(_window(divergence, left)), divergence, left)
    return (_frames(selected, left),)


def _monotone(divergence: Floats, left: int, max_step: int) -> Tables:
    cost, selected = np.full(divergence.shape, INF), np.zeros(divergence.shape, dtype=bool)
    origin = np.zeros(divergence.shape, dtype=np.int64)
    select_monotone(divergence, max_step, cost, origin, selected)
    return cost, _frames(selected, left)


def _frames(selected: Bools, left: int) -> Ints:
    """The teacher frame of each student frame, -1 for none."""
    frames = np.arange(len(selected)) + selected.argmax(axis=1) - left
    return np.where(selected.any(axis=1), frames, -1)


def _soft(divergence: Floats, tau: float) -> Tables:
    rule = Soft(_window(divergence, 0), tau)
    selected = select_pairs(rule, divergence, 0)
    return pair_weights(rule, divergence, selected), soft_minimum(rule, divergence, selected)


def _square(divergence: Floats, left: int) -> Floats:
    """The band (T, W) as all pairs (T, T)."""
    square = np.full((len(divergence), len(divergence)), INF)
    for t, w in np.argwhere(divergence < INF):
        square[t, t + w - left] = divergence[t, w]
    return square


def _chosen(selected: Bools) -> Ints:
    """The same as `_frames`, for a table of all pairs (T, T)."""
    return np.where(selected.any(axis=1), selected.argmax(axis=1), -1)


def _plain_hard(plain: Any, divergence: Floats, left: int) -> Tables:
    return (_chosen(plain.most_similar(_square(divergence, left), {"rule": "Hard"})),)


def _plain_monotone(plain: Any, divergence: Floats, left: int, max_step: int) -> Tables:
    D = _square(divergence, left)
    selected = plain.monotone(D, {"rule": "Monotone", "max_step": max_step})
    there = bool((D[selected] < INF).all())
    return None, _chosen(selected if there else np.zeros_like(selected))


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
    """The choice of Hard, returned as a column of the band."""
    (frames,) = _hard(divergence, left)
    column = frames - np.arange(len(divergence)) + left
    return (np.where(frames < 0, -1, column),)


def _underflowing(divergence: Floats, tau: float) -> Tables:
    """Soft by (S10) and (S11) literally, so that exponentials underflow."""
    weight = np.exp(-divergence / tau)
    total = weight.sum(axis=1)
    seen = (divergence < INF).sum(axis=1)
    shares = np.where(seen[:, None] > 0, weight / total[:, None], 0.0)
    return shares, np.where(seen > 0, -tau * np.log(total / seen), 0.0)


def _hard_slips() -> Sequence[Defect]:
    return (
        slip("the column w is returned in place of the teacher frame u = t + w - left", _column),
        *slips_of_kit("distill", _plain_hard),
    )


def _steps(step: Callable[[int, int], int], lowest: float) -> Callable[..., Tables]:
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


def _monotone_slips() -> Sequence[Defect]:
    return (
        slip("a path may step back", _steps(lambda frames, columns: frames + columns, -INF)),
        slip("a path may not stay", _steps(lambda frames, columns: frames + columns, 1)),
        slip(
            "steps are differences of columns, not of teacher frames",
            _steps(lambda frames, columns: columns, 0),
        ),
        *slips_of_kit("distill", _plain_monotone),
    )


def _soft_slips() -> Sequence[Defect]:
    return (
        slip("the smallest D is not subtracted first, so every e^(-D / tau) is 0", _underflowing),
        *slips_of_kit("distill", _plain_soft),
    )


HARD = Exercise(6, "hard", (Table("chosen", "t", ("S2",)),), _hard_cases, _hard, _hard_slips)
MONOTONE = Exercise(
    7,
    "monotone",
    (
        Table("cost", "tw", ("S5",), ("S4", "S5")),
        Table("chosen", "t", ("S6",), backward=True),
    ),
    _monotone_cases,
    _monotone,
    _monotone_slips,
)
SOFT_MINIMUM = Exercise(
    8,
    "soft_minimum",
    (Table("weight", "tw", ("S10",)), Table("softmin", "t", ("S11",))),
    _soft_cases,
    _soft,
    _soft_slips,
)

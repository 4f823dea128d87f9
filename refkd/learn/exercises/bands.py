"""What the exercises on selection share: bands of divergences, and both ways to write them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from refkd.check import Bools, Floats, Ints
from refkd.losses.rules import Window

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
SIZES = ((4, 2, 0), (5, 1, 1), (6, 2, 1), (7, 3, 0))  # T, left, right


def bands() -> dict[str, tuple[Floats, int]]:
    """Bands (T, W) and how many earlier frames they show, by name."""
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


def window(divergence: Floats, left: int) -> Window:
    """The window of a band."""
    return Window(left, divergence.shape[1] - 1 - left)


def frames_of(selected: Bools, left: int) -> Ints:
    """The teacher frame of each student frame, -1 for none, from pairs (T, W)."""
    return as_frames(np.where(selected.any(axis=1), selected.argmax(axis=1), -1), left)


def as_frames(columns: Ints, left: int) -> Ints:
    """Teacher frames from columns; -1 stays."""
    return np.where(columns < 0, -1, np.arange(len(columns)) + columns - left)


def as_columns(frames: Ints, left: int) -> Ints:
    """Columns from teacher frames; -1 stays."""
    return np.where(frames < 0, -1, frames - np.arange(len(frames)) + left)


def square(divergence: Floats, left: int) -> Floats:
    """The band (T, W) as all pairs (T, T)."""
    pairs = np.full((len(divergence), len(divergence)), INF)
    for t, w in np.argwhere(divergence < INF):
        pairs[t, t + w - left] = divergence[t, w]
    return pairs


def chosen_of(selected: Bools) -> Ints:
    """The same as `frames_of`, for a table of all pairs (T, T)."""
    return np.where(selected.any(axis=1), selected.argmax(axis=1), -1)

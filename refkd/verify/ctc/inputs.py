"""Inputs of CTC cases."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def batch(
    logits: Sequence[NDArray[np.float64]],
    labels: Sequence[Sequence[int]],
    blank: int = 0,
    *d_loss: float,
) -> dict[str, Any]:
    """Whole utterances and what belongs to them; no `d_loss` is none given."""
    return {
        "logits": list(logits),
        "labels": [list(one) for one in labels],
        "blank": blank,
        "d_loss": np.array(d_loss) if d_loss else None,
    }


def drawn_logits(seed: int, frames: int, classes: int, scale: float = 1) -> NDArray[np.float64]:
    """Logits (T, K) in sixteenths, which every dtype and every file holds exactly.

    Parameters
    ----------
    seed : int
        Of the numbers.
    frames, classes : int
        T, K.
    scale : float
        Factor; logits lie within 2 scale of 0.

    Returns
    -------
    (T, K) array
        Not normalised.
    """
    rng = np.random.default_rng(seed)
    return np.asarray(rng.integers(-32, 33, size=(frames, classes)) / 16.0 * scale)


def spoken(seed: int, frames: int, classes: int, labels: Sequence[int], blank: int = 0) -> Any:
    """Logits (T, K) of a network that is rather sure of these labels at even distances."""
    logits = drawn_logits(seed, frames, classes)
    best = np.full(frames, blank)
    best[((np.arange(len(labels)) + 0.5) * frames / max(len(labels), 1)).astype(int)] = labels
    logits[np.arange(frames), best] += 4.0
    return logits

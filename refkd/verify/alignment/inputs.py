"""Inputs of alignment cases."""

from collections.abc import Sequence

import numpy as np

from refkd.verify.alignment.plain import Floats

STEP = 256.0  # logits are its fractions: float16 holds them, and few paths are equally probable


def drawn_logits(seed: int, frames: int, classes: int) -> Floats:
    """Logits (T, K) within 2 of 0."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.integers(-512, 513, size=(frames, classes)) / STEP)


def said(seed: int, frames: int, classes: int, labels: Sequence[int], blank: int = 0) -> Floats:
    """Logits (T, K) of a network that is rather sure of these labels at even distances."""
    logits = drawn_logits(seed, frames, classes)
    best = np.full(frames, blank)
    best[((np.arange(len(labels)) + 0.5) * frames / max(len(labels), 1)).astype(int)] = labels
    logits[np.arange(frames), best] += 4.0
    return logits


def sure(frames: Sequence[int], classes: int) -> Floats:
    """Logits (T, K) of a network that is sure of a class at each frame."""
    logits = drawn_logits(len(frames), len(frames), classes) / 4.0
    logits[np.arange(len(frames)), list(frames)] += 6.0
    return logits

"""Which hidden states dropout keeps, drawn one number at a time in the documented order."""

import numpy as np


def draw(seed, dropout, layers, directions, frames, hidden):
    """For each layer above the first (frames, directions * hidden): 0 or 1 / (1 - dropout)."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((layers - 1, frames, directions * hidden))
    for mask in masks:
        for s in range(directions):
            for t in range(frames):
                for j in range(hidden):
                    if rng.random() >= dropout:
                        mask[t, s * hidden + j] = 1.0 / (1.0 - dropout)
    return masks

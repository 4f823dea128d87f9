"""What the plain implementations of several kits begin with."""

import numpy as np
from numpy.typing import NDArray


def log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of the softmax over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))

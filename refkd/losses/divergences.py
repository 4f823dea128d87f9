"""The divergences between a student's and a teacher's distributions, as bands and gradients."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import types

from refkd.check import Floats
from refkd.kernels import distill as kernels
from refkd.kernels.compile import as_value

FRAMES = types.float64[:, ::1]
POSTERIORS = types.UniTuple(FRAMES, 2)
CLASSES = types.float64[:, :, ::1]


@dataclass(frozen=True)
class Posteriors:
    """One model's distributions: log-probabilities and probabilities, frame by frame (T, K)."""

    logp: Floats
    prob: Floats
    lowest: float = (
        0.0  # how far the lowest logit lies below the peak of its frame; NaN: no softmax
    )

    @classmethod
    def of(cls, logits: Floats, temperature: float) -> "Posteriors":
        logp, prob = np.empty_like(logits), np.empty_like(logits)
        return cls(logp, prob, kernels.softmax(logits, temperature, logp, prob))

    @property
    def pair(self) -> tuple[Floats, Floats]:
        """As kernels take them."""
        return self.logp, self.prob


@dataclass(frozen=True)
class Divergence:
    """One divergence: a kernel that adds it to a band, and one for its gradient."""

    add: Callable[..., None]
    gradient: Callable[..., None]

    def kernels(self) -> tuple[Any, Any]:
        """Both as values that other kernels can be passed."""
        add = types.void(POSTERIORS, POSTERIORS, types.int64, CLASSES, FRAMES)
        gradient = types.void(FRAMES, types.int64, POSTERIORS, POSTERIORS, FRAMES)
        return as_value(self.add, add), as_value(self.gradient, gradient)


DIVERGENCES = {
    "kl": Divergence(kernels.add_kl, kernels.kl_gradient),
    "reverse_kl": Divergence(kernels.add_reverse_kl, kernels.reverse_kl_gradient),
    "js": Divergence(kernels.add_js, kernels.js_gradient),
    "cross_entropy": Divergence(kernels.add_cross_entropy, kernels.kl_gradient),
}

"""The divergences between a student's and a teacher's distributions, as bands and gradients."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numba import types

from refkd.kernels import distill as kernels
from refkd.kernels.compile import as_value

FRAMES = types.float64[:, ::1]
STACK = types.float64[:, :, ::1]


@dataclass(frozen=True)
class Divergence:
    """One divergence: a kernel that adds it to a band, and one for its gradient."""

    add: Callable[..., None]
    gradient: Callable[..., None]

    def kernels(self) -> tuple[Any, Any]:
        """Both as values that other kernels can be passed."""
        add = types.void(STACK, STACK, types.int64, STACK, FRAMES)
        gradient = types.void(FRAMES, types.int64, STACK, STACK, FRAMES)
        return as_value(self.add, add), as_value(self.gradient, gradient)


DIVERGENCES = {
    "kl": Divergence(kernels.add_kl, kernels.kl_gradient),
    "reverse_kl": Divergence(kernels.add_reverse_kl, kernels.reverse_kl_gradient),
    "js": Divergence(kernels.add_js, kernels.js_gradient),
    "cross_entropy": Divergence(kernels.add_cross_entropy, kernels.kl_gradient),
}

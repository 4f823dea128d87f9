"""The divergences between a student's and a teacher's distributions, as bands and gradients."""

from collections.abc import Callable
from typing import NamedTuple

from refkd.kernels import distill as kernels


class Divergence(NamedTuple):
    """One divergence: a kernel that adds it to a band, and one for its gradient."""

    add: Callable[..., None]
    gradient: Callable[..., None]


DIVERGENCES = {
    "kl": Divergence(kernels.add_kl, kernels.gradient_of_kl),
    "reverse_kl": Divergence(kernels.add_reverse_kl, kernels.gradient_of_reverse_kl),
    "js": Divergence(kernels.add_js, kernels.gradient_of_js),
    "cross_entropy": Divergence(kernels.add_cross_entropy, kernels.gradient_of_kl),
}

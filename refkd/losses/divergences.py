"""The divergences between a student's and a teacher's distributions, as bands and gradients."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from refkd.check import Bools, Floats
from refkd.kernels import divergences as kernels
from refkd.kernels.numeric import log_softmax


@dataclass(frozen=True)
class Posteriors:
    """One model's distributions: frame by frame (T, K), and log-probabilities beside them."""

    logp: Floats
    prob: Floats

    @classmethod
    def of(cls, logits: Floats, temperature: float) -> "Posteriors":
        logp = np.empty_like(logits)
        with np.errstate(over="ignore"):  # refused by the caller
            log_softmax(logits / temperature, logp)
        return cls(logp, np.exp(logp))


@dataclass(frozen=True)
class Divergence:
    """One divergence: a kernel that adds it to a band, and one for its gradient."""

    add: Callable[[Posteriors, Posteriors, int, Floats], None]
    add_gradient: Callable[[Floats, int, Posteriors, Posteriors, Floats], None]

    def band(
        self, student: Posteriors, teacher: Posteriors, left: int, columns: int, visible: Bools
    ) -> Floats:
        """D (T, W), inf where there is no pair; a value that rounds below 0 becomes 0."""
        band = np.empty((columns, len(visible)))
        kernels.open_band(left, visible, band)
        self.add(student, teacher, left, band)
        return np.maximum(band.T, 0.0, order="C")

    def frame_wise(self, mass: Floats, student: Posteriors, target: Posteriors) -> float:
        """Sum of mass D(target_t, student_t) over the frames with positive mass."""
        heavy = mass > 0.0
        cost = self.band(student, target, 0, 1, heavy)[:, 0]
        return float(np.sum(mass[heavy] * cost[heavy]))

    def gradient(
        self, weight: Floats, left: int, student: Posteriors, teacher: Posteriors
    ) -> Floats:
        """Gradient (T, K) in the student's logits of the weighted sum of divergences."""
        d_logits = np.empty_like(student.logp)
        self.add_gradient(weight, left, student, teacher, d_logits)
        return d_logits


def _by_class(frames: Floats) -> Floats:
    return np.ascontiguousarray(frames.T)


def _add_kl(student: Posteriors, teacher: Posteriors, left: int, band: Floats) -> None:
    finite_logp = np.where(teacher.prob > 0.0, teacher.logp, 0.0)  # 0 log 0 = 0
    kernels.banded_kl(
        _by_class(student.logp), _by_class(teacher.prob), _by_class(finite_logp), left, band
    )


def _add_reverse_kl(student: Posteriors, teacher: Posteriors, left: int, band: Floats) -> None:
    kernels.banded_reverse_kl(
        _by_class(student.prob), _by_class(student.logp), _by_class(teacher.logp), left, band
    )


def _add_js(student: Posteriors, teacher: Posteriors, left: int, band: Floats) -> None:
    kernels.banded_js(_by_class(student.prob), _by_class(teacher.prob), left, band)


def _add_cross_entropy(student: Posteriors, teacher: Posteriors, left: int, band: Floats) -> None:
    kernels.banded_cross_entropy(_by_class(student.logp), _by_class(teacher.prob), left, band)


def _kl_gradient(
    weight: Floats, left: int, student: Posteriors, teacher: Posteriors, d_logits: Floats
) -> None:
    kernels.kl_gradient(weight, left, student.prob, teacher.prob, d_logits)


def _reverse_kl_gradient(
    weight: Floats, left: int, student: Posteriors, teacher: Posteriors, d_logits: Floats
) -> None:
    kernels.reverse_kl_gradient(weight, left, student.prob, student.logp, teacher.logp, d_logits)


def _js_gradient(
    weight: Floats, left: int, student: Posteriors, teacher: Posteriors, d_logits: Floats
) -> None:
    kernels.js_gradient(weight, left, student.prob, teacher.prob, d_logits)


DIVERGENCES = {
    "kl": Divergence(_add_kl, _kl_gradient),
    "reverse_kl": Divergence(_add_reverse_kl, _reverse_kl_gradient),
    "js": Divergence(_add_js, _js_gradient),
    "cross_entropy": Divergence(_add_cross_entropy, _kl_gradient),
}


def mix(weight: Floats, left: int, teacher: Posteriors) -> Posteriors:
    """The weighted mean of the selected teacher frames, the target of each student frame."""
    target_logp = np.empty_like(teacher.logp)
    kernels.mixture(weight, left, teacher.logp, target_logp)
    return Posteriors(target_logp, np.exp(target_logp))

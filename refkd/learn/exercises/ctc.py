"""Exercises 3 to 5: alpha, beta and the gradient of CTC."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from refkd.check import Floats, Ints
from refkd.learn.exercises.exercise import Exercise, Table, Tables, case, slip, slips_of_kit
from refkd.losses.ctc import ctc_trace
from refkd.verify.ctc.plain import PlainCTC
from refkd.verify.records import Case, Defect

HAND = [[0.8, 0.2], [0.5, 0.5], [0.6, 0.4]]
DRAWN = ((4, 3, (2, 1)), (5, 3, (1, 1, 2)), (6, 4, (3, 1, 1)), (7, 4, (1, 2, 1, 3)))  # T, K, labels


def _probabilities(T: int, K: int) -> Floats:
    """Distributions in hundredths, none of them 0."""
    rng = np.random.default_rng(100 * T + K)
    prob = (rng.dirichlet(np.ones(K), T) * (1.0 - 0.02 * K)).round(2) + 0.02
    prob[:, 0] += 1.0 - prob.sum(axis=1)
    return prob.round(2)


def _cases() -> list[Case]:
    described: list[tuple[str, Any, tuple[int, ...], int]] = [
        ("three frames by hand", HAND, (1,), 0),
        ("one frame", [[0.25, 0.75]], (1,), 0),
        ("no labels", [[0.25, 0.75], [0.5, 0.5]], (), 0),
        ("two different labels", [[0.5, 0.3, 0.2], [0.2, 0.5, 0.3], [0.1, 0.2, 0.7]], (1, 2), 0),
        ("a repeated label", HAND, (1, 1), 0),
        ("the blank is the last class", [[0.5, 0.25, 0.25], [0.125, 0.5, 0.375]], (0, 1), 2),
        ("no way: two equal labels, and never a blank", [[0.0, 1.0]] * 3, (1, 1), 0),
    ]
    described += [
        (f"T={T}, labels {list(labels)}", _probabilities(T, K), labels, 0) for T, K, labels in DRAWN
    ]
    described.append(("400 frames of ten equal classes", np.full((400, 10), 0.1), (1, 2, 2), 0))
    return [_case(*description) for description in described]


def _case(name: str, prob: Any, labels: tuple[int, ...], blank: int) -> Case:
    with np.errstate(divide="ignore"):
        logp = np.log(prob)
    return case(name, logp=logp, labels=np.array(labels, dtype=np.int64), blank=blank)


def _gradient_cases() -> list[Case]:
    cases = []
    for plain in _cases():
        trace = ctc_trace(*plain.inputs.values())
        tables = {"log_alpha": trace.log_alpha, "log_beta": trace.log_beta}
        cases.append(case(plain.name, **plain.inputs, **tables))
    return cases


def _alpha(logp: Floats, labels: Ints, blank: int) -> Tables:
    trace = ctc_trace(logp, labels, blank)
    return trace.log_alpha, trace.loss


def _beta(logp: Floats, labels: Ints, blank: int) -> Tables:
    return (ctc_trace(logp, labels, blank).log_beta,)


def _gradient(logp: Floats, labels: Ints, blank: int, *alpha_beta: Floats) -> Tables:
    trace = ctc_trace(logp, labels, blank)
    return trace.occupancy, trace.grad


class Slip(PlainCTC):
    """A plain CTC with a mistake, said in words."""

    words: str


class NoEmission(Slip):
    """An alpha of the paths alone, without their emissions."""

    words = "the emission at t is left out"

    def alpha(self, emission: Floats, skip: Any) -> Floats:
        return super().alpha(np.zeros_like(emission), skip)


class EmissionInBeta(Slip):
    """A beta that is symmetrical to alpha, as some papers have it."""

    words = "beta counts the emission at t, which alpha has already"

    def beta(self, emission: Floats, skip: Any) -> Floats:
        return super().beta(emission, skip) + emission


class EmissionOfTheSameFrame(Slip):
    """A beta that is one frame behind."""

    words = "beta takes the emission at t where that at t + 1 is wanted"

    def beta(self, emission: Floats, skip: Any) -> Floats:
        return super().beta(np.roll(emission, 1, axis=0), skip)


class EmissionOfTheStateLeft(Slip):
    """A beta whose emission stands outside the sum, as in alpha."""

    words = "beta takes the emission of the state that it leaves, not of the one that it enters"

    def beta(self, emission: Floats, skip: Any) -> Floats:
        beta = super().beta(np.zeros_like(emission), skip)
        for t in range(len(beta) - 2, -1, -1):
            beta[t] = self.leave(beta[t + 1], skip) + emission[t + 1]
        return beta


class LogarithmOfOccupancy(Slip):
    """Occupancies that never went through exp."""

    words = "occupancies are left as logarithms"

    def occupancy(self, weight: Floats, states: Ints, K: int) -> Floats:
        return np.log(super().occupancy(weight, states, K))


class LogarithmForProbability(Slip):
    """A gradient in which y and log y are mixed up."""

    words = "the gradient takes log y where y is wanted: softmax minus occupancy"

    def gradient(self, prob: Floats, occupancy: Floats, target: Ints) -> Floats:
        return np.log(prob) - occupancy


def _slips(tables: Callable[..., Tables], *kinds: type[Slip]) -> tuple[Defect, ...]:
    own = [slip(kind.words, partial(tables, kind())) for kind in kinds]
    return (*own, *slips_of_kit("ctc", tables))


def _target_and_emissions(
    plain: PlainCTC, logp: Floats, labels: Ints, blank: int
) -> tuple[Ints, Floats, Any, int]:
    """Target, emissions, skips and blank as a plain implementation sees them."""
    blank = plain.blank(blank, logp.shape[1])
    target = plain.collapsed(plain.target(labels, len(labels), blank), blank)
    states = plain.states(target, blank)
    return target, logp[:, states], plain.skips(states, blank), blank


def _plain_alpha(plain: PlainCTC, logp: Floats, labels: Ints, blank: int) -> Tables:
    _, emission, skip, _ = _target_and_emissions(plain, logp, labels, blank)
    alpha = plain.alpha(emission, skip)
    return alpha, plain.nats(plain.total(alpha))


def _plain_beta(plain: PlainCTC, logp: Floats, labels: Ints, blank: int) -> Tables:
    _, emission, skip, _ = _target_and_emissions(plain, logp, labels, blank)
    return (plain.beta(emission, skip),)


def _plain_gradient(
    plain: PlainCTC, logp: Floats, labels: Ints, blank: int, *alpha_beta: Floats
) -> Tables:
    target, _, _, blank = _target_and_emissions(plain, logp, labels, blank)
    loss, occupancy = plain.loss_of(logp, target, blank)
    grad = plain.gradient(np.exp(logp), occupancy, target)
    return occupancy, plain.finished(loss, grad, target)[1]


CTC_ALPHA = Exercise(
    3,
    "ctc_alpha",
    (Table("log_alpha", "ts", ("C3",), ("C4",)), Table("loss", "", ("C7",))),
    _cases,
    _alpha,
    lambda: _slips(_plain_alpha, NoEmission),
)
CTC_BETA = Exercise(
    4,
    "ctc_beta",
    (Table("log_beta", "ts", ("C5",), ("C6",), backward=True),),
    _cases,
    _beta,
    lambda: _slips(_plain_beta, EmissionInBeta, EmissionOfTheSameFrame, EmissionOfTheStateLeft),
)
CTC_GRADIENT = Exercise(
    5,
    "ctc_gradient",
    (Table("occupancy", "tk", ("C8", "C9")), Table("grad", "tk", ("C10",))),
    _gradient_cases,
    _gradient,
    lambda: _slips(_plain_gradient, LogarithmOfOccupancy, LogarithmForProbability),
)

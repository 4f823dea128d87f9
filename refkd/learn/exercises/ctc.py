"""Exercises 4 to 7: alpha, beta, the gradient and the rescaled alpha of CTC."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from refkd.check import Floats, Ints
from refkd.kernels.ctc import extend_labels
from refkd.kernels.ctc_rescaled import rescaled_alpha
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
        ("no path: two equal labels, and never a blank", [[0.0, 1.0]] * 3, (1, 1), 0),
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


def _rescaled_cases() -> list[Case]:
    return [
        case(plain.name, prob=np.exp(plain.inputs["logp"]), **dict(list(plain.inputs.items())[1:]))
        for plain in _cases()
    ]


def _alpha(logp: Floats, labels: Ints, blank: int) -> Tables:
    trace = ctc_trace(logp, labels, blank)
    return trace.log_alpha, trace.loss


def _beta(logp: Floats, labels: Ints, blank: int) -> Tables:
    return (ctc_trace(logp, labels, blank).log_beta,)


def _gradient(logp: Floats, labels: Ints, blank: int, *alpha_beta: Floats) -> Tables:
    trace = ctc_trace(logp, labels, blank)
    return trace.occupancy, trace.grad


def _rescaled(prob: Floats, labels: Ints, blank: int) -> Tables:
    (T, _), S = prob.shape, 2 * len(labels) + 1
    states, skip = np.empty(S, dtype=np.int64), np.empty(S + 2)
    rows, scale = np.empty((T, S + 2)), np.empty(T)
    extend_labels(labels, blank, states, skip)
    log_scale = rescaled_alpha(prob[:, states], skip, rows, scale)
    alpha = rows[:, 2:] / scale[:, None]
    with np.errstate(divide="ignore"):
        return alpha, scale, -(log_scale + np.log(alpha[-1, -2:].sum()))


class Slip(PlainCTC):
    """A plain CTC with a mistake, in words."""

    words: str


class NoEmission(Slip):
    """An alpha without emissions: it counts the beginnings of paths."""

    words = "alpha leaves out the emission at frame t"

    def alpha(self, emission: Floats, skip: Any) -> Floats:
        return super().alpha(np.zeros_like(emission), skip)


class EmissionInBeta(Slip):
    """A beta that includes the emission at t, as alpha does and as some papers define it."""

    words = "beta includes the emission at frame t, which alpha already includes"

    def beta(self, emission: Floats, skip: Any) -> Floats:
        return super().beta(emission, skip) + emission


class EmissionOfTheSameFrame(Slip):
    """A beta with the emission of the wrong frame."""

    words = "beta uses the emission at frame t instead of that at frame t + 1"

    def beta(self, emission: Floats, skip: Any) -> Floats:
        return super().beta(np.roll(emission, 1, axis=0), skip)


class EmissionOfTheStateLeft(Slip):
    """A beta whose emission is a factor of the whole sum, as in alpha."""

    words = "beta uses the emission of the state that a path leaves, not of the one it enters"

    def beta(self, emission: Floats, skip: Any) -> Floats:
        beta = super().beta(np.zeros_like(emission), skip)
        for t in range(len(beta) - 2, -1, -1):
            beta[t] = self.leave(beta[t + 1], skip) + emission[t + 1]
        return beta


class LogarithmOfOccupancy(Slip):
    """Occupancies without the exponential."""

    words = "occupancies are returned as logarithms"

    def occupancy(self, weight: Floats, states: Ints, K: int) -> Floats:
        return np.log(super().occupancy(weight, states, K))


class LogarithmForProbability(Slip):
    """A gradient in which y and log y are confused."""

    words = "the gradient uses log y in place of y"

    def gradient(self, prob: Floats, occupancy: Floats, target: Ints) -> Floats:
        return np.log(prob) - occupancy


def _slips(tables: Callable[..., Tables], *kinds: type[Slip]) -> tuple[Defect, ...]:
    own = [slip(kind.words, partial(tables, kind())) for kind in kinds]
    return (*own, *slips_of_kit("ctc", tables))


def _target_and_emissions(
    plain: PlainCTC, logp: Floats, labels: Ints, blank: int
) -> tuple[Ints, Floats, Any, int]:
    """Target, emissions, skips and blank as a plain implementation has them."""
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


def _plain_rescaled(plain: PlainCTC, prob: Floats, labels: Ints, blank: int) -> Tables:
    """alpha^ and the scales from the alpha of a plain implementation."""
    alpha, loss = _plain_alpha(plain, np.log(prob), labels, blank)
    total = np.logaddexp.reduce(alpha, axis=1)
    return np.exp(alpha - total[:, None]), np.exp(np.diff(total, prepend=0.0)), loss


def _of_rescaled(change: Callable[[Floats, Floats, Floats], Tables]) -> Callable[..., Tables]:
    """A slip that is a function of alpha^, the scales and the loss."""

    def tables(prob: Floats, labels: Ints, blank: int) -> Tables:
        return change(*_rescaled(prob, labels, blank))

    return tables


def _by_largest(alpha: Floats, scale: Floats, loss: Floats) -> Tables:
    """Rows of which the largest entry is 1; every scale is that of the sums times a ratio."""
    largest = alpha.max(axis=1)
    ratio = largest / np.concatenate([[1.0], largest[:-1]])
    return alpha / largest[:, None], scale * ratio, loss


def _never_divided(alpha: Floats, scale: Floats, loss: Floats) -> Tables:
    total = np.cumprod(scale)
    return alpha * total[:, None], total, None


def _rescaled_slips() -> tuple[Defect, ...]:
    def end(alpha: Floats) -> Any:
        return alpha[-1, -2:].sum()

    own: dict[str, Callable[[Floats, Floats, Floats], Tables]] = {
        "the rows are not divided by their sums": _never_divided,
        "the rows are divided by their largest entry, not by their sum": _by_largest,
        "the loss leaves out end, the sum over the last two states": lambda alpha, scale, loss: (
            None, None, -np.log(scale).sum()),
        "the loss leaves out the scales": lambda alpha, scale, loss: (
            None, None, -np.log(end(alpha))),
        "the loss has the wrong sign": lambda alpha, scale, loss: (None, None, -loss),
        "the loss adds up the scales, not their logarithms": lambda alpha, scale, loss: (
            None, None, -scale.sum() - np.log(end(alpha))),
        "P is returned, not its negative logarithm": lambda alpha, scale, loss: (
            None, None, np.exp(-loss)),
    }  # fmt: skip
    return (
        *(slip(words, _of_rescaled(change)) for words, change in own.items()),
        *slips_of_kit("ctc", _plain_rescaled),
    )


CTC_ALPHA = Exercise(
    4,
    "ctc_alpha",
    (Table("log_alpha", "ts", ("C3",), ("C4",)), Table("loss", "", ("C7",))),
    _cases,
    _alpha,
    lambda: _slips(_plain_alpha, NoEmission),
)
CTC_BETA = Exercise(
    5,
    "ctc_beta",
    (Table("log_beta", "ts", ("C5",), ("C6",), backward=True),),
    _cases,
    _beta,
    lambda: _slips(_plain_beta, EmissionInBeta, EmissionOfTheSameFrame, EmissionOfTheStateLeft),
)
CTC_GRADIENT = Exercise(
    6,
    "ctc_gradient",
    (Table("occupancy", "tk", ("C8", "C9")), Table("grad", "tk", ("C10",))),
    _gradient_cases,
    _gradient,
    lambda: _slips(_plain_gradient, LogarithmOfOccupancy, LogarithmForProbability),
)
CTC_RESCALED = Exercise(
    7,
    "ctc_rescaled",
    (
        Table("alpha", "ts", ("C13",), together=True),
        Table("scale", "t", ("C13",), together=True),
        Table("loss", "", ("C17",)),
    ),
    _rescaled_cases,
    _rescaled,
    _rescaled_slips,
)

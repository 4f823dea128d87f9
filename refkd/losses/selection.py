"""Which pairs of a divergence band a rule selects, and with what weight."""

from collections.abc import Callable
from typing import Any

import numpy as np

from refkd import check
from refkd.check import Bools, Floats
from refkd.kernels import selection as kernels
from refkd.losses import rules
from refkd.losses.rules import Rule


def select_pairs(rule: Rule, band: Floats, left: int) -> Bools:
    """Mark the pairs (T, W) of a band that the rule selects."""
    selected = np.zeros(band.shape, dtype=bool)
    _SELECT[type(rule)](rule, band, left, selected)
    return selected


def pair_weights(rule: Rule, band: Floats, selected: Bools) -> Floats:
    """Weight (T, W) of each pair: 1, or for weighted rules shares that sum to 1 in each frame."""
    if isinstance(rule, (rules.Soft, rules.TopK)):
        weight = np.empty_like(band)
        kernels.similarity_weights(band, selected, rule.tau, weight)
        return weight
    if isinstance(rule, rules.Blend) and selected.any():
        weight = np.where(selected, rule.weights[::-1], 0.0)
        total = weight.sum(axis=1, keepdims=True)
        return weight / np.where(total > 0.0, total, 1.0)
    return selected.astype(np.float64)


def soft_minimum(rule: rules.Soft, band: Floats, selected: Bools) -> Floats:
    """-tau log mean exp(-D / tau) over each student frame's selected pairs (T,), in nats."""
    cost = np.empty(len(band))
    kernels.soft_minimum(band, selected, rule.tau, cost)
    return cost


def _select_most_similar(rule: Any, band: Floats, left: int, selected: Bools) -> None:
    kernels.select_hard(band, left, selected)


def _select_top_k(rule: rules.TopK, band: Floats, left: int, selected: Bools) -> None:
    kernels.select_top_k(band, left, rule.k, selected)


def _select_all(rule: Any, band: Floats, left: int, selected: Bools) -> None:
    kernels.select_visible(band, selected)


def _select_monotone(rule: rules.Monotone, band: Floats, left: int, selected: Bools) -> None:
    any_step = sum(band.shape)  # no longer step fits into a band (T, W)
    max_step = any_step if rule.max_step is None else min(rule.max_step, any_step)
    cost, origin = np.empty_like(band), np.zeros(band.shape, dtype=np.int64)
    if kernels.select_monotone(band, max_step, cost, origin, selected) == np.inf:
        expected = f"a path of steps <= max_step={rule.max_step} between the visible teacher frames"
        check.fail("rule", expected, "none: more blank frames lie between them")


def _select_ordered_path(rule: Any, band: Floats, left: int, selected: Bools) -> None:
    cost, step = np.empty_like(band), np.empty(band.shape, dtype=np.int8)
    kernels.select_ordered_path(band, left, cost, step, selected)


def _select_per_teacher(rule: Any, band: Floats, left: int, selected: Bools) -> None:
    kernels.select_per_teacher(band, left, selected)


def _select_blend(rule: rules.Blend, band: Floats, left: int, selected: Bools) -> None:
    n = len(rule.weights)
    if n <= len(band):  # the mixture needs n frames
        kernels.select_visible(band[n - 1 :], selected[n - 1 :])
        selected &= np.array(rule.weights[::-1]) > 0.0


_SELECT: dict[type, Callable[[Any, Floats, int, Bools], None]] = {
    rules.FrameWise: _select_most_similar,
    rules.Shift: _select_most_similar,
    rules.Blend: _select_blend,
    rules.Hard: _select_most_similar,
    rules.TopK: _select_top_k,
    rules.Soft: _select_all,
    rules.Monotone: _select_monotone,
    rules.OrderedPath: _select_ordered_path,
    rules.PerTeacher: _select_per_teacher,
}

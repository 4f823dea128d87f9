"""Which pairs of a divergence band a rule selects, and with what weight."""

from typing import Any

import numpy as np

from refkd.check import Bools, Floats
from refkd.kernels import selection as kernels
from refkd.losses.rules import Rule, parameters_of, row_of


def select_pairs(rule: Rule, band: Floats, left: int) -> Bools:
    """Mark the pairs (T, W) of a band that the rule selects."""
    selected = np.zeros(band.shape, dtype=bool)
    cost, origin = np.empty_like(band), np.empty(band.shape, dtype=np.int64)
    row_of(rule).select(band, left, parameters_of(rule), cost, origin, selected)
    return selected


def pair_weights(rule: Rule, band: Floats, selected: Bools) -> Floats:
    """Weight (T, W) of each pair: 1, or for weighted rules shares that sum to 1 in each frame."""
    weight = np.empty_like(band)
    row_of(rule).weigh(band, selected, parameters_of(rule), weight)
    return weight


def soft_minimum(rule: Any, band: Floats, selected: Bools) -> Floats:
    """-tau log mean exp(-D / tau) over each student frame's selected pairs (T,), in nats."""
    cost = np.empty(len(band))
    kernels.soft_minimum(band, selected, rule.tau, cost)
    return cost

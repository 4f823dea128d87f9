"""Which pairs of a divergence band a rule selects, and with what weight."""

from typing import Any

import numpy as np

from refkd.check import Bools, Floats
from refkd.kernels import selection as kernels
from refkd.losses.rules import Rule, row_of


def select_pairs(rule: Rule, band: Floats, left: int) -> Bools:
    """Mark the pairs (T, W) of a band that the rule selects."""
    selected = np.zeros(band.shape, dtype=bool)
    row_of(rule).select(rule, band, left, selected)
    return selected


def pair_weights(rule: Rule, band: Floats, selected: Bools) -> Floats:
    """Weight (T, W) of each pair: 1, or for weighted rules shares that sum to 1 in each frame."""
    return row_of(rule).weights(rule, band, selected)


def soft_minimum(rule: Any, band: Floats, selected: Bools) -> Floats:
    """-tau log mean exp(-D / tau) over each student frame's selected pairs (T,), in nats."""
    cost = np.empty(len(band))
    kernels.soft_minimum(band, selected, rule.tau, cost)
    return cost

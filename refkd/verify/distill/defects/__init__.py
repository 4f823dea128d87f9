"""Known ways in which distillation losses are wrong, each one step of `PlainDistill` replaced."""

from refkd.verify.distill.defects import (
    blanks,
    choices,
    divergences,
    factors,
    orders,
    padding,
    weights,
    windows,
)

MODULES = (divergences, factors, padding, windows, choices, weights, orders, blanks)
DEFECTS = tuple(defect for module in MODULES for defect in module.DEFECTS)

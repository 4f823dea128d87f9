"""Known ways in which distillation losses are wrong, each one step of `PlainDistill` replaced."""

from types import ModuleType

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
from refkd.verify.distill.plain import PlainDistill
from refkd.verify.records import Defect


def _of(module: ModuleType) -> list[Defect]:
    """The defects that a module defines, in their order."""
    found = (one for one in vars(module).values() if isinstance(one, type))
    return [
        Defect(one.bug, one.words, one())
        for one in found
        if issubclass(one, PlainDistill) and one.__module__ == module.__name__
    ]


DEFECTS = tuple(
    defect
    for module in (divergences, factors, padding, windows, choices, weights, orders, blanks)
    for defect in _of(module)
)

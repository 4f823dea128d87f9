"""Known ways in which distillation losses are wrong, each one step of `PlainDistill` replaced."""

from collections.abc import Iterator
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


def _of(module: ModuleType) -> Iterator[PlainDistill]:
    """The defects that a module defines, in their order: classes with words, tables of families."""
    for value in vars(module).values():
        if isinstance(value, tuple):
            yield from (row for row in value if isinstance(row, PlainDistill))
        elif isinstance(value, type) and issubclass(value, PlainDistill) and value.words:
            yield value()


DEFECTS = tuple(
    Defect(plain.bug, plain.words, plain)
    for module in (divergences, factors, padding, windows, choices, weights, orders, blanks)
    for plain in _of(module)
)

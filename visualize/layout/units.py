"""The unit of the figures that are being drawn."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from refkd.alignment.unit import SECONDS, Unit

_unit: ContextVar[Unit] = ContextVar("unit of places", default=SECONDS)


def unit() -> Unit:
    """What the places of frames are counted in: seconds unless inside `in_unit`."""
    return _unit.get()


@contextmanager
def in_unit(other: Unit) -> Iterator[None]:
    """Draw the figures inside a `with` in another unit than seconds.

    >>> from refkd.alignment.unit import unit_named
    >>> from visualize.layout.units import in_unit, unit
    >>> with in_unit(unit_named("px")):
    ...     unit().axis
    'position (px)'
    """
    before = _unit.set(other)
    try:
        yield
    finally:
        _unit.reset(before)

"""The unit of the positions of frames: seconds, or another one such as pixels."""

from dataclasses import dataclass

from refkd import check

LONGEST = 8  # characters that an axis has room for


@dataclass(frozen=True)
class Unit:
    """A unit of the positions of frames, and the smaller one in which distances are shown.

    Examples
    --------
    >>> from refkd.alignment.unit import SECONDS, unit_named
    >>> SECONDS.axis, SECONDS.small, unit_named("px").axis, unit_named("px").per
    ('time (s)', 'ms', 'position (px)', 1.0)
    """

    name: str  # of positions: "s", "px", ...
    small: str  # of distances: "ms" for seconds, else the same
    per: float  # small units in one

    @property
    def axis(self) -> str:
        """The label of an axis of places."""
        return f"{'time' if self.name == 's' else 'position'} ({self.name})"


SECONDS = Unit("s", "ms", 1000.0)


def unit_named(name: str) -> Unit:
    """Find a unit by its name: "s" for seconds, or any other of 1 to 8 letters."""
    if not (name.isalpha() and len(name) <= LONGEST):
        check.fail("unit", f"1 to {LONGEST} letters, such as px", repr(name))
    return SECONDS if name == SECONDS.name else Unit(name, name, 1.0)

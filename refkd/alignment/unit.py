"""What the places of frames are counted in: seconds, or another unit such as pixels."""

from dataclasses import dataclass

from refkd import check

LONGEST = 8  # characters that an axis has room for


@dataclass(frozen=True)
class Unit:
    """A unit of the places of frames, and that in which small distances are told.

    Parameters
    ----------
    name : str
        Of places: "s", "px", ...
    small : str
        Of distances: "ms" for seconds, else the same.
    per : float
        Small units in one.

    Examples
    --------
    >>> from refkd.alignment.unit import SECONDS, unit_named
    >>> SECONDS.axis, SECONDS.small, unit_named("px").axis, unit_named("px").per
    ('time (s)', 'ms', 'position (px)', 1.0)
    """

    name: str
    small: str
    per: float

    @property
    def axis(self) -> str:
        """The label of an axis of places."""
        return f"{'time' if self.name == 's' else 'position'} ({self.name})"


SECONDS = Unit("s", "ms", 1000.0)


def unit_named(name: str) -> Unit:
    """Find a unit by its name.

    Parameters
    ----------
    name : str
        "s" for seconds, or any other of 1 to 8 letters.

    Raises
    ------
    ArgumentError
        If it is no such name.
    """
    if not (name.isalpha() and len(name) <= LONGEST):
        check.fail("unit", f"1 to {LONGEST} letters, such as px", repr(name))
    return SECONDS if name == SECONDS.name else Unit(name, name, 1.0)

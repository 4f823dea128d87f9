"""Clocks of several models, from one number for all or one for each."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from refkd import check
from refkd.alignment.clock import Clock

Numbers: TypeAlias = float | Mapping[str, float]


def clocks_of(
    names: Sequence[str], frame_shift: Numbers, first_frame: Numbers = 0.0
) -> dict[str, Clock]:
    """Give every model its clock.

    Parameters
    ----------
    names : sequence of str
        Of the models.
    frame_shift : float or mapping of str to float
        Seconds from one frame to the next: of all models, or of each by its name.
    first_frame : float or mapping of str to float
        Time of frame 0 in seconds.

    Returns
    -------
    dict of str to Clock
        By name.

    Raises
    ------
    ArgumentError
        If a number is not fit, a model has none, or a name is no model's.

    Examples
    --------
    >>> from visualize.figures.clocks import clocks_of
    >>> clocks_of(["T", "S"], {"T": 0.02, "S": 0.04})["S"]
    Clock(frame_shift=0.04, first_frame=0.0)
    """
    shifts = _of_each("frame_shift", frame_shift, names)
    firsts = _of_each("first_frame", first_frame, names)
    return {
        name: Clock(
            check.positive(f"frame_shift of {name!r}", shifts[name]),
            check.finite_number(f"first_frame of {name!r}", firsts[name]),
        )
        for name in names
    }


def _of_each(argument: str, numbers: Numbers, names: Sequence[str]) -> Mapping[str, float]:
    if not isinstance(numbers, Mapping):
        return dict.fromkeys(names, numbers)
    if set(numbers) != set(names):
        check.fail(argument, f"a number for each of {list(names)}", f"names {list(numbers)}")
    return numbers

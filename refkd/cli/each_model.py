"""Options that are given once for all models, or by name for one of them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from refkd import check

T = TypeVar("T")


def models_of(given: Sequence[str]) -> dict[str, str]:
    """Take apart what --model says.

    Parameters
    ----------
    given : sequence of str
        `NAME=PATH`, or a path, whose file then gives the name.

    Returns
    -------
    dict of str to str
        The path of each model, in order.

    Raises
    ------
    ArgumentError
        If a name is missing or comes twice.

    Examples
    --------
    >>> from refkd.cli.each_model import models_of
    >>> models_of(["teacher=a.npz", "exp/small.ark"])
    {'teacher': 'a.npz', 'small': 'exp/small.ark'}
    """
    paths: dict[str, str] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals:
            name, path = Path(text).stem, text
        if not name or not path:
            check.fail("model", "NAME=PATH", repr(text))
        if name in paths:
            check.fail("model", "a name of its own for each", f"{name!r} twice")
        paths[name] = path
    return paths


def for_each(
    option: str, given: Sequence[str] | None, names: Sequence[str], read: Callable[[str], T]
) -> dict[str, T]:
    """Find the value of an option for each model.

    Parameters
    ----------
    option : str
        Its name, for errors.
    given : sequence of str or None
        `VALUE` for all, `NAME=VALUE` for one, which goes before the former.
    names : sequence of str
        Of the models.
    read : function
        Makes a value of a text.

    Returns
    -------
    dict of str to value
        Without the models of which nothing is given.

    Raises
    ------
    ArgumentError
        If `read` refuses a text with a ValueError of Python, or a name is no model's.

    Examples
    --------
    >>> from refkd.cli.each_model import for_each
    >>> for_each("frame-shift", ["0.04", "small=0.02"], ["teacher", "small"], float)
    {'teacher': 0.04, 'small': 0.02}
    """
    of_all: dict[str, T] = {}
    of_one: dict[str, T] = {}
    for text in given or ():
        name, equals, rest = text.partition("=")
        named = bool(equals) and name in names
        try:
            value = read(rest if named else text)
        except (check.ArgumentError, check.DataError):
            raise
        except ValueError:
            known = " or ".join(f"{name}=..." for name in names)
            check.fail(option, f"a number, or {known} for one model", repr(text))
        if named:
            of_one[name] = value
        else:
            of_all = dict.fromkeys(names, value)
    return of_all | of_one

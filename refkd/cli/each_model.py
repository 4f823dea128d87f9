"""Options that are given once for all models, or by name for one of them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from refkd import check

T = TypeVar("T")


def models_of(texts: Sequence[str]) -> dict[str, str]:
    """Name and path of each --model: `NAME=PATH`, or a path whose file gives the name.

    Examples
    --------
    >>> from refkd.cli.each_model import models_of
    >>> models_of(["teacher=a.npz", "exp/small.ark"])
    {'teacher': 'a.npz', 'small': 'exp/small.ark'}
    """
    paths: dict[str, str] = {}
    for text in texts:
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
    option: str, texts: Sequence[str] | None, names: Sequence[str], read: Callable[[str], T]
) -> dict[str, T]:
    """Find the value of an option for each model: `VALUE` for all, `NAME=VALUE` for one wins.

    Models without a value are left out.

    Examples
    --------
    >>> from refkd.cli.each_model import for_each
    >>> for_each("frame-shift", ["0.04", "small=0.02"], ["teacher", "small"], float)
    {'teacher': 0.04, 'small': 0.02}
    """
    of_all: dict[str, T] = {}
    of_one: dict[str, T] = {}
    for text in texts or ():
        name, equals, rest = text.partition("=")
        for_model = bool(equals) and name in names
        try:
            value = read(rest if for_model else text)
        except (check.ArgumentError, check.DataError):
            raise
        except ValueError:
            known = " or ".join(f"{name}=..." for name in names)
            check.fail(option, f"a number, or {known} for one model", repr(text))
        if for_model:
            of_one[name] = value
        else:
            of_all = dict.fromkeys(names, value)
    return of_all | of_one

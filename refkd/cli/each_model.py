"""Options that are given once for all models, or by name for one of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from refkd import check
from refkd.alignment.posteriors.posterior_set import KINDS, PosteriorSet
from refkd.alignment.posteriors.read import read_posteriors

T = TypeVar("T")


def one_kind(kind: str) -> str:
    """What the numbers of a model are; refused if it is none of these."""
    return check.one_of("kind", kind, KINDS)


def posteriors_of(path: str, blank: int | None, **facts: Any) -> PosteriorSet:
    """The posteriors of a model with the facts that options add; blank -1 is its last class."""
    posteriors = read_posteriors(path, **facts)
    if blank is None:
        return posteriors
    return replace(posteriors, blank=blank + posteriors.classes if blank < 0 else blank)


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
            check.fail("model", "a different name for each", f"{name!r} twice")
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

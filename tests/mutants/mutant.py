"""Mutants: a right implementation as text, and what is replaced in it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

# What stands in the place of a part of the text, by "classes: name" or "classes: name [source]".
# More changes may follow, each the old text and the new.
Family = Mapping[str, str | tuple[str, ...]]
APART = ""  # instead of a part: rows that share none begin with their own
KEY = re.compile(r"(?:((?:[A-Z]\d+ ?)+): )?(.+?)(?: \[(.+)\])?")


@dataclass(frozen=True)
class Mutant:
    """An implementation with a bug, or a right one with an unusual habit if `bugs` is empty.

    `bugs` are the classes that describe it fairly, the likeliest first, `claims` are the
    conventions that its user states, and `source` is the thread or file in which it was met.
    """

    text: str
    entry: str
    bugs: tuple[str, ...] = ()
    source: str = ""
    claims: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The implementation."""
        names: dict[str, Any] = {"np": np}
        exec(self.text, names)
        function: Callable[..., Any] = names[self.entry]
        return function


@dataclass(frozen=True)
class Original:
    """The text of a right implementation, and the name of the function in it to call."""

    text: str
    entry: str

    def edited(self, *changes: str) -> str:
        """The text in which each old part (there once) is replaced by the next."""
        text = self.text
        for old, new in zip(changes[::2], changes[1::2], strict=True):
            assert text.count(old) == 1, (text.count(old), old)
            text = text.replace(old, new)
        return text

    def mutant(self, *changes: str, **more: Any) -> Mutant:
        """The implementation with these changes."""
        return Mutant(self.edited(*changes), self.entry, **more)

    def mutants(
        self,
        families: Mapping[str, Family],
        claims: Mapping[str, Mapping[str, str]] | None = None,
    ) -> dict[str, Mutant]:
        """Mutants by name: families share the part of the text that they replace.

        A key of a row is "V1 V8: name [source]" without what there is not.
        """
        mutants = {}
        for old, rows in families.items():
            for key, new in rows.items():
                classes, name, source = KEY.fullmatch(key).groups("")
                changes = (new,) if isinstance(new, str) else new
                changes = changes if old == APART else (old, *changes)
                assert name not in mutants, name
                mutants[name] = self.mutant(
                    *changes,
                    bugs=tuple(classes.split()),
                    source=source,
                    claims=(claims or {}).get(name, {}),
                )
        assert set(claims or {}) <= set(mutants)
        return mutants

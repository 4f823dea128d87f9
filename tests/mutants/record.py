"""A bug that was met in real code, planted in a right implementation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Mutant:
    """A bug from the field, or a right habit of it if `bugs` is empty.

    `source` is the thread or file in which it was met, `bugs` are the classes that describe it
    fairly, `told` are the conventions that its user gives, and
    `full` asks for all cases because the small ones do not show it.
    """

    source: str
    bugs: tuple[str, ...]
    function: Callable[..., Any]
    told: dict[str, str] = field(default_factory=dict)
    full: bool = False

"""A bug that was met in real code, planted in a right implementation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Mutant:
    """A bug from the field, or a right habit of it if `bugs` is empty.

    `source` is the thread or file in which it was met, `bugs` are the classes that describe it
    fairly, and `told` are the conventions that its user gives.
    """

    source: str
    bugs: tuple[str, ...]
    function: Callable[..., Any]
    told: dict[str, str] = field(default_factory=dict)

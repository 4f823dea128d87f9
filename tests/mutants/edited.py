"""Planted defects as changes of the text of a right implementation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Plant:
    """A defect: its class, the implementation that has it, and what its user tells.

    `like` is the defect of an earlier set that it turned out to resemble.
    """

    bug: str
    function: Callable[..., Any]
    told: dict[str, str] = field(default_factory=dict)
    like: str = ""


def edited(source: str, name: str, *changes: str) -> Callable[..., Any]:
    """The function of a text in which each old part (there once) is replaced by the next one."""
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    names: dict[str, Any] = {"np": np}
    exec(source, names)
    function: Callable[..., Any] = names[name]
    return function

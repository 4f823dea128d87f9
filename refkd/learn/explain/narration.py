"""A narration: steps with sentences, equations and tables of numbers, before it is laid out."""

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from refkd import check
from refkd.learn.explain.equations import EQUATIONS

Cell: TypeAlias = float | int | str | None  # None where nothing belongs
LONGEST_NAME = 12  # letters of a symbol


@dataclass(frozen=True)
class Table:
    """Numbers under the heads of columns and beside the heads of rows.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.learn.explain.narration import Table
    >>> Table("probabilities", "class", ["-", "a"], ["t = 0"], np.array([[0.75], [0.25]])).cells
    ((0.75,), (0.25,))
    """

    caption: str
    corner: str  # what the heads of the rows are
    rows: Sequence[str]
    columns: Sequence[str]
    cells: Any  # rows of numbers as computed, texts, or None
    marked: AbstractSet[tuple[int, int]] = frozenset()  # row and column of the cells to look at

    def __post_init__(self) -> None:
        cells = tuple(tuple(_plain(cell) for cell in row) for row in self.cells)
        check.same_length("cells", len(cells), "rows", len(self.rows), "n")
        for row in cells:
            check.same_length("cells", len(row), "columns", len(self.columns), "n")
        object.__setattr__(self, "cells", cells)
        object.__setattr__(self, "marked", frozenset(self.marked))
        for heads in ("rows", "columns"):
            object.__setattr__(self, heads, tuple(getattr(self, heads)))


@dataclass(frozen=True)
class Step:
    """One step of a narration."""

    title: str  # what happens
    text: str  # one or two sentences
    equations: tuple[str, ...] = ()  # tags, such as "C4"; each is one of `EQUATIONS`
    tables: tuple[Table, ...] = ()

    def __post_init__(self) -> None:
        for tag in self.equations:
            check.one_of("equations", tag, EQUATIONS)


@dataclass(frozen=True)
class Narration:
    """An algorithm on one example, from its first step to its last."""

    title: str
    text: str
    steps: tuple[Step, ...]


def shown(cell: Cell) -> str:
    """Write a cell as it is printed: four decimals, or the size of what these would hide.

    Examples
    --------
    >>> from refkd.learn.explain.narration import shown
    >>> [shown(cell) for cell in (0.25, -0.0, 1e-9, -123456.0, float("-inf"), 3, "tie", None)]
    ['0.2500', '0.0000', '1.0e-09', '-1.2346e+05', '-inf', '3', 'tie', '.']
    """
    if cell is None:
        return "."
    if not isinstance(cell, float) or not math.isfinite(cell):
        return str(cell)
    if cell == 0.0:
        return "0.0000"
    if abs(cell) < 5e-5:
        return f"{cell:.1e}"
    return f"{cell:.4f}" if abs(cell) < 1e4 else f"{cell:.4e}"


def names_of(symbols: Sequence[str] | None, classes: int) -> tuple[str, ...]:
    """Names of the classes, fit for a terminal: no control characters, none too long.

    Examples
    --------
    >>> from refkd.learn.explain.narration import names_of
    >>> names_of(["-", "a" * 20, "\\x1b[2J"], 3)
    ('-', 'aaaaaaaaa...', '\\\\x1b[2J')
    >>> names_of(None, 2)
    ('0', '1')
    """
    if symbols is None:
        return tuple(str(k) for k in range(classes))
    symbols = check.sequence("symbols", symbols)
    check.same_length("symbols", len(symbols), "the logits", classes, "K")
    return tuple(_name(check.text(f"symbols[{n}]", symbol)) for n, symbol in enumerate(symbols))


def frames_heads(letter: str, frames: Sequence[int]) -> list[str]:
    """Heads such as `t = 0`."""
    return [f"{letter} = {frame}" for frame in frames]


def narrated_frames(frames: range | None, total: int) -> range:
    """The frames to narrate: by default all of them, and at least one."""
    if frames is None:
        return range(total)
    check.instance("frames", frames, range)
    inside = range(max(0, frames.start), min(total, frames.stop))
    if not inside:
        check.fail(
            "frames", f"some of the frames 0 to {total - 1}", f"{frames.start},{frames.stop}"
        )
    return inside


def _name(symbol: str) -> str:
    plain = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in symbol)
    return plain if len(plain) <= LONGEST_NAME else plain[: LONGEST_NAME - 3] + "..."


def _plain(cell: Any) -> Cell:
    value: Cell = cell.item() if isinstance(cell, np.generic) else cell
    return value

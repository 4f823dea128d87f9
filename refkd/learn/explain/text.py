"""Narrations as plain text, for a terminal of any width, in colour or without."""

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby

from refkd.learn.explain.equations import EQUATIONS, page_of
from refkd.learn.explain.narration import Narration, Step, Table, shown

NARROWEST = 32  # columns; no head and no number needs more
BOLD, CYAN, REVERSE, PLAIN = "\x1b[1m", "\x1b[36m", "\x1b[7m", "\x1b[0m"


def text_blocks(narration: Narration, width: int = 80, colour: bool = False) -> Iterator[str]:
    """Lay out a narration: first its title, then a block for each step.

    Examples
    --------
    >>> from refkd.learn.explain.narration import Narration, Step, Table
    >>> from refkd.learn.explain.text import text_blocks
    >>> table = Table("log_alpha[0, s]", "s", ["0 -", "1 a"], ["logp"], [[-0.5], [-1.0]], {(1, 0)})
    >>> step = Step("alpha", "It begins.", ("C7",), (table,))
    >>> print("\\n".join(text_blocks(Narration("CTC", "One frame.", (step,)))))
    CTC
    One frame.
    <BLANKLINE>
    1/1  alpha
    It begins.
      (C7) loss = -log P = -log_add(log_alpha[T-1, S-1], log_alpha[T-1, S-2])
           docs/course/ctc.md
    <BLANKLINE>
      log_alpha[0, s]
      s        logp
      ---  ---------
      0 -   -0.5000
      1 a  [-1.0000]
    """
    painted = _Painter(max(width, NARROWEST), colour)
    yield "\n".join([painted.title(narration.title), painted.filled(narration.text)])
    for number, step in enumerate(narration.steps, 1):
        yield painted.step(f"{number}/{len(narration.steps)}", step)


class _Painter:
    """Lays out within a width, in colour or without."""

    def __init__(self, width: int, colour: bool) -> None:
        self.width, self.colour = width, colour

    def painted(self, text: str, code: str) -> str:
        return f"{code}{text}{PLAIN}" if self.colour else text

    def filled(self, text: str, first: str = "", others: str = "") -> str:
        return textwrap.fill(text, self.width, initial_indent=first, subsequent_indent=others)

    def title(self, text: str) -> str:
        return "\n".join(self.painted(line, BOLD) for line in textwrap.wrap(text, self.width))

    def step(self, number: str, step: Step) -> str:
        lines = ["", self.title(f"{number}  {step.title}"), self.filled(step.text)]
        for page, tags in groupby(step.equations, page_of):
            lines += [self.equation(tag) for tag in tags]
            lines += [self.painted(f"       {page}", CYAN)]
        for table in step.tables:
            for part in self.parts(table):
                lines += ["", *part]
        return "\n".join(lines)

    def equation(self, tag: str) -> str:
        text = self.filled(EQUATIONS[tag], f"  {f'({tag})':<4} ", " " * 7)
        return "\n".join(self.painted(line, CYAN) for line in text.splitlines())

    def parts(self, table: Table) -> Iterator[list[str]]:
        """The table in as many parts as the width asks for, each with the heads of the rows."""
        heads = _padded([table.corner, *table.rows], left=True)
        columns = [self.column(table, n) for n in range(len(table.columns))]
        caption = table.caption
        while columns:
            room = self.width - 2 - _wide(heads[0])
            end = next(
                n
                for n in range(len(columns), 0, -1)
                if n == 1 or sum(2 + width for _, width in columns[:n]) <= room
            )
            head, *rows = zip(heads, *(cells for cells, _ in columns[:end]), strict=True)
            rule = ["-" * width for width in (_wide(heads[0]), *(w for _, w in columns[:end]))]
            lines = ["  ".join(row) for row in (head, rule, *rows)]
            above = self.filled(caption, "  ", "  ").splitlines() if caption else []
            yield above + [f"  {line}".rstrip() for line in lines]
            columns, caption = columns[end:], f"{table.caption}, continued"

    def column(self, table: Table, n: int) -> tuple[list[str], int]:
        """Head and cells of one column, marked cells in brackets, and how wide it is."""
        marked = [(row, n) in table.marked for row in range(len(table.rows))]
        cells = [shown(row[n]) for row in table.cells]
        head = table.columns[n]
        if any(marked):
            cells = [f"[{c}]" if mark else f"{c} " for c, mark in zip(cells, marked, strict=True)]
            head += " "
        padded = _padded([head, *cells], left=False)
        width = _wide(padded[0])
        for row, mark in enumerate(marked, 1):
            if mark:
                cell = padded[row].lstrip()
                padded[row] = padded[row][: -len(cell)] + self.painted(cell, REVERSE)
        return padded, width


def _padded(texts: Sequence[str], left: bool) -> list[str]:
    """All as wide as the widest."""
    widest = max(map(_wide, texts))
    gaps = [" " * (widest - _wide(text)) for text in texts]
    return [text + gap if left else gap + text for text, gap in zip(texts, gaps, strict=True)]


def _wide(text: str) -> int:
    """Columns of the terminal: two for wide letters, none for combining ones."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)

"""A name and remarks on it, beside a panel or above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from matplotlib.axes import Axes

from visualize.layout.glyphs import shown
from visualize.layout.layout import MARGIN
from visualize.layout.style import NORMAL, SMALL, TEXT
from visualize.layout.text import TOGETHER, line_height, text_width, wrapped

BETWEEN = " \N{MIDDLE DOT} "  # two remarks on one line

Lines: TypeAlias = tuple[list[str], list[str]]  # of a name, and of the remarks under it


@dataclass(frozen=True)
class Heading:
    """A name in colour, and remarks.

    >>> from visualize.layout.headings import Heading
    >>> heading = Heading("Hard", ("weight 0.3", "error 20 %", "mean +2 (+40 ms)"), "#D55E00")
    >>> names, remarks = heading.lines(2.0)
    >>> names, remarks == ["weight 0.3 \N{MIDDLE DOT} error 20 %", "mean +2 (+40 ms)"]
    (['Hard'], True)
    """

    name: str  # one line
    remarks: tuple[str, ...]  # each stays together if it has room
    colour: str  # of the name

    @property
    def width(self) -> float:
        """Inches, with every remark on a line of its own."""
        widths = [text_width(remark) for remark in self.remarks]
        return max(text_width(self.name, NORMAL, "bold"), *widths, 0.0)

    def lines(self, width: float) -> Lines:
        """Name and remarks in lines of so many inches."""
        lines: list[str] = []
        for remark in self.remarks:
            longer = f"{lines[-1]}{BETWEEN}{remark}" if lines else remark
            if lines and text_width(longer) <= width:
                lines[-1] = longer
            else:
                lines += wrapped(remark, width).split("\n")
        return wrapped(self.name, width, NORMAL, "bold").split("\n"), lines

    @property
    def column(self) -> Lines:
        """The name on one line, and each remark on another."""
        return [self.name], [*self.remarks]


def heading_height(lines: Lines) -> float:
    """Inches that the lines of a name and its remarks need."""
    names, remarks = lines
    return len(names) * line_height(NORMAL) + len(remarks) * line_height()


def write_heading(axes: Axes, lines: Lines, colour: str, bottom: float | None = None) -> None:
    """Write name and remarks from the left margin of the figure: down from the upper edge of the
    axes, or up from `bottom` inches above it.

    >>> from visualize import new_figure
    >>> from visualize.layout.headings import write_heading
    >>> axes = new_figure(4.0, 2.0).add_axes((0.5, 0.1, 0.4, 0.8))
    >>> write_heading(axes, (["CTC"], ["error 20 %"]), "#D55E00")
    >>> [text.get_text() for text in axes.texts]
    ['CTC', 'error 20 %']
    """
    box, dots = axes.get_window_extent(), axes.figure.dpi
    x, inch = (MARGIN * dots - box.x0) / box.width, dots / box.height
    y = 1.0 if bottom is None else 1.0 + (bottom + heading_height(lines)) * inch
    for words, size, weight, shade in zip(
        lines, (NORMAL, SMALL), ("bold", "normal"), (colour, TEXT), strict=True
    ):
        for line in words:
            text = axes.text(x, y, shown(line), transform=axes.transAxes, va="top", size=size)
            text.set(color=shade, weight=weight, parse_math=False)
            y -= line_height(size) * inch


def panel_heading(name: str, remarks: Sequence[str], width: float) -> Lines:
    """Break the name of a panel and remarks on it into lines of so many inches.

    >>> from visualize.layout.headings import panel_heading
    >>> panel_heading("CTC", ["n = 3, mean +1"], 0.6)
    (['CTC'], ['n = 3,', 'mean +1'])
    """
    name = name.replace(", ", f",{TOGETHER}")  # both sides of a window stay together
    lines = [line for remark in remarks for line in wrapped(remark, width).split("\n")]
    return wrapped(name, width, NORMAL, "bold").split("\n"), lines


def write_above(axes: Axes, lines: Lines, colour: str) -> None:
    """Write name and remarks above axes in their final place, from the lowest line up."""
    inch, y = axes.figure.dpi / axes.get_window_extent().height, 0.06
    names, remarks = lines
    for words, size, weight, shade in (
        (remarks, SMALL, "normal", TEXT),
        (names, NORMAL, "bold", colour),
    ):
        for line in reversed(words):
            text = axes.text(0, 1 + y * inch, shown(line), transform=axes.transAxes, size=size)
            text.set(color=shade, weight=weight, parse_math=False)
            y += line_height(size)

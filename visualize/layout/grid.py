"""Panels of one size in rows and columns, as many side by side as there is room for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from visualize.layout.glyphs import shown
from visualize.layout.layout import MARGIN, caption_height, title_height, write_caption, write_title
from visualize.layout.legend import KEY
from visualize.layout.style import NORMAL, new_figure
from visualize.layout.text import TOGETHER, line_height, wrapped


@dataclass(frozen=True)
class PanelHeading:
    """A name over a panel, and remarks between them.

    >>> from visualize.layout.grid import PanelHeading
    >>> PanelHeading.wrapped("CTC", ["n = 3, mean +1"], 0.6, "black").remarks
    ('n = 3,', 'mean +1')
    """

    name: tuple[str, ...]  # lines
    remarks: tuple[str, ...]  # lines
    colour: str  # of the name

    @classmethod
    def wrapped(
        cls, name: str, remarks: Sequence[str], width: float, colour: str
    ) -> "PanelHeading":
        """Break name and remarks into lines of so many inches."""
        lines = [line for remark in remarks for line in wrapped(remark, width).split("\n")]
        name = name.replace(", ", f",{TOGETHER}")  # both sides of a window stay together
        return cls(tuple(wrapped(name, width, NORMAL, "bold").split("\n")), tuple(lines), colour)

    @property
    def height(self) -> float:
        """Inches."""
        return len(self.name) * line_height(NORMAL) + len(self.remarks) * line_height()

    def write(self, axes: Axes) -> None:
        """Write it over axes in their final place, from the lowest line up."""
        inch, y = axes.figure.dpi / axes.get_window_extent().height, 0.06
        for line in reversed(self.remarks):
            axes.text(0, 1 + y * inch, shown(line), transform=axes.transAxes, parse_math=False)
            y += line_height()
        look: Any = {"weight": "bold", "size": NORMAL, "color": self.colour, "parse_math": False}
        for line in reversed(self.name):
            axes.text(0, 1 + y * inch, shown(line), transform=axes.transAxes, **look)
            y += line_height(NORMAL)


TOP = 0.08  # inches above a key


def columns_of(panels: int, most: int, room: float, narrowest: float) -> int:
    """Choose how many panels stand side by side in `room` inches, at most `most` and none below
    `narrowest` inches, so that the last row is as full as can be.

    >>> from visualize.layout.grid import columns_of
    >>> columns_of(6, 5, 7.0, 1.0), columns_of(6, 3, 2.5, 1.0), columns_of(4, 3, 9.0, 1.0)
    (3, 2, 2)
    """
    columns = max(min(int(room / narrowest + 1e-9), most, panels), 1)
    rows = -(-panels // columns)
    return -(-panels // rows)


def grid_figure(
    labels: Sequence[str],
    columns: int,
    panel: tuple[float, float],
    around: tuple[float, float, float, float],
    text: str,
    *,
    xlabel: str = "",
    ylabel: str = "",
    key: float = 0.0,
    title: str = "",
) -> tuple[Figure, dict[str, Axes]]:
    """Make a figure of empty panels of one size in inches, row by row, with one label for each
    direction; `around` = inches left of all panels, right of each, above each, and below the
    last row; `key` = inches of the axes of a legend above everything.

    >>> from visualize.layout.grid import grid_figure
    >>> figure, axes = grid_figure("abc", 2, (1.0, 1.0), (0.5, 0.25, 0.2, 0.5), "A caption.")
    >>> list(axes), float(figure.get_figwidth())
    (['a', 'b', 'c'], 3.0)
    """
    left, right, above, below = around
    width = left + columns * (panel[0] + right)
    words = wrapped(text, width - 2 * MARGIN)
    bottom = below + caption_height(words)
    rows = -(-len(labels) // columns)
    title = wrapped(title, width - 2 * MARGIN, NORMAL, "bold")
    top = (key + TOP if key else 0.0) + (title_height(title) if title else 0.0)
    height = top + rows * (above + panel[1]) + bottom
    figure = new_figure(width, height)
    axes: dict[str, Axes] = {}
    if key:
        axes[KEY] = figure.add_axes((0.0, 1 - top / height, 1.0, key / height), label=KEY)
    for n, label in enumerate(labels):
        row, column = divmod(n, columns)
        x = left + column * (panel[0] + right)
        y = height - top - (row + 1) * (above + panel[1])
        box = (x / width, y / height, panel[0] / width, panel[1] / height)
        axes[label] = figure.add_axes(box, label=label)
        lowest = n + columns >= len(labels)
        axes[label].tick_params(labelleft=column == 0, labelbottom=lowest)
    middle = (left + (width - left - right) / 2) / width, (height - top + bottom) / 2 / height
    edge = (bottom - below + 0.15) / height
    if xlabel:
        figure.supxlabel(xlabel, x=middle[0], y=edge, va="bottom", size="medium")
    if ylabel:
        figure.supylabel(ylabel, x=0.1 / width, y=middle[1], ha="left", size="medium")
    write_caption(figure, words)
    write_title(figure, title)
    return figure, axes

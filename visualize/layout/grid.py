"""Panels of one size in rows and columns, as many side by side as there is room for."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from visualize.layout.layout import MARGIN, Box, boxed_figure, caption_height
from visualize.layout.legend import LEGEND
from visualize.layout.text import wrapped

TOP = 0.08  # inches above a legend


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
    legend: float = 0.0,
    title: str = "",
) -> tuple[Figure, dict[str, Axes]]:
    """Make a figure of empty panels of one size in inches, row by row, with one label for each
    direction; `around` = inches left of all panels, right of each, above each, and below the
    last row; `legend` = inches of the axes of a legend above everything.

    >>> from visualize.layout.grid import grid_figure
    >>> figure, axes = grid_figure("abc", 2, (1.0, 1.0), (0.5, 0.25, 0.2, 0.5), "A caption.")
    >>> list(axes), float(figure.get_figwidth())
    (['a', 'b', 'c'], 3.0)
    """
    left, right, above, below = around
    across, down = panel
    width = left + columns * (across + right)
    top = legend + TOP if legend else 0.0
    rows = -(-len(labels) // columns)
    ground = top + rows * (above + down) + below
    boxes: dict[str, Box] = {LEGEND: (0.0, TOP, width, legend)} if legend else {}
    for n, label in enumerate(labels):
        row, column = divmod(n, columns)
        y = top + row * (above + down) + above
        boxes[label] = (left + column * (across + right), y, across, down)
    figure, axes = boxed_figure((width, ground), boxes, text, title, under_title=0.1)
    for n, label in enumerate(labels):
        lowest = n + columns >= len(labels)
        axes[label].tick_params(labelleft=n % columns == 0, labelbottom=lowest)
    height = figure.get_figheight()
    bottom = below + caption_height(wrapped(text, width - 2 * MARGIN))
    middle = bottom + (ground - below - top) / 2
    if xlabel:
        x, y = (left + (width - left - right) / 2) / width, (bottom - below + 0.15) / height
        figure.supxlabel(xlabel, x=x, y=y, va="bottom", size="medium")
    if ylabel:
        figure.supylabel(ylabel, x=0.1 / width, y=middle / height, ha="left", size="medium")
    return figure, axes

"""Panels of curves, one for each model, with the names at their ends or in a legend above."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from visualize.layout.layout import Strip, panel_width, stacked_figure
from visualize.layout.legend import LEGEND, Look, draw_legend, room_of_names
from visualize.layout.text import line_height


def curves_figure(
    panels: Sequence[str],
    size: tuple[float, float],
    looks: Mapping[str, Look],
    texts: tuple[str, str],
    *,
    left: float,
    width: float | None,
    most: int,
    below: float = 0.5,
) -> tuple[Figure, dict[str, Axes], bool]:
    """Make a figure of panels of a size in inches, high enough for the names of the `most` curves
    that one of them has, with caption and title; return whether names stand at the ends of curves.
    """
    right, above = room_of_names(list(looks), width, left)
    height = max(size[1], 0.0 if above else most * line_height() + 0.1)
    strips = [Strip(LEGEND, above)] if above else []
    strips += [Strip(panel, height, 0.15) for panel in panels]
    sides = (left, panel_width(width, size[0], left, right), right)
    figure, axes = stacked_figure(strips, sides, 0.05, *texts, below)
    if above:
        draw_legend(axes.pop(LEGEND), looks)
    return figure, axes, not above

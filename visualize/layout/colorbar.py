"""Heat maps, and scales of their colours beside the axes or in axes of their own."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike

COLORBAR = "scale of colours"  # label of the axes of a scale of colours that is a strip


def draw_cells(
    axes: Axes,
    values: ArrayLike,
    edges: tuple[float, float, float, float],
    limits: tuple[float, float],
    **look: Any,
) -> AxesImage:
    """Draw values (rows, columns) in colours between two limits, on cells that fill `edges`: left,
    right, bottom, top.

    >>> from visualize import new_figure
    >>> from visualize.layout.colorbar import draw_cells
    >>> axes = new_figure(4.0, 3.0).add_axes((0.1, 0.1, 0.8, 0.8))
    >>> draw_cells(axes, [[0.0, 1.0]], (0, 2, 0.5, -0.5), (0.0, 1.0)).get_clim()
    (0.0, 1.0)
    """
    low, high = limits
    grid: Any = {"extent": edges, "aspect": "auto", "interpolation": "none"}
    return axes.imshow(values, vmin=low, vmax=high, **grid, **look)


def colorbar_beside(axes: Axes, image: AxesImage, label: str, extend: str = "neither") -> Colorbar:
    """Draw the colour scale of an image to the right of its axes, which are in their final place.

    >>> from visualize.layout.layout import Strip, stacked_figure
    >>> from visualize.layout.colorbar import colorbar_beside
    >>> figure, axes = stacked_figure([Strip("a", 1.0)], (0.5, 3.0, 0.8), 0.5, "A caption.")
    >>> image = axes["a"].imshow([[0, 1]], aspect="auto")
    >>> colorbar_beside(axes["a"], image, "nats").ax.get_ylabel()
    'nats'
    """
    figure, box = axes.figure, axes.get_position()
    width = figure.bbox.width / figure.dpi
    place = (box.x1 + 0.1 / width, box.y0, 0.1 / width, box.height)
    bar = figure.colorbar(image, cax=figure.add_axes(place), extend=extend, label=label)
    bar.outline.set_linewidth(0.5)
    return bar


def colorbar_in(axes: Axes, image: AxesImage, label: str, extend: str = "neither") -> Colorbar:
    """Draw the colour scale of an image in empty axes of its own, from left to right.

    >>> from visualize.layout.layout import Strip, stacked_figure
    >>> from visualize.layout.colorbar import COLORBAR, colorbar_in
    >>> strips = [Strip("a", 1.0), Strip(COLORBAR, 0.1, above=0.5)]
    >>> figure, axes = stacked_figure(strips, (0.5, 3.0, 0.8), 0.5, "A caption.")
    >>> image = axes["a"].imshow([[0, 1]], aspect="auto")
    >>> colorbar_in(axes[COLORBAR], image, "nats").ax.get_xlabel()
    'nats'
    """
    figure = axes.figure
    bar = figure.colorbar(image, cax=axes, extend=extend, label=label, orientation="horizontal")
    bar.outline.set_linewidth(0.5)
    return bar

"""Scales of colour, beside the axes of an image or in axes of their own."""

from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.image import AxesImage

COLORBAR = "scale of colours"  # label of the axes of a scale of colours that is a strip


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

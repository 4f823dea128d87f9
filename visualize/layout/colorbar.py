"""Scales of colour, beside the axes of an image or in axes of their own."""

from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.image import AxesImage

SCALE = "scale of colours"  # label of the axes of a scale of colours that is a strip


def scale_beside(axes: Axes, image: AxesImage, label: str, extend: str = "neither") -> Colorbar:
    """Draw the scale of an image's colours to the right of its axes.

    Parameters
    ----------
    axes : Axes
        In its final place.
    image : AxesImage
        With its limits set.
    label : str
        Quantity and unit.
    extend : str
        Where colours stand for values beyond the limits: "neither", "min", "max" or "both".

    Returns
    -------
    Colorbar
        On axes of its own.

    Examples
    --------
    >>> from visualize.layout.layout import Strip, stacked_figure
    >>> from visualize.layout.colorbar import scale_beside
    >>> figure, axes = stacked_figure([Strip("a", 1.0)], (0.5, 3.0, 0.8), 0.5, "A caption.")
    >>> scale_beside(axes["a"], axes["a"].imshow([[0, 1]], aspect="auto"), "nats").ax.get_ylabel()
    'nats'
    """
    figure, box = axes.figure, axes.get_position()
    width = figure.bbox.width / figure.dpi
    place = (box.x1 + 0.1 / width, box.y0, 0.1 / width, box.height)
    bar = figure.colorbar(image, cax=figure.add_axes(place), extend=extend, label=label)
    bar.outline.set_linewidth(0.5)
    return bar


def scale_in(axes: Axes, image: AxesImage, label: str, extend: str = "neither") -> Colorbar:
    """Draw the scale of an image's colours in axes of its own, from left to right.

    Parameters
    ----------
    axes : Axes
        Empty.
    image : AxesImage
        With its limits set.
    label : str
        Quantity and unit.
    extend : str
        As for `scale_beside`.

    Returns
    -------
    Colorbar
        In `axes`.

    Examples
    --------
    >>> from visualize.layout.layout import Strip, stacked_figure
    >>> from visualize.layout.colorbar import SCALE, scale_in
    >>> strips = [Strip("a", 1.0), Strip(SCALE, 0.1, above=0.5)]
    >>> figure, axes = stacked_figure(strips, (0.5, 3.0, 0.8), 0.5, "A caption.")
    >>> scale_in(axes[SCALE], axes["a"].imshow([[0, 1]], aspect="auto"), "nats").ax.get_xlabel()
    'nats'
    """
    figure = axes.figure
    bar = figure.colorbar(image, cax=axes, extend=extend, label=label, orientation="horizontal")
    bar.outline.set_linewidth(0.5)
    return bar

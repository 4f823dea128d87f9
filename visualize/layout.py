"""Strips one below the other over one horizontal axis, with a caption and scales of colour."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from visualize.glyphs import shown
from visualize.place import line_height, wrapped
from visualize.style import NORMAL, new_figure

MARGIN = 0.15  # inches around everything
TITLE = 0.25  # inches above a strip, for its title


@dataclass(frozen=True)
class Strip:
    """Axes of a stacked figure.

    Parameters
    ----------
    label : str
        Of the axes.
    height : float
        Inches.
    above : float
        Inches between it and what stands above.
    """

    label: str
    height: float
    above: float = 0.0


def stacked_figure(
    strips: Sequence[Strip],
    sides: tuple[float, float, float],
    top: float,
    text: str,
    title: str = "",
) -> tuple[Figure, dict[str, Axes]]:
    """Make a figure of empty strips, from the top down.

    Parameters
    ----------
    strips : sequence of Strip
        At least one.
    sides : (float, float, float)
        Inches left of the strips, of the strips, and right of them.
    top : float
        Inches above the first strip, the title excepted.
    text : str
        The caption, wrapped to the width of the figure.
    title : str
        Above everything.

    Returns
    -------
    figure : Figure
        As large as needed.
    axes : dict of str to Axes
        By label.

    Examples
    --------
    >>> from visualize.layout import Strip, stacked_figure
    >>> strips = [Strip("a", 1.0), Strip("b", 2.0, above=0.5)]
    >>> figure, axes = stacked_figure(strips, (0.5, 3.0, 0.5), 0.5, "A caption.")
    >>> list(axes), float(figure.get_figwidth())
    (['a', 'b'], 4.0)
    """
    left, size, right = sides
    width = left + size + right
    words = wrapped(text, width - 2 * MARGIN)
    heading = line_height(NORMAL) + 0.05 if title else 0.0
    bottom = 0.5 + (words.count("\n") + 1) * line_height()
    height = heading + top + sum(strip.above + strip.height for strip in strips) + bottom
    figure = new_figure(width, height)
    axes: dict[str, Axes] = {}
    edge = height - heading - top
    for strip in strips:
        edge -= strip.above + strip.height
        box = (left / width, edge / height, size / width, strip.height / height)
        axes[strip.label] = figure.add_axes(box, label=strip.label)
    write_caption(figure, words)
    write_title(figure, title)
    return figure, axes


def write_title(figure: Figure, words: str) -> None:
    """Write what stands above a figure into its upper left corner.

    Parameters
    ----------
    figure : Figure
        With room for it.
    words : str
        With its line breaks; nothing is written if there are none.

    Examples
    --------
    >>> from visualize import new_figure
    >>> from visualize.layout import write_title
    >>> figure = new_figure(4.0, 3.0)
    >>> write_title(figure, "An utterance")
    >>> figure.texts[0].get_text()
    'An utterance'
    """
    if words:
        width, height = figure.get_size_inches()
        title = figure.text(MARGIN / width, 1 - 0.08 / height, shown(words), va="top")
        title.set(size=NORMAL, weight="bold", parse_math=False)


def write_caption(figure: Figure, words: str) -> None:
    """Write what stands below a figure into its lower left corner.

    Parameters
    ----------
    figure : Figure
        With room for it.
    words : str
        With its line breaks, as from `visualize.place.wrapped`.

    Examples
    --------
    >>> from visualize import new_figure
    >>> from visualize.layout import write_caption
    >>> figure = new_figure(4.0, 3.0)
    >>> write_caption(figure, "Grey: blank.")
    >>> figure.texts[0].get_text()
    'Grey: blank.'
    """
    width, height = figure.get_size_inches()
    caption = figure.text(MARGIN / width, 0.08 / height, shown(words), va="bottom", gid="caption")
    caption.set(linespacing=1.2, parse_math=False)


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
    >>> from visualize.layout import Strip, scale_beside, stacked_figure
    >>> figure, axes = stacked_figure([Strip("a", 1.0)], (0.5, 3.0, 0.8), 0.5, "A caption.")
    >>> scale_beside(axes["a"], axes["a"].imshow([[0, 1]], aspect="auto"), "nats").ax.get_ylabel()
    'nats'
    """
    figure, box = axes.get_figure(root=True), axes.get_position()
    assert figure is not None
    width = figure.get_figwidth()
    place = (box.x1 + 0.1 / width, box.y0, 0.1 / width, box.height)
    bar = figure.colorbar(image, cax=figure.add_axes(place), extend=extend, label=label)
    bar.outline.set_linewidth(0.5)
    return bar

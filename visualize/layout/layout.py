"""Strips one below the other over one horizontal axis, with title and caption."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from refkd import check
from visualize.layout.glyphs import shown
from visualize.layout.style import NORMAL, new_figure
from visualize.layout.text import line_height, wrapped

MARGIN = 0.15  # inches around everything
NARROWEST = 3.0  # inches of a figure
SMALLEST = 0.8  # inches between what stands left and right of a panel

Box: TypeAlias = tuple[float, float, float, float]  # inches from the left, from the top, and size


@dataclass(frozen=True)
class Strip:
    """Axes of a stacked figure."""

    label: str  # of the axes
    height: float  # inches
    above: float = 0.0  # inches between it and what stands above


def panel_width(width: float | None, natural: float, left: float, right: float) -> float:
    """Give the inches of the panels of a figure of one column, which has `left` and `right` inches
    beside them; raise ArgumentError if it is too narrow.

    >>> from visualize.layout.layout import panel_width
    >>> panel_width(None, 4.0, 0.5, 0.5), panel_width(3.5, 4.0, 0.5, 0.5)
    (4.0, 2.5)
    """
    if width is None:
        return natural
    needed = max(NARROWEST, left + SMALLEST + right)
    if check.positive("width", width) < needed:
        check.fail("width", f"at least {np.ceil(10 * needed) / 10:g} inches", f"{width:g}")
    return width - left - right


def title_height(words: str) -> float:
    """Give the inches above a strip for its title, wrapped already.

    >>> from visualize.layout.layout import title_height
    >>> round(title_height("one line"), 3)
    0.256
    """
    return (words.count("\n") + 1) * line_height(NORMAL) + 0.1


def stacked_figure(
    strips: Sequence[Strip],
    sides: tuple[float, float, float],
    top: float,
    text: str,
    title: str = "",
    below: float = 0.5,
) -> tuple[Figure, dict[str, Axes]]:
    """Make a figure of empty strips from the top down, `sides` = inches left of them, of them and
    right of them, with `top` inches above the first and `below` inches between the last and the
    caption.

    >>> from visualize.layout.layout import Strip, stacked_figure
    >>> strips = [Strip("a", 1.0), Strip("b", 2.0, above=0.5)]
    >>> figure, axes = stacked_figure(strips, (0.5, 3.0, 0.5), 0.5, "A caption.")
    >>> list(axes), float(figure.get_figwidth())
    (['a', 'b'], 4.0)
    """
    left, size, right = sides
    boxes: dict[str, Box] = {}
    edge = top
    for strip in strips:
        edge += strip.above
        boxes[strip.label] = (left, edge, size, strip.height)
        edge += strip.height
    return boxed_figure((left + size + right, edge + below), boxes, text, title)


def boxed_figure(
    size: tuple[float, float],
    boxes: Mapping[str, Box],
    text: str,
    title: str = "",
    under_title: float = 0.05,
) -> tuple[Figure, dict[str, Axes]]:
    """Make a figure of empty axes in boxes on a ground of a size in inches, with a title above the
    ground, `under_title` inches away, and a caption below it.

    >>> from visualize.layout.layout import boxed_figure
    >>> figure, axes = boxed_figure((4.0, 2.0), {"a": (1.0, 0.5, 2.0, 1.0)}, "")
    >>> [float(edge) for edge in axes["a"].get_position().bounds]
    [0.25, 0.25, 0.5, 0.5]
    >>> boxed_figure((4.0, 2.0), {}, "", "An utterance")[0].texts[-1].get_text()
    'An utterance'
    """
    width, ground = size
    words = wrapped(text, width - 2 * MARGIN)
    title = wrapped(title, width - 2 * MARGIN, NORMAL, "bold")
    heading = (title.count("\n") + 1) * line_height(NORMAL) + under_title if title else 0.0
    height = heading + ground + caption_height(words)
    figure = new_figure(width, height)
    axes: dict[str, Axes] = {}
    for label, (x, y, across, down) in boxes.items():
        lower = height - heading - y - down
        box = (x / width, lower / height, across / width, down / height)
        axes[label] = figure.add_axes(box, label=label)
    write_caption(figure, words)
    if title:
        heading_text = figure.text(MARGIN / width, 1 - 0.08 / height, shown(title), va="top")
        heading_text.set(size=NORMAL, weight="bold", linespacing=1.2, parse_math=False)
    return figure, axes


def caption_height(words: str) -> float:
    """Give the inches that a caption needs, wrapped already.

    >>> from visualize.layout.layout import caption_height
    >>> caption_height(""), round(caption_height("one line"), 3)
    (0.0, 0.139)
    """
    return (words.count("\n") + 1) * line_height() if words else 0.0


def write_caption(figure: Figure, words: str) -> None:
    """Write what stands below a figure, wrapped already, into its lower left corner.

    >>> from visualize import new_figure
    >>> from visualize.layout.layout import write_caption
    >>> figure = new_figure(4.0, 3.0)
    >>> write_caption(figure, "Grey: blank.")
    >>> figure.texts[0].get_text()
    'Grey: blank.'
    """
    width, height = figure.get_size_inches()
    caption = figure.text(MARGIN / width, 0.08 / height, shown(words), va="bottom", gid="caption")
    caption.set(linespacing=1.2, parse_math=False)

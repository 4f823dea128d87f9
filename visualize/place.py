"""Where text goes so that nothing overlaps: measured, never guessed, and always the same."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from refkd.check import Bools, Floats
from visualize.glyphs import shown
from visualize.style import SMALL, font_families

Box: TypeAlias = tuple[float, float, float, float]  # left, bottom, right, top

POINTS = 72.0  # in an inch
LINE = 1.25  # line height, in font sizes
DISTANCES = (0.09, 0.16, 0.28, 0.42, 0.6, 0.8)  # inches between a point and its label
SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))  # right first
AMBIGUOUS = 0.03  # of a label closer to another point, as a share of its area covered
HINTING = 1.05  # letters set to whole pixels may be this much wider


def text_width(text: str, size: float = SMALL, weight: str = "normal") -> float:
    """Measure one line of text.

    Parameters
    ----------
    text : str
        One line, measured as `visualize.glyphs.shown` writes it; "$" has no special meaning.
    size : float
        Points.
    weight : str
        "normal" or "bold".

    Returns
    -------
    float
        Inches.

    Examples
    --------
    >>> from visualize.place import text_width
    >>> text_width("") == 0.0 and text_width("ab") > text_width("a")
    True
    """
    return _measured(shown(text), size, weight, font_families()) if text else 0.0


@lru_cache(maxsize=4096)
def _measured(text: str, size: float, weight: str, families: tuple[str, ...]) -> float:
    font = FontProperties(family=list(families), size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) * HINTING / POINTS


def line_height(size: float = SMALL) -> float:
    """Give the height of a line of text.

    Parameters
    ----------
    size : float
        Points.

    Returns
    -------
    float
        Inches.

    Examples
    --------
    >>> from visualize.place import line_height
    >>> round(line_height(8.0), 3)
    0.139
    """
    return size * LINE / POINTS


def rows_of(centres: Floats, widths: Sequence[float]) -> list[int]:
    """Spread labels over rows so that no two overlap: each goes to the first row with room.

    Parameters
    ----------
    centres : (n, rows) array
        Middle of each label if it stood in each row, in inches, never falling from label to label.
    widths : (n,) sequence of float
        Inches, with the gap to the next label.

    Returns
    -------
    list of int
        Row of each label from 0, or -1 where no row has room.

    Examples
    --------
    >>> import numpy as np
    >>> from visualize.place import rows_of
    >>> rows_of(np.array([[0.0, 0.0], [0.1, 0.1], [0.2, 0.2], [1.0, 1.0]]), [0.3, 0.3, 0.3, 0.3])
    [0, 1, -1, 0]
    """
    filled = np.full(centres.shape[1], -np.inf)
    chosen = []
    for row_centres, width in zip(centres, widths, strict=True):
        free = np.flatnonzero(filled <= row_centres - width / 2)
        if free.size:
            filled[free[0]] = row_centres[free[0]] + width / 2
        chosen.append(int(free[0]) if free.size else -1)
    return chosen


def fewest_rows(
    centres: Callable[[int], Floats], widths: Sequence[float], most: int
) -> tuple[int, list[int]]:
    """Find the smallest number of rows in which all labels have room.

    Parameters
    ----------
    centres : function
        Takes a number of rows, gives the centres (n, rows) for `rows_of`.
    widths : (n,) sequence of float
        Inches.
    most : int
        Beyond this many rows, labels are left out instead.

    Returns
    -------
    rows : int
        1 <= rows <= most.
    chosen : list of int
        Row of each label, -1 for those left out.

    Examples
    --------
    >>> import numpy as np
    >>> from visualize.place import fewest_rows
    >>> fewest_rows(lambda rows: np.zeros((2, rows)), [0.3, 0.3], most=3)
    (2, [0, 1])
    """
    for rows in range(1, most + 1):
        chosen = rows_of(centres(rows), widths)
        if -1 not in chosen:
            break
    return rows, chosen


def wrapped(text: str, width: float, size: float = SMALL) -> str:
    """Break text into lines between words.

    Parameters
    ----------
    text : str
        Line breaks in it are kept.
    width : float
        Inches; a longer word stands alone.
    size : float
        Points.

    Returns
    -------
    str
        The text with line breaks.

    Examples
    --------
    >>> from visualize.place import wrapped
    >>> wrapped("one two three", 0.5).split(chr(10))
    ['one two', 'three']
    """
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and text_width(longer, size) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return "\n".join(lines)


def inches_per_unit(axes: Axes) -> tuple[float, float]:
    """Give the size of one data unit along x and y, for linear axes in their final place.

    Parameters
    ----------
    axes : Axes
        With its limits and position set.

    Returns
    -------
    x, y : float
        Inches.

    Examples
    --------
    >>> from visualize import new_figure
    >>> from visualize.place import inches_per_unit
    >>> axes = new_figure(4.0, 2.0).add_axes((0.0, 0.0, 0.5, 1.0))
    >>> _ = axes.set(xlim=(0, 10), ylim=(0, 1))
    >>> [round(size, 6) for size in inches_per_unit(axes)]
    [0.2, 2.0]
    """
    box = axes.get_window_extent()
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    dots = axes.figure.dpi
    x, y = box.width / dots / (right - left), box.height / dots / (top - bottom)
    return float(x), float(y)


def free_spot(
    points: Floats,
    n: int,
    width: float,
    height: float,
    taken: Sequence[Box],
    frame: tuple[float, float],
) -> Box:
    """Find room for the label of one point among many, the nearest first.

    Parameters
    ----------
    points : (N, 2) array
        Inches from the lower left corner of the frame.
    n : int
        The point to label; the label would rather not be closer to another one.
    width : float
        Of the label, in inches.
    height : float
        Of the label, in inches.
    taken : sequence of (left, bottom, right, top)
        What the label shall not cover.
    frame : (float, float)
        Width and height of the space that the label shall not leave.

    Returns
    -------
    (left, bottom, right, top)
        In inches; where there is no room, the place that covers least.

    Examples
    --------
    >>> import numpy as np
    >>> from visualize.place import free_spot
    >>> spot = free_spot(np.array([[1.0, 1.0]]), 0, 0.4, 0.1, taken=[], frame=(2.0, 2.0))
    >>> [round(float(edge), 2) for edge in spot]     # to the right of the point
    [1.09, 0.95, 1.49, 1.05]
    """
    half = np.array([width, height]) / 2
    best, least = (0.0, 0.0, 0.0, 0.0), np.inf
    boxes = np.reshape(taken, (-1, 4)).astype(np.float64)
    for distance in DISTANCES:
        for side in SIDES:
            centre = points[n] + np.array(side) * (half + distance)
            low, high = centre - half, centre + half
            apart = np.hypot(*(np.clip(points, low, high) - points).T)
            covered = _overlap(low, high, boxes)
            inside = np.minimum(high, frame) - np.maximum(low, 0.0)
            covered += 2 * (width * height - np.prod(np.maximum(inside, 0.0)))
            covered += AMBIGUOUS * width * height * (apart[n] > apart.min())
            covered += width * height * _crossed(points[n], low, high, boxes)
            if covered < least - 1e-9:
                best, least = (low[0], low[1], high[0], high[1]), covered
    return best


def _overlap(low: Floats, high: Floats, boxes: Floats) -> float:
    """Square inches that one box shares with each of many, added up."""
    shared = np.minimum(high, boxes[:, 2:]) - np.maximum(low, boxes[:, :2])
    return float(np.maximum(shared, 0.0).prod(axis=1).sum())


def leader(point: Floats, low: Floats, high: Floats) -> Floats:
    """Points (20, 2) along the line that joins a point to the nearest edge of its label."""
    share = np.linspace(0.0, 1.0, 20)[:, np.newaxis]
    along: Floats = point + share * (np.clip(point, low, high) - point)
    return along


def _crossed(point: Floats, low: Floats, high: Floats, boxes: Floats) -> float:
    """Share of a label's leader that lies on what others cover, the point's own mark excepted."""
    others = boxes[~_within(point[np.newaxis], boxes)[0]]
    return float(_within(leader(point, low, high), others).any(axis=1).mean())


def _within(points: Floats, boxes: Floats) -> Bools:
    """Whether each point (P, M) lies in each box."""
    places = points[:, np.newaxis]
    after_low, before_high = places >= boxes[:, :2], places <= boxes[:, 2:]
    return np.asarray((after_low & before_high).all(axis=2))

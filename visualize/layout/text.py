"""Where text goes so that nothing overlaps: measured, never guessed, and always the same."""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from refkd.check import Floats
from visualize.layout.glyphs import shown
from visualize.layout.style import SMALL, font_families

TOGETHER = "\N{NO-BREAK SPACE}"
POINTS = 72.0  # in an inch
LINE = 1.25  # line height, in font sizes
HINTING = 1.05  # letters set to whole pixels may be this much wider


def text_width(text: str, size: float = SMALL, weight: str = "normal") -> float:
    """Measure one line of text in inches at a size in points, as `shown` writes it.

    >>> from visualize.layout.text import text_width
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
    """Give the height in inches of a line of text of a size in points.

    >>> from visualize.layout.text import line_height
    >>> round(line_height(8.0), 3)
    0.139
    """
    return size * LINE / POINTS


def rows_of(centres: Floats, widths: Sequence[float]) -> list[int]:
    """Spread labels over rows so that no two overlap: of (n, rows) `centres` in inches, never
    falling from label to label, each goes to the first row with room, or to -1.

    >>> import numpy as np
    >>> from visualize.layout.text import rows_of
    >>> rows_of(np.array([[0.0, 0.0], [0.1, 0.1], [0.2, 0.2], [1.0, 1.0]]), [0.3, 0.3, 0.3, 0.3])
    [0, 1, -1, 0]
    """
    filled = [-math.inf] * centres.shape[1]
    chosen = []
    for row_centres, width in zip(centres.tolist(), widths, strict=True):
        for row, centre in enumerate(row_centres):
            if filled[row] <= centre - width / 2:
                filled[row] = centre + width / 2
                chosen.append(row)
                break
        else:
            chosen.append(-1)
    return chosen


def fewest_rows(
    centres: Callable[[int], Floats], widths: Sequence[float], most: int, least: int = 1
) -> tuple[int, list[int]]:
    """Find the smallest number of rows from `least` to `most` in which all labels have room, and
    the row of each (-1 where none has room); `centres` gives (n, rows) inches for `rows_of`.

    >>> import numpy as np
    >>> from visualize.layout.text import fewest_rows
    >>> fewest_rows(lambda rows: np.zeros((2, rows)), [0.3, 0.3], most=3)
    (2, [0, 1])
    """
    for rows in range(least, most + 1):
        chosen = rows_of(centres(rows), widths)
        if -1 not in chosen:
            break
    return rows, chosen


def wrapped(text: str, width: float, size: float = SMALL, weight: str = "normal") -> str:
    """Break text between words into lines of `width` inches; line breaks are kept, and no-break
    spaces hold words together and become spaces.

    >>> from visualize.layout.text import wrapped
    >>> wrapped("one two three", 0.5).split(chr(10))
    ['one two', 'three']
    """
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in filter(None, paragraph.split(" ")):
            longer = f"{line} {word}".strip().replace(TOGETHER, " ")
            if line and text_width(longer, size, weight) > width:
                lines.append(line)
                longer = word.replace(TOGETHER, " ")
            line = longer
        lines.append(line)
    return "\n".join(lines)


def inches_per_unit(axes: Axes) -> tuple[float, float]:
    """Give the inches of one data unit along x and y, for linear axes in their final place.

    >>> from visualize import new_figure
    >>> from visualize.layout.text import inches_per_unit
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

"""Names of the points of a scatter plot and of the ends of lines, each where there is room."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from matplotlib.axes import Axes

from refkd.check import Bools, Floats
from visualize.layout.glyphs import shown
from visualize.layout.style import BLANK, TEXT
from visualize.layout.text import inches_per_unit, line_height, text_width

Box: TypeAlias = tuple[float, float, float, float]  # left, bottom, right, top

DISTANCES = (0.09, 0.16, 0.28, 0.42, 0.6, 0.8)  # inches between a point and its label
HALFWAY = ((1, 0.5), (-1, 0.5), (1, -0.5), (-1, -0.5), (0.5, 1), (-0.5, 1), (0.5, -1), (-0.5, -1))
SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1), *HALFWAY)
COVERING = 0.3  # of a label that covers anything, however thin, as a share of its area
OWN = 0.06  # inches around a point in which marks are its own
AMBIGUOUS = 0.03  # of a label closer to another point, as a share of its area covered


def free_spot(
    points: Floats,
    n: int,
    width: float,
    height: float,
    taken: Sequence[Box],
    frame: tuple[float, float],
) -> Box:
    """Find room (left, bottom, right, top) for a label of `width` and `height` beside point `n` of
    `points` (N, 2), all in inches from the lower left corner of the frame: the nearest spot that
    covers nothing of `taken`, or the one that covers least.

    >>> import numpy as np
    >>> from visualize.layout.labels import free_spot
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
            covered += COVERING * width * height * (covered > 0.0)
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
    """Share of a label's leader that lies on what is covered, the point's own marks excepted."""
    others = boxes[~_within(point[np.newaxis], boxes + OWN * np.array([-1, -1, 1, 1]))[0]]
    return float(_within(leader(point, low, high), others).any(axis=1).mean())


def _within(points: Floats, boxes: Floats) -> Bools:
    """Whether each point (P, M) lies in each box."""
    places = points[:, np.newaxis]
    after_low, before_high = places >= boxes[:, :2], places <= boxes[:, 2:]
    return np.asarray((after_low & before_high).all(axis=2))


MARKER = 0.09  # inches, across
DOT = 0.08
STROKE = 0.02
ARM = 0.25  # inches between the right edge of axes and the names of lines


def write_names(
    axes: Axes,
    points: Mapping[str, Floats],
    dots: Floats,
    strokes: Sequence[Floats],
    colours: Mapping[str, str],
) -> None:
    """Write each name beside its point (2,), joined to it by a line where the neighbourhood is
    full, clear of `dots` (n, 2) and of straight `strokes` (2, 2), all in data units of linear
    axes in their final place.

    >>> import numpy as np
    >>> from visualize import new_figure
    >>> from visualize.layout.labels import write_names
    >>> axes = new_figure(4.0, 3.0).add_axes((0.1, 0.1, 0.8, 0.8))
    >>> write_names(axes, {"here": np.array([0.5, 0.5])}, np.empty((0, 2)), [], {})
    >>> [(text.get_text(), bool(text.get_position()[0] > 0.5)) for text in axes.texts]
    [('here', True)]
    """
    scale = np.array(inches_per_unit(axes))
    origin = np.array([axes.get_xlim()[0], axes.get_ylim()[0]])
    size = axes.get_window_extent()
    frame = size.width / axes.figure.dpi, size.height / axes.figure.dpi
    marks = (np.reshape(list(points.values()), (-1, 2)) - origin) * scale
    taken = [_around(mark, MARKER) for mark in marks]
    taken += [_around(dot, DOT) for dot in (dots - origin) * scale]
    taken += [box for ends in strokes for box in _along((ends - origin) * scale)]
    for n in np.argsort(-marks[:, 1], kind="stable"):  # from the top, so that names keep order
        name, point = list(points.items())[n]
        spot = free_spot(marks, n, text_width(name), line_height() * 0.85, taken, frame)
        taken.append(spot)
        low, high = np.array(spot[:2]), np.array(spot[2:])
        x, y = (low + high) / 2 / scale + origin
        colour = colours.get(name, TEXT)
        text = axes.text(x, y, shown(name), color=colour, ha="center", va="center", zorder=5)
        text.set_parse_math(False)
        nearest = np.clip(marks, low, high)  # point of the label to each mark
        apart = np.hypot(*(nearest - marks).T)
        if apart[n] > 2 * MARKER or apart[n] > apart.min():
            ends = np.stack([nearest[n] / scale + origin, point])
            axes.plot(ends[:, 0], ends[:, 1], color=BLANK, linewidth=0.7, zorder=2)
            taken += [_around(place, STROKE) for place in leader(marks[n], low, high)]


def write_ends(
    axes: Axes,
    ends: Mapping[str, tuple[float, float]],
    colours: Mapping[str, str],
) -> None:
    """Write the names of lines right of the axes, each joined to the end of its line in data units;
    the limits of y are held from here on.

    >>> from visualize import new_figure
    >>> from visualize.layout.labels import write_ends
    >>> axes = new_figure(4.0, 2.0).add_axes((0.1, 0.1, 0.5, 0.8))
    >>> write_ends(axes, {"low": (1, 0.5), "high": (1, 0.5001)}, {"low": "r", "high": "b"})
    >>> low, high = axes.texts
    >>> bool(high.get_position()[1] > low.get_position()[1] + 0.08)
    True
    """
    axes.set_ylim(axes.get_ylim())  # what is written from here on does not move them
    box, dots = axes.get_window_extent(), axes.figure.dpi
    height = box.height / dots
    middles = (axes.transData.transform(list(ends.values()))[:, 1] - box.y0) / dots
    places = spread(middles.tolist(), line_height(), 0.0, height)
    x = 1 + ARM / (box.width / dots)
    for name, place in zip(ends, places, strict=True):
        axes.annotate(
            shown(name),
            xy=ends[name],
            xytext=(x, place / height),
            textcoords="axes fraction",
            color=colours[name],
            va="center",
            annotation_clip=False,
            parse_math=False,
            arrowprops={
                "arrowstyle": "-",
                "color": BLANK,
                "linewidth": 0.6,
                "relpos": (0, 0.5),  # from the middle of the name's left edge
                "shrinkA": 0,
            },
        )


def spread(centres: Sequence[float], gap: float, low: float, high: float) -> Floats:
    """Move labels at `centres` (n,) apart along a line by as little as possible (least squares), so
    that none is closer than `gap`, in (n,) places; equal ones keep their order.

    >>> from visualize.layout.labels import spread
    >>> spread([1.0, 3.0, 1.0], gap=1.0, low=0.0, high=5.0).tolist()
    [0.5, 3.0, 1.5]
    """
    order = np.argsort(centres, kind="stable")
    blocks: list[tuple[float, int]] = []  # mean place and size of labels that touch
    for rank, n in enumerate(order):
        mean, size = centres[n] - rank * gap, 1
        while blocks and blocks[-1][0] > mean:
            other, others = blocks.pop()
            mean, size = (mean * size + other * others) / (size + others), size + others
        blocks.append((mean, size))
    places = np.repeat([mean for mean, _ in blocks], [size for _, size in blocks])
    highest = max(high - gap * (len(order) - 1), low)
    moved = np.empty(len(order))
    moved[order] = np.clip(places, low, highest) + gap * np.arange(len(order))
    return moved


def _around(place: Floats, across: float) -> Box:
    low, high = place - across / 2, place + across / 2
    return low[0], low[1], high[0], high[1]


def _along(ends: Floats) -> list[Box]:
    """Boxes that cover a straight line: one if it is level or upright, otherwise many."""
    pieces = 2 if (ends[0] == ends[1]).any() else 21
    places = np.linspace(ends[0], ends[1], pieces)
    low, high = np.minimum(places[:-1], places[1:]), np.maximum(places[:-1], places[1:])
    half = STROKE / 2
    return [(*(a - half), *(b + half)) for a, b in zip(low, high, strict=True)]

"""Room for the names of points that stand close together."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from refkd.check import Bools, Floats

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
    >>> from visualize.layout.spots import free_spot
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

"""The numbers of figures as a table: what is drawn, read back from the artists.

An artist with a gid is data, and the gid is the name of its series; decoration has none. An axis
with the gid "names" has names in the place of numbers, as its ticks are labelled.
"""

import csv
import io
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection, PathCollection
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from refkd.check import Floats
from refkd.files.atomic import replacing

NAMES = "names"  # gid of an axis of names
COLUMNS = ("figure", "panel", "series", "x", "y", "value", "x_unit", "y_unit")
NAN = float("nan")

Side: TypeAlias = Literal["x", "y"]


def write_numbers(figures: Mapping[str, Figure], path: str | os.PathLike[str]) -> Path:
    """Write everything that figures show as data, in full precision, as CSV in UTF-8.

    Parameters
    ----------
    figures : mapping of str to Figure
        Under the names that the first column gives them.
    path : path
        The file; its folder exists.

    Returns
    -------
    Path
        The file. Its columns are figure, panel (label of the axes), series, x, y, value (of heat
        maps and of points with colours), and the units of x and y. A row is a point, a bar or a
        cell; numbers are in data units, and what an axis names is named.

    Examples
    --------
    >>> import tempfile
    >>> from visualize import toy_figure, write_numbers
    >>> figure = toy_figure({"FrameWise": {"late": 0.6, "all blank": 0.3}})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(write_numbers({"toy": figure}, folder + "/toy.csv").read_text("utf-8").strip())
    figure,panel,series,x,y,value,x_unit,y_unit
    toy,FrameWise,loss,0.6,late,,nats per frame,
    toy,FrameWise,loss,0.3,all blank,,nats per frame,
    """
    rows = [
        (name, *row)
        for name, figure in figures.items()
        for axes in figure.axes
        for row in _rows(figure, axes)
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    with replacing(path) as file:
        file.write(text.getvalue().encode("utf-8", errors="backslashreplace"))
    return Path(path)


def _rows(figure: Figure, axes: Axes) -> Iterator[tuple[str, ...]]:
    lying = {
        bar
        for bars in axes.containers
        if isinstance(bars, BarContainer) and bars.orientation == "horizontal"
        for bar in bars
    }
    names = {"x": _names(axes.xaxis), "y": _names(axes.yaxis)}
    units: dict[Side, str] | None = None
    for artist in axes.get_children():
        series = artist.get_gid()
        if series is None or isinstance(artist, Axis):
            continue
        points = _points(axes, artist, artist in lying)
        if points is None:
            continue
        units = units or {"x": _unit(figure, axes, "x"), "y": _unit(figure, axes, "y")}
        for x, y, value in points:
            if not (np.isnan(x) and np.isnan(y)):
                place = _place(x, names["x"]), _place(y, names["y"])
                panel = _one_line(str(axes.get_label()))
                yield panel, series, *place, _written(value), units["x"], units["y"]


def _points(axes: Axes, artist: Artist, lying: bool) -> Floats | None:
    """The x, y and value (n, 3) of an artist in data units, nan where there is none.

    A whole point is nan if it is not drawn; None for artists that hold no numbers.
    """
    if isinstance(artist, Line2D):
        drawn = np.ma.filled(np.ma.asarray(artist.get_xydata(), dtype=np.float64), NAN)
        drawn = np.where(np.isnan(drawn).any(axis=1, keepdims=True), NAN, drawn)
        in_data = artist.get_transform().contains_branch_seperately(axes.transData)
        drawn = np.where(in_data, drawn, NAN)
        if not all(in_data):  # a line across the axes
            drawn = drawn[:1]
        return _with_value(drawn, NAN)
    if isinstance(artist, AxesImage):
        return _cells(artist)
    if isinstance(artist, PathCollection):
        colours = artist.get_array()
        return _with_value(
            np.ma.filled(np.ma.asarray(artist.get_offsets(), dtype=np.float64), NAN),
            NAN if colours is None else np.ma.filled(colours.astype(np.float64), NAN),
        )
    if isinstance(artist, Collection):
        corners = [np.asarray(path.vertices) for path in artist.get_paths()]
        return _with_value(np.concatenate([np.empty((0, 2)), *corners]), NAN)
    if isinstance(artist, Rectangle):
        x, y, width, height = *artist.get_xy(), artist.get_width(), artist.get_height()
        middle = round(y + height / 2 if lying else x + width / 2, 12)  # of the axis of names
        end = (x + width, middle) if lying else (middle, y + height)
        return _with_value(np.array([end], dtype=np.float64), NAN)
    return None


def _with_value(places: Floats, value: Any) -> Floats:
    return np.column_stack([places, np.broadcast_to(value, len(places))])


def _cells(image: AxesImage) -> Floats:
    """Middle and value of each cell, row by row as the array has them."""
    values = np.ma.filled(np.ma.asarray(image.get_array(), dtype=np.float64), NAN)
    left, right, bottom, top = image.get_extent()
    if image.origin == "upper":
        bottom, top = top, bottom
    rows, columns = values.shape
    x = left + (np.arange(columns) + 0.5) * (right - left) / columns
    y = bottom + (np.arange(rows) + 0.5) * (top - bottom) / rows
    cells = np.column_stack([np.tile(x, rows), np.repeat(y, columns), values.ravel()])
    cells[np.isnan(values.ravel())] = NAN
    return cells


def _names(axis: Axis) -> dict[float, str]:
    if axis.get_gid() != NAMES:
        return {}
    places = np.asarray(axis.get_majorticklocs()).tolist()
    labels = [_one_line(label) for label in axis.get_major_formatter().format_ticks(places)]
    return dict(zip(places, labels, strict=True))


def _unit(figure: Figure, axes: Axes, side: Side) -> str:
    """What stands in brackets in the label of an axis, or its label.

    An axis without a label has that of the axes in the same column or row, or of the figure.
    """
    ends = ("x0", "x1") if side == "x" else ("y0", "y1")
    place = [getattr(axes.get_position(), end) for end in ends]
    label = ""
    for other in (axes, *figure.axes):
        along = [getattr(other.get_position(), end) for end in ends]
        if along == place and other.get_label():  # scales of colour have none
            label = label or getattr(other, f"get_{side}label")()
    label = label or getattr(figure, f"get_sup{side}label")()
    match = re.search(r"\(([^(),]*)", label)  # of two units the first counts the data
    return _one_line(match[1] if match else label)


def _one_line(text: str) -> str:
    """A label that is drawn in several lines; a label of white space stays what it is."""
    return re.sub(r" *\n *", " ", text)


def _place(number: float, names: Mapping[float, str]) -> str:
    return names.get(round(float(number), 9), _written(number))


def _written(number: float) -> str:
    return "" if np.isnan(number) else repr(float(number))

"""How far the spikes of each student are from the teacher's, over many utterances."""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from refkd import check
from refkd.alignment.statistics import OffsetStatistics, TimedOffsets
from refkd.check import Floats
from refkd.losses.rules import Window
from visualize.layout.grid import PanelHeading, columns_of
from visualize.layout.layout import panel_width
from visualize.layout.legend import Look, looks_of
from visualize.layout.style import FAINT, STUDENT, in_style, signed
from visualize.layout.text import TOGETHER, text_width, wrapped
from visualize.layout.units import unit
from visualize.panels.histogram import Bins, bins_around, draw_histogram, histogram_grid, timed_bins

PANEL = (2.6, 1.55)  # inches: axes without their labels
NARROW, LOW = 1.15, 1.0  # inches of a panel where there is little room
LEFT, RIGHT = 0.6, 0.2  # inches beside panels
BELOW = {False: 0.7, True: 0.55}  # inches below them, where numbers have two lines, or one
BETWEEN = 0.08  # inches between two headings
LABEL = "student \N{MINUS SIGN} teacher"

Offsets: TypeAlias = OffsetStatistics | TimedOffsets


def offsets_figure(
    statistics: Mapping[str, Offsets],
    frame_shift: float,
    *,
    windows: Mapping[str, Window] | None = None,
    columns: int = 3,
    caption: str = "",
    width: float | None = None,
    looks: Mapping[str, Look] | None = None,
) -> Figure:
    """Draw the histogram and the cumulative share of the offsets, one panel for each student.

    Parameters
    ----------
    statistics : mapping of str to OffsetStatistics or TimedOffsets
        Offsets, all in frames or all in seconds, under the name that each student is shown by.
    frame_shift : float
        Seconds from one frame to the next; offsets in seconds are counted in bins of this width.
    windows : mapping of str to Window, optional
        The window that a student's rule searched, shaded: a lag outside it was never compared.
    columns : int
        Panels side by side at most, >= 1.
    caption : str
        Below the figure.
    width : float, optional
        Inches; by the number of columns if not given.
    looks : mapping of str to (colour, line style), optional
        Of the students, as from `looks_of`; by their order if not given.

    Returns
    -------
    Figure
        Its axes are labelled by the names.

    Raises
    ------
    ArgumentError
        If there is nothing to draw, or frames and seconds are mixed, or `width` is too small.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.statistics import OffsetStatistics
    >>> from visualize import offsets_figure
    >>> late = OffsetStatistics(np.array([1, 1, 2]), teacher_unmatched=0, student_unmatched=1)
    >>> figure = offsets_figure({"CTC": late}, frame_shift=0.02)
    >>> [round(float(bar.get_height()), 1) for bar in figure.axes[0].patches]
    [0.0, 0.0, 66.7, 33.3]
    """
    bins, looks = bins_of(statistics, frame_shift), looks_of(list(statistics), looks=looks)
    most = check.integer("columns", columns, low=1)
    windows = windows or {}
    remarks = {
        name: _remarks(offsets, bins, windows.get(name)) for name, offsets in statistics.items()
    }
    across, height = PANEL
    if width is None:
        columns = columns_of(len(statistics), most, most, 1.0)
        widest = max(
            text_width(wrapped(remark, np.inf)) for some in remarks.values() for remark in some
        )
        right = max(RIGHT, widest + 2 * BETWEEN - across)
    else:
        room, right = panel_width(width, 0.0, LEFT, 0.0), RIGHT
        columns = columns_of(len(statistics), most, room, NARROW + right)
        across = room / columns - right
        height = float(np.clip(0.6 * across, LOW, PANEL[1]))
    headings = {
        name: PanelHeading.wrapped(name, remarks[name], across + right - BETWEEN, looks[name][0])
        for name in statistics
    }
    with in_style():
        figure, axes = histogram_grid(
            headings,
            columns,
            (across, height),
            (LEFT, right, BELOW[bins.timed]),
            f"{_legend(bins, bool(windows))} {caption}",
            (f"{LABEL} ({bins.units})", "share of pairs (%)"),
        )
        for name, offsets in statistics.items():
            draw_offsets(axes[name], offsets, bins, windows.get(name), looks[name][0])
            headings[name].write(axes[name])
    return figure


def bins_of(statistics: Mapping[str, Offsets], frame_shift: float) -> Bins:
    """Choose the bins of the offsets of several students, in frames or, for offsets in seconds, in
    ms.

    >>> import numpy as np
    >>> from refkd.alignment.statistics import OffsetStatistics
    >>> from visualize.figures.offsets import bins_of
    >>> bins_of({"CTC": OffsetStatistics(np.array([1, 2, 3]), 0, 0)}, 0.02)
    Bins(low=-1, high=3, frame_shift=0.02, timed=False, each=1)
    """
    if not statistics:
        check.fail("statistics", "at least one student", "none")
    frame_shift = check.positive("frame_shift", frame_shift)
    kinds = {isinstance(offsets, TimedOffsets) for offsets in statistics.values()}
    if len(kinds) > 1:
        check.fail("statistics", "offsets all in frames or all in seconds", "both")
    every = [offsets.offset.astype(np.float64) for offsets in statistics.values()]
    return (timed_bins if kinds.pop() else bins_around)(every, frame_shift)


def frames_late(statistics: Offsets, frame_shift: float) -> Floats:
    """Give offsets (n,) in frame shifts: whole numbers for offsets in frames.

    >>> import numpy as np
    >>> from refkd.alignment.statistics import TimedOffsets
    >>> from visualize.figures.offsets import frames_late
    >>> frames_late(TimedOffsets(np.array([0.03]), 0, 0), 0.02)
    array([1.5])
    """
    if isinstance(statistics, TimedOffsets):
        return statistics.offset / frame_shift
    return statistics.offset.astype(np.float64)


def draw_offsets(
    axes: Axes,
    statistics: Offsets,
    bins: Bins,
    window: Window | None = None,
    colour: str = STUDENT,
) -> list[Artist]:
    """Draw one histogram of offsets in percent of the pairs, its cumulative share and its mean, and
    the window of the student's rule in frames.
    """
    drawn = draw_histogram(axes, frames_late(statistics, bins.frame_shift), bins, colour)
    if window is not None:
        low = max(-window.right - 0.5, (bins.low - 0.5) * bins.each) * bins.unit
        high = min(window.left + 0.5, (bins.high + 0.5) * bins.each) * bins.unit
        drawn.append(axes.axvspan(low, high, color=FAINT, alpha=0.5, linewidth=0, zorder=0))
    return drawn


def _remarks(statistics: Offsets, bins: Bins, window: Window | None) -> list[str]:
    """The numbers over a panel; where a line is broken, a number keeps its words."""
    late = frames_late(statistics, bins.frame_shift)
    remarks = [["no matched pair"]]
    if statistics.n:
        timed = signed(round(unit().per * float(late.mean()) * bins.frame_shift))
        timed = f"{timed} {unit().small}"
        mean = timed if bins.timed else f"{signed(round(float(late.mean()), 2))} ({timed})"
        remarks = [[f"n = {statistics.n},", f"mean {mean}"]]
    shares = {
        "teacher": statistics.teacher_unmatched_share,
        "student": statistics.student_unmatched_share,
    }
    known = [f"{100 * shares[owner]:.1f} % {owner}" for owner in shares if shares[owner] >= 0]
    if known:
        remarks.append(["unmatched:", *(f"{share}," for share in known[:-1]), known[-1]])
    if window is not None and statistics.n:
        inside = (late >= -window.right - 1e-6) & (late <= window.left + 1e-6)
        remarks.append(["in the window:", f"{100 * inside.mean():.1f} %"])
    return [" ".join(part.replace(" ", TOGETHER) for part in parts) for parts in remarks]


def _legend(bins: Bins, with_windows: bool) -> str:
    low, high = (signed(end * bins.width) for end in (bins.low, bins.high))
    return (
        "Bars: share of the matched pairs. Line: cumulative share. Dotted: mean. "
        f"The outermost bars, {low} and {high}, hold what lies beyond."
        + (" Shaded: offsets that the rule's window can see." if with_windows else "")
    )

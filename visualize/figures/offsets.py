"""How far the spikes of each student are from the teacher's, over many utterances."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from refkd import check
from refkd.alignment.statistics import TimedOffsets
from refkd.check import Floats
from refkd.losses.rules import Window
from visualize.layout.grid import columns_of
from visualize.layout.layout import panel_width
from visualize.layout.legend import Look, looks_of
from visualize.layout.style import signed
from visualize.layout.text import text_width, wrapped
from visualize.layout.units import unit
from visualize.panels.histogram import (
    BETWEEN,
    LEFT,
    Bins,
    Histogram,
    Offsets,
    choose_bins,
    histograms_figure,
    unbroken,
)

PANEL = (2.6, 1.55)  # inches: axes without their labels
NARROW = 1.15  # inches of a panel where there is little room
RIGHT = 0.2  # inches right of a panel
LABEL = "student \N{MINUS SIGN} teacher"


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
    bins, late = offset_bins(statistics, frame_shift)
    looks, windows = looks_of(list(statistics), looks=looks), windows or {}
    most = check.integer("columns", columns, low=1)
    panels = {}
    for name, offsets in statistics.items():
        window = windows.get(name)
        remarks = _remarks(offsets, late[name], bins, window)
        panels[name] = Histogram(late[name], name, remarks, looks[name][0], window)
    right = RIGHT
    if width is None:
        columns = columns_of(len(panels), most, most, 1.0)
        widest = max(
            text_width(wrapped(remark, np.inf))
            for panel in panels.values()
            for remark in panel.remarks
        )
        right = max(RIGHT, widest + 2 * BETWEEN - PANEL[0])
    else:
        room = panel_width(width, 0.0, LEFT, 0.0)
        columns = columns_of(len(panels), most, room, NARROW + right)
    return histograms_figure(
        panels,
        bins,
        columns,
        PANEL,
        right,
        f"{_legend(bins, bool(windows))} {caption}",
        (f"{LABEL} ({bins.units})", "share of pairs (%)"),
        width,
    )


def offset_bins(
    statistics: Mapping[str, Offsets], frame_shift: float
) -> tuple[Bins, dict[str, Floats]]:
    """Choose the bins of the offsets of several students, and give those (n,) of each in frame
    shifts: whole numbers of frames, or seconds counted in them.

    >>> import numpy as np
    >>> from refkd.alignment.statistics import OffsetStatistics
    >>> from visualize.figures.offsets import offset_bins
    >>> offset_bins({"CTC": OffsetStatistics(np.array([1, 2, 3]), 0, 0)}, 0.02)[0]
    Bins(low=-1, high=3, frame_shift=0.02, timed=False, each=1)
    """
    if not statistics:
        check.fail("statistics", "at least one student", "none")
    frame_shift = check.positive("frame_shift", frame_shift)
    kinds = {isinstance(offsets, TimedOffsets) for offsets in statistics.values()}
    if len(kinds) > 1:
        check.fail("statistics", "offsets all in frames or all in seconds", "both")
    timed = kinds.pop()
    each = frame_shift if timed else 1.0  # frames are seconds under a clock of 1
    late = {name: offsets.offset / each for name, offsets in statistics.items()}
    return choose_bins(late.values(), frame_shift, timed), late


def _remarks(statistics: Offsets, late: Floats, bins: Bins, window: Window | None) -> list[str]:
    """The numbers over a panel."""
    remarks = [["no matched pair"]]
    if statistics.n:
        mean = f"{signed(round(unit().per * float(late.mean()) * bins.frame_shift))} {unit().small}"
        if not bins.timed:
            mean = f"{signed(round(float(late.mean()), 2))} ({mean})"
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
    return unbroken(remarks)


def _legend(bins: Bins, with_windows: bool) -> str:
    low, high = (signed(end * bins.width) for end in (bins.low, bins.high))
    return (
        "Bars: share of the matched pairs. Line: cumulative share. Dotted: mean. "
        f"The outermost bars, {low} and {high}, include all offsets beyond."
        + (" Shaded: offsets inside the rule's window." if with_windows else "")
    )

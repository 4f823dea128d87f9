"""Histograms of times: shares in bins of a frame shift, the share up to each, and the mean."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from refkd.alignment.statistics import OffsetStatistics, TimedOffsets
from refkd.check import Floats
from refkd.losses.rules import Window
from visualize.layout.grid import grid_figure
from visualize.layout.headings import heading_height, panel_heading, write_above
from visualize.layout.layout import panel_width
from visualize.layout.style import FAINT, TEXT, in_style, signed
from visualize.layout.text import TOGETHER
from visualize.layout.units import unit

LEFT = 0.6  # inches beside the panels
LOWEST = 1.0  # inches of a panel where there is little room
BELOW = {False: 0.7, True: 0.55}  # inches below panels, where numbers have two lines, or one
BETWEEN = 0.08  # inches between two headings
GAP = 0.2  # inches above the highest heading
TICK = 0.37  # inches from one number to the next
WIDEST = 12  # bins to either side of 0; what lies beyond is counted in the outermost bar
TAIL = 0.5  # percent of the numbers on either side that may lie outside
LONG_TAIL = 2.5  # the same, where bins would have to be wider otherwise
MOST_TIMED = 40  # bins of times, before they are made wider

Offsets: TypeAlias = OffsetStatistics | TimedOffsets


@dataclass(frozen=True)
class Bins:
    """Where times are counted: around multiples of some frame shifts, from `low` to `high`."""

    low: int  # the first bin, which also holds what lies before it
    high: int  # the last bin, which also holds what lies after it
    frame_shift: float  # seconds
    timed: bool  # whether the axis is in ms; in frames otherwise
    each: int = 1  # frame shifts of a bin

    @property
    def numbers(self) -> Floats:
        """Of the bins; 0 is around 0."""
        return np.arange(self.low, self.high + 1, dtype=np.float64)

    @property
    def unit(self) -> float:
        """What a frame shift is on the axis."""
        return unit().per * self.frame_shift if self.timed else 1.0

    @property
    def width(self) -> float:
        """What a bin is on the axis."""
        return self.each * self.unit

    @property
    def units(self) -> str:
        """Of the numbers on the axis."""
        return unit().small if self.timed else f"frames, {unit().small}"

    def counts(self, late: Floats) -> Floats:
        """How many times in frame shifts fall into each bin, to the nanosecond."""
        shifts = (late + 1e-9 / self.frame_shift) / self.each
        nearest = np.floor(shifts + 0.5).astype(np.int64)
        places = np.clip(nearest, self.low, self.high) - self.low
        return np.bincount(places, minlength=self.numbers.size).astype(np.float64)

    def number(self, bin: float) -> str:
        """A bin as the axis shows it."""
        timed = signed(unit().per * bin * self.each * self.frame_shift)
        return timed if self.timed else f"{signed(bin * self.each)}\n{timed}"


def choose_bins(late: Iterable[Floats], frame_shift: float, timed: bool) -> Bins:
    """Choose bins that hold all but the tails of every array (n,) of frame shifts, and 0 with a
    neighbour; those of times are wider where there would be too many.

    >>> import numpy as np
    >>> from visualize.panels.histogram import choose_bins
    >>> choose_bins([np.array([1.0, 2.0, 3.0])], 0.02, timed=False)
    Bins(low=-1, high=3, frame_shift=0.02, timed=False, each=1)
    >>> choose_bins([np.array([15.0, 95.0])], 0.02, timed=True).each
    3
    """
    arrays = [array for array in late if array.size]
    low, high = _ends(arrays, TAIL)
    if not timed:
        lowest, highest = max(int(np.floor(low)), -WIDEST), min(int(np.ceil(high)), WIDEST)
        return Bins(lowest, highest, frame_shift, timed)
    if high - low > MOST_TIMED:
        low, high = _ends(arrays, LONG_TAIL)
    factor = int(np.ceil((high - low) / MOST_TIMED)) | 1
    lowest, highest = int(np.floor(low / factor)), int(np.ceil(high / factor))
    return Bins(lowest, highest, frame_shift, timed, each=factor)


def _ends(every: Sequence[Floats], tail: float) -> tuple[float, float]:
    ends = [np.percentile(array, [tail, 100 - tail]) for array in every]
    low, high = min([-1.0, *(end[0] for end in ends)]), max([1.0, *(end[1] for end in ends)])
    return float(low), float(high)


@dataclass(frozen=True)
class Histogram:
    """A panel: times in frame shifts, with a heading over it."""

    late: Floats  # (n,) in frame shifts
    name: str
    remarks: Sequence[str]
    colour: str
    window: Window | None = None  # of a rule, in frames, shaded


def histograms_figure(
    panels: Mapping[str, Histogram],
    bins: Bins,
    columns: int,
    size: tuple[float, float],
    right: float,
    caption: str,
    labels: tuple[str, str],
    width: float | None,
) -> Figure:
    """Draw panels of a size, with `right` inches right of each, in columns, with a caption and
    labels of x and y; in a figure of `width` inches, panels are as wide as there is room.
    """
    across, height = size
    if width is not None:
        across = panel_width(width, 0.0, LEFT, 0.0) / columns - right
        height = float(np.clip(0.6 * across, LOWEST, height))
    headings = {
        label: panel_heading(panel.name, panel.remarks, across + right - BETWEEN)
        for label, panel in panels.items()
    }
    above = max(map(heading_height, headings.values())) + GAP
    around = LEFT, right, above, BELOW[bins.timed]
    x, y = labels
    with in_style():
        figure, axes = grid_figure(
            list(panels), columns, (across, height), around, caption, xlabel=x, ylabel=y
        )
        for label, panel in panels.items():
            draw_histogram(axes[label], panel, bins)
            write_above(axes[label], headings[label], panel.colour)
    return figure


def unbroken(remarks: Sequence[Sequence[str]]) -> list[str]:
    """Join the parts of each remark, so that a line is broken only between two of them.

    >>> from visualize.panels.histogram import unbroken
    >>> unbroken([["n = 3,", "mean +1"]]) == ["n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}3, "
    ...     "mean\N{NO-BREAK SPACE}+1"]
    True
    """
    return [" ".join(part.replace(" ", TOGETHER) for part in parts) for parts in remarks]


def draw_histogram(axes: Axes, panel: Histogram, bins: Bins) -> None:
    """Draw the shares of times in bins, the share up to each, the mean, and the window; x becomes
    frames or ms, y percent.
    """
    late, window, width = panel.late, panel.window, bins.width
    share = 100 * bins.counts(late) / max(late.size, 1)
    look: dict[str, Any] = {"color": panel.colour, "alpha": 0.75, "zorder": 2, "gid": "share"}
    axes.bar(bins.numbers * width, share, 0.8 * width, **look)
    (line,) = axes.step(*share_by(late, bins, late.size), where="post", color=TEXT)
    line.set_gid("cumulative share")
    if late.size:
        mean = float(late.mean()) * bins.unit
        axes.axvline(mean, color=TEXT, linestyle=":", zorder=3, gid="mean")
    axes.set(xlim=((bins.low - 0.6) * width, (bins.high + 0.6) * width), ylim=(0, 104))
    axes.set_yticks([0, 25, 50, 75, 100])
    number_bins(axes, bins)
    if window is not None:
        low = max(-window.right - 0.5, (bins.low - 0.5) * bins.each) * bins.unit
        high = min(window.left + 0.5, (bins.high + 0.5) * bins.each) * bins.unit
        axes.axvspan(low, high, color=FAINT, alpha=0.5, linewidth=0, zorder=0)


def share_by(late: Floats, bins: Bins, total: int) -> tuple[Floats, Floats]:
    """Count exactly by when how many of `total` times (n,) in frame shifts have come: x (m,) in
    frames or ms, and the share (m,) in percent from there on.

    >>> import numpy as np
    >>> from visualize.panels.histogram import choose_bins, share_by
    >>> late = np.array([0.0, 1.0, 1.0])
    >>> x, share = share_by(late, choose_bins([late], 0.02, False), total=4)
    >>> x.tolist(), share.tolist()
    ([-1.5, 0.0, 1.0, 1.5], [0.0, 25.0, 75.0, 75.0])
    """
    ends = np.array([bins.low - 0.5, bins.high + 0.5]) * bins.width
    times, counts = np.unique(np.clip(late * bins.unit, *ends), return_counts=True)
    share = 100 * np.cumsum(np.concatenate([[0], counts, [0]])) / max(total, 1)
    return np.concatenate([ends[:1], times, ends[1:]]), share


def number_bins(axes: Axes, bins: Bins) -> None:
    """Write as many numbers of bins along x as there is room for."""
    room = axes.get_window_extent().width / axes.figure.dpi
    step = int(np.ceil(bins.numbers.size / max(room // TICK, 1)))
    ticks = bins.numbers[bins.numbers % step == 0]
    axes.set_xticks(ticks * bins.width, [bins.number(tick) for tick in ticks])

"""A histogram of times: shares in bins of a frame shift, the share up to each, and the mean."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from refkd.check import Floats
from visualize.layout.grid import PanelHeading, grid_figure
from visualize.layout.style import STUDENT, TEXT, signed
from visualize.layout.units import unit

GAP = 0.2  # inches above the highest heading
TICK = 0.37  # inches from one number to the next
WIDEST = 12  # bins to either side of 0; what lies beyond is counted in the outermost bar
TAIL = 0.5  # percent of the numbers on either side that may lie outside
LONG_TAIL = 2.5  # the same, where bins would have to be wider otherwise
MOST_TIMED = 40  # bins of times, before they are made wider


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


def timed_bins(times: Iterable[Floats], frame_shift: float) -> Bins:
    """Choose bins for arrays (n,) of seconds: of a frame shift, or of an odd number of them where
    there would be too many.

    >>> import numpy as np
    >>> from visualize.panels.histogram import timed_bins
    >>> timed_bins([np.array([0.02, 0.06])], 0.02)
    Bins(low=-1, high=3, frame_shift=0.02, timed=True, each=1)
    >>> timed_bins([np.array([0.3, 1.9])], 0.02).each
    3
    """
    every = [array / frame_shift for array in times if array.size]
    for tail in (TAIL, LONG_TAIL):
        low, high = _ends(every, tail)
        if high - low <= MOST_TIMED:
            break
    factor = int(np.ceil((high - low) / MOST_TIMED)) | 1
    lowest, highest = int(np.floor(low / factor)), int(np.ceil(high / factor))
    return Bins(lowest, highest, frame_shift, timed=True, each=factor)


def bins_around(times: Iterable[Floats], frame_shift: float) -> Bins:
    """Choose bins that hold all but the tails of every array (n,) of frames, and 0 with a
    neighbour.

    >>> import numpy as np
    >>> from visualize.panels.histogram import bins_around
    >>> bins_around([np.array([1.0, 2.0, 3.0])], 0.02)
    Bins(low=-1, high=3, frame_shift=0.02, timed=False, each=1)
    """
    low, high = _ends([array for array in times if array.size], TAIL)
    lowest, highest = max(int(np.floor(low)), -WIDEST), min(int(np.ceil(high)), WIDEST)
    return Bins(lowest, highest, frame_shift, timed=False)


def _ends(every: Sequence[Floats], tail: float) -> tuple[float, float]:
    ends = [np.percentile(array, [tail, 100 - tail]) for array in every]
    low, high = min([-1.0, *(end[0] for end in ends)]), max([1.0, *(end[1] for end in ends)])
    return float(low), float(high)


def histogram_grid(
    headings: Mapping[str, PanelHeading],
    columns: int,
    panel: tuple[float, float],
    sides: tuple[float, float, float],
    text: str,
    labels: tuple[str, str],
) -> tuple[Figure, dict[str, Axes]]:
    """Make a figure of panels of a size with room for headings, with inches left of all panels,
    right of each and below them, a caption, and the labels of x and y.
    """
    left, right, below = sides
    x, y = labels
    above = max(heading.height for heading in headings.values()) + GAP
    around = left, right, above, below
    return grid_figure(list(headings), columns, panel, around, text, xlabel=x, ylabel=y)


def draw_histogram(axes: Axes, late: Floats, bins: Bins, colour: str = STUDENT) -> list[Artist]:
    """Draw the shares of numbers (n,) of frame shifts in bins, the share up to each, and the mean;
    x becomes frames or ms, y percent.
    """
    share = 100 * bins.counts(late) / max(late.size, 1)
    places, width = bins.numbers, bins.width
    drawn: list[Artist] = [
        *axes.bar(
            places * width, share, 0.8 * width, color=colour, alpha=0.75, zorder=2, gid="share"
        )
    ]
    (line,) = axes.step(*share_by(late, bins, late.size), where="post", color=TEXT)
    line.set_gid("cumulative share")
    drawn.append(line)
    if late.size:
        at = float(late.mean()) * bins.unit
        drawn.append(axes.axvline(at, color=TEXT, linestyle=":", zorder=3, gid="mean"))
    axes.set(xlim=((bins.low - 0.6) * width, (bins.high + 0.6) * width), ylim=(0, 104))
    axes.set_yticks([0, 25, 50, 75, 100])
    number_bins(axes, bins)
    return drawn


def share_by(late: Floats, bins: Bins, total: int) -> tuple[Floats, Floats]:
    """Count exactly by when how many of `total` times (n,) in frame shifts have come: x (m,) in
    frames or ms, and the share (m,) in percent from there on.

    >>> import numpy as np
    >>> from visualize.panels.histogram import bins_around, share_by
    >>> late = np.array([0.0, 1.0, 1.0])
    >>> x, share = share_by(late, bins_around([late], 0.02), total=4)
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

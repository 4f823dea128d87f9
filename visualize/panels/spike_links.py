"""Between a teacher and a student: matched spikes joined, and how far apart they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import ArrayLike

from refkd.alignment.clock import Clock
from refkd.alignment.decode import At
from refkd.alignment.metrics import alignment_shift
from refkd.alignment.spike_matching import timed_shift
from refkd.alignment.statistics import AlignmentShift, TimedShift
from refkd.check import Floats, Ints
from visualize.layout.glyphs import shown
from visualize.layout.style import EARLY, STUDENT, TEACHER, TEXT, signed
from visualize.layout.text import fewest_rows, inches_per_unit, line_height, text_width
from visualize.layout.units import unit
from visualize.panels.panels import GAP, MOST_ROWS, spike_rows, thickness, write_symbol

MOST_LINES = 1000  # that are artists of their own; of 200,000, each with 10 kB, they would be 2 GB
STEM = 0.06  # inches from a line of spikes up to their names
EDGE = 0.1  # inches at the left edge of a figure that stay empty
CROSSES = 0.14  # inches at either edge of the connectors, for spikes without a partner


@dataclass(frozen=True, eq=False)
class Links:
    """The spikes of a teacher and a student that belong together, on one time axis.

    >>> import numpy as np
    >>> from refkd.alignment.clock import Clock
    >>> from visualize.panels.spike_links import Links
    >>> teacher, student = np.eye(3)[[0, 1, 0, 2, 0, 0]], np.eye(3)[[0, 0, 1, 0, 0, 2]]
    >>> Links.between(teacher, student, Clock(0.02), Clock(0.02)).numbers
    ['+1', '+2']
    >>> Links.between(teacher, student, Clock(0.02), Clock(0.03)).numbers
    ['+40', '+90']
    """

    shift: AlignmentShift | TimedShift  # its numbers are in frames or in milliseconds
    teacher_clock: Clock  # when the teacher's frames are
    student_clock: Clock  # when the student's frames are

    @classmethod
    def between(
        cls,
        teacher_logits: ArrayLike,
        student_logits: ArrayLike,
        teacher_clock: Clock,
        student_clock: Clock,
        *,
        in_frames: bool | None = None,
        blank: int = 0,
        at: At = "start",
    ) -> "Links":
        """Match the spikes; in frames if both have one clock and nothing else is asked."""
        clocks = teacher_clock, student_clock
        if in_frames is None:
            in_frames = teacher_clock == student_clock
        if in_frames:
            return cls(alignment_shift(teacher_logits, student_logits, blank, at), *clocks)
        return cls(timed_shift(teacher_logits, student_logits, *clocks, blank, at), *clocks)

    @property
    def numbers(self) -> list[str]:
        """What stands on each connector: frames, or milliseconds."""
        if isinstance(self.shift, TimedShift):
            return [signed(round(unit().per * late)) for late in self.shift.offset.tolist()]
        return [signed(late) for late in self.shift.offset.tolist()]

    @property
    def ends(self) -> Floats:
        """Times (n, 2) of the student's and the teacher's spike of each pair, in seconds."""
        student = self.student_clock.seconds(self.shift.student_frames)
        teacher = self.teacher_clock.seconds(self.shift.teacher_frames)
        return np.stack([student, teacher], axis=1).astype(np.float64)

    @property
    def remarks(self) -> list[str]:
        """Mean, how many are matched, and how many spikes only the student has."""
        shift, remarks = self.shift, []
        if shift.n and isinstance(shift, TimedShift):
            remarks.append(f"mean {signed(round(unit().per * shift.mean))} {unit().small}")
        elif shift.n:
            timed = signed(round(unit().per * shift.mean * self.student_clock.frame_shift))
            remarks.append(f"mean {signed(round(shift.mean, 1))} ({timed} {unit().small})")
        remarks.append(f"{shift.n} of {shift.n + shift.teacher_unmatched} matched")
        if shift.student_unmatched:
            remarks.append(f"{shift.student_unmatched} extra")
        return remarks

    def rows(self, scale: float, rows: int | None = None) -> tuple[int, list[int]]:
        """Place the numbers, `scale` inches a second; in so many rows if that is given."""
        widths = [text_width(number) + GAP for number in self.numbers]
        most, least = rows or MOST_ROWS, rows or 1
        return fewest_rows(lambda rows: self.crossings(rows) * scale, widths, most, least)

    def crossings(self, rows: int) -> Floats:
        """The time (n, rows) at which each connector crosses each row of numbers."""
        student, teacher = self.ends.T[:, :, None]
        crossings: Floats = student + (teacher - student) * _row_heights(rows)
        return crossings


def links_height(rows: int) -> float:
    """Inches that the connectors need for so many rows of numbers."""
    return 2 * CROSSES + rows * line_height()


def _row_heights(rows: int) -> Floats:
    """Where the rows of numbers are, from the student's edge 0 to the teacher's edge 1."""
    heights: Floats = CROSSES + (np.arange(rows, dtype=np.float64) + 0.5) * line_height()
    return heights / links_height(rows)


def _draw_crowd(
    axes: Axes, links: Links, symbols: Sequence[str], colour: str, width: float
) -> None:
    """All connectors of a symbol as one collection, for each symbol."""
    labels, sign = links.shift.labels, np.sign(links.shift.offset).astype(np.int64)
    ends = np.stack([links.ends, np.tile([0.0, 1.0], (labels.size, 1))], axis=2)
    colours = np.array([TEXT, colour, EARLY])[sign]  # -1, early, is the last
    for label in np.unique(labels):
        chosen = labels == label
        lines = LineCollection(
            list(ends[chosen]),
            colors=colours[chosen].tolist(),
            linewidths=width,
            gid=f"matched {symbols[label]}",
        )
        axes.add_collection(lines)


def draw_links(
    axes: Axes,
    links: Links,
    symbols: Sequence[str],
    *,
    colour: str = STUDENT,
    rows: int | None = None,
) -> None:
    """Connect matched spikes, teacher above and student below, and write how far apart they are;
    spikes without a partner are crosses.
    """
    shift = links.shift
    rows, chosen = links.rows(inches_per_unit(axes)[0], rows)
    crossings, heights = links.crossings(rows), _row_heights(rows)
    thin = thickness(axes, len(links.ends))
    if shift.n > MOST_LINES:
        _draw_crowd(axes, links, symbols, colour, thin)
    for n, (ends, number) in enumerate(zip(links.ends, links.numbers, strict=True)):
        late = shift.offset[n]
        shade = colour if late > 0 else EARLY if late < 0 else TEXT
        if shift.n <= MOST_LINES:
            (line,) = axes.plot(ends, (0, 1), color=shade, linewidth=thin, solid_capstyle="round")
            line.set_gid(f"matched {symbols[shift.labels[n]]}")
        if chosen[n] >= 0:
            x, y = crossings[n, chosen[n]], heights[chosen[n]]
            write_symbol(axes, x, y, number, shade, va="center_baseline")
    for which, shade in enumerate((colour, TEACHER)):
        seconds, y = links.ends[:, which], np.full(len(links.ends), which)
        axes.plot(seconds, y, "o", color=shade, markersize=3 * thin, clip_on=False)
    edge = CROSSES / 2 / links_height(rows)
    for seconds, y, shade, gid in (
        (links.teacher_clock.seconds(shift.teacher_only_frames), 1 - edge, TEACHER, "teacher only"),
        (links.student_clock.seconds(shift.student_only_frames), edge, colour, "student only"),
    ):
        places = np.full(seconds.size, y)
        axes.plot(seconds, places, "x", color=shade, markersize=5, gid=gid)
    axes.set(ylim=(0, 1), yticks=[])
    axes.spines[:].set_visible(False)


def spikes_height(rows: int) -> float:
    """Inches that a strip of spikes alone needs for so many rows of names."""
    return STEM + rows * line_height()


def draw_spikes(
    axes: Axes,
    spikes: tuple[Ints, Ints],
    symbols: Sequence[str],
    clock: Clock,
    colour: str,
    owner: str,
) -> None:
    """Draw the labels and frames of a model's spikes alone, on axes of `spikes_height`: a line, a
    stem and a name for each, and the model's name to the left where it has room.
    """
    labels, frames = spikes
    box, dots = axes.get_window_extent(), axes.figure.dpi
    scale, times, height = inches_per_unit(axes)[0], clock.seconds(frames), box.height / dots
    _, chosen = spike_rows(frames, labels, symbols, scale * clock.frame_shift)
    places = (times - axes.get_xlim()[0]) * scale
    widths = [text_width(symbols[label]) for label in labels]
    heights = (STEM + np.maximum(chosen, 0) * line_height()) / height
    axes.axhline(0.0, color=colour, linewidth=0.8, clip_on=False)
    axes.vlines(times, 0.0, heights, color=colour, linewidth=0.5)
    for x, y, label, row in zip(times, heights, labels, chosen, strict=True):
        if row >= 0:
            write_symbol(axes, x, y, symbols[label], colour, va="bottom")
    out = max((w / 2 - x for x, w in zip(places, widths, strict=True)), default=0.0)
    apart = GAP + max(out, 0.0)  # of the names, too, that reach beyond the axes
    if text_width(owner) + apart + EDGE <= box.x0 / dots:
        name = axes.text(-apart * dots / box.width, 0.0, shown(owner), transform=axes.transAxes)
        name.set(color=colour, ha="right", va="bottom", parse_math=False)
    axes.set(ylim=(0, 1), yticks=[])
    axes.spines[:].set_visible(False)

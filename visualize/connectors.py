"""The strip between a teacher and a student: matched spikes joined, and how far apart they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import ArrayLike

from refkd.check import Floats
from refkd.decode import At
from refkd.metrics import alignment_shift
from refkd.records.clock import Clock
from refkd.records.offsets import AlignmentShift
from refkd.records.timed_offsets import TimedShift
from refkd.timing import timed_shift
from visualize.panels import GAP, MOST_ROWS, thickness, write_symbol
from visualize.place import fewest_rows, inches_per_unit, line_height, text_width
from visualize.style import EARLY, STUDENT, TEACHER, TEXT, signed

MOST_LINES = 1000  # that are artists of their own; of 200,000, each with 10 kB, they would be 2 GB
CROSSES = 0.14  # inches at either edge of the connectors, for spikes without a partner


@dataclass(frozen=True, eq=False)
class Links:
    """The spikes of a teacher and a student that belong together, on one time axis.

    Parameters
    ----------
    shift : AlignmentShift or TimedShift
        Its numbers are told in frames or in milliseconds.
    teacher_clock : Clock
        When the teacher's frames are.
    student_clock : Clock
        When the student's frames are.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.records.clock import Clock
    >>> from visualize.connectors import Links
    >>> teacher, student = np.eye(3)[[0, 1, 0, 2, 0, 0]], np.eye(3)[[0, 0, 1, 0, 0, 2]]
    >>> Links.between(teacher, student, Clock(0.02), Clock(0.02)).numbers
    ['+1', '+2']
    >>> Links.between(teacher, student, Clock(0.02), Clock(0.03)).numbers
    ['+40', '+90']
    """

    shift: AlignmentShift | TimedShift
    teacher_clock: Clock
    student_clock: Clock

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
            return [signed(round(1000 * late)) for late in self.shift.offset.tolist()]
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
        shift, told = self.shift, []
        if shift.n and isinstance(shift, TimedShift):
            told.append(f"mean {signed(round(1000 * shift.mean))} ms")
        elif shift.n:
            ms = signed(round(1000 * shift.mean * self.student_clock.frame_shift))
            told.append(f"mean {signed(round(shift.mean, 1))} ({ms} ms)")
        told.append(f"{shift.n} of {shift.n + shift.teacher_unmatched} matched")
        if shift.student_unmatched:
            told.append(f"{shift.student_unmatched} extra")
        return told

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


def _draw_crowd(axes: Axes, links: Links, symbols: Sequence[str], width: float) -> list[Artist]:
    """All connectors of a symbol as one collection, for each symbol."""
    labels, sign = links.shift.labels, np.sign(links.shift.offset).astype(np.int64)
    ends = np.stack([links.ends, np.tile([0.0, 1.0], (labels.size, 1))], axis=2)
    colours = np.array([TEXT, STUDENT, EARLY])[sign]  # -1, early, is the last
    return [
        axes.add_collection(
            LineCollection(
                list(ends[labels == label]),
                colors=colours[labels == label].tolist(),
                linewidths=width,
                gid=f"matched {symbols[label]}",
            )
        )
        for label in np.unique(labels)
    ]


def draw_links(
    axes: Axes, links: Links, symbols: Sequence[str], *, rows: int | None = None
) -> list[Artist]:
    """Connect matched spikes, teacher above and student below, and write how far apart they are.

    Parameters
    ----------
    axes : Axes
        x in seconds.
    links : Links
        Pairs and unmatched spikes of one utterance.
    symbols : (K,) sequence of str
        Name of each label.
    rows : int, optional
        Of numbers; as few as possible if not given.

    Returns
    -------
    list of Artist
        Connectors, their numbers, and a cross for each spike without a partner.
    """
    shift = links.shift
    rows, chosen = links.rows(inches_per_unit(axes)[0], rows)
    crossings, heights = links.crossings(rows), _row_heights(rows)
    thin = thickness(axes, len(links.ends))
    drawn: list[Artist] = []
    if shift.n > MOST_LINES:
        drawn += _draw_crowd(axes, links, symbols, thin)
    for n, (ends, number) in enumerate(zip(links.ends, links.numbers, strict=True)):
        colour = STUDENT if shift.offset[n] > 0 else EARLY if shift.offset[n] < 0 else TEXT
        if shift.n <= MOST_LINES:
            line = axes.plot(ends, (0, 1), color=colour, linewidth=thin, solid_capstyle="round")
            line[0].set_gid(f"matched {symbols[shift.labels[n]]}")
            drawn += line
        if chosen[n] >= 0:
            x, y = crossings[n, chosen[n]], heights[chosen[n]]
            drawn.append(write_symbol(axes, x, y, number, colour, va="center_baseline"))
    for which, colour in enumerate((STUDENT, TEACHER)):
        seconds, y = links.ends[:, which], np.full(len(links.ends), which)
        axes.plot(seconds, y, "o", color=colour, markersize=3 * thin, clip_on=False)
    edge = CROSSES / 2 / links_height(rows)
    for seconds, y, colour, gid in (
        (links.teacher_clock.seconds(shift.teacher_only_frames), 1 - edge, TEACHER, "teacher only"),
        (links.student_clock.seconds(shift.student_only_frames), edge, STUDENT, "student only"),
    ):
        places = np.full(seconds.size, y)
        drawn += axes.plot(seconds, places, "x", color=colour, markersize=5, gid=gid)
    axes.set(ylim=(0, 1), yticks=[])
    axes.spines[:].set_visible(False)
    return drawn

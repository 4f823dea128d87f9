"""One rule on one utterance: the teacher's time against the student's."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.markers import TICKRIGHT, TICKUP
from matplotlib.ticker import MaxNLocator

from refkd.alignment.clock import Clock
from refkd.alignment.decode import At, best_labels, spikes
from refkd.alignment.metrics import alignment_shift
from refkd.check import Floats
from refkd.losses.traces import DistillTrace
from visualize.layout.spots import Box
from visualize.layout.style import BLANK, EARLY, STUDENT, TEACHER, TEXT
from visualize.layout.text import inches_per_unit, line_height, text_width
from visualize.panels.choices import draw_chosen, draw_window

TICK = 0.45  # inches from one number to the next, at least
BESIDE = 0.07  # inches between a name and what it stands beside
EDGE = 0.1  # inches at an edge: for marks of spikes, or without a number that the next panel has
SEEN = 0.3  # share of the largest weight from which on a name keeps clear of a pair


def draw_rule(
    axes: Axes,
    trace: DistillTrace,
    student: Floats,
    teacher: Floats,
    symbols: Sequence[str],
    clock: Clock,
    *,
    blank: int = 0,
    at: At = "start",
    colour: str = STUDENT,
) -> list[Artist]:
    """Draw window, choices and spikes; where a spike's pair meets its choice, a circle is struck.

    Parameters
    ----------
    axes : Axes
        Square and in its final place, because text is measured; both axes become seconds.
    trace : DistillTrace
        Of these two models.
    student : (T, K) array
        Logits.
    teacher : (T, K) array
        Logits.
    symbols : (K,) sequence of str
        Name of each label.
    clock : Clock
        When frames are, of both.
    blank : int
        0 <= blank < K.
    at : {"start", "peak"}
        Time of a spike.
    colour : str
        Of the student, and of pairs of spikes where it is late.

    Returns
    -------
    list of Artist
        Window, choices, marks of the teacher's and the student's spikes, a circle for each
        matched pair of spikes, and names of the teacher's spikes where there is room.
    """
    labels, frames = spikes(teacher, blank, at)
    shift = alignment_shift(teacher, student, blank, at)
    limits = clock.seconds(-0.5), clock.seconds(len(student) - 0.5)
    spiking = best_labels(teacher, blank) != blank
    axes.set(xlim=limits, ylim=limits)
    drawn = draw_window(axes, trace, clock, relative=False)
    drawn += draw_chosen(axes, trace, clock, spiking, relative=False)
    axes.axline((limits[0], limits[0]), slope=1, color=BLANK, linewidth=0.8, linestyle=":")
    axes.set(xlim=limits, ylim=limits, aspect="auto")

    own = clock.seconds(spikes(student, blank, at)[1])
    theirs = clock.seconds(frames)
    for x, y, mark, shade, gid in (
        (np.full(theirs.size, limits[0]), theirs, TICKRIGHT, TEACHER, "teacher's spikes"),
        (own, np.full(own.size, limits[0]), TICKUP, colour, "student's spikes"),
    ):
        drawn += axes.plot(x, y, linestyle="", marker=mark, color=shade, markersize=5, gid=gid)
    late = np.sign(shift.offset)
    matched = axes.scatter(
        clock.seconds(shift.student_frames),
        clock.seconds(shift.teacher_frames),
        s=20,
        facecolors="none",
        edgecolors=np.array([EARLY, TEXT, colour])[late + 1],
        linewidths=0.9,
        zorder=4,
        gid="matched spikes",
    )
    drawn.append(matched)
    clear = _marks(trace, clock, np.asarray(matched.get_offsets()))
    drawn += _write_names(axes, [symbols[label] for label in labels], theirs, clear)
    most = max(int(_side(axes) / TICK), 1)
    times = MaxNLocator(nbins=most, steps=[1, 2, 5, 10]).tick_values(*limits)
    times = times[(times >= limits[0]) & (times <= limits[1])]
    room = limits[1] - EDGE / inches_per_unit(axes)[0]
    axes.set(xticks=times[times <= room], yticks=times)
    return drawn


def _side(axes: Axes) -> float:
    return float(axes.get_window_extent().width / axes.figure.dpi)


def _marks(trace: DistillTrace, clock: Clock, circles: Floats) -> Floats:
    """Points (n, 2) in seconds that names keep clear of: choices, the way between them, circles."""
    pairs = trace.pairs[trace.pair_weight >= SEEN * trace.pair_weight.max(initial=0.0)]
    ends = clock.seconds(pairs.astype(np.float64))
    ways = [np.linspace(a, b, 6) for a, b in pairwise(ends)]
    return np.concatenate([np.empty((0, 2)), *ways, ends[:1], circles])


def _write_names(axes: Axes, names: Sequence[str], times: Floats, marks: Floats) -> list[Artist]:
    """Write each name at its teacher's time, right of all marks or left of them."""
    scale, origin, side = inches_per_unit(axes)[0], axes.get_xlim()[0], _side(axes)
    marks, heights = (marks - origin) * scale, (times - origin) * scale
    half = 0.45 * line_height()
    taken: list[Box] = []
    drawn: list[Artist] = []
    for name, y in zip(names, heights, strict=True):
        across = np.append(marks[abs(marks[:, 1] - y) < half, 0], y)
        right, left, width = across.max() + BESIDE, across.min() - BESIDE, text_width(name)
        for start in (right, left - width):
            box = (start, y - half, start + width, y + half)
            inside = start >= EDGE and box[2] <= side and box[1] >= EDGE and box[3] <= side
            if inside and not any(_meet(box, other) for other in taken):
                taken.append(box)
                place = start / scale + origin, y / scale + origin
                text = axes.text(*place, name, va="center_baseline", color=TEACHER)
                text.set_parse_math(False)
                drawn.append(text)
                break
    return drawn


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]

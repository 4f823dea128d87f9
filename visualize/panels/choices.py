"""The window of each student frame, and the teacher frames that a rule selected in it."""

from typing import Any, Literal, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgba

from refkd.alignment.clock import Clock
from refkd.check import Bools, Floats, Ints
from refkd.losses.traces import DistillTrace
from visualize.layout.colorbar import draw_cells
from visualize.layout.style import BLANK, FAINT, TEACHER, TEXT, signed
from visualize.layout.text import POINTS, inches_per_unit

Shape: TypeAlias = Literal["staircase", "path", "weights"]

# The smaller a weight, the more of the ground is seen, which may be light or dark.
WEIGHTS, AT_SPIKES = (
    LinearSegmentedColormap.from_list("weights", [to_rgba(colour, 0.1), to_rgba(colour)])
    for colour in ("#757575", TEACHER)
)
DOTS = (2.2, 3.5)  # points across, of choices at the teacher's spikes
BEYOND = 3  # frames shown on either side of the choices, where the window is wider


def draw_choices(axes: Axes, trace: DistillTrace, clock: Clock, spiking: Bools) -> None:
    """Draw the window and the chosen teacher frames relative to the student's own frame, earlier
    ones below; `spiking` (T,) are the teacher frames whose best label is not the blank.
    """
    draw_window(axes, trace, clock, relative=True)
    draw_chosen(axes, trace, clock, spiking, relative=True)
    axes.axhline(0.0, color=BLANK, linewidth=0.8, linestyle=":")
    low, high = rows_shown(trace)
    room = 0.5 + max(0.3, 0.05 * (high - low))
    ticks = [row for row in (low, high) if abs(row) > 0.2 * (high - low)] + [0]
    axes.set(ylim=(low - room, high + room), ylabel="selected\n(frames)")
    axes.set_yticks(ticks, [signed(row) for row in ticks])
    axes.spines["bottom"].set_visible(False)


def draw_window(axes: Axes, trace: DistillTrace, clock: Clock, *, relative: bool) -> None:
    """Shade the teacher frames that each student frame sees: relative to the student's frame, or in
    the teacher's seconds.
    """
    student = np.arange(len(trace.divergence))
    first = np.maximum(student - trace.window.left, 0)
    last = np.minimum(student + trace.window.right, student.size - 1)
    own, first, last = (frames.repeat(2) for frames in (student, first, last))
    axes.fill_between(
        clock.seconds(_treads(student)),
        _height(own, first - 0.5, clock, relative),
        _height(own, last + 0.5, clock, relative),
        where=first <= last,
        color=FAINT,
        alpha=0.6,
        linewidth=0,
        gid="window",
    )


def draw_chosen(
    axes: Axes, trace: DistillTrace, clock: Clock, spiking: Bools, *, relative: bool
) -> None:
    """Draw the chosen pairs as a staircase, as a path, or as cells that show the weight; then those
    at teacher frames that are `spiking` (T,).
    """
    i, j = trace.pairs.T
    shape, at = shape_of(trace), spiking[j]
    if shape == "weights":
        _draw_weights(axes, trace, clock, relative, np.full(i.size, True), WEIGHTS, "weight")
        _draw_weights(axes, trace, clock, relative, at, AT_SPIKES, "weight at teacher spikes")
        return
    x, y = i.astype(np.float64), _height(i, j, clock, relative)
    seconds, heights = clock.seconds(x[at]), y[at]
    if shape == "staircase":
        gaps = 2 * (np.flatnonzero(np.diff(i) > 1) + 1)
        x, y = (np.insert(ends, gaps, np.nan) for ends in (_treads(i), y.repeat(2)))
    points = POINTS * inches_per_unit(axes)[0] * clock.frame_shift  # of one frame
    size = float(np.clip(0.9 * points, *DOTS))
    axes.plot(clock.seconds(x), y, color=TEXT, linewidth=0.8, gid="chosen")
    (dots,) = axes.plot(seconds, heights, "o", color=TEACHER, markersize=size, markeredgewidth=0.0)
    dots.set_gid("chosen at teacher spikes")


def shape_of(trace: DistillTrace) -> Shape:
    """Decide how to draw the pairs of a rule: one teacher frame for each student frame; a path
    through both without a jump; or pair by pair.

    >>> import refkd
    >>> from visualize.panels.choices import shape_of
    >>> from visualize.figures.toy import toy_models
    >>> student, teacher = toy_models()["3 frames late"], toy_models()["teacher"]
    >>> window = refkd.Window(6)
    >>> rules = refkd.Hard(window), refkd.OrderedPath(window), refkd.PerTeacher(window)
    >>> [shape_of(refkd.distill_trace(student, teacher, rule)) for rule in rules]
    ['staircase', 'path', 'weights']
    """
    if np.ptp(trace.pair_weight) if trace.pair_weight.size else 0.0:
        return "weights"
    steps = np.diff(trace.pairs, axis=0)
    if (steps[:, 0] > 0).all():
        return "staircase"
    return "path" if ((steps >= 0) & (steps <= 1)).all() else "weights"


def _draw_weights(
    axes: Axes,
    trace: DistillTrace,
    clock: Clock,
    relative: bool,
    some: Bools,
    colours: LinearSegmentedColormap,
    gid: str,
) -> None:
    """One cell for each of some pairs."""
    (i, j), T = trace.pairs.T, len(trace.divergence)
    rows = j - i if relative else j
    lowest, highest = rows.min(), rows.max()
    cells = np.full((highest - lowest + 1, T), np.nan)
    cells[rows - lowest, i] = np.where(some & (trace.pair_weight > 0.0), trace.pair_weight, np.nan)
    low, high = _height(np.zeros(2), np.array([lowest - 0.5, highest + 0.5]), clock, relative)
    edges = clock.seconds(-0.5), clock.seconds(T - 0.5), low, high
    look: dict[str, Any] = {"cmap": colours, "origin": "lower", "zorder": 1.5, "gid": gid}
    draw_cells(axes, cells, edges, (0.0, trace.pair_weight.max()), **look)


def _height(student: Any, teacher: Any, clock: Clock, relative: bool) -> Any:
    return 1.0 * (teacher - student) if relative else clock.seconds(teacher)


def _treads(frames: Ints) -> Floats:
    """Begin and end (2 n,) of each frame, one after the other."""
    ends: Floats = frames[:, None] + np.array([-0.5, 0.5])
    return ends.ravel()


def rows_shown(trace: DistillTrace) -> tuple[int, int]:
    """Lowest and highest teacher frame of the strip, relative to the student's own."""
    rows = trace.pairs[:, 1] - trace.pairs[:, 0]
    low, high = min(rows.min(initial=0), 0), max(rows.max(initial=0), 0)
    left, right = trace.window.left, trace.window.right
    return min(max(-left, low - BEYOND), 0), max(min(right, high + BEYOND), 0)

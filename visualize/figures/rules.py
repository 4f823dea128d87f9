"""Several rules side by side on one utterance: their windows and the selected teacher frames."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.markers import TICKRIGHT, TICKUP
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from refkd import check
from refkd.alignment.clock import Clock
from refkd.alignment.decode import At, best_labels, spikes
from refkd.alignment.metrics import alignment_shift
from refkd.check import Floats
from refkd.losses.traces import DistillTrace
from visualize.layout.glyphs import symbol_names
from visualize.layout.grid import columns_of, grid_figure
from visualize.layout.headings import heading_height, panel_heading, write_above
from visualize.layout.labels import Box
from visualize.layout.layout import panel_width
from visualize.layout.legend import Look, looks_of
from visualize.layout.style import BLANK, EARLY, STUDENT, TEACHER, TEXT, in_style
from visualize.layout.text import inches_per_unit, line_height, text_width
from visualize.panels.choices import draw_chosen, draw_window, shape_of
from visualize.panels.panels import clock_of

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
) -> None:
    """Draw window, choices and spikes of two models (T, K) over square axes in seconds; a circle
    for each matched pair of spikes, and names of the teacher's spikes where there is room.
    """
    labels, frames = spikes(teacher, blank, at)
    shift = alignment_shift(teacher, student, blank, at)
    limits = clock.seconds(-0.5), clock.seconds(len(student) - 0.5)
    spiking = best_labels(teacher, blank) != blank
    axes.set(xlim=limits, ylim=limits)
    draw_window(axes, trace, clock, relative=False)
    draw_chosen(axes, trace, clock, spiking, relative=False)
    axes.axline((limits[0], limits[0]), slope=1, color=BLANK, linewidth=0.8, linestyle=":")
    axes.set(xlim=limits, ylim=limits, aspect="auto")

    own = clock.seconds(spikes(student, blank, at)[1])
    theirs = clock.seconds(frames)
    for x, y, mark, shade, gid in (
        (np.full(theirs.size, limits[0]), theirs, TICKRIGHT, TEACHER, "teacher's spikes"),
        (own, np.full(own.size, limits[0]), TICKUP, colour, "student's spikes"),
    ):
        axes.plot(x, y, linestyle="", marker=mark, color=shade, markersize=5, gid=gid)
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
    clear = _marks(trace, clock, np.asarray(matched.get_offsets()))
    _write_names(axes, [symbols[label] for label in labels], theirs, clear)
    most = max(int(_side(axes) / TICK), 1)
    times = MaxNLocator(nbins=most, steps=[1, 2, 5, 10]).tick_values(*limits)
    times = times[(times >= limits[0]) & (times <= limits[1])]
    room = limits[1] - EDGE / inches_per_unit(axes)[0]
    axes.set(xticks=times[times <= room], yticks=times)


def _side(axes: Axes) -> float:
    return float(axes.get_window_extent().width / axes.figure.dpi)


def _marks(trace: DistillTrace, clock: Clock, circles: Floats) -> Floats:
    """Points (n, 2) in seconds that names keep clear of: choices, the way between them, circles."""
    pairs = trace.pairs[trace.pair_weight >= SEEN * trace.pair_weight.max(initial=0.0)]
    ends = clock.seconds(pairs.astype(np.float64))
    ways = [np.linspace(a, b, 6) for a, b in pairwise(ends)]
    return np.concatenate([np.empty((0, 2)), *ways, ends[:1], circles])


def _write_names(axes: Axes, names: Sequence[str], times: Floats, marks: Floats) -> None:
    """Write each name at its teacher's time, right of all marks or left of them."""
    scale, origin, side = inches_per_unit(axes)[0], axes.get_xlim()[0], _side(axes)
    marks, heights = (marks - origin) * scale, (times - origin) * scale
    half = 0.45 * line_height()
    taken: list[Box] = []
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
                break


def _meet(box: Box, other: Box) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]


SIDE = 2.1  # inches of a panel, if no width is asked
COLUMNS = 3  # if no width is asked
LEAST, MOST = 1.1, 3.2  # inches of a panel, otherwise
LEFT, BELOW = 0.64, 0.5  # inches around the panels
GAP = 0.17  # inches between panels
BETWEEN = 0.06  # inches between two titles, and under one


def rules_figure(
    traces: Mapping[str, DistillTrace],
    student_logits: ArrayLike | Mapping[str, ArrayLike],
    teacher_logits: ArrayLike,
    symbols: Sequence[str],
    frame_shift: float,
    *,
    first_frame: float = 0.0,
    title: str = "",
    caption: str = "",
    blank: int = 0,
    at: At = "start",
    width: float | None = None,
    looks: Mapping[str, Look] | None = None,
) -> Figure:
    """Draw several rules side by side: the window and the selected teacher frames of each.

    Parameters
    ----------
    traces : mapping of str to DistillTrace
        As from `refkd.distill_trace`, each under the name that it is shown by.
    student_logits : (T, K) array, or mapping of str to (T, K) array
        Of the student that all traces were made of, or of each by the name of its trace.
    teacher_logits : (T, K) array
        That the traces were made of.
    symbols : (K,) sequence of str
        Name of each label.
    frame_shift, first_frame : float
        Seconds from one frame to the next, and at frame 0.
    title, caption : str
        Above the figure, and after the text below it.
    blank : int
        0 <= blank < K.
    at : {"start", "peak"}
        Time of a spike, as for `refkd.alignment.decode.spikes`.
    width : float, optional
        Inches; chosen by the number of rules if not given.
    looks : mapping of str to (colour, line style), optional
        Of the student of each trace by its name, as from `looks_of`; vermilion if not given.

    Returns
    -------
    Figure
        One square panel for each rule, labelled by its name: x the student's time, y the
        teacher's.

    Raises
    ------
    ArgumentError
        If there is no trace, or the logits do not fit.

    Examples
    --------
    >>> import refkd
    >>> from visualize import rules_figure
    >>> from visualize.figures.toy import toy_models
    >>> student, teacher = toy_models()["3 frames late"], toy_models()["teacher"]
    >>> rules = {"FrameWise": refkd.FrameWise(), "Hard": refkd.Hard(refkd.Window(6))}
    >>> traces = {name: refkd.distill_trace(student, teacher, rules[name]) for name in rules}
    >>> figure = rules_figure(traces, student, teacher, ["-", "a", "b", "c", "d"], 0.02)
    >>> [axes.get_label() for axes in figure.axes]
    ['FrameWise', 'Hard']
    """
    clock = clock_of(frame_shift, first_frame)
    teacher, students = _checked(traces, student_logits, teacher_logits, symbols)
    symbols = symbol_names(symbols, spikes(teacher, blank, at)[0])
    colours = dict.fromkeys(traces, STUDENT)
    if looks is not None:
        colours = {name: colour for name, (colour, _) in looks_of(list(traces), "", looks).items()}
    columns, side, gap = _columns(len(traces), width)
    headings = {
        name: panel_heading(
            name, [f"{trace.loss / len(trace.divergence):.3f} nats per frame"], side + gap - BETWEEN
        )
        for name, trace in traces.items()
    }
    above = GAP + BETWEEN + max(map(heading_height, headings.values()))
    with in_style():
        figure, axes = grid_figure(
            list(traces),
            columns,
            (side, side),
            (LEFT, gap, above, BELOW),
            f"{_legend(traces.values())} {caption}",
            xlabel="student time (s)",
            ylabel="teacher time (s)",
            title=title,
        )
        for name, trace in traces.items():
            models = students[name], teacher
            options: dict[str, Any] = {"blank": blank, "at": at, "colour": colours[name]}
            draw_rule(axes[name], trace, *models, symbols, clock, **options)
            write_above(axes[name], headings[name], colours[name])
    return figure


def _checked(
    traces: Mapping[str, DistillTrace],
    student_logits: ArrayLike | Mapping[str, ArrayLike],
    teacher_logits: ArrayLike,
    symbols: Sequence[str],
) -> tuple[Floats, dict[str, Floats]]:
    """Logits of the teacher, and of the student of each trace."""
    if not traces:
        check.fail("traces", "at least one", "none")
    teacher = check.logits("teacher_logits", teacher_logits, len(symbols))
    students = {}
    for name, trace in traces.items():
        check.instance(f"traces[{name!r}]", trace, DistillTrace)
        argument, logits = "student_logits", student_logits
        if isinstance(logits, Mapping):
            if name not in logits:
                check.fail("student_logits", f"logits of {name!r}", f"names {list(logits)}")
            argument, logits = f"student_logits[{name!r}]", logits[name]
        students[name] = check.logits(argument, logits, len(symbols))
        frames = len(trace.divergence)
        for who, array in (("teacher_logits", teacher), (argument, students[name])):
            check.same_length(who, len(array), f"traces[{name!r}]", frames, "T")
    return teacher, students


def _columns(panels: int, width: float | None) -> tuple[int, float, float]:
    """How many panels stand in a row, the inches of one, and those right of it."""
    if width is None:
        return min(panels, COLUMNS), SIDE, GAP
    columns = columns_of(panels, panels, panel_width(width, SIDE, LEFT, 0.0), LEAST + GAP)
    each = (width - LEFT) / columns
    side = min(each - GAP, MOST)
    return columns, side, each - side


def _legend(traces: Iterable[DistillTrace]) -> str:
    """Explain the signs."""
    shapes = {shape_of(trace) for trace in traces}
    sentences = ["Shaded: the window of each student frame; dotted: its own time."]
    if shapes - {"weights"}:
        sentences.append("Line: the selected teacher frames; dots: those at spikes of the teacher.")
    if "weights" in shapes:
        sentences.append(
            "Cells: the selected teacher frames, the stronger the colour the greater the weight; "
            "blue: those at spikes of the teacher."
        )
    sentences.append(
        "At the edges: spikes of the teacher (left) and of the student (below). Circles: matched "
        "spikes, in the colour of the student if it is late, green if it is early, otherwise in "
        "the colour of the text. Where the selection passes through a circle, a spike of the "
        "student is compared with its partner."
    )
    return " ".join(sentences)

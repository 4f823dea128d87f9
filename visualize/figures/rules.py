"""Several rules side by side on one utterance: what a student sees, and what it learns from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from refkd import check
from refkd.alignment.clock import Clock
from refkd.alignment.decode import At, spikes
from refkd.check import Floats
from refkd.losses.traces import DistillTrace
from visualize.figures.rule_panel import draw_rule
from visualize.layout.glyphs import symbol_names
from visualize.layout.grid import PanelHeading, columns_of, grid_figure
from visualize.layout.layout import panel_width
from visualize.layout.legend import Look, looks_of
from visualize.layout.style import STUDENT, in_style
from visualize.panels.choices import shape_of

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
    """Draw several rules side by side: the window and the chosen teacher frames of each.

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
    frame_shift : float
        Seconds from one frame to the next.
    first_frame : float
        Time of frame 0 in seconds.
    title : str
        Above the figure.
    caption : str
        Added to the text below the figure, which says what the signs mean.
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
    clock = Clock(
        check.positive("frame_shift", frame_shift), check.finite_number("first_frame", first_frame)
    )
    teacher, students = _checked(traces, student_logits, teacher_logits, symbols)
    symbols = symbol_names(symbols, spikes(teacher, blank, at)[0])
    colours = dict.fromkeys(traces, STUDENT)
    if looks is not None:
        colours = {name: colour for name, (colour, _) in looks_of(list(traces), "", looks).items()}
    columns, side, gap = _columns(len(traces), width)
    headings = {
        name: PanelHeading.wrapped(name, [_charge(trace)], side + gap - BETWEEN, colours[name])
        for name, trace in traces.items()
    }
    above = GAP + BETWEEN + max(heading.height for heading in headings.values())
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
            headings[name].write(axes[name])
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
        for who, one in (("teacher_logits", teacher), (argument, students[name])):
            check.same_length(who, len(one), f"traces[{name!r}]", frames, "T")
    return teacher, students


def _columns(panels: int, width: float | None) -> tuple[int, float, float]:
    """How many panels stand in a row, the inches of one, and those right of it."""
    if width is None:
        return min(panels, COLUMNS), SIDE, GAP
    columns = columns_of(panels, panels, panel_width(width, SIDE, LEFT, 0.0), LEAST + GAP)
    each = (width - LEFT) / columns
    side = min(each - GAP, MOST)
    return columns, side, each - side


def _charge(trace: DistillTrace) -> str:
    return f"{trace.loss / len(trace.divergence):.3f} nats per frame"


def _legend(traces: Iterable[DistillTrace]) -> str:
    """What the signs mean."""
    shapes = {shape_of(trace) for trace in traces}
    sentences = ["Shaded: the teacher frames that a student frame sees; dotted: its own time."]
    if shapes - {"weights"}:
        sentences.append("Line: those that the rule chose; dots: where the teacher spikes.")
    if "weights" in shapes:
        sentences.append(
            "Cells: those that it chose, the darker the heavier; blue: where the teacher spikes."
        )
    sentences.append(
        "At the edges: spikes of the teacher (left) and of the student (below). Circles: spikes "
        "that belong together, in the colour of the student if it is late, green if it is early, "
        "black otherwise; where the choices meet a circle, a spike is learnt from its own."
    )
    return " ".join(sentences)

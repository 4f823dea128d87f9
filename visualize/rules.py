"""Several rules side by side on one utterance: what a student sees, and what it learns from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from refkd import check
from refkd.check import Floats
from refkd.decode import At
from refkd.records.clock import Clock
from refkd.records.traces import DistillTrace
from visualize.choices import shape_of
from visualize.glyphs import shown, symbol_names
from visualize.layout import MARGIN, write_caption, write_title
from visualize.place import line_height, text_width, wrapped
from visualize.rule_panel import draw_rule
from visualize.style import NORMAL, SMALL, in_style, new_figure

SIDE = 2.1  # inches of a panel, if no width is asked
COLUMNS = 3  # if no width is asked
LEAST, MOST = 1.2, 3.2  # inches of a panel, otherwise
LEFT, BELOW, RIGHT = 0.7, 0.5, MARGIN  # inches around the panels
GAP = 0.2  # inches between panels
UNDER = 0.07  # inches under a title
BOLD = 1.15  # width of bold letters, to plain ones

Title: TypeAlias = tuple[str, str, float]  # name and loss in lines, and the size of the name


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
        Time of a spike, as for `refkd.decode.spikes`.
    width : float, optional
        Inches; chosen by the number of rules if not given.

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
    >>> from visualize.toy import toy_models
    >>> student, teacher = toy_models()["3 frames late"], toy_models()["teacher"]
    >>> rules = {"FrameWise": refkd.FrameWise(), "Hard": refkd.Hard(refkd.Window(6))}
    >>> traces = {name: refkd.distill_trace(student, teacher, rules[name]) for name in rules}
    >>> figure = rules_figure(traces, student, teacher, ["-", "a", "b", "c", "d"], 0.02)
    >>> [(axes.get_label(), axes.get_xlabel()) for axes in figure.axes]
    [('FrameWise', 'student time (s)'), ('Hard', 'student time (s)')]
    """
    clock = Clock(
        check.positive("frame_shift", frame_shift), check.finite_number("first_frame", first_frame)
    )
    symbols = symbol_names(symbols)
    teacher, students = _checked(traces, student_logits, teacher_logits, symbols)
    columns, side = _columns(len(traces), width)
    across = LEFT + columns * (side + GAP) - GAP + RIGHT if width is None else width
    size = NORMAL if all(text_width(one, NORMAL, "bold") <= side for one in traces) else SMALL
    titles = {name: _title(name, trace, side, size) for name, trace in traces.items()}
    above = [UNDER + max(_title_height(*one) for one in row) for row in _rows(titles, columns)]
    text = wrapped(f"{_legend(traces.values())} {caption}", across - 2 * MARGIN)
    words = wrapped(title, (across - 2 * MARGIN) / BOLD, NORMAL)
    heading = (words.count("\n") + 1) * line_height(NORMAL) if title else 0.0
    bottom = BELOW + (text.count("\n") + 1) * line_height()
    tall = MARGIN + heading + sum(above) + len(above) * (side + GAP) - GAP + bottom
    with in_style():
        figure = new_figure(across, tall)
        for n, (name, trace) in enumerate(traces.items()):
            row, column = divmod(n, columns)
            x = LEFT + column * (side + GAP)
            y = tall - MARGIN - heading - sum(above[: row + 1]) - row * (side + GAP) - side
            box = (x / across, y / tall, side / across, side / tall)
            axes = figure.add_axes(box, label=name)
            draw_rule(axes, trace, students[name], teacher, symbols, clock, blank=blank, at=at)
            _write_title(axes, *titles[name])
            last, first = n + columns >= len(traces), column == 0
            axes.tick_params(labelbottom=last, labelleft=first)
            axes.set_xlabel("student time (s)" if last else "")
            axes.set_ylabel("teacher time (s)" if first else "")
        write_caption(figure, text)
        write_title(figure, words)
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


def _columns(panels: int, width: float | None) -> tuple[int, float]:
    """How many panels stand in a row, and the inches of one."""
    if width is None:
        return min(panels, COLUMNS), SIDE
    room = width - LEFT - RIGHT + GAP
    most = max(int(room / (LEAST + GAP)), 1)
    rows = -(-panels // most)
    columns = -(-panels // rows)
    return columns, min(room / columns - GAP, MOST)


def _rows(titles: Mapping[str, Title], columns: int) -> list[list[Title]]:
    every = list(titles.values())
    return [every[n : n + columns] for n in range(0, len(every), columns)]


def _title(name: str, trace: DistillTrace, side: float, size: float) -> Title:
    """Name and loss, in lines, and the size of the name."""
    charge = f"{trace.loss / len(trace.divergence):.3f} nats per frame"
    return wrapped(name, side / BOLD, size), wrapped(charge, side), size


def _title_height(name: str, charge: str, size: float) -> float:
    return (name.count("\n") + 1) * line_height(size) + (charge.count("\n") + 1) * line_height()


def _write_title(axes: Axes, name: str, charge: str, size: float) -> None:
    inch = axes.figure.dpi / axes.get_window_extent().height
    for words, bottom in ((charge, 0.0), (name, (charge.count("\n") + 1) * line_height())):
        y = 1 + (UNDER + bottom) * inch
        text = axes.text(0, y, shown(words), transform=axes.transAxes, va="bottom", linespacing=1.1)
        text.set_parse_math(False)
    text.set(size=size, weight="bold")


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
        "that belong together, orange if the student is late, green if it is early, black "
        "otherwise; where the choices meet a circle, a spike is learnt from its own."
    )
    return " ".join(sentences)

"""The gradients of the losses of several rules in the logits of one student."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike

from refkd import check
from refkd.alignment.clock import Clock
from refkd.alignment.decode import At, spikes
from refkd.check import Floats, Ints
from refkd.losses.traces import DistillTrace
from visualize.layout.colorbar import COLORBAR, colorbar_in, draw_cells
from visualize.layout.glyphs import shown, symbol_names
from visualize.layout.layout import MARGIN, Strip, panel_width, stacked_figure, title_height
from visualize.layout.style import NORMAL, SIGNED_MAP, STUDENT, TEACHER, in_style
from visualize.layout.text import line_height, text_width, wrapped
from visualize.output.csv import NAMES
from visualize.panels.panels import clock_of, time_axes

MATTERS = 0.1  # share of the largest gradient from which on a symbol has a row


def gradients_figure(
    traces: Mapping[str, DistillTrace],
    student_logits: ArrayLike,
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
    colour: str = STUDENT,
) -> Figure:
    """Draw the gradients of several rules for one utterance over the same time and colours.

    Frame by frame, a right but late spike is pushed down and demanded earlier. A rule that pairs
    it with the teacher's leaves it where it is.

    Parameters
    ----------
    traces : mapping of str to DistillTrace
        As from `refkd.distill_trace`, of the same models, each under the name that it is shown by.
    student_logits, teacher_logits : (T, K) array
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
        Inches; by the number of frames if not given.
    colour : str
        Of the student's spikes.

    Returns
    -------
    Figure
        Its axes are labelled by the names of the traces; the last one is the scale of colours.

    Raises
    ------
    ArgumentError
        If there is no trace, shapes differ, or `width` is too small.

    Examples
    --------
    >>> import refkd
    >>> from visualize import gradients_figure
    >>> from visualize.figures.toy import toy_models
    >>> models = toy_models()
    >>> student, teacher = models["3 frames late"], models["teacher"]
    >>> rules = {"FrameWise": refkd.FrameWise(), "Hard": refkd.Hard(refkd.Window(6))}
    >>> traces = {name: refkd.distill_trace(student, teacher, rules[name]) for name in rules}
    >>> figure = gradients_figure(traces, student, teacher, ["-", "a", "b", "c", "d"], 0.02)
    >>> [axes.get_label() for axes in figure.axes[:2]]
    ['FrameWise', 'Hard']
    """
    clock = clock_of(frame_shift, first_frame)
    student = check.logits("student_logits", student_logits)
    teacher = check.logits("teacher_logits", teacher_logits, student.shape[1])
    check.same_length("teacher_logits", len(teacher), "student_logits", len(student), "T")
    check.same_length("symbols", len(symbols), "student_logits", student.shape[1], "K")
    if not traces:
        check.fail("traces", "at least one", "none")
    for name, trace in traces.items():
        check.instance(f"traces[{name!r}]", trace, DistillTrace)
        check.array(f"traces[{name!r}].grad", trace.grad, student.shape)
    both_spikes = spikes(teacher, blank, at), spikes(student, blank, at)
    rows = _rows([trace.grad for trace in traces.values()], both_spikes, blank)
    symbols = symbol_names(symbols, rows)
    strongest = max(float(abs(trace.grad).max()) for trace in traces.values()) or 1.0

    frames = len(student)
    left, right = MARGIN + max(text_width(symbols[k]) for k in rows) + 0.4, MARGIN + 0.1
    size = panel_width(width, float(np.clip(0.05 * frames, 4.0, 12.0)), left, right)
    titles = [
        wrapped(f"{name}: {trace.loss / frames:.3f} nats per frame", size, NORMAL)
        for name, trace in traces.items()
    ]
    height = rows.size * max(line_height(), 0.9 / rows.size)
    top, *above = map(title_height, titles)
    strips = [Strip(name, height, room) for name, room in zip(traces, (0.0, *above), strict=True)]
    strips.append(Strip(COLORBAR, 0.1, 0.5))
    text = (
        "Colour: gradient of the loss in the student's logits; a training step raises green logits "
        "and lowers purple ones. Circle: spike of the teacher; cross: of the student. Symbols in "
        f"the order of their spikes; symbols below {100 * MATTERS:g} % of the strongest gradient "
        f"have no row. {caption}"
    )
    with in_style():
        figure, axes = stacked_figure(strips, (left, size, right), 0.4 + top, text, title)
        scale = axes.pop(COLORBAR)
        for (name, trace), words in zip(traces.items(), titles, strict=True):
            what = rows, symbols, clock, strongest, both_spikes, colour
            image = draw_gradient(axes[name], trace, *what)
            axes[name].set_title(shown(words), loc="left", parse_math=False)
        time_axes(list(axes.values()), clock)
        colorbar_in(scale, image, "gradient (nats per logit)")
    return figure


def draw_gradient(
    axes: Axes,
    trace: DistillTrace,
    rows: Ints,
    symbols: Sequence[str],
    clock: Clock,
    strongest: float,
    both_spikes: tuple[tuple[Ints, Ints], tuple[Ints, Ints]],
    colour: str = STUDENT,
) -> AxesImage:
    """Draw the gradient of one rule as a heat map of the labels `rows` (n,) from the top, and on it
    the spikes (labels, frames) of teacher and student.
    """
    T, n = len(trace.grad), rows.size
    edges = clock.seconds(-0.5), clock.seconds(T - 0.5), n - 0.5, -0.5
    limits, grad = (-strongest, strongest), trace.grad[:, rows].T
    image = draw_cells(axes, grad, edges, limits, cmap=SIGNED_MAP, gid="gradient")
    row_of = {int(label): row for row, label in enumerate(rows)}
    marks = (("o", TEACHER, "teacher's spikes"), ("x", colour, "student's spikes"))
    for (labels, frames), (mark, shade, gid) in zip(both_spikes, marks, strict=True):
        places = [row_of[int(label)] for label in labels]
        axes.plot(
            clock.seconds(frames),
            places,
            mark,
            color=shade,
            markerfacecolor="none",
            markersize=6 if mark == "o" else 4,
            markeredgewidth=1.1,
            clip_on=False,
            gid=gid,
        )
    axes.set_yticks(np.arange(n), [symbols[k] for k in rows], parse_math=False)
    axes.yaxis.set_gid(NAMES)
    axes.tick_params(axis="y", length=0)
    axes.set_ylabel("symbol")
    return image


def _rows(
    grads: Sequence[Floats], both_spikes: tuple[tuple[Ints, Ints], tuple[Ints, Ints]], blank: int
) -> Ints:
    """Labels that spike or have a strong gradient, by their first spike; the blank last."""
    strength = np.max([abs(grad) for grad in grads], axis=0)  # (T, K)
    first = strength.argmax(axis=0)
    matters = strength.max(axis=0) > MATTERS * strength.max()
    for labels, frames in reversed(both_spikes):  # the teacher's times count more
        first[labels[::-1]] = frames[::-1]
        matters[labels] = True
    matters[blank] = False
    rows = np.flatnonzero(matters)
    return np.append(rows[np.argsort(first[rows], kind="stable")], blank)

"""The alignment shift of one utterance: posteriors stacked over one time axis, spikes connected."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from refkd import check
from refkd.decode import At, spikes
from refkd.metrics import alignment_shift
from refkd.records.clock import Clock
from refkd.records.offsets import AlignmentShift
from visualize.panels import (
    HEADROOM,
    Phones,
    draw_links,
    draw_phones,
    draw_posteriors,
    link_rows,
    link_strip_height,
    phone_rows,
    spike_rows,
    time_axes,
)
from visualize.place import line_height, text_width, wrapped
from visualize.style import FAINT, NORMAL, STUDENT, TEACHER, in_style, new_figure, signed

POSTERIOR_HEIGHT = 0.6  # inches from 0 to 1
MARGIN = 0.15  # inches around everything


def shift_figure(
    logits: Mapping[str, ArrayLike],
    symbols: Sequence[str],
    frame_shift: float,
    *,
    first_frame: float = 0.0,
    phones: Phones | None = None,
    notes: Mapping[str, str] | None = None,
    title: str = "",
    caption: str = "",
    blank: int = 0,
    at: At = "start",
    width: float | None = None,
) -> Figure:
    """Draw the posteriors of a teacher and its students, and how far apart their spikes are.

    Parameters
    ----------
    logits : mapping of str to (T, K) array
        The teacher first, then at least one student, each under the name that it is shown by.
        Their T may differ.
    symbols : (K,) sequence of str
        Name of each label.
    frame_shift : float
        Seconds from one frame to the next.
    first_frame : float
        Time of frame 0 in seconds.
    phones : Phones, optional
        True phones, shown as a strip above the teacher.
    notes : mapping of str to str, optional
        A line or more under the name of a model, such as its rule's weight and its error.
    title : str
        Above the figure.
    caption : str
        Added to the text below the figure, which says what the signs mean.
    blank : int
        0 <= blank < K.
    at : {"start", "peak"}
        Time of a spike, as for `refkd.decode.spikes`.
    width : float, optional
        Inches; chosen by the number of frames and spikes if not given.

    Returns
    -------
    Figure
        Its axes are labelled "phones" (if given), then the models' names, and "shift NAME" for
        the strip of connectors above each student.

    Raises
    ------
    ArgumentError
        If there is no student, or symbols do not fit the logits.

    Examples
    --------
    >>> import numpy as np
    >>> from visualize import shift_figure
    >>> teacher, student = 5 * np.eye(3)[[0, 1, 0, 2, 0, 0]], 5 * np.eye(3)[[0, 0, 1, 0, 2, 0]]
    >>> models = {"teacher": teacher, "student": student}
    >>> figure = shift_figure(models, ["-", "a", "b"], frame_shift=0.02)
    >>> [axes.get_label() for axes in figure.axes]
    ['teacher', 'shift student', 'student']
    """
    clock = Clock(
        check.positive("frame_shift", frame_shift), check.finite_number("first_frame", first_frame)
    )
    if len(logits) < 2:
        check.fail("logits", "a teacher and at least one student", f"{len(logits)} models")
    names = list(logits)
    models = {name: check.logits(f"logits[{name!r}]", logits[name]) for name in names}
    for name, model in models.items():
        argument = f"logits[{name!r}]"
        check.same_length(argument, model.shape[1], "symbols", len(symbols), "K")
    found = {name: spikes(models[name], blank, at) for name in names}
    shifts = {
        name: alignment_shift(models[names[0]], models[name], blank, at) for name in names[1:]
    }
    remarks = {name: _remarks(name, shifts, frame_shift, notes or {}) for name in names}
    frames = max(len(model) for model in models.values())
    most_spikes = max(labels.size for labels, _ in found.values())

    left = MARGIN + max(_block_width(name, remarks[name]) for name in names) + 0.6
    right = MARGIN + 0.1
    if width is None:
        width = left + right + float(np.clip(max(0.045 * frames, 0.3 * most_spikes), 5.5, 14.0))
    inches = (width - left - right) / frames  # of one frame
    strips: list[tuple[str, float]] = []  # label and height, from the top
    rows_chosen: list[int] = []
    if phones is not None:
        rows, chosen = phone_rows(phones, symbols, inches / frame_shift)
        rows_chosen += chosen
        strips.append(("phones", 0.05 + rows * line_height()))
    for name in names:
        if name in shifts:
            rows, chosen = link_rows(shifts[name], inches)
            rows_chosen += chosen
            strips.append((f"shift {name}", link_strip_height(rows)))
        rows, chosen = spike_rows(found[name][1], found[name][0], symbols, inches)
        rows_chosen += chosen
        wanted = POSTERIOR_HEIGHT * HEADROOM + rows * line_height()
        strips.append((name, max(wanted, _block_height(remarks[name]) + 0.05)))
    text = wrapped(
        f"{_legend(frame_shift, at, phones is not None, rows_chosen.count(-1))} {caption}",
        width - 2 * MARGIN,
    )
    top = 0.5 + (line_height(NORMAL) + 0.05 if title else 0.0)
    bottom = 0.5 + (text.count("\n") + 1) * line_height()
    height = top + sum(size for _, size in strips) + bottom

    with in_style():
        figure = new_figure(width, height)
        axes: dict[str, Axes] = {}
        edge = height - top
        for label, size in strips:
            edge -= size
            box = (left / width, edge / height, 1 - (left + right) / width, size / height)
            axes[label] = figure.add_axes(box, label=label)
            axes[label].set_xlim(clock.seconds(-0.5), clock.seconds(frames - 0.5))
        if phones is not None:
            draw_phones(axes["phones"], phones, symbols)
            for label, _ in strips[1:]:
                lines = axes[label].vlines(
                    phones.starts, 0, 1, transform=axes[label].get_xaxis_transform()
                )
                lines.set(color=FAINT, linewidth=0.6, zorder=0)
        for name in names:
            panel = axes[name]
            draw_posteriors(
                panel,
                models[name],
                symbols,
                clock,
                teacher=name == names[0],
                blank=blank,
                at=at,
            )
            _write_name(
                panel, left - MARGIN, name, remarks[name], TEACHER if name == names[0] else STUDENT
            )
            if name in shifts:
                draw_links(axes[f"shift {name}"], shifts[name], clock)
        time_axes([axes[label] for label, _ in strips], clock)
        figure.text(
            MARGIN / width, 0.08 / height, text, va="bottom", linespacing=1.2, gid="caption"
        )
        if title:
            figure.text(
                left / width, 1 - 0.08 / height, title, va="top", size=NORMAL, weight="bold"
            )
    return figure


def _remarks(
    name: str,
    shifts: Mapping[str, AlignmentShift],
    frame_shift: float,
    notes: Mapping[str, str],
) -> list[str]:
    """What stands under a model's name."""
    remarks = notes[name].split("\n") if name in notes else []
    if name in shifts:
        shift = shifts[name]
        if shift.n:
            ms = signed(round(1000 * shift.mean * frame_shift))
            remarks.append(f"mean {signed(round(shift.mean, 1))} ({ms} ms)")
        remarks.append(f"{shift.n} of {shift.n + shift.teacher_unmatched} matched")
        if shift.student_unmatched:
            remarks.append(f"{shift.student_unmatched} extra")
    return remarks


def _block_width(name: str, remarks: Sequence[str]) -> float:
    return max(text_width(name, NORMAL, "bold"), *(text_width(line) for line in ["", *remarks]))


def _block_height(remarks: Sequence[str]) -> float:
    return line_height(NORMAL) + len(remarks) * line_height()


def _write_name(
    axes: Axes, distance: float, name: str, remarks: Sequence[str], colour: str
) -> None:
    """Name and remarks, `distance` inches left of the panel, from its upper edge down."""
    box = axes.get_window_extent()
    x, inch = -distance * axes.figure.dpi / box.width, axes.figure.dpi / box.height
    for n, line in enumerate([name, *remarks]):
        y = 1.0 if n == 0 else 1 - (line_height(NORMAL) + (n - 1) * line_height()) * inch
        text = axes.text(x, y, line, transform=axes.transAxes, va="top", parse_math=False)
        if n == 0:
            text.set(color=colour, weight="bold", size=NORMAL)


def _legend(frame_shift: float, at: At, with_phones: bool, left_out: int) -> str:
    time = "first frame of a run" if at == "start" else "highest frame of a run"
    crowded = f" {left_out} names and numbers left out for lack of room." if left_out else ""
    true = " Grey verticals: true starts of the phones." if with_phones else ""
    return (
        f"Frame shift {1000 * frame_shift:g} ms; a spike's time is the {time}. Numbers: student "
        "minus teacher in frames, + is late; a cross has no partner. Grey line: blank."
        + true
        + crowded
    )

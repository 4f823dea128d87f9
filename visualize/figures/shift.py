"""The alignment shift of one utterance: posteriors stacked over one time axis, spikes connected."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from refkd import check
from refkd.alignment.clock import Clock
from refkd.alignment.decode import At
from refkd.losses.traces import DistillTrace
from visualize.layout.glyphs import symbol_names
from visualize.layout.headings import Heading, heading_height, write_heading
from visualize.layout.layout import MARGIN, Strip, panel_width, stacked_figure
from visualize.layout.legend import Look, looks_of
from visualize.layout.style import in_style
from visualize.layout.units import unit
from visualize.panels.model_strips import ModelStrips
from visualize.panels.panels import (
    MOST_SYMBOLS,
    Phones,
    draw_phones,
    draw_starts,
    phones_strip,
    time_axes,
)
from visualize.panels.speech import Speech, draw_speech
from visualize.panels.spike_links import Links

Numbers: TypeAlias = float | Mapping[str, float]


def clocks_of(
    names: Sequence[str], frame_shift: Numbers, first_frame: Numbers = 0.0
) -> dict[str, Clock]:
    """Give every model its clock, from a number of seconds for all of them or for each by its name.

    >>> from visualize.figures.shift import clocks_of
    >>> clocks_of(["T", "S"], {"T": 0.02, "S": 0.04})["S"]
    Clock(frame_shift=0.04, first_frame=0.0)
    """
    shifts = _of_each("frame_shift", frame_shift, names)
    firsts = _of_each("first_frame", first_frame, names)
    return {
        name: Clock(
            check.positive(f"frame_shift of {name!r}", shifts[name]),
            check.finite_number(f"first_frame of {name!r}", firsts[name]),
        )
        for name in names
    }


def _of_each(argument: str, numbers: Numbers, names: Sequence[str]) -> Mapping[str, float]:
    if not isinstance(numbers, Mapping):
        return dict.fromkeys(names, numbers)
    if set(numbers) != set(names):
        check.fail(argument, f"a number for each of {list(names)}", f"names {list(numbers)}")
    return numbers


SPEECH_HEIGHT = 0.7  # inches
FRAME_AXIS = 0.5  # inches above the first strip
LABELS = 0.68  # inches left of the strips, for what is written along their axes
RIGHT = MARGIN + 0.1
NATURAL = (5.5, 14.0)  # inches of the strips, if no width is asked
BESIDE = 0.6  # share of the width that names beside the strips leave to these, or they go above


def shift_figure(
    logits: Mapping[str, ArrayLike],
    symbols: Sequence[str],
    frame_shift: Numbers,
    *,
    first_frame: Numbers = 0.0,
    phones: Phones | None = None,
    speech: Speech | None = None,
    traces: Mapping[str, DistillTrace] | None = None,
    notes: Mapping[str, str] | None = None,
    title: str = "",
    caption: str = "",
    blank: int = 0,
    at: At = "start",
    width: float | None = None,
    looks: Mapping[str, Look] | None = None,
) -> Figure:
    """Draw the posteriors of a teacher and its students, and the offsets of their spikes.

    Parameters
    ----------
    logits : mapping of str to (T, K) array
        The teacher first, then any students, each under the name that it is shown by.
        Their T may differ. Of thousands of symbols those are drawn that can be seen.
    symbols : (K,) sequence of str
        Name of each label.
    frame_shift : float or mapping of str to float
        Seconds from one frame to the next: of all models, or of each by its name. Where the
        clocks of models differ, offsets are written in milliseconds, otherwise in frames.
    first_frame : float or mapping of str to float
        Time of frame 0 in seconds; the latency of a model is added to it.
    phones : Phones, optional
        True phones, shown as a strip above the teacher.
    speech : Speech, optional
        Spectrogram or waveform, shown as a strip above everything.
    traces : mapping of str to DistillTrace, optional
        What a student's rule chose in this utterance, shown as a strip below the student. Student
        and teacher then have equally many frames.
    notes : mapping of str to str, optional
        A line or more with the name of a model, such as its rule's weight and its error.
    title, caption : str
        Above the figure, and after the text below it.
    blank : int
        0 <= blank < K.
    at : {"start", "peak"}
        Time of a spike, as for `refkd.alignment.decode.spikes`.
    width : float, optional
        Inches; chosen by the number of frames and spikes if not given. In a narrow figure names
        stand above the strips.
    looks : mapping of str to (colour, line style), optional
        Of the models, as from `looks_of`; by their order if not given.

    Returns
    -------
    Figure
        Its axes are labelled "speech" and "phones" (if given), then the models' names, with
        "shift NAME" for the strip of connectors above each student, "teacher above NAME" for the
        teacher's spikes over those, where its posteriors stand elsewhere, and "choices NAME" for
        the strip of its trace below.

    Raises
    ------
    ArgumentError
        If there is no model, or symbols, clocks or traces do not fit the logits.

    Examples
    --------
    >>> import numpy as np
    >>> import refkd
    >>> from visualize import shift_figure
    >>> teacher, student = 5 * np.eye(3)[[0, 1, 0, 2, 0, 0]], 5 * np.eye(3)[[0, 0, 1, 0, 2, 0]]
    >>> models = {"teacher": teacher, "student": student}
    >>> trace = refkd.distill_trace(student, teacher, refkd.Hard(refkd.Window(2)))
    >>> figure = shift_figure(models, ["-", "a", "b"], 0.02, traces={"student": trace})
    >>> [axes.get_label() for axes in figure.axes]
    ['teacher', 'shift student', 'student', 'choices student']
    """
    models = _models(
        logits, symbols, frame_shift, first_frame, traces or {}, notes or {}, blank, at, looks
    )
    spiking = {int(label) for model in models for label in model.spikes[0]}
    symbols = symbol_names(symbols, [*sorted(spiking), *(phones.labels if phones else ())])
    shared = models[0].clock if all(model.clock == models[0].clock for model in models) else None
    begin = min(model.clock.seconds(-0.5) for model in models)
    end = max(model.clock.seconds(len(model.logits) - 0.5) for model in models)
    sides, beside = _sides(models, width)
    teacher, *students = models
    for n, student in enumerate(students):  # only the first can stand directly below the teacher
        if n > 0 or not beside:
            models[n + 1] = replace(student, teacher=teacher)
    scale = sides[1] / (end - begin)

    strips: list[Strip] = []
    left_out = 0
    if speech is not None:
        strips.append(Strip("speech", SPEECH_HEIGHT))
    if phones is not None:
        strip, left_out = phones_strip(phones, symbols, scale)
        strips.append(strip)
    headings = []
    rows: dict[str, int] = {}
    for model in models:
        lines = model.heading.column if beside else model.heading.lines(sum(sides) - 2 * MARGIN)
        own_rows, without_room = model.rows(symbols, scale)
        headings.append(lines)
        rows |= own_rows
        strips += model.strips(rows, heading_height(lines), beside)
        left_out += without_room

    sentences = _sentences(models, shared is not None, phones is not None, left_out)
    with in_style():
        top = 0.1 if shared is None else FRAME_AXIS
        figure, axes = stacked_figure(strips, sides, top, f"{sentences} {caption}", title)
        for panel in axes.values():
            panel.set_xlim(begin, end)
            panel.patch.set_visible(False)  # it would cover what reaches into the next strip
        if speech is not None:
            draw_speech(axes["speech"], speech)
        if phones is not None:
            draw_phones(axes["phones"], phones, symbols)
            draw_starts([axes[label] for model in models for label in model.labels], phones)
        for model, lines in zip(models, headings, strict=True):
            model.draw(axes, symbols, rows)
            if beside:
                write_heading(axes[model.heading.name], lines, model.heading.colour)
            else:
                first = model.labels[0]
                lift = top if first == strips[0].label else 0.0
                write_heading(axes[first], lines, model.heading.colour, lift)
        time_axes(list(axes.values()), shared)
    return figure


def _models(
    logits: Mapping[str, ArrayLike],
    symbols: Sequence[str],
    frame_shift: Numbers,
    first_frame: Numbers,
    traces: Mapping[str, DistillTrace],
    notes: Mapping[str, str],
    blank: int,
    at: At,
    looks: Mapping[str, Look] | None,
) -> list[ModelStrips]:
    """Everything that is drawn of each model, checked, the teacher first."""
    if not logits:
        check.fail("logits", "at least one model", "none")
    values = {name: check.logits(f"logits[{name!r}]", logits[name]) for name in logits}
    for name, array in values.items():
        check.same_length(f"logits[{name!r}]", array.shape[1], "symbols", len(symbols), "K")
    clocks = clocks_of(list(logits), frame_shift, first_frame)
    teacher, *students = values
    looks = looks_of(list(values), teacher, looks)
    for name, trace in traces.items():
        check.one_of("traces", name, students)
        check.instance(f"traces[{name!r}]", trace, DistillTrace)
        for model in (name, teacher):
            argument, frames = f"logits[{model!r}]", len(values[model])
            check.same_length(argument, frames, f"traces[{name!r}]", len(trace.divergence), "T")

    models = []
    for name, array in values.items():
        remarks = notes[name].split("\n") if name in notes else []
        links = None
        if name != teacher:
            pair = values[teacher], array, clocks[teacher], clocks[name]
            in_frames = len(set(clocks.values())) == 1
            links = Links.between(*pair, in_frames=in_frames, blank=blank, at=at)
            remarks += links.remarks
        heading = Heading(name, tuple(remarks), looks[name][0])
        choices = (traces[name], values[teacher]) if name in traces else None
        facts = looks[name], array, clocks[name], blank, at, links, choices
        models.append(ModelStrips(heading, *facts))
    return models


def _sides(
    models: Sequence[ModelStrips], width: float | None
) -> tuple[tuple[float, float, float], bool]:
    """Inches left of the strips, of the strips, and right of them; names beside them or above."""
    left = MARGIN + max(model.heading.width for model in models) + LABELS
    frames = max(len(model.logits) for model in models)
    spikes = max(model.spikes[0].size for model in models)
    natural = float(np.clip(max(0.045 * frames, 0.3 * spikes), *NATURAL))
    beside = width is None or width - left - RIGHT >= BESIDE * width
    left = left if beside else LABELS
    return (left, panel_width(width, natural, left, RIGHT), RIGHT), beside


def _sentences(
    models: Sequence[ModelStrips], in_frames: bool, with_phones: bool, left_out: int
) -> str:
    """Explain the signs."""
    time = "first" if models[0].at == "start" else "highest"
    names: dict[str, list[str]] = {}
    for model in models:
        shift = f"{unit().per * model.clock.frame_shift:g} {unit().small}"
        names.setdefault(shift, []).append(model.heading.name)
    shift = ", ".join(f"{shift} ({', '.join(owners)})" for shift, owners in names.items())
    classes = models[0].logits.shape[1]
    sentences = [
        f"Frame shift {shift if len(names) > 1 else next(iter(names))}; "
        f"the time of a spike is that of its {time} frame.",
    ]
    if len(models) > 1:
        sentences.append(
            f"Blue dots: spikes of {models[0].heading.name}, joined to those of the student below. "
            f"Numbers: student minus teacher in {'frames' if in_frames else unit().small}, + is "
            "late; green: early; cross: no partner."
        )
    sentences.append("Grey line: blank.")
    if with_phones:
        sentences.append("Grey vertical lines: true starts.")
    if any(model.choices for model in models):
        sentences.append(
            "Selected: the selected teacher frame minus the student's own; shaded: the window; "
            "blue: frames where the teacher spikes."
        )
    if classes > MOST_SYMBOLS + 1:
        sentences.append(f"Drawn of {classes} symbols: those with a spike or a high probability.")
    if left_out:
        sentences.append(f"Names and numbers left out for lack of room: {left_out}.")
    return " ".join(sentences)

"""Each figure of several models over the same utterances, or why there is none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from refkd.alignment.bootstrap import Interval
from refkd.alignment.posteriors.comparison import ComparedModel, Comparison
from refkd.alignment.posteriors.delays import TrueDelays
from refkd.alignment.posteriors.part import WHOLE, Part
from refkd.alignment.posteriors.tables import Found
from refkd.alignment.posteriors.truth import Truth, delay_and_error
from refkd.alignment.posteriors.words import word_marks
from refkd.check import ArgumentError, fail
from refkd.experiment.results_json import titled
from refkd.losses.distill import distill_trace
from refkd.losses.rules import FrameWise, Rule
from refkd.losses.traces import DistillTrace
from visualize.figures.band import band_figure
from visualize.figures.cumulative import cumulative_figure
from visualize.figures.delays import delays_figure
from visualize.figures.gradients import gradients_figure
from visualize.figures.offsets import Offsets, offsets_figure
from visualize.figures.shift import shift_figure
from visualize.figures.tradeoff import tradeoff_figure
from visualize.layout.legend import Look, looks_of
from visualize.panels.panels import Phones
from visualize.panels.speech import Speech


@dataclass(frozen=True, eq=False)
class Drawing:
    """What is drawn."""

    comparison: Comparison  # the models
    utterances: tuple[str, ...]  # those that have figures of their own, at least one
    truth: Truth | None = None  # true times
    found: Found = field(default_factory=dict)  # from `Truth.of` for each model, or empty
    rule: Rule | None = None  # drawn between the teacher and each student of as many frames
    # divergence and temperature, as `distill_trace` takes them
    options: Mapping[str, Any] = field(default_factory=dict)
    speech: Mapping[str, Speech] = field(default_factory=dict)  # for the strip above an utterance
    part: Part = WHOLE  # of the utterances, in which all this is
    width: float | None = None  # of each figure in inches; None for its natural size

    @property
    def looks(self) -> dict[str, Look]:
        """Colour and line style of every model, in every figure."""
        names = [model.name for model in self.comparison.models]
        return looks_of(names, self.comparison.teacher.name)

    def file_name(self, figure: str, utterance: str, student: str = "") -> str:
        """Of a figure of one utterance: the shortest that no other has."""
        several = len(self.utterances) > 1
        return "-".join([figure, *[student] * bool(student), *[utterance] * several])


class Drawn(NamedTuple):
    """Figures under the names of their files, and what was left out."""

    figures: dict[str, Figure]
    left_out: list[str]


def _shift(drawing: Drawing) -> Drawn:
    comparison = drawing.comparison
    figures = {}
    for utterance in drawing.utterances:
        traces, _ = rule_traces(drawing, utterance)
        figures[drawing.file_name("shift", utterance)] = shift_figure(
            {model.name: model.log_posteriors(utterance) for model in comparison.models},
            comparison.symbols,
            {model.name: model.clock.frame_shift for model in comparison.models},
            first_frame={model.name: model.clock.first_frame for model in comparison.models},
            phones=_phones(drawing, utterance),
            speech=drawing.speech.get(utterance),
            traces=traces,
            notes=_notes(drawing),
            title=utterance,
            blank=comparison.blank,
            at=comparison.at,
            width=drawing.width,
            looks=drawing.looks,
        )
    return Drawn(figures, [])


def _offsets(drawing: Drawing) -> Drawn:
    rule, comparison, windows = drawing.rule, drawing.comparison, {}
    if rule is not None and comparison.frame_shift is not None:  # whose frames a window counts
        windows = {student.name: rule.window for student in comparison.students}
    return _of_offsets(drawing, "offsets", partial(offsets_figure, windows=windows))


def _cumulative(drawing: Drawing) -> Drawn:
    return _of_offsets(drawing, "cumulative", cumulative_figure)


def _of_offsets(drawing: Drawing, name: str, draw: Callable[..., Figure]) -> Drawn:
    """In frames where all models have one clock, as those of a run."""
    comparison, bar = drawing.comparison, _bar(drawing.comparison)
    if not comparison.students:
        return Drawn({}, ["there is only one model"])
    in_frames = len({model.clock for model in comparison.models}) == 1
    offsets: dict[str, Offsets] = {}
    for student in comparison.students:
        late = comparison.offsets(student)
        offsets[student.name] = late.in_frames(bar) if in_frames else late
    figure = draw(offsets, bar, width=drawing.width, looks=drawing.looks)
    return Drawn({name: figure}, [])


def _delays(drawing: Drawing) -> Drawn:
    lacking, truth = _lacking_truth(drawing), drawing.truth
    if truth is None or lacking:
        return Drawn({}, [lacking])
    by_word = truth.by == "word"
    first, last = ("first spike ", "last spike ") if by_word else ("", "")
    delays = {}
    for name, by_utterance in drawing.found.items():
        pooled = TrueDelays.pool(by_utterance.values())
        delays[name] = {
            f"{first}after the true start": pooled.starts,
            f"{last}after the true end": pooled.ends,
        }
    figure = delays_figure(
        delays,
        _bar(drawing.comparison),
        teacher=drawing.comparison.teacher.name,
        unit=truth.by,
        width=drawing.width,
        looks=drawing.looks,
    )
    return Drawn({"delays": figure}, [])


def _tradeoff(drawing: Drawing) -> Drawn:
    lacking = _lacking_truth(drawing)
    truth, students = drawing.truth, drawing.comparison.students
    if truth is None or lacking:
        return Drawn({}, [lacking])
    if not students:
        return Drawn({}, ["there is only one model"])
    every = {
        name: delay_and_error(list(by_utterance.values()), truth.edge)
        for name, by_utterance in drawing.found.items()
    }
    per = drawing.comparison.unit.per
    in_small = {name: (_times(delay, per), error) for name, (delay, error) in every.items()}
    points = {name: (delay.mean, error.mean) for name, (delay, error) in in_small.items()}
    teacher = drawing.comparison.teacher.name
    figure = tradeoff_figure(
        {student.name: points[student.name] for student in students},
        None,
        teacher=points[teacher],
        baseline="",
        intervals={student.name: in_small[student.name] for student in students},
        delay=f"mean delay after the true {truth.edge} of a {truth.by}",
        error=f"{truth.counted} error",
        width=drawing.width,
        teacher_name=teacher,
        looks=drawing.looks,
    )
    return Drawn({"tradeoff": figure}, [])


def _band(drawing: Drawing) -> Drawn:
    def draw(utterance: str, name: str, trace: DistillTrace) -> Figure:
        return band_figure(
            trace,
            teacher_spikes=drawing.comparison.teacher.spikes[utterance][1],
            title=f"{name}, {titled(trace.rule)}: {utterance}",
            width=drawing.width,
        )

    return _of_traces(drawing, "band", draw)


def _gradients(drawing: Drawing) -> Drawn:
    comparison = drawing.comparison

    def draw(utterance: str, name: str, trace: DistillTrace) -> Figure:
        student = comparison.of(name)
        frame_wise = _trace(drawing, student, utterance, FrameWise())
        return gradients_figure(
            {"FrameWise": frame_wise, titled(trace.rule): trace},
            student.log_posteriors(utterance),
            comparison.teacher.log_posteriors(utterance),
            comparison.symbols,
            student.clock.frame_shift,
            first_frame=student.clock.first_frame,
            title=f"{name}: {utterance}",
            blank=comparison.blank,
            at=comparison.at,
            width=drawing.width,
            colour=drawing.looks[name][0],
        )

    return _of_traces(drawing, "gradients", draw)


def _of_traces(
    drawing: Drawing, figure: str, draw: Callable[[str, str, DistillTrace], Figure]
) -> Drawn:
    """A figure for each utterance and each student that the rule can be asked for."""
    drawn = Drawn({}, [])
    for utterance in drawing.utterances:
        traces, reasons = rule_traces(drawing, utterance)
        drawn.left_out.extend(reasons)
        for name, trace in traces.items():
            file = drawing.file_name(figure, utterance, name)
            drawn.figures[file] = draw(utterance, name, trace)
    return drawn


FIGURES: dict[str, Callable[[Drawing], Drawn]] = {
    "shift": _shift,
    "offsets": _offsets,
    "cumulative": _cumulative,
    "delays": _delays,
    "tradeoff": _tradeoff,
    "band": _band,
    "gradients": _gradients,
}


def rule_traces(drawing: Drawing, utterance: str) -> tuple[dict[str, DistillTrace], list[str]]:
    """What the rule does for each student that it can be asked for, and why not for the others."""
    rule, comparison = drawing.rule, drawing.comparison
    if rule is None:
        return {}, ["there is no --rule"]
    if not comparison.students:
        return {}, ["there is only one model"]
    traces, reasons = {}, []
    for student in comparison.students:
        try:
            traces[student.name] = _trace(drawing, student, utterance, rule)
        except ArgumentError as error:
            reasons.append(f"{student.name}, utterance {utterance!r}: {error}")
    return traces, reasons


def _trace(drawing: Drawing, student: ComparedModel, utterance: str, rule: Rule) -> DistillTrace:
    comparison = drawing.comparison
    unit, shift = comparison.unit, comparison.teacher.clock.frame_shift
    student_shift = student.clock.frame_shift
    if shift != student_shift:
        fail(
            "frame shift",
            f"{unit.per * shift:g} {unit.small} as of {comparison.teacher.name}",
            f"{unit.per * student_shift:g} {unit.small}",
        )
    return distill_trace(
        student.log_posteriors(utterance),
        comparison.teacher.log_posteriors(utterance),
        rule,
        blank=comparison.blank,
        **drawing.options,
    )


def _lacking_truth(drawing: Drawing) -> str:
    """Why nothing can be measured against true times; empty if something can."""
    if drawing.truth is None:
        return "there is no --reference"
    matched = sum(
        part.starts.n for by_utterance in drawing.found.values() for part in by_utterance.values()
    )
    if matched == 0 and drawing.truth.by == "symbol":
        hint = "; try --by word" * (word_marks(drawing.comparison.symbols) is not None)
        return f"no spike is a label of the reference{hint}"
    return "" if matched else "no word is said as the reference has it"


def _phones(drawing: Drawing, utterance: str) -> Phones | None:
    """The true phones, as a strip; words where tokens are joined to words."""
    truth = drawing.truth
    if truth is None or utterance not in truth.labels:
        return None
    reference = truth.labels[utterance]
    return Phones(reference.labels, reference.starts, reference.ends)


def _notes(drawing: Drawing) -> dict[str, str]:
    """The error of each model over all utterances."""
    truth = drawing.truth
    if truth is None or _lacking_truth(drawing):
        return {}
    return {
        name: f"{100 * TrueDelays.pool(by_utterance.values()).error:.1f} % {truth.counted} error"
        for name, by_utterance in drawing.found.items()
    }


def _bar(comparison: Comparison) -> float:
    """Width of a bar in seconds: the finest frame shift."""
    return min(model.clock.frame_shift for model in comparison.models)


def _times(interval: Interval, per: float) -> Interval:
    return replace(
        interval,
        mean=per * interval.mean,
        sd=per * interval.sd,
        low=per * interval.low,
        high=per * interval.high,
    )

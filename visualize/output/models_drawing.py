"""Posteriors of any models over the same utterances, as input of figures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from refkd.alignment.bootstrap import Interval
from refkd.alignment.posteriors.comparison import ComparedModel, Comparison
from refkd.alignment.posteriors.delays import TrueDelays
from refkd.alignment.posteriors.part import WHOLE, Part
from refkd.alignment.posteriors.tables import Delays
from refkd.alignment.posteriors.truth import Truth, delay_and_error
from refkd.alignment.posteriors.words import word_marks
from refkd.alignment.statistics import EmissionDelay
from refkd.check import ArgumentError, fail
from refkd.experiment.results_json import titled
from refkd.losses.distill import distill_trace
from refkd.losses.rules import FrameWise, Rule, Window
from refkd.losses.traces import DistillTrace
from visualize.figures.band import band_figure
from visualize.figures.gradients import gradients_figure
from visualize.figures.tradeoff import tradeoff_figure
from visualize.layout.legend import looks_of
from visualize.output.drawing import Drawing, Drawn, NothingToDrawError
from visualize.panels.histogram import Offsets
from visualize.panels.panels import Phones
from visualize.panels.speech import Speech


@dataclass(frozen=True, eq=False, kw_only=True)
class ModelsDrawing(Drawing):
    """Several models, and what is drawn of them."""

    comparison: Comparison  # the models
    truth: Truth | None = None  # true times
    true_delays: Delays = field(default_factory=dict)  # after them, of each model; or empty
    rule: Rule | None = None  # drawn between the teacher and each student of as many frames
    # divergence and temperature, as `distill_trace` takes them
    options: Mapping[str, Any] = field(default_factory=dict)
    spectrograms: Mapping[str, Speech] = field(default_factory=dict)  # by utterance
    part: Part = WHOLE  # of the utterances, in which all this is

    @classmethod
    def of(
        cls,
        comparison: Comparison,
        utterances: tuple[str, ...],
        truth: Truth | None = None,
        **more: Any,
    ) -> "ModelsDrawing":
        """Prepare what is drawn of the models, some utterances in figures of their own."""
        models = comparison.models
        return cls(
            comparison=comparison,
            utterances=utterances,
            symbols=comparison.symbols,
            clocks={model.name: model.clock for model in models},
            looks=looks_of([model.name for model in models], comparison.teacher.name),
            blank=comparison.blank,
            at=comparison.at,
            truth=truth,
            timed="" if truth is None else truth.by,
            true_delays={model.name: truth.of(comparison, model) for model in models if truth},
            **more,
        )

    def notes(self) -> dict[str, str]:
        """Give the error of each model over all utterances."""
        if self.truth is None or self._lacking_truth():
            return {}
        return {
            name: f"{100 * pooled.error:.1f} % {self.truth.counted} error"
            for name, pooled in self._pooled_delays().items()
        }

    def windows(self) -> dict[str, Window]:
        """Give the window of the rule, where all models count the same frames."""
        if self.rule is None or self.comparison.frame_shift is None:
            return {}
        return {student.name: self.rule.window for student in self.comparison.students}

    def logits(self, utterance: str) -> Mapping[str, ArrayLike]:
        """Give the log-posteriors (T, K) of each model."""
        return {model.name: model.log_posteriors(utterance) for model in self.comparison.models}

    def phones(self, utterance: str) -> Phones | None:
        """Give the true phones; words where tokens are joined to words."""
        reference = None if self.truth is None else self.truth.labels.get(utterance)
        if reference is None:
            return None
        return Phones(reference.labels, reference.starts, reference.ends)

    def speech(self, utterance: str) -> Speech | None:
        """Give the spectrogram of an utterance whose audio is there."""
        return self.spectrograms.get(utterance)

    def choices(self, utterance: str) -> dict[str, DistillTrace]:
        """Give the trace of the rule for each student that it can be applied to."""
        return self.rule_traces(utterance)[0]

    def offsets(self) -> dict[str, Offsets]:
        """Give offsets in frames where all models have one clock, else in seconds."""
        self._check_students()
        in_frames = len({*self.clocks.values()}) == 1
        offsets: dict[str, Offsets] = {}
        for student in self.comparison.students:
            late = self.comparison.offsets(student)
            offsets[student.name] = late.in_frames(self.bar) if in_frames else late
        return offsets

    def delays(self) -> dict[str, dict[str, EmissionDelay]]:
        """Give the delays of each model after true starts and after true ends."""
        self._check_truth()
        first, last = ("first spike ", "last spike ") if self.timed == "word" else ("", "")
        return {
            name: {
                f"{first}after the true start": pooled.starts,
                f"{last}after the true end": pooled.ends,
            }
            for name, pooled in self._pooled_delays().items()
        }

    def rule_traces(self, utterance: str) -> tuple[dict[str, DistillTrace], list[str]]:
        """The trace of the rule for each student, and the reason why others have none."""
        if self.rule is None:
            return {}, ["there is no --rule"]
        if not self.comparison.students:
            return {}, ["there is only one model"]
        traces, reasons = {}, []
        for student in self.comparison.students:
            try:
                traces[student.name] = self.trace(student, utterance, self.rule)
            except ArgumentError as error:
                reasons.append(f"{student.name}, utterance {utterance!r}: {error}")
        return traces, reasons

    def trace(self, student: ComparedModel, utterance: str, rule: Rule) -> DistillTrace:
        """The trace of a rule for a student whose frames are as long as the teacher's."""
        teacher, unit = self.comparison.teacher, self.comparison.unit
        shift, student_shift = teacher.clock.frame_shift, student.clock.frame_shift
        if shift != student_shift:
            fail(
                "frame shift",
                f"{unit.per * shift:g} {unit.small} as of {teacher.name}",
                f"{unit.per * student_shift:g} {unit.small}",
            )
        return distill_trace(
            student.log_posteriors(utterance),
            teacher.log_posteriors(utterance),
            rule,
            blank=self.blank,
            **self.options,
        )

    def _pooled_delays(self) -> dict[str, TrueDelays]:
        return {
            name: TrueDelays.pool(by_utterance.values())
            for name, by_utterance in self.true_delays.items()
        }

    def _check_students(self) -> None:
        if not self.comparison.students:
            raise NothingToDrawError("there is only one model")

    def _check_truth(self) -> Truth:
        lacking = self._lacking_truth()
        if self.truth is None or lacking:
            raise NothingToDrawError(lacking)
        return self.truth

    def _lacking_truth(self) -> str:
        """Why nothing can be measured against true times; empty if something can."""
        if self.truth is None:
            return "there is no --reference"
        matched = sum(
            part.starts.n
            for by_utterance in self.true_delays.values()
            for part in by_utterance.values()
        )
        if matched == 0 and self.truth.by == "symbol":
            hint = "; try --by word" * (word_marks(self.symbols) is not None)
            return f"no spike is a label of the reference{hint}"
        return "" if matched else "no recognised word is a word of the reference"


def draw_tradeoff(drawing: ModelsDrawing) -> Figure:
    """Draw the errors of models over their mean delays after true times."""
    truth, teacher, per = drawing._check_truth(), drawing.teacher_name, drawing.comparison.unit.per
    drawing._check_students()
    intervals = {}
    for name, by_utterance in drawing.true_delays.items():
        delay, error = delay_and_error(list(by_utterance.values()), truth.edge)
        intervals[name] = _times(delay, per), error
    points = {name: (delay.mean, error.mean) for name, (delay, error) in intervals.items()}
    students = [student.name for student in drawing.comparison.students]
    return tradeoff_figure(
        {name: points[name] for name in students},
        None,
        teacher=points[teacher],
        baseline="",
        intervals={name: intervals[name] for name in students},
        delay=f"mean delay after the true {truth.edge} of a {truth.by}",
        error=f"{truth.counted} error",
        teacher_name=teacher,
        **drawing.look,
    )


def _times(interval: Interval, per: float) -> Interval:
    numbers = {name: per * getattr(interval, name) for name in ("mean", "sd", "low", "high")}
    return replace(interval, **numbers)


def draw_bands(drawing: ModelsDrawing) -> Drawn:
    """Draw window and selected pairs of the rule, for each utterance and each student."""

    def draw(utterance: str, name: str, trace: DistillTrace) -> Figure:
        return band_figure(
            trace,
            teacher_spikes=drawing.comparison.teacher.spikes[utterance][1],
            title=f"{name}, {titled(trace.rule)}: {utterance}",
            width=drawing.width,
        )

    return _draw_traces(drawing, "band", draw)


def draw_gradients(drawing: ModelsDrawing) -> Drawn:
    """Draw where frame by frame, and where the rule, would push each student."""

    def draw(utterance: str, name: str, trace: DistillTrace) -> Figure:
        student = drawing.comparison.of(name)
        frame_wise = drawing.trace(student, utterance, FrameWise())
        return gradients_figure(
            {"FrameWise": frame_wise, titled(trace.rule): trace},
            student.log_posteriors(utterance),
            drawing.comparison.teacher.log_posteriors(utterance),
            drawing.symbols,
            student.clock.frame_shift,
            first_frame=student.clock.first_frame,
            title=f"{name}: {utterance}",
            blank=drawing.blank,
            at=drawing.at,
            width=drawing.width,
            colour=drawing.looks[name][0],
        )

    return _draw_traces(drawing, "gradients", draw)


def _draw_traces(
    drawing: ModelsDrawing, figure: str, draw: Callable[[str, str, DistillTrace], Figure]
) -> Drawn:
    """A figure for each utterance and each student that the rule can be asked for."""
    drawn = Drawn()
    for utterance in drawing.utterances:
        traces, reasons = drawing.rule_traces(utterance)
        drawn.left_out.extend(reasons)
        for name, trace in traces.items():
            file = drawing.file_name(figure, utterance, name)
            drawn.figures[file] = draw(utterance, name, trace)
    return drawn

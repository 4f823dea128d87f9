"""A finished run, as input of figures."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from refkd.alignment.bootstrap import Interval
from refkd.alignment.decode import spikes
from refkd.alignment.statistics import EmissionDelay
from refkd.experiment.run_reader import Run, RunModel
from refkd.experiment.student_settings import CTC
from refkd.losses.ctc import ctc_align, ctc_trace
from refkd.losses.distill import distill_trace
from refkd.losses.rule_json import rule_from_dict
from refkd.losses.rules import FrameWise, Shift, Window
from refkd.losses.traces import DistillTrace
from refkd.networks.layers import cell_of
from refkd.networks.lstm import lstm_trace
from refkd.networks.lstm_params import LSTMParams
from refkd.ragged import Ragged
from visualize.figures.band import band_figure
from visualize.figures.gates import gates_figure
from visualize.figures.gradients import gradients_figure
from visualize.figures.lattice import lattice_figure
from visualize.figures.learning import learning_figure
from visualize.figures.rules import rules_figure
from visualize.figures.sweep import sweep_figure, sweep_points
from visualize.figures.toy import toy_figure, toy_table
from visualize.figures.tradeoff import tradeoff_figure
from visualize.layout.legend import Look, looks_of
from visualize.output.drawing import Drawing, NothingToDrawError
from visualize.panels.histogram import Offsets
from visualize.panels.panels import Phones
from visualize.panels.speech import Speech

NO_NUMBERS = "the run has no numbers for it"


def typical_utterance(run: Run) -> str:
    """The test utterance of median length."""
    return run.names[Ragged.from_list(list(run.features.values())).typical]


def looks_of_run(run: Run) -> dict[str, Look]:
    """Colour and line style of every model by its title, in every figure of the run."""
    return looks_of([model.title for model in run.models], run.teacher.title)


def phones_of(run: Run, utterance: str) -> Phones | None:
    """The true phones of an utterance; None where their times are unknown."""
    reference = run.reference.get(utterance)
    if reference is None:
        return None
    labels = np.array([run.symbols.index(symbol) for symbol in reference.labels])
    return Phones(labels, reference.starts, reference.ends)


def searching_students(run: Run) -> list[RunModel]:
    """The students whose rule has a choice."""
    return [
        student
        for student in run.students
        if student.rule is not None and student.rule.window.left + student.rule.window.right > 0
    ]


def best_searching(run: Run) -> RunModel | None:
    """The one of fewest errors among the students whose rule has a choice."""
    return min(searching_students(run), key=lambda student: student.error, default=None)


@dataclass(frozen=True, eq=False, kw_only=True)
class RunDrawing(Drawing):
    """A run, and the test utterance that has figures of its own."""

    run: Run

    @classmethod
    def of(cls, run: Run, utterance: str | None = None, width: float | None = None) -> "RunDrawing":
        """Prepare what is drawn of a run, with the utterance of median length if none is named."""
        return cls(
            run=run,
            utterances=(utterance or typical_utterance(run),),
            symbols=run.symbols,
            clocks={model.title: run.clock for model in (run.teacher, *run.students)},
            looks=looks_of_run(run),
            width=width,
        )

    @property
    def utterance(self) -> str:
        """The single one that has figures of its own."""
        return self.utterances[0]

    @property
    def models(self) -> tuple[RunModel, ...]:
        """The bidirectional teacher and the students."""
        return self.run.teacher, *self.run.students

    def notes(self) -> dict[str, str]:
        """Give the weight of distillation and the error of each model."""
        return {
            model.title: f"weight {model.weight:g}\n" * (model.weight > 0.0)
            + f"{100 * model.error:.1f} % test error"
            for model in self.models
        }

    def windows(self) -> dict[str, Window]:
        """Give the windows of students with an auxiliary loss, also where chance chooses."""
        return {
            self.run.of(student["rule"]).title: rule_from_dict(student["lesson"]["selects"]).window
            for student in self.run.results["students"]
            if student["lesson"] is not None
        }

    def logits(self, utterance: str) -> Mapping[str, ArrayLike]:
        """Give the outputs (T, K) of each model."""
        return {model.title: model.posteriors.arrays[utterance] for model in self.models}

    def phones(self, utterance: str) -> Phones | None:
        """Give the true phones; None where their times are unknown."""
        return phones_of(self.run, utterance)

    def speech(self, utterance: str) -> Speech | None:
        """Give the features as a spectrogram."""
        bands = self.run.results["configuration"]["features"]["bands"]
        return Speech.of_features(self.run.features[utterance], bands, self.run.clock)

    def choices(self, utterance: str) -> dict[str, DistillTrace]:
        """Give the traces of the searching rules with the bidirectional teacher."""
        return {
            student.title: self.run.trace(student.name, utterance)
            for student in searching_students(self.run)
            if student.taught_by == self.run.teacher.name
        }

    def offsets(self) -> dict[str, Offsets]:
        """Give offsets in frames, of all seeds."""
        return {student.title: self.run.offsets(student.name) for student in self.run.students}

    def delays(self) -> dict[str, dict[str, EmissionDelay]]:
        """Give the delays of each model after true starts and after true ends."""
        if not self.run.reference:
            raise NothingToDrawError(NO_NUMBERS)
        sides = {"after the true start": "starts", "after the true end": "ends"}
        return {
            model.title: {words: self.run.delays(model.name, side) for words, side in sides.items()}
            for model in self.models
        }

    @property
    def times(self) -> dict[str, Any]:
        """Frame shift, time of frame 0 and width, as figures of one utterance take them."""
        clock = self.run.clock
        shifts = {"frame_shift": clock.frame_shift, "first_frame": clock.first_frame}
        return {**shifts, "width": self.width}

    def best_choice(self) -> RunModel:
        """Find the best of the students whose rule has a choice."""
        student = best_searching(self.run)
        if student is None:
            raise NothingToDrawError(NO_NUMBERS)
        return student


def draw_rules(drawing: RunDrawing) -> Figure:
    """Draw the windows and selected frames of all students of the bidirectional teacher."""
    run, utterance = drawing.run, drawing.utterance
    ruled = [
        student
        for student in run.students
        if student.rule and student.taught_by == run.teacher.name
    ]
    if not ruled:
        raise NothingToDrawError(NO_NUMBERS)
    return rules_figure(
        {student.title: run.trace(student.name, utterance) for student in ruled},
        {student.title: student.posteriors.arrays[utterance] for student in ruled},
        run.teacher.posteriors.arrays[utterance],
        run.symbols,
        title=utterance,
        looks=drawing.looks,
        **drawing.times,
    )


def draw_tradeoff(drawing: RunDrawing) -> Figure:
    """Draw the errors of students over their mean offsets, of all seeds."""
    run = drawing.run
    students, summary = run.results["students"], run.results["summary"]
    titles = {row["rule"]: run.of(row["rule"]).title for row in summary}
    shifts = {student.name for student in run.students if isinstance(student.rule, Shift)}
    points: dict[str, tuple[list[float], list[float]]] = {}
    for name, title in titles.items():
        seeds = [student for student in students if student["rule"] == name]
        points[title] = (
            [_number(student["offset"]["mean"]) for student in seeds],
            [student["phone_error_rate"] for student in seeds],
        )
    teacher_errors = [
        teacher["phone_error_rate"]
        for teacher in run.results["teachers"]
        if teacher["name"] == run.teacher.name
    ]
    return tradeoff_figure(
        points,
        run.clock.frame_shift,
        teacher=(0.0, fmean(teacher_errors)),
        baseline=titles.get(CTC, ""),
        intervals={
            titles[row["rule"]]: (_interval(row, "offset"), _interval(row, "phone_error_rate"))
            for row in summary
        },
        line=[title for name, title in titles.items() if name in shifts],
        teacher_name=run.teacher.title,
        **drawing.look,
    )


def _interval(summary: dict[str, Any], measure: str) -> Interval:
    values = {name: _number(value) for name, value in summary[measure].items()}
    return Interval(**values, n_seeds=summary["seeds"], n_utterances=summary["utterances"])


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def draw_sweep(drawing: RunDrawing) -> Figure:
    """Draw the validation errors of all weights and windows that were tried."""
    sweep = sweep_points(drawing.run.results)
    if not sweep.points:
        raise NothingToDrawError(NO_NUMBERS)
    return sweep_figure(sweep.points, chosen=sweep.chosen, alone=sweep.alone, width=drawing.width)


def draw_learning(drawing: RunDrawing) -> Figure:
    """Draw losses and validation errors of all models over epochs."""
    run = drawing.run
    histories = {model.title: run.histories(model.name) for model in run.models}
    return learning_figure(histories, teacher=run.teacher.title, **drawing.look)


def draw_band(drawing: RunDrawing) -> Figure:
    """Draw the window and the selected pairs of the best searching rule."""
    run, student, utterance = drawing.run, drawing.best_choice(), drawing.utterance
    return band_figure(
        run.trace(student.name, utterance),
        teacher_spikes=spikes(run.of(student.taught_by).posteriors.arrays[utterance])[1],
        title=f"{student.title}: {utterance}",
        width=drawing.width,
    )


def draw_gradients(drawing: RunDrawing) -> Figure:
    """Draw the gradients of FrameWise and of the best searching rule for CTC alone."""
    run, student, utterance = drawing.run, drawing.best_choice(), drawing.utterance
    assert student.rule is not None
    teacher = run.of(student.taught_by).posteriors.arrays[utterance]
    pushed = next((student for student in run.students if student.name == CTC), student)
    logits = pushed.posteriors.arrays[utterance]
    rules = {"FrameWise": FrameWise(), student.title: student.rule}
    return gradients_figure(
        {
            name: distill_trace(logits, teacher, rule, **student.options)
            for name, rule in rules.items()
        },
        logits,
        teacher,
        run.symbols,
        title=f"{pushed.title}: {utterance}",
        colour=drawing.looks[pushed.title][0],
        **drawing.times,
    )


def draw_lattice(drawing: RunDrawing) -> Figure:
    """Draw the lattice of CTC of the teacher."""
    run, utterance = drawing.run, drawing.utterance
    logits, labels = run.teacher.posteriors.arrays[utterance], run.labels[utterance]
    return lattice_figure(
        ctc_trace(logits, labels),
        run.symbols,
        best=ctc_align(logits, labels),
        title=f"{run.teacher.title}: {utterance}",
        **drawing.times,
    )


def draw_gates(drawing: RunDrawing) -> Figure:
    """Draw gates and cells of the first layer of the first student."""
    run, utterance, student = drawing.run, drawing.utterance, drawing.run.students[0]
    values = run.network(student.name).parameters()
    weights = [values[f"layer0.forward.{name}"] for name in ("w_input", "w_hidden", "bias")]
    if cell_of(weights[1]) != "lstm":
        raise NothingToDrawError(NO_NUMBERS)
    return gates_figure(
        lstm_trace(LSTMParams(*weights), run.features[utterance]),
        phones=drawing.phones(utterance),
        symbols=run.symbols,
        title=f"{student.title}, first layer: {utterance}",
        **drawing.times,
    )


def draw_toy(drawing: RunDrawing) -> Figure:
    """Draw the losses of the small example, which no run changes."""
    return toy_figure(toy_table(), width=drawing.width)

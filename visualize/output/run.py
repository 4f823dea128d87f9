"""Draw a run from the folder that it has left."""

import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from refkd import check
from refkd.alignment.bootstrap import Interval
from refkd.alignment.decode import spikes
from refkd.experiment.run_reader import Run, RunModel
from refkd.experiment.student_settings import CTC
from refkd.losses.ctc import ctc_align, ctc_trace
from refkd.losses.distill import distill_trace
from refkd.losses.rule_json import rule_from_dict
from refkd.losses.rules import FrameWise, Shift
from refkd.networks.layers import cell_of
from refkd.networks.lstm import lstm_trace
from refkd.networks.lstm_params import LSTMParams
from refkd.ragged import Ragged
from visualize.figures.band import band_figure
from visualize.figures.cumulative import cumulative_figure
from visualize.figures.delays import delays_figure
from visualize.figures.gates import gates_figure
from visualize.figures.gradients import gradients_figure
from visualize.figures.lattice import lattice_figure
from visualize.figures.learning import learning_figure
from visualize.figures.offsets import offsets_figure
from visualize.figures.rules import rules_figure
from visualize.figures.shift import shift_figure
from visualize.figures.sweep import sweep_figure, sweep_points
from visualize.figures.toy import toy_figure, toy_table
from visualize.figures.tradeoff import tradeoff_figure
from visualize.layout.legend import Look, looks_of
from visualize.output.animate import save_animation, spikes_frames
from visualize.output.csv import write_numbers
from visualize.output.save import save_figure
from visualize.panels.panels import Phones
from visualize.panels.speech import Speech


def typical_utterance(run: Run) -> str:
    """The test utterance of median length."""
    return run.names[Ragged.from_list(list(run.features.values())).typical]


def looks_of_run(run: Run) -> dict[str, Look]:
    """Colour and line style of every model by its title, in every figure of the run."""
    return looks_of([model.title for model in run.models], run.teacher.title)


def _look(run: Run, width: float | None) -> dict[str, Any]:
    return {"width": width, "looks": looks_of_run(run)}


def _shift(run: Run, utterance: str, width: float | None) -> Figure:
    return shift_figure(
        {model.title: model.posteriors.arrays[utterance] for model in (run.teacher, *run.students)},
        run.symbols,
        run.clock.frame_shift,
        first_frame=run.clock.first_frame,
        phones=phones_of(run, utterance),
        speech=_speech(run, utterance),
        traces={
            student.title: run.trace(student.name, utterance)
            for student in searching(run)
            if student.taught_by == run.teacher.name
        },
        notes={model.title: _note(model) for model in (run.teacher, *run.students)},
        title=utterance,
        **_look(run, width),
    )


def _rules(run: Run, utterance: str, width: float | None) -> Figure | None:
    """What each student of the bidirectional teacher by a rule chose from."""
    taught = [
        student
        for student in run.students
        if student.rule and student.taught_by == run.teacher.name
    ]
    if not taught:
        return None
    return rules_figure(
        {student.title: run.trace(student.name, utterance) for student in taught},
        {student.title: student.posteriors.arrays[utterance] for student in taught},
        run.teacher.posteriors.arrays[utterance],
        run.symbols,
        run.clock.frame_shift,
        first_frame=run.clock.first_frame,
        title=utterance,
        **_look(run, width),
    )


def _offsets(run: Run, utterance: str, width: float | None) -> Figure:
    windows = {
        run.of(student["rule"]).title: rule_from_dict(student["lesson"]["selects"]).window
        for student in run.results["students"]
        if student["lesson"] is not None
    }
    statistics = {student.title: run.offsets(student.name) for student in run.students}
    return offsets_figure(statistics, run.clock.frame_shift, windows=windows, **_look(run, width))


def _cumulative(run: Run, utterance: str, width: float | None) -> Figure:
    statistics = {student.title: run.offsets(student.name) for student in run.students}
    return cumulative_figure(statistics, run.clock.frame_shift, **_look(run, width))


def _delays(run: Run, utterance: str, width: float | None) -> Figure | None:
    if not run.reference:
        return None
    sides = {"after the true start": "starts", "after the true end": "ends"}
    delays = {
        model.title: {words: run.delays(model.name, side) for words, side in sides.items()}
        for model in (run.teacher, *run.students)
    }
    return delays_figure(
        delays, run.clock.frame_shift, teacher=run.teacher.title, **_look(run, width)
    )


def _tradeoff(run: Run, utterance: str, width: float | None) -> Figure:
    students, summary = run.results["students"], run.results["summary"]
    titles = {row["rule"]: run.of(row["rule"]).title for row in summary}
    shifts = {student.name for student in run.students if isinstance(student.rule, Shift)}
    teachers = [
        teacher for teacher in run.results["teachers"] if teacher["name"] == run.teacher.name
    ]
    return tradeoff_figure(
        {
            titles[name]: (
                [
                    _number(student["offset"]["mean"])
                    for student in students
                    if student["rule"] == name
                ],
                [student["phone_error_rate"] for student in students if student["rule"] == name],
            )
            for name in titles
        },
        run.clock.frame_shift,
        teacher=(0.0, fmean(teacher["phone_error_rate"] for teacher in teachers)),
        baseline=titles.get(CTC, ""),
        intervals={
            titles[row["rule"]]: (_interval(row, "offset"), _interval(row, "phone_error_rate"))
            for row in summary
        },
        line=[titles[name] for name in titles if name in shifts],
        teacher_name=run.teacher.title,
        **_look(run, width),
    )


def _sweep(run: Run, utterance: str, width: float | None) -> Figure | None:
    tried = sweep_points(run.results)
    if not tried.points:
        return None
    return sweep_figure(tried.points, chosen=tried.chosen, alone=tried.alone, width=width)


def _learning(run: Run, utterance: str, width: float | None) -> Figure:
    histories = {model.title: run.histories(model.name) for model in run.models}
    return learning_figure(histories, teacher=run.teacher.title, **_look(run, width))


def _band(run: Run, utterance: str, width: float | None) -> Figure | None:
    student = best_searching(run)
    if student is None:
        return None
    teacher = run.of(student.taught_by).posteriors.arrays[utterance]
    return band_figure(
        run.trace(student.name, utterance),
        teacher_spikes=spikes(teacher)[1],
        title=f"{student.title}: {utterance}",
        width=width,
    )


def _gradients(run: Run, utterance: str, width: float | None) -> Figure | None:
    """Where frame by frame, and where the best searching rule, would push CTC alone."""
    student = best_searching(run)
    if student is None:
        return None
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
        run.clock.frame_shift,
        first_frame=run.clock.first_frame,
        title=f"{pushed.title}: {utterance}",
        width=width,
        colour=looks_of_run(run)[pushed.title][0],
    )


def _lattice(run: Run, utterance: str, width: float | None) -> Figure:
    logits, labels = run.teacher.posteriors.arrays[utterance], run.labels[utterance]
    return lattice_figure(
        ctc_trace(logits, labels),
        run.symbols,
        run.clock.frame_shift,
        best=ctc_align(logits, labels),
        first_frame=run.clock.first_frame,
        title=f"{run.teacher.title}: {utterance}",
        width=width,
    )


def _gates(run: Run, utterance: str, width: float | None) -> Figure | None:
    student = run.students[0]
    values = run.network(student.name).parameters()
    weights = [values[f"layer0.forward.{name}"] for name in ("w_input", "w_hidden", "bias")]
    if cell_of(weights[1]) != "lstm":
        return None
    trace = lstm_trace(LSTMParams(*weights), run.features[utterance])
    return gates_figure(
        trace,
        run.clock.frame_shift,
        first_frame=run.clock.first_frame,
        phones=phones_of(run, utterance),
        symbols=run.symbols,
        title=f"{student.title}, first layer: {utterance}",
        width=width,
    )


def _toy(run: Run, utterance: str, width: float | None) -> Figure:
    return toy_figure(toy_table(), width=width)


FIGURES: dict[str, Callable[[Run, str, float | None], Figure | None]] = {
    "shift": _shift,
    "rules": _rules,
    "offsets": _offsets,
    "cumulative": _cumulative,
    "delays": _delays,
    "tradeoff": _tradeoff,
    "sweep": _sweep,
    "learning": _learning,
    "band": _band,
    "gradients": _gradients,
    "lattice": _lattice,
    "gates": _gates,
    "toy": _toy,
}


def searching(run: Run) -> list[RunModel]:
    """The students whose rule has a choice."""
    return [
        student
        for student in run.students
        if student.rule is not None and student.rule.window.left + student.rule.window.right > 0
    ]


def best_searching(run: Run) -> RunModel | None:
    """The one of fewest errors among the students whose rule has a choice."""
    return min(searching(run), key=lambda student: student.error, default=None)


def _speech(run: Run, utterance: str) -> Speech:
    bands = run.results["configuration"]["features"]["bands"]
    return Speech.of_features(run.features[utterance], bands, run.clock)


def phones_of(run: Run, utterance: str) -> Phones | None:
    """The true phones of an utterance; None where their times are unknown."""
    reference = run.reference.get(utterance)
    if reference is None:
        return None
    labels = np.array([run.symbols.index(symbol) for symbol in reference.labels])
    return Phones(labels, reference.starts, reference.ends)


def _note(model: RunModel) -> str:
    weight = f"weight {model.weight:g}\n" * (model.weight > 0.0)
    return f"{weight}{100 * model.error:.1f} % test error"


def _interval(summary: dict[str, Any], measure: str) -> Interval:
    values = {name: _number(value) for name, value in summary[measure].items()}
    return Interval(**values, n_seeds=summary["seeds"], n_utterances=summary["utterances"])


def _number(value: float | None) -> float:
    return math.nan if value is None else value


SPIKES = "spikes"  # begins the names of the files


def pictures_of(run: Run) -> dict[str, list[RunModel]]:
    """Name the files of a run's animations and whose spikes they show: each student's, and those of
    all if there are several; none of a run that was not to be animated.
    """
    if run.followed is None:
        return {}
    pictures = {f"{SPIKES}-{student.name}.gif": [student] for student in run.students}
    if len(run.students) > 1:
        pictures[f"{SPIKES}.gif"] = list(run.students)
    return pictures


def draw_animations(run: Run, folder: Path) -> list[Path]:
    """Draw the posteriors of students for one validation utterance, epoch by epoch, into the files
    of `pictures_of`.
    """
    made: list[Path] = []
    if run.followed is None:
        return made
    teacher = run.logits_by_epoch(run.teacher.name)[-1]
    for name, students in pictures_of(run).items():
        frames = spikes_frames(
            teacher,
            {student.title: list(run.logits_by_epoch(student.name)) for student in students},
            run.symbols,
            run.clock.frame_shift,
            first_frame=run.clock.first_frame,
            phones=phones_of(run, run.followed),
            histories={student.title: run.histories(student.name)[0] for student in students},
            caption=f"Utterance {run.followed}.",
            teacher_name=run.teacher.title,
            looks=looks_of_run(run),
        )
        made.append(save_animation(frames, folder / name))
    return made


def draw_run(
    run: Run,
    folder: Path,
    *,
    figures: Iterable[str] | None = None,
    utterance: str | None = None,
    formats: tuple[str, ...] = ("png", "svg"),
) -> list[Path]:
    """Draw a run and write its figures with their numbers, and animations if no figure is named."""
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    for name, figure in run_figures(run, figures=figures, utterance=utterance):
        made += save_figure(figure, folder / name, formats)
        made.append(write_numbers({name: figure}, folder / f"{name}.csv"))
    return made if figures is not None else made + draw_animations(run, folder)


def run_figures(
    run: Run,
    *,
    figures: Iterable[str] | None = None,
    utterance: str | None = None,
    width: float | None = None,
) -> Iterator[tuple[str, Figure]]:
    """Draw the figures of a run one after the other, those by name or all for which there are
    numbers, of the test utterance of median length if none is named.
    """
    names = list(FIGURES if figures is None else figures)
    for name in names:
        check.one_of("figures", name, FIGURES)
    chosen = typical_utterance(run) if utterance is None else utterance
    check.one_of("utterance", chosen, run.names)
    for name in names:
        drawn = FIGURES[name](run, chosen, width)
        if drawn is not None:
            yield name, drawn
        elif figures is not None:
            check.fail("figures", "figures that the run has numbers for", repr(name))

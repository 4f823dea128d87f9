"""What the explorer shows of any models: each beside the first, under its own clock."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from refkd.alignment.posteriors.comparison import ComparedModel, Comparison
from refkd.check import Floats
from refkd.experiment.results_json import titled
from refkd.losses.traces import DistillTrace
from visualize.layout.glyphs import visible
from visualize.output.models_drawing import ModelsDrawing
from visualize.report.colours import colour_class
from visualize.report.explorer import Explored, mean_distance, ranked_utterances, true_phones
from visualize.report.packing import (
    PROBABILITY_DIGITS,
    pack_choices,
    pack_distributions,
    pack_frames,
)
from visualize.report.run_explorer import about_rule
from visualize.report.sound import pack_sound

LONGEST = 65_535  # frames: numbers of frames take two bytes


def explored_models(drawing: ModelsDrawing, audio: Mapping[str, Path]) -> Explored:
    """Gather what the explorer shows of several models, with WAV files by utterance."""

    def utterance(name: str, why: str) -> dict[str, Any]:
        return _utterance(drawing, name, why) | pack_sound(audio.get(name), drawing.part)

    total = len(drawing.comparison.utterances)
    return Explored(_shared(drawing), _ranked(drawing), total, utterance)


def _shared(drawing: ModelsDrawing) -> dict[str, Any]:
    """What all utterances share; a model's distributions have the model's place."""
    comparison = drawing.comparison
    return {
        "symbols": visible(comparison.symbols),
        "blank": comparison.blank,
        "digits": {"probability": PROBABILITY_DIGITS},
        "unit": comparison.unit.name,
        "late": "frames" if _one_clock(comparison) else comparison.unit.small,
        "first": 0,
        "models": [
            {"title": model.name, "clock": vars(model.clock)} for model in comparison.models
        ],
        "students": [
            {
                "place": place,
                "teacher": 0,
                "distributions": place,
                "teacher_distributions": 0,
                "rule": "" if drawing.rule is None else titled(drawing.rule),
                "colour": colour_class(drawing.looks[student.name]),
                "note": _note(drawing, student),
            }
            for place, student in enumerate(comparison.students, 1)
        ],
    }


def _one_clock(comparison: Comparison) -> bool:
    return len({model.clock for model in comparison.models}) == 1


def _note(drawing: ModelsDrawing, student: ComparedModel) -> str:
    teacher = drawing.comparison.teacher
    if drawing.rule is not None:
        return about_rule(drawing.rule, drawing.options)
    if teacher.clock == student.clock:
        return f"Each frame is compared with the same frame of {teacher.name}."
    return f"Each frame is compared with the nearest frame of {teacher.name}."


def _ranked(drawing: ModelsDrawing) -> dict[str, str]:
    """Utterances that are drawn first, then as in a run; without those too long for a page."""
    comparison = drawing.comparison
    names = [
        name
        for name in comparison.utterances
        if max(len(model.posteriors.arrays[name]) for model in comparison.models) <= LONGEST
    ]
    if not names:
        return {}
    first = {name: "as in the figures" for name in drawing.utterances if name in names}
    lengths = [len(comparison.teacher.posteriors.arrays[name]) for name in names]
    distances = [
        mean_distance([comparison.shift(student, name).offset for student in comparison.students])
        for name in names
    ]
    per, small = comparison.unit.per, comparison.unit.small
    return ranked_utterances(first, names, lengths, distances, lambda d: f"{per * d:.0f} {small}")


def _utterance(drawing: ModelsDrawing, name: str, why: str) -> dict[str, Any]:
    comparison, truth = drawing.comparison, drawing.truth
    temperature = float(drawing.options.get("temperature", 1.0))
    traces, _ = drawing.rule_traces(name)
    length = len(comparison.teacher.posteriors.arrays[name]) * comparison.teacher.clock.frame_shift
    return {
        "name": name,
        "why": f"{length:.3g} {comparison.unit.name}, {why}",
        "phones": true_phones(None if truth is None else truth.labels.get(name)),
        "distributions": [
            pack_distributions(_at_temperature(model.log_posteriors(name), temperature))
            for model in comparison.models
        ],
        "spikes": [pack_frames(*model.spikes[name]) for model in comparison.models],
        "students": [
            _student(comparison, student, name, traces.get(student.name))
            for student in comparison.students
        ],
    }


def _at_temperature(log_prob: Floats, temperature: float) -> Floats:
    """Probabilities (T, K) of log-posteriors that were divided by the temperature."""
    scaled = np.exp(log_prob / temperature)
    prob: Floats = scaled / scaled.sum(axis=1, keepdims=True)
    return prob


def _student(
    comparison: Comparison, student: ComparedModel, name: str, trace: DistillTrace | None
) -> dict[str, Any]:
    shift = comparison.shift(student, name)
    if _one_clock(comparison):
        late = (shift.student_frames - shift.teacher_frames).tolist()
    else:
        late = np.rint(comparison.unit.per * shift.offset).astype(np.int64).tolist()
    data = {"links": pack_frames(shift.teacher_frames, shift.student_frames), "late": late}
    return data if trace is None else {**data, "choices": pack_choices(trace)}

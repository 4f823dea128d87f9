"""What the explorer shows of a run: every student beside its teacher, and the selected pairs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from refkd.alignment.decode import log_posteriors, spikes
from refkd.alignment.metrics import alignment_shift
from refkd.alignment.statistics import AlignmentShift
from refkd.data.features import FeatureSettings
from refkd.experiment.run_reader import Run, RunModel
from refkd.losses.rules import Rule, row_of
from visualize.layout.glyphs import visible
from visualize.output.run_drawing import best_searching, looks_of_run, typical_utterance
from visualize.panels.speech import Speech
from visualize.report.colours import colour_class
from visualize.report.explorer import Explored, mean_distance, ranked_utterances, true_phones
from visualize.report.packing import (
    PROBABILITY_DIGITS,
    band_centres,
    pack_choices,
    pack_distributions,
    pack_frames,
    pack_speech,
)
from visualize.report.sound import pack_sound

DIVERGENCES = {
    "kl": "KL(teacher || student)",
    "reverse_kl": "KL(student || teacher)",
    "js": "Jensen-Shannon",
    "cross_entropy": "cross-entropy",
}


def explored_run(run: Run, audio: Mapping[str, Path]) -> Explored:
    """Gather what the explorer shows of a run, with WAV files by test utterance."""

    def utterance(name: str, why: str) -> dict[str, Any]:
        return pack_sound(audio.get(name)) | _utterance(run, name, why)

    ranked = _ranked(run)
    return Explored(_shared(run), ranked, len(ranked), utterance)


def _ranked(run: Run) -> dict[str, str]:
    """The utterances, those that come first to be shown first, and why each is."""
    lengths = [len(run.features[name]) for name in run.names]
    distances = [
        mean_distance([_shift(run.teacher, student, name).offset for student in run.students])
        for name in run.names
    ]
    first = {typical_utterance(run): "median length"}
    return ranked_utterances(first, run.names, lengths, distances, lambda d: f"{d:.1f} frames")


def _shared(run: Run) -> dict[str, Any]:
    """What all utterances share; models and distributions go by their places in lists."""
    distributions = _distributions(run)
    return {
        "symbols": visible(run.symbols),
        "blank": 0,
        "digits": {"probability": PROBABILITY_DIGITS},
        "unit": "s",
        "late": "frames",
        "first": run.students.index(best_searching(run) or run.students[0]),
        "models": [{"title": model.title, "clock": vars(run.clock)} for model in run.models],
        "students": [
            {
                "place": run.models.index(student),
                "teacher": run.models.index(_teacher(run, student)),
                "distributions": distributions.index((student.name, _temperature(student))),
                "teacher_distributions": distributions.index(
                    (_teacher(run, student).name, _temperature(student))
                ),
                "rule": "" if student.rule is None else student.title,
                "colour": colour_class(looks_of_run(run)[student.title]),
                "note": _note(student),
            }
            for student in run.students
        ],
    }


def _utterance(run: Run, name: str, why: str) -> dict[str, Any]:
    features = FeatureSettings(**run.results["configuration"]["features"])
    speech = Speech.of_features(run.features[name], features.bands, run.clock)
    return {
        "name": name,
        "why": f"{len(run.features[name])} frames, {why}",
        "phones": true_phones(run.reference.get(name)),
        "speech": pack_speech(speech, band_centres(features, run.results["data"]["rate"])),
        "distributions": [
            pack_distributions(np.exp(log_posteriors(run.of(model).posteriors.arrays[name] / t)))
            for model, t in _distributions(run)
        ],
        "spikes": [pack_frames(*spikes(model.posteriors.arrays[name])) for model in run.models],
        "students": [_student(run, student, name) for student in run.students],
    }


def _student(run: Run, student: RunModel, name: str) -> dict[str, Any]:
    shift = _shift(_teacher(run, student), student, name)
    data: dict[str, Any] = {
        "links": pack_frames(shift.teacher_frames, shift.student_frames),
        "late": shift.offset.tolist(),
    }
    if student.rule is not None:
        data["choices"] = pack_choices(run.trace(student.name, name))
    return data


def _shift(teacher: RunModel, student: RunModel, name: str) -> AlignmentShift:
    return alignment_shift(teacher.posteriors.arrays[name], student.posteriors.arrays[name])


def _distributions(run: Run) -> list[tuple[str, float]]:
    """Models, each at the temperatures at which rules compare it."""
    pairs = [
        (model.name, _temperature(student))
        for student in run.students
        for model in (_teacher(run, student), student)
    ]
    return list(dict.fromkeys(pairs))


def _teacher(run: Run, student: RunModel) -> RunModel:
    """The teacher of a student, or else the one that it is compared with."""
    return run.of(student.taught_by) if student.taught_by else run.teacher


def _temperature(student: RunModel) -> float:
    return float(student.options.get("temperature", 1.0))


def _note(student: RunModel) -> str:
    """How a student was trained, for a line below its name."""
    if student.rule is None and student.taught_by:
        return "It was trained with teacher frames drawn at random, so no selection is shown."
    if student.rule is None:
        return "It was trained by CTC alone, without a teacher."
    return f"Weight {student.weight:g}. {about_rule(student.rule, student.options)}"


def about_rule(rule: Rule, options: Mapping[str, Any]) -> str:
    """Describe a rule in a sentence, and how frames are compared."""
    words = [row_of(rule).about, f"Divergence: {DIVERGENCES[options['divergence']]}."]
    if options.get("temperature", 1.0) != 1.0:
        words.append(f"Posteriors at temperature theta = {options['temperature']:g}.")
    if options.get("blank_frames", "keep") != "keep":
        words.append(f"Blank frames: {options['blank_frames']}.")
    return " ".join(words)

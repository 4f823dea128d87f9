"""The alignment explorer: what every student makes of some utterances, as data for the page."""

import base64
import json
import zlib
from itertools import islice
from typing import Any

import numpy as np

from refkd.decode import log_posteriors, spikes
from refkd.finished_run import Run, RunModel
from refkd.metrics import alignment_shift
from visualize.report.packing import (
    PROBABILITY_DIGITS,
    pack_choices,
    pack_distributions,
    pack_frames,
    pack_speech,
)
from visualize.run_figures import best_searching, typical_utterance

FEW = 6  # utterances that are shown even if they need more room than is usual
MOST = 40

ABOUT = {
    "FrameWise": "Every student frame learns from the same teacher frame.",
    "Shift": "Every student frame learns from a teacher frame at a fixed distance.",
    "Blend": "Every student frame learns from a fixed mixture of earlier teacher frames.",
    "Hard": "Every student frame learns from the most similar teacher frame in its window.",
    "TopK": "Every student frame learns from a mixture of the most similar teacher frames in its "
    "window.",
    "Soft": "Every student frame learns from a mixture of all teacher frames in its window, the "
    "more similar the more weight.",
    "Monotone": "The teacher frames never step back: the path of least divergence through the "
    "windows.",
    "OrderedPath": "Every frame of both is met, in order, along the cheapest path.",
    "PerTeacher": "Every teacher frame teaches the most similar student frame that sees it; some "
    "student frames are taught by none, some by several.",
}

DIVERGENCES = {
    "kl": "KL(teacher || student)",
    "reverse_kl": "KL(student || teacher)",
    "js": "Jensen-Shannon",
    "cross_entropy": "cross-entropy",
}


def explorer_data(run: Run, usual: int, most: int) -> tuple[str, int]:
    """Pack some utterances of a run for the page.

    Parameters
    ----------
    run : Run
        From `refkd.finished_run.read_run`.
    usual : int
        Bytes that are filled with utterances.
    most : int
        Bytes that the first few may take if they do not fit into `usual`.

    Returns
    -------
    text : str
        JSON, deflated, in base64: fit for a script element.
    shown : int
        How many utterances it holds.
    """
    told = _run(run)
    room = len(_written(told))
    utterances: list[dict[str, Any]] = []
    for name, why in islice(_ranked(run).items(), MOST):
        one = _utterance(run, name, why)
        size = len(_written(one))
        if room + size <= (most if len(utterances) < FEW else usual):
            room += size
            utterances.append(one)
        elif len(utterances) >= FEW:
            break
    return _written({**told, "utterances": utterances}), len(utterances)


def _written(told: dict[str, Any]) -> str:
    """JSON, deflated, in base64: no character of it means anything to HTML."""
    text = json.dumps(told, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")


def _ranked(run: Run) -> dict[str, str]:
    """The utterances, those that come first to be shown first, and why each is."""
    lengths = np.array([len(run.features[name]) for name in run.names])
    apart = np.array([_apart(run, name) for name in run.names])
    ranked = {typical_utterance(run): "median length"}
    ranked.setdefault(run.names[int(lengths.argmax())], "the longest")
    ranked.setdefault(run.names[int(lengths.argmin())], "the shortest")
    for n in np.argsort(-apart, kind="stable"):
        ranked.setdefault(run.names[n], f"spikes {apart[n]:.1f} frames apart")
    return ranked


def _apart(run: Run, name: str) -> float:
    """Mean distance in frames between the spikes of the students and those of the teacher."""
    teacher = run.teacher.posteriors.arrays[name]
    offsets = [
        alignment_shift(teacher, student.posteriors.arrays[name]).offset for student in run.students
    ]
    every = np.abs(np.concatenate(offsets))
    return float(every.mean()) if every.size else 0.0


def _run(run: Run) -> dict[str, Any]:
    """What all utterances share; models and distributions go by their places in lists."""
    heard = _heard(run)
    features = run.told["configuration"]["features"]
    return {
        "symbols": run.symbols,
        "blank": 0,
        "clock": vars(run.clock),
        "digits": {"probability": PROBABILITY_DIGITS},
        "speech": {"bands": features["bands"], "columns_per_frame": features["stack"]},
        "first": run.students.index(best_searching(run) or run.students[0]),
        "models": [{"title": one.title} for one in run.models],
        "students": [
            {
                "place": run.models.index(one),
                "teacher": run.models.index(_teacher(run, one)),
                "distributions": heard.index((one.name, _temperature(one))),
                "teacher_distributions": heard.index((_teacher(run, one).name, _temperature(one))),
                "rule": "" if one.rule is None else one.title,
                "note": _note(one),
            }
            for one in run.students
        ],
    }


def _utterance(run: Run, name: str, why: str) -> dict[str, Any]:
    frames = len(run.features[name])
    spiking = [spikes(one.posteriors.arrays[name]) for one in run.models]
    return {
        "name": name,
        "why": why,
        "frames": frames,
        "phones": _phones(run, name),
        "speech": pack_speech(run.features[name], run.told["configuration"]["features"]["bands"]),
        "distributions": [
            pack_distributions(np.exp(log_posteriors(run.of(model).posteriors.arrays[name] / t)))
            for model, t in _heard(run)
        ],
        "spikes": [pack_frames(*one) for one in spiking],
        "students": [_student(run, one, name) for one in run.students],
    }


def _student(run: Run, student: RunModel, name: str) -> dict[str, Any]:
    shift = alignment_shift(
        _teacher(run, student).posteriors.arrays[name], student.posteriors.arrays[name]
    )
    told: dict[str, Any] = {"links": pack_frames(shift.teacher_frames, shift.student_frames)}
    if student.rule is not None:
        told["choices"] = pack_choices(run.trace(student.name, name))
    return told


def _phones(run: Run, name: str) -> list[list[Any]]:
    """Labels, starts and ends of the true phones; empty lists where nobody knows the times."""
    known = run.reference.get(name)
    if known is None:
        return [[], [], []]
    labels = [run.symbols.index(symbol) for symbol in known.labels]
    return [labels, known.starts.round(4).tolist(), known.ends.round(4).tolist()]


def _heard(run: Run) -> list[tuple[str, float]]:
    """Models, each at the temperatures at which a rule hears it."""
    pairs = [
        (model.name, _temperature(student))
        for student in run.students
        for model in (_teacher(run, student), student)
    ]
    return list(dict.fromkeys(pairs))


def _teacher(run: Run, student: RunModel) -> RunModel:
    """Who taught a student, or else the teacher that it is compared with."""
    return run.of(student.taught_by) if student.taught_by else run.teacher


def _temperature(student: RunModel) -> float:
    return float(student.options.get("temperature", 1.0))


def _note(student: RunModel) -> str:
    """What a student learns from, for a line below its name."""
    if student.rule is None and student.taught_by:
        return "It learnt from teacher frames drawn by chance: there is no choice to be shown."
    if student.rule is None:
        return "It learnt by CTC alone, from no teacher."
    options = student.options
    words = [f"Weight {student.weight:g}.", f"Divergence: {DIVERGENCES[options['divergence']]}."]
    if options["temperature"] != 1.0:
        words.append(f"Posteriors at temperature {options['temperature']:g}.")
    if options["blank_frames"] != "keep":
        words.append(f"Blank frames: {options['blank_frames']}.")
    return " ".join([ABOUT[type(student.rule).__name__], *words])

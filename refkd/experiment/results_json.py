"""results.json: built, written and read; and the table of it for a terminal."""

import json
import math
import platform
import shutil
from pathlib import Path
from typing import Any

import numba
import numpy as np

import refkd
from refkd.alignment.statistics import EmissionDelay
from refkd.check import DataError
from refkd.data.corpus import Utterance
from refkd.experiment.results import ExperimentResult, Model, Student
from refkd.experiment.results_form import misfits
from refkd.experiment.run_folder import CHECKPOINTS, RESULTS, reporting_write_errors
from refkd.experiment.run_writer import RECORDING
from refkd.experiment.student_settings import CTC, StudentSettings, teacher_name
from refkd.experiment.summary import BASELINES, Summary, summarise
from refkd.files.atomic import replacing
from refkd.losses.distill import OPTIONS
from refkd.losses.rule_json import rule_to_dict
from refkd.losses.rules import Rule, Window


def results(result: ExperimentResult) -> dict[str, Any]:
    """Everything that was measured, as plain numbers for JSON; None where nothing was.

    Keys: docs/course/training.md.
    """
    data, settings = result.data, result.settings
    teachers = [
        {**_model(model, data.frame_shift), "hash_before": before, "hash_after": after}
        for model, (before, after) in zip(result.teachers, result.teacher_hashes, strict=True)
    ]
    return {
        "refkd": refkd.__version__,
        "seconds": round(result.seconds, 1),
        "configuration": settings.as_dict(),
        "seeds": list(range(settings.seed, settings.seed + settings.seeds)),
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "numba": numba.__version__,
            "platform": platform.platform(),
        },
        "data": {
            "name": data.name,
            "rate": data.rate,
            "frame_shift": data.frame_shift,
            "first_frame": data.first_frame,
            "symbols": list(data.symbols),
            "utterances": {
                name: len(split)
                for name, split in (
                    ("train", data.train),
                    ("validation", data.validation),
                    ("test", data.test),
                )
            },
            "test_phones": int(data.test.labels.lengths.sum()),
            "problems": data.problems,
        },
        "followed": None if result.tracked is None else result.tracked.utterance.names[0],
        "recording": _recording(result.recording),
        "teacher": teachers[0],
        "teachers": teachers,
        "students": [_student(student, result) for student in result.students],
        "tuning": {
            name: [{"weight": weight, "validation": error} for weight, error in tried.items()]
            for name, tried in result.tuning.items()
        },
        "summary": [_summary(result, summary) for summary in summarise(result)],
    }


def write_results(results: dict[str, Any], folder: Path) -> None:
    """Write results.json, with which a run is complete, and remove the checkpoints."""
    text = json.dumps(results, indent=1, allow_nan=False) + "\n"
    with reporting_write_errors(folder):
        with replacing(folder / RESULTS) as file:
            file.write(text.encode())
        shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)


def read_results(folder: Path) -> dict[str, Any] | None:
    """The results of a run that has ended, as they were written; None if it has not."""
    path = folder / RESULTS
    if not path.exists():
        return None
    again = "remove it and repeat the command to train again"
    try:
        results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        got = f"something else; {again}"
        raise DataError(f"{path}: expected the results of a run, got {got}") from None
    if (place := next(misfits(results), None)) is not None:
        got = f"no such value at {place}" if place else "no JSON object"
        raise DataError(f"{path}: expected the results of this version, got {got}; {again}")
    return results


def _recording(utterance: Utterance) -> dict[str, Any]:
    """Which utterance the recording in the run's folder holds, and its phones; times in seconds."""
    times = {"starts": utterance.starts, "ends": utterance.ends}
    return {
        "file": RECORDING,
        "utterance": utterance.name,
        "phones": list(utterance.phones),
        **{name: None if known is None else known.tolist() for name, known in times.items()},
    }


def _model(model: Model, frame_shift: float) -> dict[str, Any]:
    measured = model.measured
    return {
        "name": model.name,
        "seed": model.seed,
        "phone_error_rate": measured.phone_error_rate,
        "loss": measured.loss if math.isfinite(measured.loss) else None,
        "delay": _delay(measured.delay, frame_shift),
        "delay_to_ends": _delay(measured.delay_to_ends, frame_shift),
        "spoken": measured.spoken.as_dict(),
        "peakiness": measured.peakiness.as_dict(),
        "parameters": sum(value.size for value in model.network.parameters().values()),
        "history": [_without_nan(epoch.as_dict()) for epoch in model.history],
        "seconds": round(model.seconds, 1),
    }


def _delay(delay: EmissionDelay, frame_shift: float) -> dict[str, Any]:
    """In seconds; the histogram counts around the multiples of the frame shift."""
    histogram = delay.histogram(frame_shift)
    return {
        **delay.as_dict(),
        **_without_nan({"within_1": delay.within(frame_shift)}),
        "histogram": {str(frames): count for frames, count in histogram.items()},
    }


def _student(student: Student, result: ExperimentResult) -> dict[str, Any]:
    model = _model(student, result.data.frame_shift)
    return {
        "rule": model.pop("name"),
        "title": described(student),
        "description": "CTC alone" if student.rule is None else repr(student.rule),
        "weight": student.weight,
        "lesson": _auxiliary(student, result.settings.distill[student.name]),
        **model,
        "hash": student.network.hash(),
        "offset": student.measured.offsets.as_dict(),
        "agreement": student.measured.agreement.as_dict(),
        "selection": None if student.selection is None else _without_nan(vars(student.selection)),
    }


def _auxiliary(student: Student, settings: StudentSettings) -> dict[str, Any] | None:
    """Teacher, rule and options of the auxiliary loss; None for CTC alone."""
    if student.rule is None:
        return None
    return {
        "teacher": teacher_name(settings.taught_by),
        "choice": settings.choice,
        "selects": rule_to_dict(student.rule),
        "options": {name: getattr(settings, name) for name in OPTIONS},
    }


def _summary(result: ExperimentResult, summary: Summary) -> dict[str, Any]:
    students, test = result.of(summary.name), result.data.test
    return {
        "rule": summary.name,
        "title": described(students[0]),
        "weight": students[0].weight,
        "seeds": len(students),
        "utterances": len(test),
        "phones": int(test.labels.lengths.sum()),
        **summary.as_dict(),
        "seconds": round(sum(student.seconds for student in students) / len(students), 1),
    }


def _without_nan(numbers: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in numbers.items()
    }


def described(student: Student) -> str:
    """What a student is called in tables and figures: CTC alone, Hard [5, 0], UniTeacher."""
    if student.rule is None:
        return "CTC alone" if student.name == CTC else student.name
    plain = student.name.rstrip("123456789") == type(student.rule).__name__
    return titled(student.rule) if plain else student.name


def titled(rule: Rule) -> str:
    """A rule as a person would write it: Hard [5, 0], Shift 2."""
    words = [type(rule).__name__]
    for name, value in vars(rule).items():
        if name == "window":
            whole = value == Window.whole()
            words.append("whole" if whole else f"[{value.left}, {value.right}]")
        elif name == "d":
            words.append(str(value))
        elif value is not None:
            values = value if name == "weights" else (value,)
            shown = "/".join(f"{number:g}" for number in values)
            words.append(f"{name}={shown}")
    return " ".join(words)


def table(document: dict[str, Any]) -> str:
    """The comparison as lines of text for a terminal: one for each model over all seeds."""
    head = (
        "",
        "weight",
        "phone error",
        "SD",
        "offset",
        "delay",
        "to CTC alone",
        "to FrameWise",
        "",
    )
    unit = ("", "", "% [95 %]", "", "frames", "ms", "points [95 %]", "points [95 %]", "s")
    rows = [head, unit]
    for teacher in document["teachers"]:
        name = teacher["name"]
        if document["configuration"]["new_teachers"]:
            name += f", seed {teacher['seed']}"
        error, delay = 100 * teacher["phone_error_rate"], teacher["delay"]["mean"]
        shown = "none" if delay is None else f"{1000 * delay:+.0f}"
        rows.append((name, "", f"{error:.1f}", "", "", shown, "", "", f"{teacher['seconds']:.0f}"))
    for student in document["summary"]:
        error, offset, delay = student["phone_error_rate"], student["offset"], student["delay"]
        rows.append(
            (
                student["title"],
                f"{student['weight']:g}" if student["weight"] else "",
                _percent(error, ".1f"),
                "" if error["sd"] is None else f"{100 * error['sd']:.1f}",
                "none" if offset["mean"] is None else f"{offset['mean']:+.1f}",
                "none" if delay["mean"] is None else f"{1000 * delay['mean']:+.0f}",
                *(
                    _percent(student["against"][other], "+.1f")
                    if other in student["against"]
                    else ""
                    for other in BASELINES
                ),
                f"{student['seconds']:.0f}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    lines.insert(2, "-" * max(map(len, lines)))
    return "\n".join([*lines, "", _sample_sizes(document)])


def _sample_sizes(document: dict[str, Any]) -> str:
    seeds, data = document["seeds"], document["data"]
    shown = f"seed {seeds[0]}" if len(seeds) == 1 else f"{len(seeds)} seeds"
    over = "utterances" if len(seeds) == 1 else "utterances and seeds"
    frame = 1000 * data["frame_shift"]
    return (
        f"n: {data['utterances']['test']} test utterances, {data['test_phones']} phones, {shown}. "
        f"[ ]: 95 % bootstrap intervals over {over}.\n"
        f"offset: mean offset from the teacher's spikes, frames of {frame:g} ms. "
        "delay: mean emission delay. s: seconds of a training."
    )


def _percent(interval: dict[str, float], form: str) -> str:
    mean, low, high = (100 * interval[name] for name in ("mean", "low", "high"))
    return f"{mean:{form}} [{low:{form}}, {high:{form}}]"

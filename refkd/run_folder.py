"""The folder that a run leaves behind: results, networks and posteriors."""

import json
import math
import platform
from pathlib import Path
from typing import Any

import numba
import numpy as np

import refkd
from refkd import check
from refkd.files import replacing
from refkd.outcome import Model, Selection, Student, Study
from refkd.records.rules import Rule
from refkd.records.window import Window


def claim_folder(path: str | Path) -> Path:
    """Make an empty folder for a run.

    Parameters
    ----------
    path : path
        New, or an empty folder.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ArgumentError
        If something is there already, or it cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> from refkd.run_folder import claim_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     claim_folder(folder + "/run").is_dir()
    True
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            check.fail("out", "a new or empty folder", f"{folder}, which holds files")
    except OSError as error:
        check.fail("out", "a folder that can be written to", f"{folder}: {error.strerror}")
    return folder


def results(study: Study) -> dict[str, Any]:
    """Everything that was measured, as plain numbers for JSON; None where nothing was.

    Parameters
    ----------
    study : Study
        What `run_study` returned.

    Returns
    -------
    dict
        "teacher" is an object, "students" a list of objects in the order of training.
    """
    before, after = study.teacher_hash
    data = study.data
    return {
        "refkd": refkd.__version__,
        "seconds": round(study.seconds, 1),
        "configuration": study.settings.as_dict(),
        "seeds": study.seeds,
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
        "teacher": {
            **_model(study.teacher),
            "seed": study.seeds["teacher"],
            "hash_before": before,
            "hash_after": after,
        },
        "students": [_student(one, study.seeds["student"]) for one in study.students],
    }


def _model(model: Model) -> dict[str, Any]:
    return {
        "phone_error_rate": model.phone_error_rate,
        "loss": model.loss if math.isfinite(model.loss) else None,
        "delay": model.delay.as_dict(),
        "peakiness": model.peakiness.as_dict(),
        "parameters": sum(value.size for value in model.network.parameters().values()),
        "history": [vars(epoch) for epoch in model.history],
        "seconds": round(model.seconds, 1),
    }


def _student(student: Student, seed: int) -> dict[str, Any]:
    return {
        "rule": student.name,
        "description": "CTC alone" if student.rule is None else repr(student.rule),
        "weight": 0.0 if student.distill is None else student.distill.weight,
        "seed": seed,
        **_model(student),
        "hash": student.network.hash(),
        "offset": student.offsets.as_dict(),
        "agreement": student.agreement.as_dict(),
        "selection": None if student.selection is None else _selection(student.selection),
    }


def _selection(selection: Selection) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in vars(selection).items()
    }


def write_run(study: Study, folder: Path) -> None:
    """Write networks, posteriors and, last, results.json.

    Parameters
    ----------
    study : Study
        What `run_study` returned.
    folder : Path
        From `claim_folder`.

    Raises
    ------
    DataError
        If a file cannot be written; what was there stays as it is.
    """
    try:
        for part in ("networks", "posteriors"):
            (folder / part).mkdir(exist_ok=True)
        for model in (study.teacher, *study.students):
            model.network.save(folder / "networks" / f"{model.name}.npz")
            _write_posteriors(model, study, folder / "posteriors" / f"{model.name}.npz")
        text = json.dumps(results(study), indent=1, allow_nan=False) + "\n"
        with replacing(folder / "results.json") as file:
            file.write(text.encode())
    except OSError as error:
        raise check.DataError(f"{folder}: expected to write there, got {error.strerror}") from None


def _write_posteriors(model: Model, study: Study, path: Path) -> None:
    """One (T, K) array of logits for each test utterance, and what they mean."""
    data = study.data
    arrays = dict(zip(data.test.names, model.logits, strict=True))
    metadata = {
        "metadata.kind": np.array("logits"),
        "metadata.blank": np.array(0),
        "metadata.symbols": np.array(data.symbols),
        "metadata.frame_shift": np.array(data.frame_shift),
        "metadata.first_frame": np.array(data.first_frame),
        "metadata.subsampling": np.array(data.settings.stack),
    }
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, **metadata, **arrays)


def table(study: Study) -> str:
    """The comparison as lines of text, for a terminal.

    Parameters
    ----------
    study : Study
        What `run_study` returned.

    Returns
    -------
    str
        One line for each model.
    """
    head = ("model", "weight", "phone error", "offset to teacher", "delay", "loss", "seconds")
    unit = ("", "", "%", "mean (5 % to 95 %), frames", "mean, ms", "nats", "")
    rows = [head, unit]
    for model in (study.teacher, *study.students):
        weight, offset = "", ""
        if isinstance(model, Student):
            weight = "" if model.distill is None else f"{model.distill.weight:g}"
            spread = model.offsets
            offset = "none matched"
            if spread.n:
                offset = f"{spread.mean:+.1f} ({round(spread.p5):+d} to {round(spread.p95):+d})"
        rows.append(
            (
                _title(model),
                weight,
                f"{100 * model.phone_error_rate:.1f}",
                offset,
                f"{1000 * model.delay.mean:+.0f}" if model.delay.n else "none",
                f"{model.loss:.1f}",
                f"{model.seconds:.0f}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    lines.insert(2, "-" * max(map(len, lines)))
    return "\n".join(lines)


def _title(model: Model) -> str:
    if isinstance(model, Student):
        return "CTC alone" if model.rule is None else titled(model.rule)
    return "teacher"


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
            shown = "/".join(f"{one:g}" for one in value) if name == "weights" else f"{value:g}"
            words.append(f"{name}={shown}")
    return " ".join(words)

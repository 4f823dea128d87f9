"""The spikes of the models of `refkd plot --model ...` as files for other programs."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from refkd import check
from refkd.alignment.ctm_textgrid import (
    AlignedUtterance,
    Phone,
    file_names,
    write_ctm,
    write_textgrids,
)
from refkd.alignment.decode import runs
from refkd.alignment.posteriors.comparison import ComparedModel, Comparison
from refkd.check import Ints
from refkd.experiment.run_folder import claim_files
from refkd.files.atomic import replacing

PAIRS = (
    *("utterance", "student", "symbol", "teacher_frame", "student_frame"),
    *("teacher_time", "student_time", "offset", "unit"),
)


def write_pairs(comparison: Comparison, path: Path) -> Path:
    """Write every spike of every utterance as CSV: a row for a pair, or for one without a partner.

    Frames count from 0; times and the offset, student minus teacher, are in its unit.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(PAIRS)
    for student in comparison.students:
        for utterance in comparison.utterances:
            for row in _pairs(comparison, student, utterance):
                writer.writerow([utterance, student.name, *row, comparison.unit.name])
    with replacing(path) as file:
        file.write(text.getvalue().encode("utf-8", errors="backslashreplace"))
    return path


def _pairs(comparison: Comparison, student: ComparedModel, utterance: str) -> Iterator[list[Any]]:
    """Symbol, frames, times and offset of the spikes of one utterance, in the order of time."""
    shift = comparison.shift(student, utterance)
    teacher = comparison.teacher.clock
    matched = shift.labels, shift.teacher_frames, shift.student_frames, shift.offset
    rows: list[tuple[Any, ...]] = [
        *zip(*(column.tolist() for column in matched), strict=True),
        *(
            (*spike, None, None)
            for spike in _both(shift.teacher_only_labels, shift.teacher_only_frames)
        ),
        *(
            (label, None, frame, None)
            for label, frame in _both(shift.student_only_labels, shift.student_only_frames)
        ),
    ]
    table = []
    for label, teacher_frame, student_frame, offset in rows:
        times = [
            None if frame is None else round(clock.seconds(frame), 9)
            for clock, frame in ((teacher, teacher_frame), (student.clock, student_frame))
        ]
        table.append([comparison.symbols[label], teacher_frame, student_frame, *times, offset])
    yield from sorted(table, key=lambda row: min(time for time in row[3:5] if time is not None))


def _both(labels: Ints, frames: Ints) -> list[tuple[int, int]]:
    return list(zip(labels.tolist(), frames.tolist(), strict=True))


def write_spikes(comparison: Comparison, folder: Path, form: str) -> list[Path]:
    """Write the spikes of each model as NAME.ctm, or as NAME/UTTERANCE.TextGrid."""
    aligned = {
        model.name: [_aligned(comparison, model, name) for name in comparison.utterances]
        for model in comparison.models
    }
    names = dict(zip(aligned, file_names(list(aligned)), strict=True))
    if form == "ctm":
        claim_files(folder, [f"{name}.ctm" for name in names.values()])
        for model, utterances in aligned.items():
            write_ctm(utterances, folder / f"{names[model]}.ctm")
        return [folder / f"{name}.ctm" for name in names.values()]
    grids = [f"{name}.TextGrid" for name in file_names(list(comparison.utterances))]
    claim_files(folder, [f"{name}/{grid}" for name in names.values() for grid in grids])
    for model, utterances in aligned.items():
        (folder / names[model]).mkdir(exist_ok=True)
        write_textgrids(utterances, folder / names[model])
    return [folder / name for name in names.values()]


def _aligned(comparison: Comparison, model: ComparedModel, utterance: str) -> AlignedUtterance:
    """The runs of best classes of one utterance, each from its first frame to that after its last.

    The confidence is the highest probability within the run.
    """
    log_prob = model.log_posteriors(utterance)
    labels, starts, ends = runs(model.posteriors.arrays[utterance].argmax(axis=1), comparison.blank)
    if starts.size and model.clock.seconds(starts[0]) < 0.0:
        got = f"{model.clock.seconds(starts[0]):g} s of {model.name} in {utterance!r}"
        check.fail("spikes", "times that are not before the audio", got)
    unnamed = [label for label in labels if not comparison.symbols[label]]
    if unnamed:
        check.fail("spikes", "symbols that are not empty", f"'' of class {unnamed[0]}")
    phones = tuple(
        Phone(
            comparison.symbols[label],
            float(model.clock.seconds(start)),
            float(model.clock.seconds(end)),
            float(np.exp(log_prob[start:end, label].max())),
        )
        for label, start, end in zip(labels, starts, ends, strict=True)
    )
    return AlignedUtterance(utterance, float(model.clock.seconds(len(log_prob))), phones)

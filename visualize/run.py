"""The figures of one run."""

from pathlib import Path

import numpy as np

from refkd.outcome import Student, Study
from refkd.run_folder import titled
from visualize.offsets import offsets_figure
from visualize.panels import Phones
from visualize.save import save_figure
from visualize.shift import shift_figure
from visualize.tradeoff import tradeoff_figure


def draw_run(study: Study, folder: Path) -> list[Path]:
    """Draw a run: alignment shift of one utterance, offsets, and error against delay.

    Parameters
    ----------
    study : Study
        What `refkd.study.run_study` returned.
    folder : Path
        Made if it is not there.

    Returns
    -------
    list of Path
        The files: each figure as PNG and SVG.
    """
    folder.mkdir(exist_ok=True)
    shift = study.data.frame_shift
    titles = {
        one.name: "CTC alone" if one.rule is None else titled(one.rule) for one in study.students
    }
    made = []

    n = _typical(study)
    test = study.data.test
    phones = None
    if test.starts is not None and test.ends is not None:
        phones = Phones(labels=test.labels[n], starts=test.starts[n], ends=test.ends[n])
    logits = {"teacher": study.teacher.logits[n]}
    logits |= {titles[one.name]: one.logits[n] for one in study.students}
    notes = {"teacher": f"{100 * study.teacher.phone_error_rate:.1f} % test error"}
    notes |= {titles[one.name]: _note(one) for one in study.students}
    figure = shift_figure(
        logits,
        study.data.symbols,
        shift,
        first_frame=study.data.first_frame,
        phones=phones,
        notes=notes,
        title=test.names[n],
    )
    made += save_figure(figure, folder / "shift", ("png", "svg"))

    windows = {titles[one.name]: one.rule.window for one in study.students if one.rule is not None}
    figure = offsets_figure(
        {titles[one.name]: one.offsets for one in study.students}, shift, windows=windows
    )
    made += save_figure(figure, folder / "offsets", ("png", "svg"))

    figure = tradeoff_figure(
        {titles[one.name]: (one.offsets.mean, one.phone_error_rate) for one in study.students},
        shift,
        teacher=(0.0, study.teacher.phone_error_rate),
        baseline="CTC alone",
    )
    made += save_figure(figure, folder / "tradeoff", ("png", "svg"))
    return made


def _note(student: Student) -> str:
    weight = "" if student.distill is None else f"weight {student.distill.weight:g}\n"
    return f"{weight}{100 * student.phone_error_rate:.1f} % test error"


def _typical(study: Study) -> int:
    """The utterance of median length."""
    lengths = study.data.test.features.lengths
    return int(np.argsort(lengths, kind="stable")[len(lengths) // 2])

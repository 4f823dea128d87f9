"""The figures of one run."""

from pathlib import Path
from statistics import fmean

import numpy as np

from refkd.inference import logits_of
from refkd.outcome import Model, Student, Study
from refkd.records.offsets import OffsetStatistics
from refkd.records.rules import Shift
from refkd.results import described
from refkd.students import CTC
from refkd.summary import summarise
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
    shift, test = study.data.frame_shift, study.data.test
    firsts = {name: study.of(name)[0] for name in study.names}
    titles = {name: described(one) for name, one in firsts.items()}
    errors = {
        one.name: 100 * one.measured.phone_error_rate for one in (study.teacher, *firsts.values())
    }
    teachers = [one for one in study.teachers if one.name == study.teacher.name]
    made = []

    n = _typical(study)
    phones = None
    if test.starts is not None and test.ends is not None:
        phones = Phones(labels=test.labels[n], starts=test.starts[n], ends=test.ends[n])
    alone = test.take([n]).features
    shown = {"teacher": study.teacher, **{titles[name]: one for name, one in firsts.items()}}
    figure = shift_figure(
        {title: logits_of(one.network, alone)[0] for title, one in shown.items()},
        study.data.symbols,
        shift,
        first_frame=study.data.first_frame,
        phones=phones,
        notes={title: _note(one, errors[one.name]) for title, one in shown.items()},
        title=test.names[n],
    )
    made += save_figure(figure, folder / "shift", ("png", "svg"))

    figure = offsets_figure(
        {
            titles[name]: OffsetStatistics.pool(one.measured.offsets for one in study.of(name))
            for name in firsts
        },
        shift,
        windows={
            titles[name]: one.rule.window for name, one in firsts.items() if one.rule is not None
        },
    )
    made += save_figure(figure, folder / "offsets", ("png", "svg"))

    short = {name: "CTC alone" if name == CTC else name for name in firsts}
    figure = tradeoff_figure(
        {
            short[name]: (
                [one.measured.offsets.mean for one in study.of(name)],
                [one.measured.phone_error_rate for one in study.of(name)],
            )
            for name in firsts
        },
        shift,
        teacher=(0.0, fmean(one.measured.phone_error_rate for one in teachers)),
        baseline=short.get(CTC, ""),
        intervals={short[one.name]: (one.offset, one.error) for one in summarise(study)},
        line=[short[name] for name, one in firsts.items() if isinstance(one.rule, Shift)],
    )
    made += save_figure(figure, folder / "tradeoff", ("png", "svg"))
    return made


def _note(model: Model, error: float) -> str:
    weight = model.weight if isinstance(model, Student) else 0.0
    return f"weight {weight:g}\n" * (weight > 0.0) + f"{error:.1f} % test error"


def _typical(study: Study) -> int:
    """The utterance of median length."""
    lengths = study.data.test.features.lengths
    return int(np.argsort(lengths, kind="stable")[len(lengths) // 2])

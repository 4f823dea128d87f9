"""Every student over all seeds: means, intervals, and differences from the baselines."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from refkd.alignment.bootstrap import Interval, Ratio, difference, interval, resample
from refkd.alignment.shift_line import above_line
from refkd.experiment.results import ExperimentResult, Model
from refkd.experiment.student_settings import CTC
from refkd.losses.rules import Shift

BASELINES = (CTC, "FrameWise")
MEASURES = ("error", "offset", "delay")
DRAWS, DRAWS_SEED = 10_000, 0


@dataclass(frozen=True)
class Summary:
    """One student over all seeds and test utterances."""

    name: str
    error: Interval  # phone error rate, a fraction
    offset: Interval  # mean, to the teacher's spikes, in frames
    delay: Interval  # mean, after the true starts, in seconds
    # Paired differences of phone error from CTC alone and from FrameWise.
    against: dict[str, Interval]
    # Phone error above the line of the fixed shifts at the same offset.
    against_shift: Interval | None

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, ready for JSON; None where there is nothing to measure."""
        shift = self.against_shift
        return {
            "phone_error_rate": _plain(self.error),
            "offset": _plain(self.offset),
            "delay": _plain(self.delay),
            "against": {other: _plain(interval) for other, interval in self.against.items()},
            "against_shift": None if shift is None else _plain(shift),
        }


def summarise(result: ExperimentResult) -> tuple[Summary, ...]:
    """Mean, standard deviation and 95 % interval of every student over seeds and utterances.

    The intervals come from 10,000 resamplings with seed 0, the same for all students
    (docs/guides/intervals.md).
    """
    names = result.names
    draws = resample(result.settings.seeds, len(result.data.test), DRAWS, DRAWS_SEED)
    ratios = {name: ratios_of(result.of(name)) for name in names}
    shifts = [name for name in names if isinstance(result.of(name)[0].rule, Shift)]
    line = [(ratios[name]["offset"], ratios[name]["error"]) for name in shifts]
    summaries = []
    for name, own in ratios.items():
        others = [other for other in BASELINES if other in names and other != name]
        at = own["offset"], own["error"]
        summaries.append(
            Summary(
                name=name,
                error=interval(own["error"], draws),
                offset=interval(own["offset"], draws),
                delay=interval(own["delay"], draws),
                against={
                    other: difference(own["error"], ratios[other]["error"], draws)
                    for other in others
                },
                against_shift=None if name in shifts else above_line(at, line, draws),
            )
        )
    return tuple(summaries)


def ratios_of(models: tuple[Model, ...]) -> dict[str, Ratio]:
    """Error, offset and delay of one student, seed by seed and utterance by utterance."""
    ratios = {}
    for measure in MEASURES:
        numerators, denominators = zip(
            *(model.measured.sums(measure) for model in models), strict=True
        )
        ratios[measure] = Ratio(np.stack(numerators), np.stack(denominators))
    return ratios


def _plain(interval: Interval) -> dict[str, float | None]:
    return {name: interval.as_dict()[name] for name in ("mean", "sd", "low", "high")}

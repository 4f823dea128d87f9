"""What a run returns: teachers, students, and what was measured of them on the test speech."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from refkd.alignment.statistics import (
    EmissionDelay,
    FrameAgreement,
    OffsetStatistics,
    Peakiness,
    TrueAgreement,
)
from refkd.check import Floats, Ints
from refkd.data.corpus import Utterance
from refkd.data.dataset import Dataset, Split
from refkd.experiment.checkpoint import Epoch
from refkd.experiment.settings import RunSettings
from refkd.losses.rules import Rule
from refkd.networks.network import Network, logits_of


@dataclass(frozen=True, eq=False)
class TrackedUtterance:
    """Logits (epochs + 1, T, K) of one utterance by model, before and after every epoch."""

    utterance: Split
    logits: dict[str, Floats]


def tracked_in(split: Split) -> Split:
    """The utterance of a split that is tracked: one of median length."""
    return split.take([split.features.typical])


def tracked_logits(
    data: Dataset, models: Iterable[tuple[str, Network, tuple[Epoch, ...]]]
) -> TrackedUtterance | None:
    """The tracked utterance and its logits, of each model (name, untrained network, history)."""
    utterance = tracked_in(data.validation)
    logits = {}
    for name, start, history in models:
        logits_by_epoch = [epoch.logits for epoch in history if epoch.logits is not None]
        if logits_by_epoch:
            logits[name] = np.stack([logits_of(start, utterance.features).values, *logits_by_epoch])
    return TrackedUtterance(utterance, logits) if logits else None


@dataclass(frozen=True)
class Selection:
    """What a rule chose on the test speech."""

    earlier: float  # share of the chosen teacher frames, by weight, before the student's frame
    equal: float  # at it
    later: float  # after it
    never_chosen: float  # share of the teacher's spikes of which no frame was chosen
    teacher_spikes: int  # their number
    before: float  # the rule's loss in nats per frame, before training
    after: float  # and after it


@dataclass(frozen=True, eq=False)
class Metrics:
    """What was measured of a network on N utterances, one by one where they can be resampled."""

    edits: Ints  # (N,) between the phones and their greedy decoding
    phones: Ints  # (N,) true ones
    loss: float  # mean CTC loss of an utterance, in nats
    delays: tuple[EmissionDelay, ...]  # spikes after the true starts of the phones, by utterance
    # Spikes after those of the bidirectional teacher of the run, by utterance.
    shifts: tuple[OffsetStatistics, ...]
    delay_to_ends: EmissionDelay  # spikes after the true ends of the phones
    spoken: TrueAgreement  # phones recognized while they are spoken
    agreement: FrameAgreement  # best labels against that teacher's
    peakiness: Peakiness  # how often the best label is blank, and how sure it is

    @property
    def phone_error_rate(self) -> float:
        """Edits / phones, a fraction."""
        return float(self.edits.sum() / self.phones.sum())

    @property
    def delay(self) -> EmissionDelay:
        """Of all utterances together."""
        return EmissionDelay.pool(self.delays)

    @property
    def offsets(self) -> OffsetStatistics:
        """Of all utterances together."""
        return OffsetStatistics.pool(self.shifts)

    def sums(self, measure: str) -> tuple[Floats, Floats]:
        """(N,) numerators and denominators of a measure: "error", "offset" or "delay"."""
        if measure == "error":
            return self.edits.astype(np.float64), self.phones.astype(np.float64)
        parts = self.shifts if measure == "offset" else self.delays
        return np.array([part.total for part in parts]), np.array([float(part.n) for part in parts])


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network and what was measured on the test speech."""

    name: str  # "teacher", or that of the student
    seed: int  # the run's seed with which it was trained
    network: Network
    history: tuple[Epoch, ...]
    measured: Metrics

    @property
    def seconds(self) -> float:
        """Spent on training."""
        return sum(epoch.seconds for epoch in self.history)


@dataclass(frozen=True, eq=False)
class Student(Model):
    """A student beside its teacher."""

    rule: Rule | None  # None for CTC alone
    weight: float  # of the distillation loss; the one validation chose among several
    selection: Selection | None  # None where no rule chose


@dataclass(frozen=True, eq=False)
class ExperimentResult:
    """One run: the speech, the teachers, their students, and what decided them."""

    settings: RunSettings
    data: Dataset
    # The bidirectional one first; with `new_teachers` those of each seed.
    teachers: tuple[Model, ...]
    teacher_hashes: tuple[tuple[str, str], ...]  # before and after the students were trained
    # In the order of training: every student of a seed, then the next seed.
    students: tuple[Student, ...]
    # Of each student with several weights: {weight: validation phone error rate}.
    tuning: dict[str, dict[float, float]]
    seconds: float  # with the epochs before an interruption
    recording: Utterance  # of the test speech, for `refkd stream`
    tracked: TrackedUtterance | None = None  # None unless the settings ask for an animation

    @property
    def teacher(self) -> Model:
        """The bidirectional teacher of the first seed."""
        return self.teachers[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the students, each once, in the order of training."""
        return tuple(dict.fromkeys(student.name for student in self.students))

    def of(self, name: str) -> tuple[Student, ...]:
        """The students of a name, seed by seed."""
        return tuple(student for student in self.students if student.name == name)

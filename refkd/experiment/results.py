"""What a study returns: teachers, students, and what was measured of them on the test speech."""

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
from refkd.data.dataset import Dataset, Split
from refkd.experiment.checkpoint import Epoch
from refkd.experiment.settings import RunSettings
from refkd.losses.rules import Rule
from refkd.networks.network import Network, logits_of


@dataclass(frozen=True, eq=False)
class Followed:
    """What models said of one utterance while they were trained.

    Parameters
    ----------
    utterance : Split
        That one.
    logits : dict of (epochs + 1, T, K) arrays
        Of each model by name: before training and after every epoch.
    """

    utterance: Split
    logits: dict[str, Floats]


def followed_in(split: Split) -> Split:
    """The utterance of a split that is followed: one of median length."""
    return split.take([split.features.typical])


def gathered(
    data: Dataset, models: Iterable[tuple[str, Network, tuple[Epoch, ...]]]
) -> Followed | None:
    """Put together what was said of the utterance that is followed.

    Parameters
    ----------
    data : Dataset
        Whose validation split it is from.
    models : iterable of (str, Network, tuple of Epoch)
        Name, network before training, and history.

    Returns
    -------
    Followed or None
        Of the models in whose history it was kept; None without any.
    """
    utterance = followed_in(data.validation)
    logits = {}
    for name, start, history in models:
        said = [epoch.said for epoch in history if epoch.said is not None]
        if said:
            logits[name] = np.stack([logits_of(start, utterance.features).values, *said])
    return Followed(utterance, logits) if logits else None


@dataclass(frozen=True)
class Selection:
    """What a rule chose on the test speech.

    Parameters
    ----------
    earlier, equal, later : float
        Where the teacher spikes: the share of the chosen teacher frames, by weight, that lie
        before, at and after the student's frame.
    never_chosen : float
        Share of the teacher's spikes of which no student frame chose any frame.
    teacher_spikes : int
        Number of those spikes.
    before, after : float
        The rule's loss in nats per frame, before and after training.
    """

    earlier: float
    equal: float
    later: float
    never_chosen: float
    teacher_spikes: int
    before: float
    after: float


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of a network on N utterances, one by one where they can be resampled.

    Parameters
    ----------
    edits : (N,) int array
        Between the phones and their greedy decoding.
    phones : (N,) int array
        True ones.
    loss : float
        Mean CTC loss of an utterance, in nats.
    delays : tuple of N EmissionDelay
        Spikes against the true starts of the phones.
    shifts : tuple of N OffsetStatistics
        Spikes against those of the study's bidirectional teacher.
    delay_to_ends : EmissionDelay
        Spikes against the true ends of the phones, of all utterances together.
    spoken : TrueAgreement
        Phones said while they are spoken.
    agreement : FrameAgreement
        Best labels against that teacher's.
    peakiness : Peakiness
        How much it says blank, and how sure it is.
    """

    edits: Ints
    phones: Ints
    loss: float
    delays: tuple[EmissionDelay, ...]
    shifts: tuple[OffsetStatistics, ...]
    delay_to_ends: EmissionDelay
    spoken: TrueAgreement
    agreement: FrameAgreement
    peakiness: Peakiness

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
        return np.array([one.total for one in parts]), np.array([float(one.n) for one in parts])


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network and what was measured on the test speech.

    Parameters
    ----------
    name : str
        "teacher", or what the student is called.
    seed : int
        The run's seed with which it was trained.
    network : Network
        Trained.
    history : tuple of Epoch
        Of its training.
    measured : Measured
        On the test speech.
    """

    name: str
    seed: int
    network: Network
    history: tuple[Epoch, ...]
    measured: Measured

    @property
    def seconds(self) -> float:
        """Spent on training."""
        return sum(epoch.seconds for epoch in self.history)


@dataclass(frozen=True, eq=False)
class Student(Model):
    """A student beside its teacher.

    Parameters
    ----------
    name, seed, network, history, measured : various
        As in `Model`.
    rule : Rule or None
        None for CTC alone.
    weight : float
        Of the distillation loss; that which validation chose, if there were several.
    selection : Selection or None
        What the rule chose; None where no rule did.
    """

    rule: Rule | None
    weight: float
    selection: Selection | None


@dataclass(frozen=True, eq=False)
class Study:
    """One run: the speech, the teachers, their students, and what decided them.

    Parameters
    ----------
    settings : RunSettings
        What was asked.
    data : Dataset
        The speech.
    teachers : tuple of Model
        The bidirectional one first; with `new_teachers` those of each seed in turn.
    teacher_hashes : tuple of (str, str)
        Hash of each teacher before and after the students were trained.
    students : tuple of Student
        In the order of training: every student of a seed, then the next seed.
    tuning : dict
        Of each student with several weights: {weight: phone error rate on the validation split}.
    seconds : float
        Of the whole study, with the epochs that were done before it was interrupted.
    followed : Followed or None
        What was kept to be animated; None unless the settings ask for it.
    """

    settings: RunSettings
    data: Dataset
    teachers: tuple[Model, ...]
    teacher_hashes: tuple[tuple[str, str], ...]
    students: tuple[Student, ...]
    tuning: dict[str, dict[float, float]]
    seconds: float
    followed: Followed | None = None

    @property
    def teacher(self) -> Model:
        """The bidirectional teacher of the first seed."""
        return self.teachers[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the students, each once, in the order of training."""
        return tuple(dict.fromkeys(one.name for one in self.students))

    def of(self, name: str) -> tuple[Student, ...]:
        """The students of a name, seed by seed."""
        return tuple(one for one in self.students if one.name == name)

"""What a study returns: the teacher, the students, and what was measured of them."""

from dataclasses import dataclass

from refkd.configuration import DistillSettings, RunSettings
from refkd.data.dataset import Dataset
from refkd.network import Network
from refkd.records.agreement import FrameAgreement, Peakiness
from refkd.records.offsets import EmissionDelay, OffsetStatistics
from refkd.records.ragged import Ragged
from refkd.records.rules import Rule
from refkd.train import Epoch


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
class Model:
    """A trained network and what was measured on the test speech.

    Parameters
    ----------
    name : str
        "teacher", "CTC", or the rule's class name.
    network : Network
        Trained.
    logits : Ragged
        (sum T, K) on the test speech.
    phone_error_rate : float
        Edits / phones of greedy decoding, a fraction.
    loss : float
        Mean CTC loss of an utterance, in nats.
    delay : EmissionDelay
        Spikes against the true starts of the phones.
    peakiness : Peakiness
        How much it says blank, and how sure it is.
    history : tuple of Epoch
        Training losses.
    seconds : float
        Spent on training.
    """

    name: str
    network: Network
    logits: Ragged
    phone_error_rate: float
    loss: float
    delay: EmissionDelay
    peakiness: Peakiness
    history: tuple[Epoch, ...]
    seconds: float


@dataclass(frozen=True, eq=False)
class Student(Model):
    """A student beside its teacher.

    Parameters
    ----------
    name, network, logits, phone_error_rate, loss, delay, peakiness, history, seconds : various
        As in `Model`.
    rule : Rule or None
        None for CTC alone.
    distill : DistillSettings or None
        The settings of the lesson.
    offsets : OffsetStatistics
        Spikes against the teacher's, in frames.
    agreement : FrameAgreement
        Best labels against the teacher's.
    selection : Selection or None
        What the rule chose.
    """

    rule: Rule | None
    distill: DistillSettings | None
    offsets: OffsetStatistics
    agreement: FrameAgreement
    selection: Selection | None


@dataclass(frozen=True, eq=False)
class Study:
    """One run: the speech, the teacher, its students, and what decided them.

    `teacher_hash` holds the teacher's hash before and after the students were trained.
    """

    settings: RunSettings
    seeds: dict[str, int]
    data: Dataset
    teacher: Model
    teacher_hash: tuple[str, str]
    students: tuple[Student, ...]
    seconds: float

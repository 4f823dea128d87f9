"""Agreement frame by frame and peakiness, in a form that adds up over utterances."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

NAN = float("nan")


def share(part: float, whole: float) -> float:
    """part / whole; nan where there is nothing to take a share of."""
    return part / whole if whole else NAN


def plain(numbers: dict[str, float]) -> dict[str, float | None]:
    """Numbers for JSON, which has no NaN."""
    return {name: None if math.isnan(number) else number for name, number in numbers.items()}


@dataclass(frozen=True)
class FrameAgreement:
    """How often a student's best label is the teacher's at the same frame.

    Parameters
    ----------
    frames : int
        Frames compared.
    teacher_spike_frames : int
        Those where the teacher's best label is not the blank.
    missed : int
        Of these, where the student says blank.
    wrong : int
        Of these, where the student says anything else than the teacher, blank included.
    different : int
        Frames of any kind with different best labels.

    Examples
    --------
    >>> from refkd.alignment.agreement import FrameAgreement
    >>> two = FrameAgreement(10, 4, 1, 2, 3), FrameAgreement(10, 0, 0, 0, 1)
    >>> both = FrameAgreement.pool(two)
    >>> both.missed_spikes, both.spike_error, both.frame_mismatch
    (0.25, 0.5, 0.2)
    """

    frames: int
    teacher_spike_frames: int
    missed: int
    wrong: int
    different: int

    @classmethod
    def pool(cls, parts: Iterable["FrameAgreement"]) -> "FrameAgreement":
        """Add up the counts of many utterances."""
        every = list(parts)
        return cls(
            frames=sum(part.frames for part in every),
            teacher_spike_frames=sum(part.teacher_spike_frames for part in every),
            missed=sum(part.missed for part in every),
            wrong=sum(part.wrong for part in every),
            different=sum(part.different for part in every),
        )

    @property
    def missed_spikes(self) -> float:
        """Of the teacher's non-blank frames, the share where the student says blank."""
        return share(self.missed, self.teacher_spike_frames)

    @property
    def spike_error(self) -> float:
        """Of the teacher's non-blank frames, the share where the student differs."""
        return share(self.wrong, self.teacher_spike_frames)

    @property
    def frame_mismatch(self) -> float:
        """Share of all frames with different best labels; says little without the offset."""
        return share(self.different, self.frames)

    def as_dict(self) -> dict[str, float | None]:
        """Plain numbers, ready for JSON; None where there is nothing to measure."""
        names = ("missed_spikes", "spike_error", "frame_mismatch")
        return plain({name: getattr(self, name) for name in names})


@dataclass(frozen=True)
class Peakiness:
    """How much of the time a model says blank, and how sure it is.

    Parameters
    ----------
    frames : int
        Frames measured.
    blank_frames : int
        Those whose best label is the blank.
    entropy : float
        Sum over the frames of the posterior's entropy, in nats.

    Examples
    --------
    >>> from refkd.alignment.agreement import Peakiness
    >>> measured = Peakiness(frames=4, blank_frames=3, entropy=2.0)
    >>> measured.blank_share, measured.mean_entropy
    (0.75, 0.5)
    """

    frames: int
    blank_frames: int
    entropy: float

    @classmethod
    def pool(cls, parts: Iterable["Peakiness"]) -> "Peakiness":
        """Add up many utterances; every frame counts once."""
        every = list(parts)
        return cls(
            frames=sum(part.frames for part in every),
            blank_frames=sum(part.blank_frames for part in every),
            entropy=sum(part.entropy for part in every),
        )

    @property
    def blank_share(self) -> float:
        """Share of the frames whose best label is the blank."""
        return share(self.blank_frames, self.frames)

    @property
    def mean_entropy(self) -> float:
        """Mean entropy of a frame, in nats."""
        return share(self.entropy, self.frames)

    def as_dict(self) -> dict[str, float | None]:
        """Plain numbers, ready for JSON; None where there is nothing to measure."""
        return plain({"blank_share": self.blank_share, "mean_entropy": self.mean_entropy})

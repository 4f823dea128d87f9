"""Alignment shift and emission delay, in a form that adds up over utterances."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from refkd.check import Floats, Ints


@dataclass(frozen=True, eq=False)
class SpikePairs:
    """Matched spikes of two models in order of time, and those on either side without a partner."""

    labels: Ints  # (n,)
    teacher_frames: Ints  # (n,) spike times in the teacher's frames
    student_frames: Ints  # (n,) in the student's
    teacher_only_labels: Ints  # (teacher_unmatched,)
    teacher_only_frames: Ints
    student_only_labels: Ints  # (student_unmatched,)
    student_only_frames: Ints


NAN = float("nan")


def share(part: float, whole: float) -> float:
    """part / whole; nan where there is nothing to take a share of."""
    return part / whole if whole else NAN


def plain(numbers: dict[str, float]) -> dict[str, float | None]:
    """Numbers for JSON, which has no NaN."""
    return {name: None if math.isnan(number) else number for name, number in numbers.items()}


@dataclass(frozen=True)
class PooledCounts:
    """Counts of an utterance, which add up over many, and shares of them."""

    SHARES: ClassVar[tuple[str, ...]]

    @classmethod
    def pool(cls, parts: Iterable[Self]) -> Self:
        """Add up the counts of many utterances."""
        utterances = list(parts)
        names = [field.name for field in fields(cls)]
        return cls(*(sum(getattr(part, name) for part in utterances) for name in names))

    def as_dict(self) -> dict[str, float | None]:
        """Plain numbers, ready for JSON; None where there is nothing to measure."""
        return plain({name: getattr(self, name) for name in self.SHARES})


@dataclass(frozen=True)
class FrameAgreement(PooledCounts):
    """How often a student's best label is the teacher's at the same frame.

    Examples
    --------
    >>> from refkd.alignment.statistics import FrameAgreement
    >>> two = FrameAgreement(10, 4, 1, 2, 3), FrameAgreement(10, 0, 0, 0, 1)
    >>> both = FrameAgreement.pool(two)
    >>> both.missed_spikes, both.spike_error, both.frame_mismatch
    (0.25, 0.5, 0.2)
    """

    SHARES = ("missed_spikes", "spike_error", "frame_mismatch")

    frames: int
    teacher_spike_frames: int  # whose best label by the teacher is not the blank
    missed: int  # of these, where the best label of the student is the blank
    wrong: int  # of these, where it is anything else, blank included
    different: int  # frames of any kind with different best labels

    @property
    def missed_spikes(self) -> float:
        """Of the teacher's non-blank frames, the share where the student is blank."""
        return share(self.missed, self.teacher_spike_frames)

    @property
    def spike_error(self) -> float:
        """Of the teacher's non-blank frames, the share where the student differs."""
        return share(self.wrong, self.teacher_spike_frames)

    @property
    def frame_mismatch(self) -> float:
        """Share of all frames with different best labels; means little without the offset."""
        return share(self.different, self.frames)


@dataclass(frozen=True)
class Peakiness(PooledCounts):
    """How often the blank is the best label of a model, and how sure the model is.

    Examples
    --------
    >>> from refkd.alignment.statistics import Peakiness
    >>> measured = Peakiness(frames=4, blank_frames=3, entropy=2.0)
    >>> measured.blank_share, measured.mean_entropy
    (0.75, 0.5)
    """

    SHARES = ("blank_share", "mean_entropy")

    frames: int
    blank_frames: int  # whose best label is the blank
    entropy: float  # in nats, summed over the frames

    @property
    def blank_share(self) -> float:
        """Share of the frames whose best label is the blank."""
        return share(self.blank_frames, self.frames)

    @property
    def mean_entropy(self) -> float:
        """Mean entropy of a frame, in nats."""
        return share(self.entropy, self.frames)


class Spread:
    """Mean, median and percentiles of the matched pairs; nan if there are none."""

    @property
    def values(self) -> NDArray[Any]:
        """What is summed up."""
        raise NotImplementedError

    @property
    def n(self) -> int:
        """Number of matched pairs."""
        return int(self.values.size)

    @property
    def total(self) -> float:
        """Sum."""
        return float(np.sum(self.values))

    @property
    def mean(self) -> float:
        """Mean."""
        return float(np.mean(self.values)) if self.n else NAN

    @property
    def median(self) -> float:
        """Median."""
        return self._percentile(50)

    @property
    def p5(self) -> float:
        """5th percentile."""
        return self._percentile(5)

    @property
    def p95(self) -> float:
        """95th percentile."""
        return self._percentile(95)

    def _percentile(self, percent: float) -> float:
        return float(np.percentile(self.values, percent)) if self.n else NAN

    def _spread(self) -> dict[str, Any]:
        spread = {name: getattr(self, name) for name in ("mean", "median", "p5", "p95")}
        return {"n": self.n, **plain(spread)}


@dataclass(frozen=True, eq=False)
class MatchedSpread(Spread):
    """Spread of offsets, student minus teacher, beside the spikes that have no partner."""

    SHARES: ClassVar[tuple[str, ...]] = ("teacher_unmatched_share", "student_unmatched_share")
    DTYPE: ClassVar[type[np.generic]] = np.float64

    offset: NDArray[Any]
    teacher_unmatched: int
    student_unmatched: int

    @classmethod
    def pool(cls, parts: Iterable["MatchedSpread"]) -> Self:
        """Put the pairs of many utterances together; every pair counts once."""
        utterances = list(parts)
        offsets = [np.zeros(0, dtype=cls.DTYPE), *(part.offset for part in utterances)]
        return cls(
            offset=np.concatenate(offsets),
            teacher_unmatched=sum(part.teacher_unmatched for part in utterances),
            student_unmatched=sum(part.student_unmatched for part in utterances),
        )

    @property
    def values(self) -> NDArray[Any]:
        """The offsets."""
        return self.offset

    @property
    def teacher_unmatched_share(self) -> float:
        """Share of the teacher's spikes without a partner."""
        return share(self.teacher_unmatched, self.n + self.teacher_unmatched)

    @property
    def student_unmatched_share(self) -> float:
        """Share of the student's spikes without a partner."""
        return share(self.student_unmatched, self.n + self.student_unmatched)

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers in frames or seconds, ready for JSON; None where nothing is measured."""
        return {
            **self._spread(),
            "teacher_unmatched": self.teacher_unmatched,
            "student_unmatched": self.student_unmatched,
            **plain({name: getattr(self, name) for name in self.SHARES}),
        }


class SpreadInSeconds(Spread):
    """Spread of times in seconds, which fall between frames."""

    def within(self, seconds: float) -> float:
        """Share of the matched pairs at most so many seconds early or late, to the nanosecond."""
        return share(int(np.count_nonzero(np.abs(self.values) <= seconds + 1e-9)), self.n)

    def histogram(self, width: float) -> dict[int, int]:
        """Number of matched pairs around each multiple of `width` seconds that has any.

        Bin k holds (k - 1/2) width <= delay < (k + 1/2) width, to the nanosecond.
        """
        nearest = np.floor((self.values + 1e-9) / width + 0.5).astype(np.int64)
        bins, counts = np.unique(nearest, return_counts=True)
        return dict(zip(bins.tolist(), counts.tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class OffsetStatistics(MatchedSpread):
    """Signed offsets between matched spikes of a teacher and a student, pooled over utterances.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.statistics import OffsetStatistics
    >>> pooled = OffsetStatistics(np.array([0, 1, 1, 4]), teacher_unmatched=1, student_unmatched=0)
    >>> pooled.mean, pooled.median, pooled.exact, pooled.within_1, pooled.teacher_unmatched_share
    (1.5, 1.0, 0.25, 0.75, 0.2)
    >>> pooled.histogram
    {0: 1, 1: 2, 4: 1}
    """

    SHARES = ("exact", "within_1", *MatchedSpread.SHARES)
    DTYPE = np.int64

    offset: Ints  # (n,) in frames: positive where the student is late

    @property
    def exact(self) -> float:
        """Share of the pairs at the same frame."""
        return share(int(np.count_nonzero(self.offset == 0)), self.n)

    @property
    def within_1(self) -> float:
        """Share of the pairs at most one frame apart."""
        return share(int(np.count_nonzero(np.abs(self.offset) <= 1)), self.n)

    @property
    def histogram(self) -> dict[int, int]:
        """Number of pairs for each offset that occurs, from the earliest to the latest."""
        offsets, counts = np.unique(self.offset, return_counts=True)
        return dict(zip(offsets.tolist(), counts.tolist(), strict=True))

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers in frames, ready for JSON; None where there is nothing to measure."""
        histogram = {str(offset): count for offset, count in self.histogram.items()}
        return {**super().as_dict(), "histogram": histogram}


@dataclass(frozen=True, eq=False)
class AlignmentShift(OffsetStatistics, SpikePairs):
    """Which spikes of a teacher and a student belong together in one utterance, and how far apart.

    The fields are those of `OffsetStatistics`, in frames, and of `SpikePairs`.
    """


@dataclass(frozen=True, eq=False)
class EmissionDelay(SpreadInSeconds):
    """Spike time minus true time of the correct symbols, of any number of utterances.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.statistics import EmissionDelay
    >>> delay = EmissionDelay(np.array([0.02, 0.04]), phones_left_out=1, spikes_left_out=0)
    >>> delay.n, delay.median, delay.phones_left_out
    (2, 0.03, 1)
    >>> delay.within(0.02), delay.histogram(0.02), round(delay.phones_left_out_share, 3)
    (0.5, {1: 1, 2: 1}, 0.333)
    """

    delay: Floats  # (n,) seconds: positive where the spike comes after the true time
    phones_left_out: int  # true phones without a spike of their symbol
    spikes_left_out: int  # spikes without a true phone of their symbol

    @classmethod
    def pool(cls, parts: Iterable["EmissionDelay"]) -> "EmissionDelay":
        """Put many utterances together; every correct symbol counts once."""
        utterances = list(parts)
        return cls(
            delay=np.concatenate([np.zeros(0), *(part.delay for part in utterances)]),
            phones_left_out=sum(part.phones_left_out for part in utterances),
            spikes_left_out=sum(part.spikes_left_out for part in utterances),
        )

    @property
    def values(self) -> Floats:
        """The delays."""
        return self.delay

    @property
    def phones_left_out_share(self) -> float:
        """Share of the true phones without a spike of their symbol."""
        return share(self.phones_left_out, self.n + self.phones_left_out)

    @property
    def spikes_left_out_share(self) -> float:
        """Share of the spikes without a true phone of their symbol."""
        return share(self.spikes_left_out, self.n + self.spikes_left_out)

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers in seconds, ready for JSON; None where there is nothing to measure."""
        return {
            **self._spread(),
            "phones_left_out": self.phones_left_out,
            "spikes_left_out": self.spikes_left_out,
        }


@dataclass(frozen=True, eq=False)
class TimedOffsets(MatchedSpread, SpreadInSeconds):
    """Signed offsets in seconds between matched spikes, pooled over utterances.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.statistics import TimedOffsets
    >>> pooled = TimedOffsets(np.array([0.0, 0.03, 0.06]), teacher_unmatched=1, student_unmatched=0)
    >>> pooled.n, pooled.mean, pooled.median, pooled.teacher_unmatched_share
    (3, 0.03, 0.03, 0.25)
    >>> round(pooled.within(0.03), 3), pooled.histogram(0.02)
    (0.667, {0: 1, 2: 1, 3: 1})
    >>> pooled.in_frames(0.03).offset
    array([0, 1, 2])
    """

    offset: Floats  # (n,) in seconds: positive where the student is late

    def in_frames(self, frame_shift: float) -> OffsetStatistics:
        """The same offsets in frames, where both models have the clock of this frame shift."""
        return OffsetStatistics(
            np.rint(self.offset / frame_shift).astype(np.int64),
            self.teacher_unmatched,
            self.student_unmatched,
        )


@dataclass(frozen=True, eq=False)
class TimedShift(TimedOffsets, SpikePairs):
    """Which spikes of two models belong together in one utterance, and how far apart in seconds.

    The fields are those of `TimedOffsets` and of `SpikePairs`; each model's frames are its own.
    """


@dataclass(frozen=True)
class TrueAgreement(PooledCounts):
    """How often a model emits a phone while it is spoken.

    Examples
    --------
    >>> from refkd.alignment.statistics import TrueAgreement
    >>> both = TrueAgreement.pool([TrueAgreement(3, 1, 4, 3), TrueAgreement(1, 0, 4, 0)])
    >>> both.missed_phones, both.spike_error
    (0.25, 0.375)
    """

    SHARES = ("missed_phones", "spike_error")

    phones: int
    phones_missed: int  # without any frame of their symbol between start and end
    spike_frames: int  # whose best label is not the blank
    wrong: int  # of these, where another phone is spoken, or none

    @property
    def missed_phones(self) -> float:
        """Share of the true phones that are not emitted while they are spoken."""
        return share(self.phones_missed, self.phones)

    @property
    def spike_error(self) -> float:
        """Share of the non-blank frames where something else is spoken, or nothing."""
        return share(self.wrong, self.spike_frames)

"""Alignment shift and emission delay, in a form that adds up over utterances."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from refkd.alignment.agreement import plain, share
from refkd.alignment.spike_pairs import SpikePairs
from refkd.alignment.spread import MatchedSpread, SpreadInSeconds
from refkd.check import Floats, Ints


@dataclass(frozen=True, eq=False)
class OffsetStatistics(MatchedSpread):
    """Signed offsets between matched spikes of a teacher and a student, pooled over utterances.

    Parameters
    ----------
    offset : (n,) int64 array
        Student minus teacher, in frames: positive where the student is late.
    teacher_unmatched : int
        Teacher spikes without a partner.
    student_unmatched : int
        Student spikes without a partner.

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

    offset: Ints
    teacher_unmatched: int
    student_unmatched: int

    @classmethod
    def pool(cls, parts: Iterable["OffsetStatistics"]) -> "OffsetStatistics":
        """Put the pairs of many utterances together; every pair counts once."""
        every = list(parts)
        offsets = [np.zeros(0, dtype=np.int64), *(part.offset for part in every)]
        return OffsetStatistics(
            offset=np.concatenate(offsets),
            teacher_unmatched=sum(part.teacher_unmatched for part in every),
            student_unmatched=sum(part.student_unmatched for part in every),
        )

    @property
    def values(self) -> Ints:
        """The offsets."""
        return self.offset

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
        shares = {
            name: getattr(self, name)
            for name in ("exact", "within_1", "teacher_unmatched_share", "student_unmatched_share")
        }
        return {
            **self._spread(),
            "teacher_unmatched": self.teacher_unmatched,
            "student_unmatched": self.student_unmatched,
            **plain(shares),
            "histogram": {str(offset): count for offset, count in self.histogram.items()},
        }


@dataclass(frozen=True, eq=False)
class AlignmentShift(OffsetStatistics, SpikePairs):
    """Which spikes of a teacher and a student belong together in one utterance, and how far apart.

    The fields are those of `OffsetStatistics`, in frames, and of `SpikePairs`.
    """


@dataclass(frozen=True, eq=False)
class EmissionDelay(SpreadInSeconds):
    """Spike time minus true time of the correct symbols, of any number of utterances.

    Parameters
    ----------
    delay : (n,) float64 array
        Seconds: positive where the spike comes after the true time.
    phones_left_out : int
        True phones without a spike of their symbol.
    spikes_left_out : int
        Spikes without a true phone of their symbol.

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

    delay: Floats
    phones_left_out: int
    spikes_left_out: int

    @classmethod
    def pool(cls, parts: Iterable["EmissionDelay"]) -> "EmissionDelay":
        """Put many utterances together; every correct symbol counts once."""
        every = list(parts)
        return cls(
            delay=np.concatenate([np.zeros(0), *(part.delay for part in every)]),
            phones_left_out=sum(part.phones_left_out for part in every),
            spikes_left_out=sum(part.spikes_left_out for part in every),
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

"""Alignment shift between models whose frames differ: in seconds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from refkd.alignment.agreement import plain
from refkd.alignment.spike_pairs import SpikePairs
from refkd.alignment.spread import MatchedSpread, SpreadInSeconds
from refkd.alignment.statistics import OffsetStatistics
from refkd.check import Floats


@dataclass(frozen=True, eq=False)
class TimedOffsets(MatchedSpread, SpreadInSeconds):
    """Signed offsets in seconds between matched spikes, pooled over utterances.

    Parameters
    ----------
    offset : (n,) float64 array
        Student minus teacher, in seconds: positive where the student is late.
    teacher_unmatched : int
        Teacher spikes without a partner.
    student_unmatched : int
        Student spikes without a partner.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.timed_offsets import TimedOffsets
    >>> pooled = TimedOffsets(np.array([0.0, 0.03, 0.06]), teacher_unmatched=1, student_unmatched=0)
    >>> pooled.n, pooled.mean, pooled.median, pooled.teacher_unmatched_share
    (3, 0.03, 0.03, 0.25)
    >>> round(pooled.within(0.03), 3), pooled.histogram(0.02)
    (0.667, {0: 1, 2: 1, 3: 1})
    >>> pooled.in_frames(0.03).offset
    array([0, 1, 2])
    """

    offset: Floats
    teacher_unmatched: int
    student_unmatched: int

    @classmethod
    def pool(cls, parts: Iterable["TimedOffsets"]) -> "TimedOffsets":
        """Put the pairs of many utterances together; every pair counts once."""
        every = list(parts)
        return TimedOffsets(
            offset=np.concatenate([np.zeros(0), *(part.offset for part in every)]),
            teacher_unmatched=sum(part.teacher_unmatched for part in every),
            student_unmatched=sum(part.student_unmatched for part in every),
        )

    @property
    def values(self) -> Floats:
        """The offsets."""
        return self.offset

    def in_frames(self, frame_shift: float) -> OffsetStatistics:
        """The same offsets in frames, where both models have the clock of this frame shift."""
        return OffsetStatistics(
            np.rint(self.offset / frame_shift).astype(np.int64),
            self.teacher_unmatched,
            self.student_unmatched,
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers in seconds, ready for JSON; None where there is nothing to measure."""
        shares = ("teacher_unmatched_share", "student_unmatched_share")
        return {
            **self._spread(),
            "teacher_unmatched": self.teacher_unmatched,
            "student_unmatched": self.student_unmatched,
            **plain({name: getattr(self, name) for name in shares}),
        }


@dataclass(frozen=True, eq=False)
class TimedShift(TimedOffsets, SpikePairs):
    """Which spikes of two models belong together in one utterance, and how far apart in seconds.

    The fields are those of `TimedOffsets` and of `SpikePairs`; each model's frames are its own.
    """

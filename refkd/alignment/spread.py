"""What a set of offsets or delays is summed up by."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from refkd.alignment.agreement import NAN, plain, share


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


class MatchedSpread(Spread):
    """Spread of matched pairs, beside the spikes on either side that have no partner."""

    teacher_unmatched: int
    student_unmatched: int

    @property
    def teacher_unmatched_share(self) -> float:
        """Share of the teacher's spikes without a partner."""
        return share(self.teacher_unmatched, self.n + self.teacher_unmatched)

    @property
    def student_unmatched_share(self) -> float:
        """Share of the student's spikes without a partner."""
        return share(self.student_unmatched, self.n + self.student_unmatched)


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

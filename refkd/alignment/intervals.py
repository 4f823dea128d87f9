"""Measures of many seeds and utterances, the draws that resample them, and their intervals."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from refkd import check
from refkd.alignment.agreement import plain
from refkd.check import Floats

Counts: TypeAlias = NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Ratio:
    """One measure of one student: in each seed, a sum over utterances divided by another.

    Parameters
    ----------
    numerator : (S, N) array
        Of each seed and utterance: edits, or the sum of offsets, or of delays.
    denominator : (S, N) array
        >= 0: phones, or matched pairs. A seed in which all are 0 has no ratio.

    Raises
    ------
    ArgumentError
        If the shapes differ, a number is nan or not 0 and not between 1e-100 and 1e100 in size,
        or one of the denominator negative.
    """

    numerator: Floats
    denominator: Floats

    def __post_init__(self) -> None:
        shape: tuple[int | str, ...] = ("S", "N")
        for name in ("numerator", "denominator"):
            value = check.finite_array(name, getattr(self, name), shape, np.dtype(np.float64))
            size = np.abs(value[value != 0.0])
            if size.size and not 1e-100 <= size.min() <= size.max() <= 1e100:
                check.fail(name, "numbers of size 0 or 1e-100 to 1e100", size.min())
            check.store(self, **{name: value})
            shape = value.shape
        if (self.denominator < 0.0).any():
            check.fail("denominator", "numbers >= 0", self.denominator.min())


@dataclass(frozen=True, eq=False)
class Resampling:
    """How often each seed and each utterance was drawn: the same draws for all students.

    Parameters
    ----------
    seeds : (B, S) uint16 array
        Every row adds up to S.
    utterances : (B, N) uint16 array
        Every row adds up to N.

    Raises
    ------
    ArgumentError
        If either is no such array or they differ in length.
    """

    seeds: Counts
    utterances: Counts

    def __post_init__(self) -> None:
        for name in ("seeds", "utterances"):
            counts = check.any_array(name, getattr(self, name))
            if counts.dtype != np.uint16 or counts.ndim != 2:
                got = f"shape {counts.shape}, dtype {counts.dtype}"
                check.fail(name, "two axes of dtype uint16", got)
            check.store(self, **{name: counts})
        check.same_length("utterances", len(self.utterances), "seeds", len(self.seeds), "B")


@dataclass(frozen=True)
class Interval:
    """The mean over seeds of a measure or of a difference, and how far it may be trusted.

    Parameters
    ----------
    mean : float
        Of the seeds; nan if no seed has a value.
    sd : float
        Sample standard deviation over the seeds; nan if fewer than two have a value.
    low : float
        2.5th percentile of the resampled means.
    high : float
        97.5th percentile.
    n_seeds : int
        Seeds that have a value.
    n_utterances : int
        Utterances that each seed was measured on.
    """

    mean: float
    sd: float
    low: float
    high: float
    n_seeds: int
    n_utterances: int

    def as_dict(self) -> dict[str, float | None]:
        """Plain numbers, ready for JSON; None where there is nothing to measure."""
        return plain(vars(self))

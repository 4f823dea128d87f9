"""95 % intervals of measures that are ratios of sums, by resampling seeds and utterances."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from refkd import check
from refkd.alignment.statistics import NAN, plain
from refkd.check import Floats

Counts: TypeAlias = NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Ratio:
    """One measure of one student: in each seed, a sum over utterances divided by another."""

    numerator: Floats  # (S, N): edits, or the sum of offsets or delays, of each seed and utterance
    denominator: Floats  # (S, N), >= 0: phones, or pairs; a seed in which all are 0 has no ratio

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
    """How often each seed and each utterance was drawn: the same draws for all students."""

    seeds: Counts  # (B, S); every row adds up to S
    utterances: Counts  # (B, N); every row adds up to N

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
    """The mean over seeds of a measure or of a difference, and its 95 % interval."""

    mean: float  # nan if no seed has a value
    sd: float  # of a sample; nan if fewer than two seeds have a value
    low: float  # 2.5th percentile of the resampled means
    high: float  # 97.5th
    n_seeds: int  # that have a value
    n_utterances: int

    def as_dict(self) -> dict[str, float | None]:
        """Plain numbers, ready for JSON; None where there is nothing to measure."""
        return plain(vars(self))


PERCENT = (2.5, 97.5)
REPEATS = 10_000_000  # far beyond what changes a percentile, within what fits into memory
CHUNK = 2**20  # entries of a matrix of draws that are held as 8-byte numbers at a time


def resample(seeds: int, utterances: int, repeats: int = 10_000, seed: int = 0) -> Resampling:
    """Draw seeds and utterances with replacement, independently of each other.

    Owen, The pigeonhole bootstrap, Annals of Applied Statistics 1(2), 2007.

    Examples
    --------
    >>> from refkd.alignment.bootstrap import resample
    >>> resample(seeds=1, utterances=3, repeats=4).utterances.sum(axis=1).tolist()
    [3, 3, 3, 3]
    """
    most = int(np.iinfo(np.uint16).max)
    seeds = check.integer("seeds", seeds, low=1, high=most)
    utterances = check.integer("utterances", utterances, low=1, high=most)
    repeats = check.integer("repeats", repeats, low=1, high=REPEATS)
    rng = np.random.default_rng(check.integer("seed", seed, low=0))
    drawn_utterances = _draw(rng, utterances, repeats)
    return Resampling(seeds=_draw(rng, seeds, repeats), utterances=drawn_utterances)


def interval(ratio: Ratio, draws: Resampling) -> Interval:
    """Estimate a measure: the mean over seeds of each seed's ratio.

    Parameters
    ----------
    ratio : Ratio
        Of S seeds and N utterances.
    draws : Resampling
        Of as many.

    Returns
    -------
    Interval
        In the units of the ratio. With one seed only utterances vary: the interval does not
        apply to other seeds.

    Raises
    ------
    ArgumentError
        If the numbers of seeds or utterances differ.

    References
    ----------
    Bisani and Ney, Bootstrap estimates for confidence intervals in ASR performance evaluation,
    ICASSP 2004.

    Examples
    --------
    >>> from refkd.alignment.bootstrap import Ratio, interval, resample
    >>> edits, phones = [[1, 0, 2, 1], [2, 0, 2, 2]], [[5, 5, 5, 5], [5, 5, 5, 5]]
    >>> error = interval(Ratio(edits, phones), resample(seeds=2, utterances=4))
    >>> round(error.mean, 3), round(error.low, 3), round(error.high, 3)
    (0.25, 0.075, 0.4)
    """
    return _interval(ratios_of_seeds("ratio", ratio, draws), draws)


def difference(a: Ratio, b: Ratio, draws: Resampling) -> Interval:
    """Estimate a - b for two students of the same seeds and utterances.

    Parameters
    ----------
    a : Ratio
        Of S seeds and N utterances.
    b : Ratio
        Of the same.
    draws : Resampling
        Of as many.

    Returns
    -------
    Interval
        Of the mean over seeds of the difference within each seed; seeds in which either student
        has no ratio are left out.

    Raises
    ------
    ArgumentError
        If the numbers of seeds or utterances differ.

    Examples
    --------
    >>> from refkd.alignment.bootstrap import Ratio, difference, resample
    >>> a, b = Ratio([[3, 1, 4]], [[9, 9, 9]]), Ratio([[2, 0, 3]], [[9, 9, 9]])
    >>> worse = difference(a, b, resample(seeds=1, utterances=3))      # one edit in every utterance
    >>> round(worse.mean, 3), round(worse.low, 3), round(worse.high, 3)
    (0.111, 0.111, 0.111)
    """
    return _interval(ratios_of_seeds("a", a, draws) - ratios_of_seeds("b", b, draws), draws)


def _draw(rng: np.random.Generator, size: int, repeats: int) -> Counts:
    """Counts (repeats, size) of `size` draws with replacement from `size`."""
    counts = np.empty((repeats, size), dtype=np.uint16)
    for rows in _chunks(repeats, size):
        drawn = rng.integers(size, size=counts[rows].shape)
        drawn += np.arange(len(drawn))[:, np.newaxis] * size
        counts[rows] = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)
    return counts


def _chunks(rows: int, width: int) -> list[slice]:
    step = max(1, CHUNK // width)
    return [slice(start, start + step) for start in range(0, rows, step)]


def ratios_of_seeds(argument: str, ratio: Ratio, draws: Resampling) -> Floats:
    """Each seed's ratio (1 + B, S): as measured, then in every resampling of the utterances."""
    check.instance(argument, ratio, Ratio)
    check.instance("draws", draws, Resampling)
    seeds, utterances = ratio.numerator.shape
    check.same_length(argument, seeds, "draws", draws.seeds.shape[1], "S")
    check.same_length(argument, utterances, "draws", draws.utterances.shape[1], "N")
    both = np.concatenate([ratio.numerator, ratio.denominator]).T
    sums = np.empty((1 + len(draws.utterances), both.shape[1]))
    sums[0] = np.ones(utterances) @ both
    for rows in _chunks(len(draws.utterances), utterances):
        sums[1:][rows] = draws.utterances[rows].astype(np.float64) @ both
    return _divide(sums[:, :seeds], sums[:, seeds:])


def means_over_seeds(values: Floats, draws: Resampling) -> Floats:
    """Mean (1 + B,) over the seeds that have a value: all, then those drawn; nan if none has."""
    known = ~np.isnan(values)
    weight = np.concatenate([np.ones((1, values.shape[1])), draws.seeds]) * known
    total = (weight * np.where(known, values, 0.0)).sum(axis=1)
    return _divide(total, weight.sum(axis=1))


def _divide(above: Floats, below: Floats) -> Floats:
    """Entry by entry; nan where there is nothing to divide by."""
    return np.divide(above, below, out=np.full_like(above, NAN), where=below > 0.0)


def _interval(values: Floats, draws: Resampling) -> Interval:
    return summarise_draws(means_over_seeds(values, draws), values[0], draws)


def summarise_draws(means: Floats, in_each_seed: Floats, draws: Resampling) -> Interval:
    """Percentiles of the resamplings that have a mean."""
    own = in_each_seed[~np.isnan(in_each_seed)]
    drawn = means[1:][~np.isnan(means[1:])]
    low, high = np.percentile(drawn, PERCENT) if drawn.size else (NAN, NAN)
    return Interval(
        mean=float(means[0]),
        sd=float(np.std(own, ddof=1)) if own.size > 1 else NAN,
        low=float(low),
        high=float(high),
        n_seeds=own.size,
        n_utterances=draws.utterances.shape[1],
    )

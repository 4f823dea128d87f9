"""Normalised features and label numbers, ready for training."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from refkd import check
from refkd.check import DataError, Floats, Ints
from refkd.data.corpus import Corpus, Utterance
from refkd.data.features import FeatureSettings, log_mel, stack
from refkd.data.sources import find_source
from refkd.ragged import Ragged

BLANK = "<blank>"


@dataclass(frozen=True, eq=False)
class Split:
    """N utterances as numbers.

    Examples
    --------
    >>> from refkd.data.dataset import load, prepare
    >>> train = prepare(load("synthetic", train=3, validation=1, test=1)).train
    >>> train.names, train.take([2, 0]).names
    (('train-0000', 'train-0001', 'train-0002'), ('train-0002', 'train-0000'))
    """

    names: tuple[str, ...]
    features: Ragged  # (sum T, D) float32, normalised
    labels: Ragged  # (sum L,) places in `Dataset.symbols`, never the blank
    starts: Ragged | None  # (sum L,) seconds in the utterance; None where unknown
    ends: Ragged | None

    def __post_init__(self) -> None:
        check.same_length("features", len(self.features), "names", len(self.names), "utterances")
        if (self.starts is None) != (self.ends is None):
            check.fail("starts, ends", "both or neither", "one of them")
        for name, times in (("starts", self.starts), ("ends", self.ends)):
            if times is not None and not np.array_equal(times.offsets, self.labels.offsets):
                check.fail(name, "one time for each label", f"offsets {times.offsets.tolist()}")
        check.same_length("labels", len(self.labels), "names", len(self.names), "utterances")

    def __len__(self) -> int:
        return len(self.names)

    def take(self, indices: ArrayLike) -> "Split":
        """The utterances at the given places, in the given order, at least one."""
        places = np.asarray(indices)
        if places.ndim != 1 or places.size == 0 or places.dtype.kind not in "iu":
            check.fail("indices", "whole numbers of shape (n,), n >= 1", f"shape {places.shape}")
        if places.min() < 0 or places.max() >= len(self):
            wrong = places.min() if places.min() < 0 else places.max()
            check.fail("indices", f"0 <= index < {len(self)}", wrong)

        def pick(ragged: Ragged) -> Ragged:
            return Ragged.from_list([ragged[n] for n in places])

        return Split(
            tuple(self.names[n] for n in places),
            pick(self.features),
            pick(self.labels),
            None if self.starts is None else pick(self.starts),
            None if self.ends is None else pick(self.ends),
        )


@dataclass(frozen=True, eq=False)
class Dataset:
    """A corpus as numbers, in three splits that share no group."""

    name: str
    train: Split
    validation: Split
    test: Split
    symbols: tuple[str, ...]  # of the labels; the blank is symbol 0
    frame_shift: float  # seconds
    first_frame: float  # seconds; frame t is at first_frame + t frame_shift
    mean: Floats  # (D,), of the training frames
    std: Floats  # (D,); normalised = (features - mean) / std
    settings: FeatureSettings
    rate: int  # samples per second of the audio
    problems: dict[str, int]  # {a sentence: how many times}


def load(spec: str | None = None, **options: Any) -> Corpus:
    """Make or read the corpus that a specification names.

    Parameters
    ----------
    spec : str, optional
        One of the forms of `refkd.data.sources`, such as "festvox:DIR"; by default "synthetic".
    **options
        Passed on to the function that makes or reads it.

    Returns
    -------
    Corpus
        Speech and its phones in three splits.

    Raises
    ------
    ArgumentError
        If the form of the specification is unknown.
    DataError
        If nothing usable is found.

    Examples
    --------
    >>> from refkd.data.dataset import load
    >>> load("synthetic", train=2, validation=1, test=1).name
    'synthetic'
    """
    source, arguments = find_source("synthetic" if spec is None else spec)
    return source.read(*arguments, **options)


def prepare(corpus: Corpus, settings: FeatureSettings | None = None) -> Dataset:
    """Compute and normalise the features of a corpus and number its phones.

    Parameters
    ----------
    corpus : Corpus
        Speech and its phones.
    settings : FeatureSettings, optional
        How audio becomes frames.

    Returns
    -------
    Dataset
        Utterances whose labels need more frames than they have are left out and counted in
        `problems`. A phone that does not occur in training keeps a symbol, so that it counts as
        an error when it is missed, and is counted in `problems` too.

    Raises
    ------
    DataError
        If a split has no utterance left.

    Examples
    --------
    >>> from refkd.data.dataset import load, prepare
    >>> data = prepare(load("synthetic", train=2, validation=1, test=1))
    >>> data.symbols[:4], data.train.features.values.shape[1]
    (('<blank>', 'a', 'ae', 'b'), 80)
    """
    settings = FeatureSettings() if settings is None else settings
    problems = Counter(corpus.problems)
    usable: dict[str, list[tuple[Utterance, NDArray[np.float32]]]] = {}
    for split, utterances in corpus.splits().items():
        usable[split] = []
        for utterance in utterances:
            frames = stack(log_mel(utterance.audio, utterance.rate, settings), settings.stack)
            repeats = sum(a == b for a, b in pairwise(utterance.phones))
            if len(utterance.phones) + repeats > len(frames):
                problems[f"more phones than frames, left out of {split}"] += 1
            else:
                usable[split].append((utterance, frames))
        if not usable[split]:
            expected = f"utterances for {split} that fit"
            raise DataError(f"{corpus.name}: expected {expected}, got none of {len(utterances)}")

    trained = _phones(usable["train"])
    phones = trained | _phones(usable["validation"]) | _phones(usable["test"])
    for symbol in sorted(phones - trained):
        count = sum(
            utterance.phones.count(symbol) for split in usable.values() for utterance, _ in split
        )
        problems[f"phone {symbol!r} never occurs in training"] += count
    symbols = (BLANK, *sorted(phones))
    number = {symbol: n for n, symbol in enumerate(symbols)}

    everything = np.concatenate([frames for _, frames in usable["train"]])
    mean = everything.mean(axis=0, dtype=np.float64)
    std = everything.std(axis=0, dtype=np.float64)
    std[std < 1e-6] = 1.0  # a band that never changes says nothing and stays 0

    def split_of(pairs: list[tuple[Utterance, NDArray[np.float32]]]) -> Split:
        return Split(
            tuple(utterance.name for utterance, _ in pairs),
            Ragged.from_list([((raw - mean) / std).astype(np.float32) for _, raw in pairs]),
            Ragged.from_list(
                [[number[phone] for phone in utterance.phones] for utterance, _ in pairs]
            ),
            _laid_out([utterance.starts for utterance, _ in pairs]),
            _laid_out([utterance.ends for utterance, _ in pairs]),
        )

    return Dataset(
        name=corpus.name,
        train=split_of(usable["train"]),
        validation=split_of(usable["validation"]),
        test=split_of(usable["test"]),
        symbols=symbols,
        frame_shift=settings.frame_shift(corpus.rate),
        first_frame=float(settings.times(1, corpus.rate)[0]),
        mean=mean,
        std=std,
        settings=settings,
        rate=corpus.rate,
        problems=dict(problems),
    )


def _laid_out(times: list[Floats | None]) -> Ragged | None:
    known = [seconds for seconds in times if seconds is not None]
    return Ragged.from_list(known) if known else None


def batches(split: Split, batch_size: int, rng: Generator) -> list[Ints]:
    """Places of the utterances of one epoch, batch by batch, every utterance exactly once.

    Utterances of a batch have similar lengths: each length is changed at random by up to 20 %
    before sorting, so that batches change from epoch to epoch. One batch may have fewer.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.data.dataset import batches, load, prepare
    >>> train = prepare(load("synthetic", train=5, validation=1, test=1)).train
    >>> one_epoch = batches(train, 2, np.random.default_rng(0))
    >>> sorted(len(batch) for batch in one_epoch), sorted(np.concatenate(one_epoch).tolist())
    ([1, 2, 2], [0, 1, 2, 3, 4])
    """
    check.integer("batch_size", batch_size, low=1)
    blurred = split.features.lengths * rng.uniform(0.8, 1.2, len(split))
    order = np.argsort(blurred, kind="stable")
    together = [order[n : n + batch_size] for n in range(0, len(order), batch_size)]
    return [together[n] for n in rng.permutation(len(together))]


def _phones(pairs: Iterable[tuple[Utterance, NDArray[np.float32]]]) -> set[str]:
    return {phone for utterance, _ in pairs for phone in utterance.phones}

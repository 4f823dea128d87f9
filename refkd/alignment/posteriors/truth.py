"""True times with which models are compared: of symbols, or of words."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from refkd import check
from refkd.alignment.bootstrap import Interval, Ratio, interval, resample
from refkd.alignment.posteriors.comparison import ComparedModel, Comparison
from refkd.alignment.posteriors.delays import (
    Edge,
    TimedSymbols,
    TrueDelays,
    symbol_delays,
    word_delays_of_phones,
    word_delays_of_tokens,
)
from refkd.alignment.posteriors.reference import Reference, read_reference
from refkd.alignment.posteriors.words import BEGINS, DELIMITERS, Marks, separated, word_marks

By: TypeAlias = Literal["symbol", "word"]
PathLike: TypeAlias = str | os.PathLike[str]


@dataclass(frozen=True, eq=False)
class Truth:
    """True labels and times of some utterances, and how models are compared with them."""

    labels: Mapping[str, Reference]  # symbols, or words if `marks` is given
    words: Mapping[str, Reference] | None = None  # that phones are grouped to
    marks: Marks | None = None  # by which tokens are joined to words

    @property
    def by(self) -> By:
        """The unit that delays are measured for."""
        return "symbol" if self.words is None and self.marks is None else "word"

    @property
    def edge(self) -> Edge:
        """The delay reported for a model: of a phone after its start, of a word after its end."""
        return "start" if self.by == "symbol" else "end"

    @property
    def counted(self) -> By:
        """What errors are of: phones have no error of words."""
        return "symbol" if self.marks is None else "word"

    def of(self, comparison: Comparison, model: ComparedModel) -> dict[str, TrueDelays]:
        """Errors and delays of a model in each utterance whose true times are known.

        An ArgumentError if utterances have several words, and no model emits what separates them.
        """
        if self.marks is not None:
            self._check_separators(comparison, self.marks)
        delays = {}
        for name in comparison.utterances:
            if name not in self.labels or (self.words is not None and name not in self.words):
                continue
            labels, frames = model.spikes[name]
            symbols = [comparison.symbols[label] for label in labels]
            times = np.asarray(model.clock.seconds(frames), dtype=np.float64)
            emitted = TimedSymbols(symbols, times)
            if self.marks is not None:
                delays[name] = word_delays_of_tokens(emitted, self.labels[name], self.marks)
            elif self.words is not None:
                delays[name] = word_delays_of_phones(emitted, self.labels[name], self.words[name])
            else:
                delays[name] = symbol_delays(emitted, self.labels[name])
        return delays

    def _check_separators(self, comparison: Comparison, marks: Marks) -> None:
        """Refuse to join all tokens of an utterance to one word because there is no separator."""
        spikes = [spikes for model in comparison.models for spikes, _ in model.spikes.values()]
        emitted = {comparison.symbols[label] for label in np.unique(np.concatenate(spikes))}
        several = any(len(utterance.labels) > 1 for utterance in self.labels.values())
        if several and not separated(emitted, marks):
            symbols = comparison.symbols
            separator = next(
                symbol for symbol in symbols if symbol in DELIMITERS or symbol.startswith(BEGINS)
            )
            expected = f"{separator!r}, or another symbol that separates words, to be best in some "
            check.fail("by word", expected + "frame, or --no-marks if none separates words", "none")


def read_truth(
    reference: PathLike,
    symbols: Sequence[str],
    *,
    by: By = "symbol",
    words: PathLike | None = None,
    tier: str | None = None,
    skip: Collection[str] = (),
    marked: bool = True,
) -> Truth:
    """Read true times in the form that the symbols (K,) of a model require.

    By word, `words` is by default the tier "words" of TextGrids, and a CTM holds words if the
    symbols have marks of words (and `marked` says that they are marks): then tokens are joined.
    """
    check.one_of("by", by, ("symbol", "word"))
    if by == "symbol":
        if words is not None:
            check.fail("words", "a path by word only", words)
        return Truth(read_reference(reference, tier or "phones", skip))
    marks = word_marks(symbols) if marked else None
    if marks is not None:
        return Truth(read_reference(words or reference, tier or "words", skip), marks=marks)
    if words is None and Path(reference).suffix.lower() == ".ctm":
        expected = "a CTM or TextGrids, because the models have phones without marks of words"
        check.fail("words", expected, "none")
    grouped = read_reference(words or reference, "words", skip)
    return Truth(read_reference(reference, tier or "phones", skip), words=grouped)


def delay_and_error(utterances: Sequence[TrueDelays], edge: Edge) -> tuple[Interval, Interval]:
    """Estimate a model's mean delay in seconds and its error as a fraction, over utterances.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.posteriors.delays import TrueDelays
    >>> from refkd.alignment.posteriors.truth import delay_and_error
    >>> from refkd.alignment.statistics import EmissionDelay
    >>> delays = EmissionDelay(np.array([0.1, 0.3]), phones_left_out=0, spikes_left_out=0)
    >>> delay, error = delay_and_error([TrueDelays(delays, delays, edits=1, labels=4)], "end")
    >>> round(delay.mean, 3), error.mean
    (0.2, 0.25)
    """
    draws = resample(seeds=1, utterances=len(utterances))
    delays = [(utterance.after(edge).total, utterance.after(edge).n) for utterance in utterances]
    edits = [(utterance.edits, utterance.labels) for utterance in utterances]
    delay, error = (Ratio(*np.array(pairs).T[:, np.newaxis]) for pairs in (delays, edits))
    return interval(delay, draws), interval(error, draws)

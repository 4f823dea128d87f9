"""How long after true times a model emits the right labels: by symbols, or grouped to words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from refkd.alignment.edit_distance import edit_distance, matches
from refkd.alignment.posteriors.reference import Reference, words_of
from refkd.alignment.posteriors.words import Marks, join_words
from refkd.alignment.statistics import EmissionDelay, share
from refkd.check import Floats

Edge: TypeAlias = Literal["start", "end"]


class TimedSymbols(NamedTuple):
    """The spikes of one utterance: n symbols, and the (n,) times of them in seconds."""

    symbols: Sequence[str]
    times: Floats


@dataclass(frozen=True, eq=False)
class TrueDelays:
    """Errors of a model, and how long after true times it emits the labels that are right.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.posteriors.delays import TimedSymbols, symbol_delays
    >>> from refkd.alignment.posteriors.reference import Reference
    >>> truth = Reference(("a", "m"), np.array([0.0, 0.5]), np.array([0.5, 0.75]))
    >>> delays = symbol_delays(TimedSymbols(("a", "n"), np.array([0.25, 0.75])), truth)
    >>> delays.starts.delay, delays.ends.delay, delays.edits, delays.error
    (array([0.25]), array([-0.25]), 1, 0.5)
    """

    starts: EmissionDelay  # after the true starts; of words, the first token
    ends: EmissionDelay  # after the true ends; of words, the last token
    edits: int  # substitutions, deletions and insertions
    labels: int  # true ones

    @classmethod
    def pool(cls, parts: Iterable["TrueDelays"]) -> "TrueDelays":
        """Put many utterances together; every label counts once."""
        utterances = list(parts)
        return cls(
            starts=EmissionDelay.pool(part.starts for part in utterances),
            ends=EmissionDelay.pool(part.ends for part in utterances),
            edits=sum(part.edits for part in utterances),
            labels=sum(part.labels for part in utterances),
        )

    def after(self, edge: Edge) -> EmissionDelay:
        """The delays after true starts, or after true ends."""
        return self.starts if edge == "start" else self.ends

    @property
    def error(self) -> float:
        """Edits for each true label."""
        return share(self.edits, self.labels)


def symbol_delays(emitted: TimedSymbols, truth: Reference) -> TrueDelays:
    """Measure the delays of the symbols that are right, as `metrics.emission_delay` does."""
    delays = []
    for true_times in (truth.starts, truth.ends):
        of_truth, of_emitted = matches(truth.labels, emitted.symbols, true_times, emitted.times)
        delay = emitted.times[of_emitted] - true_times[of_truth]
        delays.append(_counted(delay, len(truth.labels), len(emitted.symbols) - of_emitted.size))
    starts, ends = delays
    return TrueDelays(starts, ends, edit_distance(truth.labels, emitted.symbols), len(truth.labels))


def word_delays_of_phones(emitted: TimedSymbols, phones: Reference, words: Reference) -> TrueDelays:
    """Measure when a model of phones emits the first and the last phone of each word.

    A word whose first, or last, phone is not right, or that has none, is left out. Edits and labels
    are of phones.
    """
    owner = words_of(phones, words)
    inside = np.flatnonzero(owner >= 0)
    owners = owner[inside]
    first = inside[np.unique(owners, return_index=True)[1]]
    last = inside[owners.size - 1 - np.unique(owners[::-1], return_index=True)[1]]
    delays = []
    for edge, phone_times, word_times in (
        (first, phones.starts, words.starts),
        (last, phones.ends, words.ends),
    ):
        of_truth, of_emitted = matches(phones.labels, emitted.symbols, phone_times, emitted.times)
        at_edge = np.isin(of_truth, edge)
        times = emitted.times[of_emitted[at_edge]]
        delay = times - word_times[owner[of_truth[at_edge]]]  # (E8), (E9)
        delays.append(_counted(delay, len(words.labels), len(emitted.symbols) - of_emitted.size))
    starts, ends = delays
    return TrueDelays(
        starts, ends, edit_distance(phones.labels, emitted.symbols), len(phones.labels)
    )


def word_delays_of_tokens(emitted: TimedSymbols, words: Reference, marks: Marks) -> TrueDelays:
    """Measure when a model of subwords or characters emits the first and last token of each word.

    Of the words that are right, whatever their case; both for the same pairs, those of the ends.
    """
    joined = join_words(emitted.symbols, marks)
    first = emitted.times[np.array([word.first for word in joined], dtype=np.int64)]
    last = emitted.times[np.array([word.last for word in joined], dtype=np.int64)]
    true = [label.casefold() for label in words.labels]
    decoded = [word.text.casefold() for word in joined]
    of_truth, of_emitted = matches(true, decoded, words.ends, last)
    extra = len(decoded) - of_emitted.size
    return TrueDelays(
        starts=_counted(first[of_emitted] - words.starts[of_truth], len(true), extra),  # (E8)
        ends=_counted(last[of_emitted] - words.ends[of_truth], len(true), extra),  # (E9)
        edits=edit_distance(true, decoded),
        labels=len(true),
    )


def _counted(delay: Floats, labels: int, extra: int) -> EmissionDelay:
    return EmissionDelay(delay, phones_left_out=labels - delay.size, spikes_left_out=extra)

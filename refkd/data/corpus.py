"""Speech and its phones, split into training, validation and test."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from refkd import check
from refkd.check import Floats
from refkd.files.text import nfc, symbols_of

Audio = NDArray[np.float32]
OVERSHOOT = 2.0  # times full scale, which resampling and decoding of MP3 do not reach


def check_audio(argument: str, audio: ArrayLike) -> NDArray[Any]:
    """Samples (n,) of full scale 1, n >= 1; whole numbers, as from a sound card, are refused."""
    samples = check.finite_array(argument, audio, ("n",))
    if samples.size == 0:
        check.fail(argument, "at least one sample", "none")
    loudest = float(samples[np.abs(samples).argmax()])
    whole = np.asarray(audio).dtype.kind in "iu" and loudest != 0.0
    if whole or abs(loudest) > OVERSHOOT:
        got = "whole numbers" if whole else loudest
        check.fail(argument, "samples in [-1, 1] (divide those of 16 bits by 32768)", got)
    return samples


@dataclass(frozen=True, eq=False)
class Utterance:
    """A stretch of speech, its phones and, where known, when each of them is spoken.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.data.corpus import Utterance
    >>> starts, ends = [0.0, 0.05], [0.05, 0.09]
    >>> utterance = Utterance("one", np.zeros(800), 8000, ("a", "m"), starts, ends, "am")
    >>> utterance.seconds, utterance.audio.dtype
    (0.1, dtype('float32'))
    """

    name: str  # unique within its corpus; in NFC, as the phones
    audio: Audio  # (n,) in [-1, 1], n >= 1
    rate: int  # samples per second
    phones: tuple[str, ...]  # L >= 1; pauses only where they count as symbols
    starts: Floats | None  # (L,) seconds from the first sample; None where unknown
    ends: Floats | None  # (L,); phones do not overlap
    group: str  # stays whole when a corpus is split, such as the sentence

    def __post_init__(self) -> None:
        check.integer("rate", self.rate, low=1)
        audio = check_audio("audio", self.audio).astype(np.float32, copy=False)
        name = nfc(check.instance("name", self.name, str))
        check.store(self, name=name, audio=audio, phones=symbols_of("phones", self.phones))
        if len(self.phones) == 0:
            check.fail("phones", "at least one", "none")
        if self.starts is None or self.ends is None:
            if self.starts is not self.ends:
                check.fail("starts, ends", "both or neither", "one of them")
            return
        shape = (len(self.phones),)
        starts = check.finite_array("starts", self.starts, shape).astype(np.float64, copy=False)
        ends = check.finite_array("ends", self.ends, shape).astype(np.float64, copy=False)
        if (ends <= starts).any() or (starts[1:] < ends[:-1]).any():
            check.fail("ends", "successive phones, each of positive duration", ends.tolist())
        seconds = audio.size / self.rate
        if starts[0] < 0.0 or ends[-1] > seconds:
            got = f"{starts[0]} to {ends[-1]} seconds"
            check.fail("starts, ends", f"times within {seconds} seconds of audio", got)
        check.store(self, starts=starts, ends=ends)

    @property
    def seconds(self) -> float:
        """Length of the audio in seconds."""
        return self.audio.size / self.rate


@dataclass(frozen=True)
class Corpus:
    """Utterances of one rate in three splits that share no group, all with times or all without.

    Examples
    --------
    >>> from refkd.data.synthetic import make_corpus
    >>> corpus = make_corpus(train=3, validation=1, test=1)
    >>> len(corpus.train), corpus.rate, sum(1 for _ in corpus)
    (3, 8000, 5)
    """

    name: str
    rate: int  # samples per second
    train: tuple[Utterance, ...]
    validation: tuple[Utterance, ...]
    test: tuple[Utterance, ...]
    problems: dict[str, int] = field(default_factory=dict)  # left out: {a sentence: how many times}

    def __post_init__(self) -> None:
        owner: dict[str, str] = {}
        for split, utterances in self.splits().items():
            if len(utterances) == 0:
                check.fail(split, "at least one utterance", "none")
            for utterance in utterances:
                if utterance.rate != self.rate:
                    got = f"rate={utterance.rate} in {utterance.name}"
                    check.fail(split, f"rate={self.rate}", got)
                if owner.setdefault(utterance.group, split) != split:
                    got = f"{utterance.group!r} also in {owner[utterance.group]}"
                    check.fail(split, "groups that are in no other split", got)
        names = [utterance.name for utterance in self]
        if len(set(names)) < len(names):
            twice = next(name for n, name in enumerate(names) if name in names[:n])
            check.fail("name", "every utterance's name once", f"{twice!r} twice")
        untimed = [utterance.name for utterance in self if utterance.starts is None]
        if untimed and len(untimed) < len(names):
            check.fail(
                "starts, ends", "times in all utterances or in none", f"none in {untimed[0]}"
            )

    def splits(self) -> dict[str, tuple[Utterance, ...]]:
        """The three splits by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def __iter__(self) -> Iterator[Utterance]:
        for utterances in self.splits().values():
            yield from utterances

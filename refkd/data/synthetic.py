"""The embedded corpus: random sentences by the synthesizer, in noise (docs/guides/synthetic.md)."""

import zlib
from itertools import pairwise

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng

from refkd import check
from refkd.data.corpus import Corpus, Utterance
from refkd.data.synthesizer import CONSONANTS, RATE, VOWELS, Speaker, speak

SHAPES = ("CV", "CVC", "CVC", "CVCV", "CVCVC")  # of words
SHARES = {"train": range(0, 8), "validation": range(8, 9), "test": range(9, 10)}  # of sentences


def make_lexicon(words: int, rng: Generator) -> list[tuple[str, ...]]:
    """Random distinct words, each a tuple of phones."""
    lexicon: dict[tuple[str, ...], None] = {}
    while len(lexicon) < words:
        shape = SHAPES[rng.integers(len(SHAPES))]
        kinds = [CONSONANTS if kind == "C" else VOWELS for kind in shape]
        lexicon[tuple(kind[rng.integers(len(kind))] for kind in kinds)] = None
    return list(lexicon)


def make_corpus(
    train: int = 500,
    validation: int = 50,
    test: int = 300,
    seed: int = 0,
    *,
    noise: float = 0.05,
    coarticulation: float = 0.06,
    lexicon: int = 40,
    words: tuple[int, int] = (2, 4),
    speakers: int = 20,
    rates: tuple[float, float] = (0.75, 1.35),
) -> Corpus:
    """Make synthetic speech: random sentences of random words by several speakers, in white noise.

    Parameters
    ----------
    train, validation, test : int
        Utterances in each split, >= 1. An utterance does not depend on how many there are.
    seed : int
        Decides everything random, >= 0.
    noise : float
        Standard deviation of the white noise, 0 to 1000; speech peaks at 0.2 to 0.8.
    coarticulation : float
        Seconds over which the formants of neighbours blend, 0 to 1.
    lexicon : int
        Number of different words, 1 to 1000.
    words : tuple of int
        Fewest and most words in an utterance, 1 to 1000.
    speakers : int
        Number of voices, 1 to 10,000; pitch 90 to 220 Hz, formants 0.88 to 1.14 times a man's
        average.
    rates : tuple of float
        Slowest and fastest speaking rate, 0.1 to 10.

    Returns
    -------
    Corpus
        8 kHz audio with exact phone times; no sentence occurs in two splits.

    Raises
    ------
    ArgumentError
        If a setting is out of its range, or there are too few words for three splits.

    Examples
    --------
    >>> from refkd.data.synthetic import make_corpus
    >>> utterance = make_corpus(train=1, validation=1, test=1).train[0]
    >>> utterance.group, utterance.phones[:3], utterance.rate
    ('t-i-n l-ae-sh-e-z', ('t', 'i', 'n'), 8000)
    """
    train = check.integer("train", train, low=1)
    validation = check.integer("validation", validation, low=1)
    test = check.integer("test", test, low=1)
    seed = check.integer("seed", seed, low=0)
    noise = check.non_negative("noise", noise)
    coarticulation = check.non_negative("coarticulation", coarticulation)
    if noise > 1000.0:
        check.fail("noise", "at most 1000", noise)
    if coarticulation > 1.0:
        check.fail("coarticulation", "at most 1 second", coarticulation)
    lexicon = check.integer("lexicon", lexicon, low=1, high=1000)
    speakers = check.integer("speakers", speakers, low=1, high=10_000)
    for name, pair in (("words", words), ("rates", rates)):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            check.fail(name, "two numbers", check.shown(pair))
    fewest = check.integer("words[0]", words[0], low=1)
    words = fewest, check.integer("words[1]", words[1], low=fewest, high=1000)
    rates = check.positive("rates[0]", rates[0]), check.positive("rates[1]", rates[1])
    if rates[1] < rates[0]:
        check.fail("rates", "the slowest before the fastest", rates)
    if not 0.1 <= rates[0] <= rates[1] <= 10.0:
        check.fail("rates", "numbers from 0.1 to 10", rates)

    rng = default_rng(SeedSequence(seed, spawn_key=(len(SHARES),)))
    vocabulary = make_lexicon(lexicon, rng)
    voices = [Speaker(rng.uniform(90.0, 220.0), rng.uniform(0.88, 1.14)) for _ in range(speakers)]

    def utterance(split: str, n: int) -> Utterance:
        key = (list(SHARES).index(split), n)
        rng = default_rng(SeedSequence(seed, spawn_key=key))
        sentence = _sentence(split, vocabulary, words, rng)
        phones = tuple(phone for word in sentence for phone in word)
        voice = voices[rng.integers(speakers)]
        audio, times = speak(phones, voice, rng.uniform(*rates), coarticulation, rng)
        audio *= rng.uniform(0.2, 0.8) / np.abs(audio).max()
        audio += noise * rng.normal(size=audio.size)
        audio = np.clip(audio, -1.0, 1.0)
        group = " ".join("-".join(word) for word in sentence)
        name = f"{split}-{n:04}"
        return Utterance(name, audio.astype(np.float32), RATE, phones, times[:-1], times[1:], group)

    return Corpus(
        "synthetic",
        RATE,
        train=tuple(utterance("train", n) for n in range(train)),
        validation=tuple(utterance("validation", n) for n in range(validation)),
        test=tuple(utterance("test", n) for n in range(test)),
    )


def _sentence(
    split: str, vocabulary: list[tuple[str, ...]], words: tuple[int, int], rng: Generator
) -> list[tuple[str, ...]]:
    """Random words; a checksum of the sentence decides to which split it belongs."""
    for _ in range(1000):
        count = rng.integers(words[0], words[1] + 1)
        sentence = [vocabulary[n] for n in rng.integers(len(vocabulary), size=count)]
        phones = [phone for word in sentence for phone in word]
        doubled = any(a == b for a, b in pairwise(phones))
        if not doubled and zlib.crc32(" ".join(phones).encode()) % 10 in SHARES[split]:
            return sentence
    expected = "enough different sentences for every split"
    check.fail("lexicon, words", expected, f"{len(vocabulary)} words")

"""Records of speech, preparation for training, batches."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import sentence_of
from tolerances import VALUE, assert_close, foreign_float32

from refkd.check import ArgumentError, DataError
from refkd.data.corpus import Corpus, Utterance
from refkd.data.dataset import Split, batches, load, prepare
from refkd.data.espeak import read_espeak
from refkd.data.features import FeatureSettings, log_mel, stack
from refkd.data.festvox import read_corpus
from refkd.data.fsdd import read_fsdd
from refkd.data.manifest import read_manifest
from refkd.data.sources import SOURCES
from refkd.data.synthetic import make_corpus
from refkd.data.timit import read_timit
from refkd.ragged import Ragged

RATE = 8000


def utterance(name, phones="ab", seconds=0.2, group=None, level=0.1):
    samples = np.random.default_rng(sum(name.encode())).normal(0.0, level, round(seconds * RATE))
    edges = np.linspace(0.0, seconds, len(phones) + 1)
    phones = tuple(phones)
    group = name if group is None else group
    return Utterance(name, np.clip(samples, -1, 1), RATE, phones, edges[:-1], edges[1:], group)


def untimed(name, phones="ab"):
    return dataclasses.replace(utterance(name, phones), starts=None, ends=None)


def corpus(train=("ab", "ba"), validation=("ab",), test=("ba",), problems=None):
    splits = {
        split: tuple(utterance(f"{split}{n}", phones) for n, phones in enumerate(sentences))
        for split, sentences in (("train", train), ("validation", validation), ("test", test))
    }
    return Corpus("made", RATE, **splits, problems=problems or {})


def split_of_lengths(lengths):
    ones = [np.zeros((length, 1), np.float32) for length in lengths]
    labels = Ragged.from_list([[1] for _ in lengths])
    times = Ragged.from_list([[0.0] for _ in lengths])
    return Split(tuple(map(str, range(len(lengths)))), Ragged.from_list(ones), labels, times, times)


# --- records -------------------------------------------------------------------------------------


FOLLOWING = "ends: expected successive phones, each of positive duration, got [0.1, "
WITHIN = "starts, ends: expected times within 0.2 seconds of audio, got "
HALF = "starts, ends: expected both or neither, got one of them"
OF_UTTERANCES = [
    ("rate: expected a whole number >= 1, got 0", {"rate": 0}),
    ("audio: expected at least one sample, got none", {"audio": np.zeros(0)}),
    ("audio: expected finite numbers, got nan at (0,)", {"audio": np.full(1600, np.nan)}),
    ("audio: expected samples in [-1, 1] (divide those of 16 bits by 32768), got -2.5",
     {"audio": np.full(1600, -2.5)}),
    ("phones: expected at least one, got none", {"phones": ()}),
    ("phones: expected a list of symbols, got the text 'ab'", {"phones": "ab"}),
    ("phones: expected a str, got int", {"phones": ("a", 1)}),
    ("starts: expected shape (2,), got shape (1,)", {"starts": [0.0]}),
    (FOLLOWING + "0.2]", {"starts": [0.0, 0.05]}),
    (FOLLOWING + "0.1]", {"ends": [0.1, 0.1]}),
    (WITHIN + "0.0 to 0.3 seconds", {"ends": [0.1, 0.3]}),
    (WITHIN + "-0.1 to 0.2 seconds", {"starts": [-0.1, 0.1]}),
    (HALF, {"starts": None}),
    (HALF, {"ends": None}),
]  # fmt: skip
OF_CORPORA = {
    "test: expected at least one utterance, got none": {"test": ()},
    "train: expected rate=16000, got rate=8000 in a": {"rate": 16000},
    "test: expected groups that are in no other split, got 'a' also in train":
        {"test": (utterance("c", group="a"),)},
    "name: expected every utterance's name once, got 'a' twice":
        {"train": (utterance("a"), utterance("a"))},
    "starts, ends: expected times in all utterances or in none, got none in c":
        {"test": (untimed("c"),)},
}  # fmt: skip


@pytest.mark.parametrize(("sentence", "changes"), OF_UTTERANCES)
def test_an_utterance_whose_parts_do_not_fit(sentence, changes):
    times = {"starts": [0.0, 0.1], "ends": [0.1, 0.2]}
    parts = {"audio": np.zeros(1600, np.float32), "rate": RATE, "phones": ("a", "b"), **times}
    assert sentence_of(Utterance, **{"name": "a", "group": "a", **parts, **changes}) == sentence


@pytest.mark.parametrize(("sentence", "changes"), OF_CORPORA.items())
def test_a_corpus_whose_parts_do_not_fit(sentence, changes):
    valid = {"name": "made", "rate": RATE, "train": (utterance("a"),)}
    valid |= {"validation": (utterance("b"),), "test": (utterance("c"),)}
    assert sentence_of(Corpus, **valid | changes) == sentence


# --- preparation ---------------------------------------------------------------------------------


def test_labels_are_places_in_symbols():
    data = prepare(corpus(train=("ab", "bca"), test=("c",)))
    assert data.symbols == ("<blank>", "a", "b", "c")
    assert [labels.tolist() for labels in data.train.labels] == [[1, 2], [2, 3, 1]]
    assert data.test.labels[0].tolist() == [3]
    assert data.train.labels.values.dtype == np.int64
    assert data.problems == {}


def test_features_are_stacked_and_normalised_by_the_training_set():
    made = corpus()
    settings = FeatureSettings(stack=3)
    data = prepare(made, settings)
    raw = [
        stack(log_mel(utterance.audio, RATE, settings), 3).astype(np.float64)
        for utterance in made.train
    ]
    mean, std = np.concatenate(raw).mean(axis=0), np.concatenate(raw).std(axis=0)
    assert_close(data.mean, mean, VALUE)
    assert_close(data.std, std, VALUE)
    for split, utterances in (("train", made.train), ("test", made.test)):
        for n, utterance in enumerate(utterances):
            frames = stack(log_mel(utterance.audio, RATE, settings), 3)
            expected = (frames - mean) / std
            actual = getattr(data, split).features[n]
            assert actual.dtype == np.float32
            assert_close(actual, expected, foreign_float32(expected))
    assert (data.frame_shift, data.first_frame) == (0.03, settings.times(1, RATE)[0])


def test_times_are_those_of_the_corpus():
    made = corpus(train=("abc",))
    data = prepare(made)
    np.testing.assert_array_equal(data.train.starts[0], made.train[0].starts)
    np.testing.assert_array_equal(data.train.ends[0], made.train[0].ends)
    assert data.train.names == ("train0",)


def test_a_corpus_without_times_stays_without():
    a, b, c, d = map(untimed, "abcd")
    data = prepare(Corpus("made", RATE, (a, b), (c,), (d,)))
    for split in (data.train, data.validation, data.test, data.train.take([1, 0])):
        assert split.starts is None
        assert split.ends is None
    assert [labels.tolist() for labels in data.train.labels] == [[1, 2], [1, 2]]


def test_a_band_that_never_changes_stays_zero():
    made = corpus()
    silent = Utterance("s", np.zeros(1600), RATE, ("a",), [0.0], [0.1], "s")
    data = prepare(Corpus("made", RATE, (silent,), made.validation, made.test))
    assert (data.train.features.values == 0.0).all()
    assert np.isfinite(data.test.features.values).all()


def test_utterances_with_more_phones_than_frames_are_dropped_and_counted():
    # 0.2 s are 18 windows, 9 stacked frames; equal neighbours need one more
    made = corpus(train=("ab", "ababababa", "ababababab", "aabbaabba"), problems={"read": 2})
    data = prepare(made)
    assert data.train.names == ("train0", "train1")
    assert data.problems == {"read": 2, "more phones than frames, left out of train": 2}


def test_a_split_with_nothing_left():
    assert (
        sentence_of(prepare, corpus(test=("ababababab",)), error=DataError)
        == "made: expected utterances for test that fit, got none of 1"
    )


def test_a_phone_unknown_to_training_keeps_a_symbol_and_is_counted():
    data = prepare(corpus(validation=("axx",), test=("ay", "xb")))
    assert data.symbols == ("<blank>", "a", "b", "x", "y")
    assert len(data.test) == 2
    assert data.problems == {
        "phone 'x' never occurs in training": 3,
        "phone 'y' never occurs in training": 1,
    }


def test_take_keeps_order_and_repeats():
    train = prepare(corpus(train=("ab", "ba", "b"))).train
    taken = train.take(np.array([2, 0, 2]))
    assert taken.names == ("train2", "train0", "train2")
    assert [labels.tolist() for labels in taken.labels] == [[2], [1, 2], [2]]
    for n, place in enumerate((2, 0, 2)):
        np.testing.assert_array_equal(taken.features[n], train.features[place])
        np.testing.assert_array_equal(taken.starts[n], train.starts[place])
        np.testing.assert_array_equal(taken.ends[n], train.ends[place])


@pytest.mark.parametrize(
    ("indices", "sentence"),
    [
        ([], "indices: expected whole numbers of shape (n,), n >= 1, got shape (0,)"),
        ([0.5], "indices: expected whole numbers of shape (n,), n >= 1, got shape (1,)"),
        ([0, 2], "indices: expected 0 <= index < 2, got 2"),
        ([-1], "indices: expected 0 <= index < 2, got -1"),
    ],
)
def test_take_what_is_not_there(indices, sentence):
    assert sentence_of(prepare(corpus()).train.take, indices) == sentence


def test_a_split_whose_parts_do_not_fit():
    two, single = split_of_lengths([3, 4]), split_of_lengths([3])
    with pytest.raises(ArgumentError, match="features: expected utterances=2 to match names"):
        Split(two.names, single.features, two.labels, two.starts, two.ends)
    with pytest.raises(ArgumentError, match="starts: expected one time for each label"):
        Split(two.names, two.features, two.labels, single.starts, two.ends)
    with pytest.raises(ArgumentError, match="starts, ends: expected both or neither"):
        Split(two.names, two.features, two.labels, two.starts, None)
    with pytest.raises(ArgumentError, match="labels: expected utterances=2 to match names"):
        Split(two.names, two.features, single.labels, single.starts, single.ends)


# --- batches -------------------------------------------------------------------------------------


@given(
    lengths=st.lists(st.integers(1, 99), min_size=1, max_size=30),
    batch_size=st.integers(1, 9),
    seed=st.integers(0, 99),
)
def test_every_utterance_comes_exactly_once(lengths, batch_size, seed):
    split = split_of_lengths(lengths)
    epoch = batches(split, batch_size, np.random.default_rng(seed))
    assert sorted(np.concatenate(epoch).tolist()) == list(range(len(lengths)))
    assert sorted(map(len, epoch))[1:] == [batch_size] * (len(epoch) - 1)
    again = batches(split, batch_size, np.random.default_rng(seed))
    assert [batch.tolist() for batch in epoch] == [batch.tolist() for batch in again]


def test_utterances_of_a_batch_have_similar_lengths():
    split = split_of_lengths(range(20, 220))
    for batch in batches(split, 8, np.random.default_rng(0)):
        lengths = split.features.lengths[batch]
        assert lengths.max() < 2 * lengths.min()


def test_epochs_differ_in_order_and_in_company():
    split = split_of_lengths(range(10, 110))
    rng = np.random.default_rng(0)
    first, second = (batches(split, 5, rng) for _ in range(2))
    assert [batch[0] for batch in first] != sorted(batch[0] for batch in first)
    companies = [{frozenset(batch.tolist()) for batch in epoch} for epoch in (first, second)]
    assert companies[0] != companies[1]


def test_a_batch_of_none():
    with pytest.raises(ArgumentError, match="batch_size: expected a whole number >= 1, got 0"):
        batches(split_of_lengths([1]), 0, np.random.default_rng(0))


# --- specifications ------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", [None, "synthetic"])
def test_the_default_is_synthetic(spec):
    assert load(spec, train=1, validation=1, test=1).name == "synthetic"


@pytest.mark.parametrize("spec", ["", "synthetic:", "festvox", "festvox:", "arctic:here", 3])
def test_a_specification_of_no_known_form(spec):
    with pytest.raises(ArgumentError) as error:
        load(spec)
    forms = ", ".join(repr(source.form) for source in SOURCES.values())
    assert str(error.value) == f"data: expected one of {forms}, got {spec!r}"


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="nowhere: expected a folder, got none"):
        load(f"festvox:{tmp_path / 'nowhere'}")


# --- settings out of range -----------------------------------------------------------------------

OUT_OF_RANGE = {
    read_corpus: {
        "rate: expected a whole number >= 1, got 0": {"rate": 0},
        "shortest: expected a number > 0, got 0.0": {"shortest": 0.0},
        "longest: expected at least shortest=1.5 seconds, got 1.0": {"longest": 1.0},
        "train: expected a whole number >= 1, got 0": {"train": 0},
    },
    read_espeak: {
        "voices: expected a list of at least one, got 'en-us'": {"voices": "en-us"},
        "voices: expected a list of at least one, got ()": {"voices": ()},
        "voices: expected names of voices, got ''": {"voices": ("",)},
        r"voices: expected names of voices, got 'a\x00'": {"voices": ("a\0",)},
        "rates: expected a whole number >= 80, got 79": {"rates": (79,)},
        "rates: expected a whole number <= 449, got 450": {"rates": (170, 450)},
        "rates: expected a list of at least one, got 170": {"rates": 170},
        "pitches: expected a whole number <= 99, got 100": {"pitches": (100,)},
        "seed: expected a whole number >= 0, got -1": {"seed": -1},
        "longest: expected a number > 0, got 0.0": {"longest": 0.0},
        "test: expected a whole number >= 1, got 0": {"test": 0},
    },
    read_fsdd: {
        f"{option}: expected a whole number >= 1, got 0": {option: 0}
        for option in ("rate", "train", "validation", "test")
    },
    read_timit: {
        "symbols: expected one of 39, 61, got 48": {"symbols": 48},
        "rate: expected a whole number >= 1, got 0": {"rate": 0},
    },
    read_manifest: {"rate: expected a whole number >= 1, got 0": {"rate": 0}},
}
OF_SPEECH = {
    "train: expected a whole number >= 1, got 0": {"train": 0},
    "test: expected a whole number, got 1.5": {"test": 1.5},
    "seed: expected a whole number >= 0, got -1": {"seed": -1},
    "noise: expected a number >= 0, got -0.1": {"noise": -0.1},
    "noise: expected a finite number, got nan": {"noise": float("nan")},
    "coarticulation: expected a number >= 0, got -1": {"coarticulation": -1},
    "lexicon: expected a whole number >= 1, got 0": {"lexicon": 0},
    "speakers: expected a whole number >= 1, got 0": {"speakers": 0},
    "words[0]: expected a whole number >= 1, got 0": {"words": (0, 2)},
    "words[1]: expected a whole number >= 3, got 2": {"words": (3, 2)},
    "words: expected two numbers, got 3": {"words": 3},
    "rates: expected the slowest before the fastest, got (1.2, 0.8)": {"rates": (1.2, 0.8)},
    "rates[0]: expected a number > 0, got 0.0": {"rates": (0.0, 0.8)},
    "lexicon, words: expected enough different sentences for every split, got 1 words":
        {"lexicon": 1, "words": (1, 1)},
}  # fmt: skip


@pytest.mark.parametrize(
    ("read", "sentence", "options"),
    [(read, *row) for read, table in OUT_OF_RANGE.items() for row in table.items()],
)
def test_settings_of_a_reader(tmp_path, read, sentence, options):
    (tmp_path / "list").write_text("one\n", encoding="utf-8")
    assert sentence_of(read, tmp_path / "list", **options) == sentence


@pytest.mark.parametrize(("sentence", "options"), OF_SPEECH.items())
def test_settings_of_synthetic_speech(sentence, options):
    sizes = {"train": 1, "validation": 1, "test": 1}
    assert sentence_of(make_corpus, **sizes | options) == sentence

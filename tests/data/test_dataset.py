"""Records of speech, preparation for training, batches."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tolerances import VALUE, assert_close, foreign_float32

from refkd.check import ArgumentError, DataError
from refkd.data.corpus import Corpus, Utterance
from refkd.data.dataset import Split, batches, load, prepare
from refkd.data.features import FeatureSettings, log_mel, stack
from refkd.data.sources import SOURCES
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


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rate": 0}, "rate: expected a whole number >= 1, got 0"),
        ({"audio": np.zeros(0)}, "audio: expected at least one sample, got none"),
        ({"audio": np.full(1600, np.nan)}, "audio: expected finite numbers, got nan at (0,)"),
        (
            {"audio": np.full(1600, -2.5)},
            "audio: expected samples in [-1, 1] (divide those of 16 bits by 32768), got -2.5",
        ),
        ({"phones": ()}, "phones: expected at least one, got none"),
        ({"phones": "ab"}, "phones: expected a list of symbols, got the text 'ab'"),
        ({"phones": ("a", 1)}, "phones: expected a str, got int"),
        ({"starts": [0.0]}, "starts: expected shape (2,), got shape (1,)"),
        (
            {"starts": [0.0, 0.05]},
            "ends: expected successive phones, each of positive duration, got [0.1, 0.2]",
        ),
        (
            {"ends": [0.1, 0.1]},
            "ends: expected successive phones, each of positive duration, got [0.1, 0.1]",
        ),
        (
            {"ends": [0.1, 0.3]},
            "starts, ends: expected times within 0.2 seconds of audio, got 0.0 to 0.3 seconds",
        ),
        (
            {"starts": [-0.1, 0.1]},
            "starts, ends: expected times within 0.2 seconds of audio, got -0.1 to 0.2 seconds",
        ),
        ({"starts": None}, "starts, ends: expected both or neither, got one of them"),
        ({"ends": None}, "starts, ends: expected both or neither, got one of them"),
    ],
)
def test_an_utterance_whose_parts_do_not_fit(changes, sentence):
    parts = {
        "name": "one",
        "audio": np.zeros(1600, np.float32),
        "rate": RATE,
        "phones": ("a", "b"),
        "starts": [0.0, 0.1],
        "ends": [0.1, 0.2],
        "group": "one",
    }
    with pytest.raises(ArgumentError) as error:
        Utterance(**{**parts, **changes})
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"test": ()}, "test: expected at least one utterance, got none"),
        ({"rate": 16000}, "train: expected rate=16000, got rate=8000 in a"),
        (
            {"test": (utterance("c", group="a"),)},
            "test: expected groups that are in no other split, got 'a' also in train",
        ),
        (
            {"train": (utterance("a"), utterance("a"))},
            "name: expected every utterance's name once, got 'a' twice",
        ),
        (
            {"test": (untimed("c"),)},
            "starts, ends: expected times in every utterance or in none, got none in c",
        ),
    ],
)
def test_a_corpus_whose_parts_do_not_fit(changes, sentence):
    parts = {
        "name": "made",
        "rate": RATE,
        "train": (utterance("a"),),
        "validation": (utterance("b"),),
        "test": (utterance("c"),),
    }
    with pytest.raises(ArgumentError) as error:
        Corpus(**{**parts, **changes})
    assert str(error.value) == sentence


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
    data = prepare(
        Corpus("made", RATE, (untimed("a"), untimed("b")), (untimed("c"),), (untimed("d"),))
    )
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
    with pytest.raises(DataError) as error:
        prepare(corpus(test=("ababababab",)))
    assert str(error.value) == "made: expected utterances for test that fit, got none of 1"


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
    with pytest.raises(ArgumentError) as error:
        prepare(corpus()).train.take(indices)
    assert str(error.value) == sentence


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
    assert {frozenset(batch.tolist()) for batch in first} != {
        frozenset(batch.tolist()) for batch in second
    }


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

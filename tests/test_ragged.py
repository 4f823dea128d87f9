"""Ragged: sequences end to end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import sentence_of

import refkd


@given(st.lists(st.lists(st.integers(-9, 9), max_size=4), min_size=1, max_size=5))
def test_label_sequences_come_back(sequences):
    batch = refkd.Ragged.from_list(sequences)
    assert [sequence.tolist() for sequence in batch] == sequences
    assert batch.values.dtype == np.int64
    assert batch.lengths.tolist() == [len(sequence) for sequence in sequences]
    assert len(batch) == len(sequences)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
def test_frames_come_back_in_their_own_dtype(dtype):
    frames = [np.arange(6, dtype=dtype).reshape(3, 2), np.ones((1, 2), dtype=dtype)]
    batch = refkd.Ragged.from_list(frames)
    assert batch.values.dtype == dtype
    assert batch.values.flags.c_contiguous
    assert batch.offsets.tolist() == [0, 3, 4]
    for sequence, frame in zip(batch, frames, strict=True):
        np.testing.assert_array_equal(sequence, frame)


def test_indices():
    batch = refkd.Ragged.from_list([[1, 2], [], [3]])
    assert batch[0].tolist() == [1, 2]
    assert batch[-1].tolist() == [3]
    assert batch[-3].tolist() == [1, 2]
    for n in (3, -4):
        with pytest.raises(IndexError, match=f"sequence {n} of 3"):
            batch[n]


def test_an_element_is_a_view():
    batch = refkd.Ragged.from_list([np.zeros((2, 1)), np.zeros((1, 1))])
    batch[1][:] = 7.0
    assert batch.values[:, 0].tolist() == [0.0, 0.0, 7.0]


def test_other_values_of_the_same_lengths():
    batch = refkd.Ragged.from_list([[1, 2], [3]])
    other = batch.with_values(np.zeros((3, 4)))
    assert [sequence.shape for sequence in other] == [(2, 4), (1, 4)]
    with pytest.raises(refkd.ArgumentError):
        batch.with_values(np.zeros((4, 4)))


def test_strided_values_are_copied_into_order():
    values = np.arange(12.0).reshape(3, 4)[:, ::2]
    batch = refkd.Ragged(values, np.array([0, 1, 3], dtype=np.int32))
    assert batch.values.flags.c_contiguous
    assert batch.offsets.dtype == np.int64
    assert batch[1].tolist() == [[4.0, 6.0], [8.0, 10.0]]


@pytest.mark.parametrize(
    ("lengths", "place"), [([7], 0), ([3, 1, 2], 2), ([1, 4, 2, 3], 3), ([2, 2, 2], 1)]
)
def test_the_typical_sequence_is_of_median_length(lengths, place):
    assert refkd.Ragged.from_list([np.zeros(n) for n in lengths]).typical == place


def built(*sequences):
    return refkd.Ragged.from_list(list(sequences))


def of(values, offsets):
    return refkd.Ragged(np.array(values), np.array(offsets))


LAST = "offsets: expected the number of values at the end, got"
REFUSED = {
    "sequences: expected at least one, got none": (built,),
    "sequences[1]: expected shape (T, 3), got shape (2, 4)":
        (built, np.zeros((2, 3)), np.zeros((2, 4))),
    "sequences[1]: expected shape (T, 3), got shape (2,)": (built, np.zeros((2, 3)), np.zeros(2)),
    "sequences[1]: expected dtype float64, got dtype float32":
        (built, np.zeros((1, 2)), np.zeros((1, 2), dtype=np.float32)),
    "offsets: expected shape (N+1,) starting with 0, got [1, 2]": (of, [1, 2], [1, 2]),
    "offsets: expected shape (N+1,) starting with 0, got []": (of, [], np.array([], np.int64)),
    "offsets: expected whole numbers, got dtype float64": (of, [1, 2], [0.0, 1.5, 2.0]),
    "offsets: expected shape (N+1,) starting with 0, got [[0, 2]]": (of, [1, 2], [[0, 2]]),
    "offsets: expected numbers that never decrease, got [0, 3, 2]": (of, [1, 2], [0, 3, 2]),
    f"{LAST} 1 for values of shape (2,)": (of, [1, 2], [0, 1]),
    f"{LAST} 0 for values of shape (1,)": (of, 5, [0]),
}  # fmt: skip


@pytest.mark.parametrize(("sentence", "call"), REFUSED.items())
def test_refused(sentence, call):
    assert sentence_of(*call) == sentence

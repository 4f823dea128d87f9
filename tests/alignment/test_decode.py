"""Best labels, spikes and greedy decoding."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from oracles import metrics as oracle
from support.strategies import logits as logits_of
from tolerances import VALUE, assert_close

import refkd
from refkd.alignment.decode import best_labels, log_posteriors, spikes

INF = np.inf


@st.composite
def models(draw, max_frames=12, max_classes=4):
    """Logits (T, K), some of them -inf, with a blank."""
    T, K = draw(st.integers(1, max_frames)), draw(st.integers(1, max_classes))
    return draw(logits_of(T, K, masked=True)), draw(st.integers(0, K - 1))


def test_repeats_merge_and_blanks_separate_them():
    logits = np.eye(3)[[0, 1, 1, 0, 1, 2, 2, 0]]
    labels, frames = spikes(logits)
    assert labels.tolist() == [1, 1, 2]
    assert frames.tolist() == [1, 4, 5]
    assert refkd.greedy_decode(logits).tolist() == [1, 1, 2]


def test_peak_is_the_highest_posterior_not_the_highest_logit():
    logits = [[9.0, 0.0], [1.0, 4.0], [8.0, 9.0], [9.0, 0.0]]
    assert spikes(logits, at="start")[1].tolist() == [1]
    assert spikes(logits, at="peak")[1].tolist() == [1]
    assert spikes(np.array(logits)[[0, 2, 1, 3]], at="peak")[1].tolist() == [2]


def test_the_first_of_equal_peaks():
    assert spikes([[0.0, 1.0], [0.0, 1.0]], at="peak")[1].tolist() == [0]


@given(models())
def test_spikes_are_the_runs_of_the_best_label(case):
    logits, blank = case
    expected = oracle.spikes(logits, blank)
    labels, frames = spikes(logits, blank)
    assert list(zip(labels, frames, strict=True)) == [run[:2] for run in expected]
    assert labels.dtype == frames.dtype == np.int64
    assert refkd.greedy_decode(logits, blank).tolist() == labels.tolist()


@given(models())
def test_peaks_lie_in_their_runs_at_the_highest_posterior(case):
    logits, blank = case
    posterior = log_posteriors(logits)
    labels, frames = spikes(logits, blank, at="peak")
    for (label, start, end), place, frame in zip(
        oracle.spikes(logits, blank), labels, frames, strict=True
    ):
        assert place == label
        assert start <= frame < end
        assert_close(posterior[frame, label], posterior[start:end, label].max(), VALUE)


@given(models(), st.integers(-50, 50))
def test_a_constant_in_a_frame_changes_nothing(case, constant):
    logits, blank = case
    assert refkd.greedy_decode(logits + constant, blank).tolist() == (
        refkd.greedy_decode(logits, blank).tolist()
    )


def test_posteriors_sum_to_one_beside_minus_infinity():
    posterior = np.exp(log_posteriors([[0.0, -INF, 0.0], [1000.0, -1000.0, -INF]]))
    assert_close(posterior, [[0.5, 0.0, 0.5], [1.0, 0.0, 0.0]], VALUE)


def test_a_tie_goes_to_the_lower_label():
    assert best_labels(np.zeros((2, 3))).tolist() == [0, 0]
    assert refkd.greedy_decode(np.zeros((2, 3)), blank=2).tolist() == [0]


def test_blank_alone_decodes_to_nothing():
    assert refkd.greedy_decode([[0.0], [1.0]]).tolist() == []

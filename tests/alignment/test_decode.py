"""Best labels, spikes, greedy decoding, and beams against all paths and the textbook loop."""

import itertools
import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import metrics as oracle
from oracles.ctc import collapse, log_softmax
from support.strategies import SEEDS
from support.strategies import logits as logits_of
from tolerances import VALUE, assert_close

import refkd
from refkd.alignment.decode import best_labels, log_posteriors, spikes

INF = np.inf
EVERYTHING = 10_000  # more label sequences than the tiny cases can spell


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
    runs = oracle.spikes(logits, blank)
    for (label, start, end), place, frame in zip(runs, labels, frames, strict=True):
        assert place == label
        assert start <= frame < end
        assert_close(posterior[frame, label], posterior[start:end, label].max(), VALUE)


@given(models(), st.integers(-50, 50))
def test_a_constant_in_a_frame_changes_nothing(case, constant):
    logits, blank = case
    plain, moved = (refkd.greedy_decode(each, blank) for each in (logits, logits + constant))
    assert moved.tolist() == plain.tolist()


def test_posteriors_sum_to_one_beside_minus_infinity():
    posterior = np.exp(log_posteriors([[0.0, -INF, 0.0], [1000.0, -1000.0, -INF]]))
    assert_close(posterior, [[0.5, 0.0, 0.5], [1.0, 0.0, 0.0]], VALUE)


def test_a_tie_goes_to_the_lower_label():
    assert best_labels(np.zeros((2, 3))).tolist() == [0, 0]
    assert refkd.greedy_decode(np.zeros((2, 3)), blank=2).tolist() == [0]


def test_blank_alone_decodes_to_nothing():
    assert refkd.greedy_decode([[0.0], [1.0]]).tolist() == []


# --- prefix beam search ---------------------------------------------------------------------------


def spellings(logits, blank):
    """The probability of every label sequence: the sum over all paths that spell it."""
    prob = np.exp(log_softmax(logits))
    T, K = prob.shape
    total = defaultdict(float)
    for path in itertools.product(range(K), repeat=T):
        total[collapse(path, blank)] += math.prod(prob[t, k] for t, k in enumerate(path))
    return total


def textbook(logits, beam, blank):
    """Prefix beam search over dictionaries of probabilities, one extension at a time."""
    prob = np.exp(log_softmax(logits))
    beams = {(): (1.0, 0.0)}
    for frame in prob:
        extended = defaultdict(lambda: [0.0, 0.0])
        for prefix, (ends_blank, ends_label) in beams.items():
            extended[prefix][0] += (ends_blank + ends_label) * frame[blank]
            for k in range(len(frame)):
                if k == blank:
                    continue
                if prefix and prefix[-1] == k:
                    extended[prefix][1] += ends_label * frame[k]
                    extended[(*prefix, k)][1] += ends_blank * frame[k]
                else:
                    extended[(*prefix, k)][1] += (ends_blank + ends_label) * frame[k]
        order = sorted(extended, key=lambda prefix: -sum(extended[prefix]))
        beams = {prefix: extended[prefix] for prefix in order[:beam]}
    return next(iter(beams))


def test_beams_over_two_frames_by_hand():
    # `- -` 0.36 is the best path, but `a -`, `- a` and `a a` together spell `a` with 0.64.
    logits = np.log([[0.6, 0.4], [0.6, 0.4]])
    assert refkd.greedy_decode(logits).tolist() == []
    assert refkd.beam_decode(logits).tolist() == [1]
    assert refkd.beam_decode(logits, beam=2).tolist() == [1]


def test_a_beam_of_one_drops_what_would_have_won():
    # After the first frame only the empty sequence is left, 0.6; then 0.36 against 0.24.
    assert refkd.beam_decode(np.log([[0.6, 0.4], [0.6, 0.4]]), beam=1).tolist() == []


def test_a_repeat_needs_a_blank_in_between():
    certain = 50.0 * np.eye(3)
    assert refkd.beam_decode(certain[[1, 1, 0, 1, 2, 2, 0]]).tolist() == [1, 1, 2]
    assert refkd.beam_decode(certain[[1, 1, 1]]).tolist() == [1]


@given(models(5))
def test_a_wide_beam_finds_the_most_probable_sequence(case):
    logits, blank = case
    hypotheses = refkd.beam_decode(logits, EVERYTHING, blank)
    prob = spellings(logits, blank)
    assert hypotheses.dtype == np.int64
    assert_close(prob[tuple(hypotheses.tolist())], max(prob.values()), VALUE)


@given(SEEDS, st.integers(1, 9), st.integers(1, 4), st.integers(1, 6), st.data())
def test_any_beam_equals_the_textbook_loop(seed, T, K, beam, data):
    logits = np.random.default_rng(seed).normal(size=(T, K))
    blank = data.draw(st.integers(0, K - 1))
    hypotheses = refkd.beam_decode(logits, beam, blank)
    assert tuple(hypotheses.tolist()) == textbook(logits, beam, blank)


@given(models(5), st.integers(1, 4), st.data())
def test_a_permutation_of_the_classes_permutes_the_labels(case, beam, data):
    logits, blank = case
    logits = logits + 1e-3 * np.random.default_rng(0).normal(size=logits.shape)  # no ties
    order = data.draw(st.permutations(range(logits.shape[1])))
    moved = refkd.beam_decode(logits[:, order], beam, order.index(blank))
    assert [order[k] for k in moved] == refkd.beam_decode(logits, beam, blank).tolist()


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.integers(1, 5))
def test_certain_frames_are_read_as_greedily(frames, beam):
    logits = np.where(np.eye(4)[frames] == 1.0, 0.0, -INF)
    hypotheses = refkd.beam_decode(logits, beam)
    assert hypotheses.tolist() == refkd.greedy_decode(logits).tolist()


def test_a_long_utterance_does_not_underflow():
    logits = np.zeros((2000, 3))
    logits[np.arange(2000), np.arange(2000) % 3] = 20.0
    expected = [1, 2] * 666 + [1]
    assert refkd.beam_decode(logits, beam=2).tolist() == expected


@pytest.mark.parametrize(
    ("K", "blank", "labels"),
    [(3, 0, []), (3, 1, [0]), (3, 2, [0]), (1, 0, [])],
)
def test_among_equals_the_lower_last_step_wins(K, blank, labels):
    assert refkd.beam_decode(np.zeros((1, K)), blank=blank).tolist() == labels


def test_among_equals_the_one_from_the_better_prefix_wins():
    # `b` leads with 0.5; one frame later `b` and `b a` have 0.25 each, `b` by its blank.
    frames = [[0.25, 0.25, 0.5], [0.5, 0.5, 0.0]]
    with np.errstate(divide="ignore"):
        assert refkd.beam_decode(np.log(frames), beam=1).tolist() == [2]

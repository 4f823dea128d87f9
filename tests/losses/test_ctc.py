"""CTC: loss, gradient, tables, alignment, batches, the rescaled kernels, errors."""

import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import ctc as oracle
from oracles.derivative import complex_step
from support.strategies import SEEDS, ctc_batches, ctc_cases
from tolerances import GRADIENT, LONG, RESCALED, VALUE, assert_close

import refkd
from refkd.kernels import ctc as kernels
from refkd.kernels import ctc_rescaled
from refkd.kernels.compile import in_parallel

INF = math.inf


def ways(frames, labels):
    """How many of the K^T paths spell the labels: each of L labels and L + 1 blanks may stretch,
    blanks may vanish but between equal labels: C(T + L - repeats, 2 L)."""
    repeats = sum(a == b for a, b in itertools.pairwise(labels))
    return math.comb(frames + len(labels) - repeats, 2 * len(labels))


def of_batch(logits, labels):
    """Loss and gradient of an utterance in a batch of one."""
    batch = refkd.Ragged.from_list([logits]), refkd.Ragged.from_list([labels])
    losses, grads = refkd.ctc_loss_batch(*batch)
    return losses[0], grads[0]


# --- by hand -------------------------------------------------------------------------------------


def test_two_frames_one_label_by_hand():
    """p(blank), p(1) = 0.4, 0.6 and then 0.3, 0.7: the paths 01, 10 and 11 spell "1"."""
    trace = refkd.ctc_trace(np.log([[0.4, 0.6], [0.3, 0.7]]), [1])
    alpha = [[0.4, 0.6, 0.0], [0.12, (0.4 + 0.6) * 0.7, 0.6 * 0.3]]
    beta = [[0.7, 0.7 + 0.3, 0.3], [0.0, 1.0, 1.0]]
    assert trace.states.tolist() == [0, 1, 0]
    assert_close(np.exp(trace.log_alpha), alpha, VALUE)
    assert_close(np.exp(trace.log_beta), beta, VALUE)
    assert_close(trace.loss, -math.log(0.88), VALUE)
    occupancy = np.array([[0.28, 0.6], [0.18, 0.7]]) / 0.88
    assert_close(trace.occupancy, occupancy, VALUE)
    assert_close(trace.grad, [[0.4, 0.6], [0.3, 0.7]] - occupancy, VALUE)


def test_a_repeat_must_pass_through_the_blank():
    """Three frames for "11" leave one path, 1-0-1."""
    loss, grad = refkd.ctc_loss(np.zeros((3, 2)), [1, 1])
    assert_close(loss, 3 * math.log(2.0), VALUE)
    assert_close(grad, [[0.5, -0.5], [-0.5, 0.5], [0.5, -0.5]], VALUE)


def test_alignment_by_hand():
    prob = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.7, 0.2], [0.1, 0.1, 0.8], [0.6, 0.2, 0.2]]
    path = refkd.ctc_align(np.log(prob), [1, 2])
    assert path.frames.tolist() == [0, 1, 1, 2, 0]
    assert [(s.label, s.start, s.end) for s in path.spans] == [(1, 1, 3), (2, 3, 4)]
    assert_close(path.log_prob, math.log(0.8 * 0.8 * 0.7 * 0.8 * 0.6), VALUE)
    assert_close(path.spans[0].score, (math.log(0.8) + math.log(0.7)) / 2, VALUE)
    assert_close(path.spans[1].score, math.log(0.8), VALUE)


# --- against the enumeration of all paths --------------------------------------------------------


@given(ctc_cases(masked=True))
def test_loss_equals_the_sum_over_all_paths(case):
    loss, _ = refkd.ctc_loss(case.logits, case.labels, case.blank)
    assert_close(loss, oracle.loss(case.logits, case.labels, case.blank), VALUE)


@given(ctc_cases())
def test_gradient_is_the_derivative_of_the_sum_over_all_paths(case):
    _, grad = refkd.ctc_loss(case.logits, case.labels, case.blank)
    expected = complex_step(lambda z: oracle.loss(z, case.labels, case.blank), case.logits)
    assert_close(grad, expected, GRADIENT)


@given(ctc_cases())
def test_tables_equal_the_enumeration(case):
    """Occupancy, and alpha beta, the probability of the paths through a state at a frame."""
    trace = refkd.ctc_trace(case.logits, case.labels, case.blank)
    assert_close(trace.occupancy, oracle.occupancy(case.logits, case.labels, case.blank), VALUE)
    together = trace.log_alpha + trace.log_beta
    assert_close(together, oracle.state_logp(case.logits, case.labels, case.blank), GRADIENT)
    assert_close(np.logaddexp.reduce(together, axis=1), -trace.loss, VALUE)


@given(ctc_cases())
def test_alignment_is_the_best_of_all_paths_and_its_spans_describe_it(case):
    path = refkd.ctc_align(case.logits, case.labels, case.blank)
    logp = oracle.log_softmax(case.logits)
    _, expected = oracle.best_path(case.logits, case.labels, case.blank)
    assert_close(path.log_prob, expected, VALUE)
    assert_close(logp[np.arange(len(logp)), path.frames].sum(), expected, VALUE)
    assert oracle.collapse(path.frames.tolist(), case.blank) == tuple(case.labels)
    loss, _ = refkd.ctc_loss(case.logits, case.labels, case.blank)
    assert path.log_prob <= -loss + VALUE.atol  # of all paths together
    frames = np.full(len(logp), case.blank)
    for span in path.spans:
        assert span.start < span.end
        assert (frames[span.start : span.end] == case.blank).all()  # spans do not overlap
        frames[span.start : span.end] = span.label
        assert_close(span.score, logp[span.start : span.end, span.label].mean(), VALUE)
    assert [span.label for span in path.spans] == case.labels
    assert [span.start for span in path.spans] == sorted(span.start for span in path.spans)
    assert frames.tolist() == path.frames.tolist()


# --- against closed forms and decimals, beyond what can be written out ---------------------------


@pytest.mark.parametrize("labels", [[], [1], [1, 2, 3], [1, 1, 1], [2, 2, 1, 3, 3]])
@pytest.mark.parametrize("frames", [9, 40])
def test_uniform_frames_count_the_paths(labels, frames):
    loss, _ = refkd.ctc_loss(np.zeros((frames, 4)), labels)
    assert_close(loss, frames * math.log(4.0) - math.log(ways(frames, labels)), VALUE)


@given(SEEDS, st.integers(1, 30), st.sampled_from([0.3, 3.0, 15.0]))
def test_loss_equals_sixty_digits(seed, T, scale):
    rng = np.random.default_rng(seed)
    logits = scale * rng.normal(size=(T, 6))
    labels = rng.integers(1, 6, size=T // 3)
    loss, grad = refkd.ctc_loss(logits, labels)
    assert_close(loss, oracle.decimal_loss(logits, labels), VALUE)
    assert_close(grad.sum(axis=1), 0.0, GRADIENT)


def test_confident_input_keeps_its_last_digits():
    """The loss is -log1p of what all other paths take: no digit may be lost to 1 - p."""
    logits = np.full((4, 3), -36.0)
    logits[[0, 1, 2, 3], [1, 1, 0, 2]] = 0.0
    loss, _ = refkd.ctc_loss(logits, [1, 2])
    expected = oracle.decimal_loss(logits, [1, 2])
    assert 0.0 < loss < 1e-14
    assert_close(loss / expected, 1.0, GRADIENT)
    assert of_batch(logits, [1, 2])[0] == loss
    assert refkd.ctc_loss([[0.0, -1000.0]], [])[0] == 0.0
    assert refkd.ctc_loss([[-1000.0, 0.0]], [1])[0] == 0.0
    # 1.71e-15 comes out as a negative number where 1 - p is rounded first
    assert_close(refkd.ctc_loss([[0.0, 34.0]], [1])[0] / 1.713908431542013e-15, 1.0, VALUE)


@pytest.mark.proof
@pytest.mark.compiled_only
@pytest.mark.parametrize(("T", "labels"), [(20_000, 1), (20_000, 300), (4000, 1200)])
def test_long_utterances(T, labels):
    K = 5
    target = 1 + np.arange(labels) % 4
    trace = refkd.ctc_trace(np.zeros((T, K)), target)
    expected = T * math.log(K) - math.log(math.comb(T + labels, 2 * labels))
    assert_close(trace.loss, expected, LONG)
    assert_close(trace.occupancy.sum(axis=1), 1.0, VALUE)
    assert_close(trace.grad.sum(axis=1), 0.0, VALUE)
    loss, grad = of_batch(np.zeros((T, K)), target)
    assert_close(loss, expected, LONG)
    assert_close(grad, trace.grad, LONG)


@pytest.mark.compiled_only
def test_thousands_of_classes():
    rng = np.random.default_rng(5)
    logits = rng.normal(size=(60, 5000))
    labels = rng.integers(1, 5000, size=12)
    loss, grad = refkd.ctc_loss(logits, labels)
    used = np.unique([0, *labels])  # all other classes together are one more class, never emitted
    rest = np.log(np.exp(np.delete(logits, used, axis=1)).sum(axis=1, keepdims=True))
    small = np.hstack([logits[:, used], rest])
    expected, small_grad = refkd.ctc_loss(small, np.searchsorted(used, labels))
    assert_close(loss, expected, VALUE)
    assert_close(grad[:, used], small_grad[:, :-1], GRADIENT)
    assert_close(np.delete(grad, used, axis=1).sum(axis=1), small_grad[:, -1], GRADIENT)


# --- invariants ----------------------------------------------------------------------------------


@given(ctc_cases(masked=True))
def test_rows(case):
    trace = refkd.ctc_trace(case.logits, case.labels, case.blank)
    assert trace.loss >= 0.0
    assert_close(trace.grad.sum(axis=1), 0.0, VALUE)
    if trace.loss < INF:
        assert_close(trace.occupancy.sum(axis=1), 1.0, VALUE)


@given(ctc_cases(), st.sampled_from([-1000.0, 0.5, 1000.0]))
def test_a_constant_added_to_a_frame_changes_nothing(case, constant):
    loss, grad = refkd.ctc_loss(case.logits, case.labels, case.blank)
    moved = case.logits + constant * np.arange(1.0, len(case.logits) + 1.0)[:, None]
    moved_loss, moved_grad = refkd.ctc_loss(moved, case.labels, case.blank)
    assert_close(moved_loss, loss, GRADIENT)
    assert_close(moved_grad, grad, GRADIENT)


@given(ctc_cases())
def test_the_vocabulary_may_be_rolled(case):
    K = case.logits.shape[1]
    loss, grad = refkd.ctc_loss(case.logits, case.labels, case.blank)
    rolled = [(label + 1) % K for label in case.labels]
    blank = (case.blank + 1) % K
    other, other_grad = refkd.ctc_loss(np.roll(case.logits, 1, axis=1), rolled, blank)
    assert_close(other, loss, VALUE)
    assert_close(other_grad, np.roll(grad, 1, axis=1), GRADIENT)


@given(ctc_cases())
def test_time_may_be_reversed(case):
    loss, grad = refkd.ctc_loss(case.logits, case.labels, case.blank)
    other, other_grad = refkd.ctc_loss(case.logits[::-1], case.labels[::-1], case.blank)
    assert_close(other, loss, VALUE)
    assert_close(other_grad, grad[::-1], GRADIENT)


def test_all_targets_of_one_utterance_have_probability_one_together():
    logits = np.random.default_rng(3).normal(size=(4, 3))
    targets = {oracle.collapse(path, 0) for path in np.ndindex(*[3] * 4)}
    total = sum(math.exp(-refkd.ctc_loss(logits, list(target))[0]) for target in targets)
    assert_close(total, 1.0, VALUE)


@pytest.mark.parametrize("logit", np.linspace(-3.0, 3.0, 61))
def test_rounding_never_makes_a_certain_target_cheaper_than_free(logit):
    """Frame 1 is certain of the label, so frame 0 may say either: log(p + (1 - p)) is not quite 0.

    The log-probabilities of the two ways add up to 1e-16 on either side."""
    loss, _ = refkd.ctc_loss([[logit, 0.0], [-100.0, 0.0]], [1])
    assert 0.0 <= loss < 1e-15
    assert math.copysign(1.0, loss) == 1.0


# --- limits and ties -----------------------------------------------------------------------------


def test_a_vocabulary_of_the_blank_alone():
    trace = refkd.ctc_trace([[3.0], [-4.0]], [])
    assert trace.loss == 0.0
    assert trace.grad.tolist() == [[0.0], [0.0]]
    assert trace.occupancy.tolist() == [[1.0], [1.0]]
    path = refkd.ctc_align([[3.0], [-4.0]], [])
    assert (path.frames.tolist(), path.spans, path.log_prob) == ([0, 0], (), 0.0)


def test_an_empty_target_is_all_blanks():
    logits = np.random.default_rng(0).normal(size=(5, 3))
    loss, grad = refkd.ctc_loss(logits, [], blank=1)
    logp = oracle.log_softmax(logits)
    assert_close(loss, -logp[:, 1].sum(), VALUE)
    assert_close(grad, np.exp(logp) - np.eye(3)[1], VALUE)
    assert refkd.ctc_align(logits, [], blank=1).frames.tolist() == [1] * 5


def test_as_many_frames_as_labels_leave_one_path():
    logits = np.random.default_rng(1).normal(size=(3, 4))
    loss, grad = refkd.ctc_loss(logits, [2, 1, 3])
    logp = oracle.log_softmax(logits)
    assert_close(loss, -(logp[0, 2] + logp[1, 1] + logp[2, 3]), VALUE)
    assert_close(grad, np.exp(logp) - np.eye(4)[[2, 1, 3]], VALUE)


@pytest.mark.parametrize("size", [1000.0, 1e30, 1e300])
def test_huge_logits_without_nan(size):
    logits = np.array([[size, -size, 0.0], [-size, size, 0.0], [0.0, size, -size]])
    loss, grad = refkd.ctc_loss(logits, [1])
    assert loss == 0.0
    assert_close(grad, 0.0, VALUE)
    loss, grad = refkd.ctc_loss(logits, [2])
    assert np.isfinite(loss)
    assert loss >= size
    assert np.isfinite(grad).all()


def test_masked_classes():
    """-inf for a class in a frame takes its paths away and nothing else."""
    logits = np.array([[0.0, -INF], [0.0, 0.0]])
    loss, grad = refkd.ctc_loss(logits, [1])
    assert_close(loss, math.log(2.0), VALUE)
    assert_close(grad, [[0.0, 0.0], [0.5, -0.5]], VALUE)
    assert refkd.ctc_align(logits, [1]).frames.tolist() == [0, 1]


def test_a_target_without_probability():
    logits = [[0.0, -INF, 0.0], [0.0, -INF, 0.0]]
    trace = refkd.ctc_trace(logits, [1])
    assert trace.loss == INF
    assert trace.grad.tolist() == [[0.0] * 3] * 2
    assert not np.isnan(trace.occupancy).any()
    losses, grads = refkd.ctc_loss_batch(
        refkd.Ragged.from_list([logits, np.zeros((2, 3))]), refkd.Ragged.from_list([[1], [2]])
    )
    assert losses[0] == INF
    assert grads[0].tolist() == [[0.0] * 3] * 2
    assert_close(losses[1], math.log(3.0), VALUE)
    assert (grads[1] != 0.0).any()


def test_equally_good_paths_stay_longer_in_later_states():
    assert refkd.ctc_align(np.zeros((4, 3)), [1, 2]).frames.tolist() == [1, 2, 0, 0]
    assert refkd.ctc_align(np.zeros((3, 2)), [1]).frames.tolist() == [1, 0, 0]
    assert refkd.ctc_align(np.zeros((4, 2)), [1, 1]).frames.tolist() == [1, 0, 1, 0]


# --- batches and the rescaled form ---------------------------------------------------------------


def rescaled(logits, labels, blank=0):
    """The kernel of the fast form on one utterance: its loss, which may be NaN, and gradient.

    Scratch is filled with NaN, so that nothing may be read before it is written.
    """
    logits = np.ascontiguousarray(logits, dtype=np.float64)
    T, S = len(logits), 2 * len(labels) + 1
    states, skip = np.full(S, -1), np.full(S + 2, np.nan)
    kernels.extend_labels(np.asarray(labels, dtype=np.int64), blank, states, skip)
    shapes = (T, S), (T, S + 2), T, S + 2, S + 2, logits.shape
    scratch = [np.full(shape, np.nan) for shape in shapes]
    loss = ctc_rescaled.ctc_rescaled(logits, states, skip, *scratch)
    return loss, scratch[-1]


def assert_rescaled_or_given_up(logits, labels, blank=0):
    loss, grad = rescaled(logits, labels, blank)
    if not math.isnan(loss):
        expected, expected_grad = refkd.ctc_loss(logits, labels, blank)
        assert_close(loss, expected, RESCALED)
        assert_close(grad, expected_grad, RESCALED)


@given(ctc_cases(max_frames=12, max_classes=6))
def test_the_rescaled_form_agrees_with_log_space_or_gives_up(case):
    assert_rescaled_or_given_up(case.logits, case.labels, case.blank)


@given(SEEDS, st.integers(4, 60), st.sampled_from([0.5, 5.0, 40.0, 150.0, 400.0]))
def test_the_rescaled_form_never_returns_a_wrong_number(seed, T, scale):
    """Scores far apart make probabilities vanish: then it must give up."""
    rng = np.random.default_rng(seed)
    logits = scale * rng.normal(size=(T, 5))
    labels = rng.integers(1, 5, size=rng.integers(0, T // 2 + 1))
    labels = labels[np.insert(np.diff(labels) != 0, 0, True)[: len(labels)]]
    assert_rescaled_or_given_up(logits, labels)


def test_the_rescaled_form_is_used_on_ordinary_input():
    rng = np.random.default_rng(8)
    for _ in range(20):
        loss, grad = rescaled(3.0 * rng.normal(size=(40, 6)), [1, 2, 2, 5, 3])
        assert np.isfinite(loss)
        assert np.isfinite(grad).all()


def test_a_constant_does_not_send_the_rescaled_form_to_log_space():
    logits = np.random.default_rng(8).normal(size=(9, 4))
    loss, grad = rescaled(logits, [1, 2])
    for constant in (-1000.0, 1000.0):
        moved, moved_grad = rescaled(logits + constant, [1, 2])
        assert_close(moved, loss, RESCALED)
        assert_close(moved_grad, grad, RESCALED)


DENORMAL = np.zeros((60, 21))  # every scale is finite, yet the loss would be wrong by 0.28 nats
DENORMAL[:, 0] = 39.0
VANISHING = np.array([[0.0, -2000.0], [0.0, -2000.0]])
# e^-800 is 0 forward and backward alike: their constant holds, and a worse path is counted. "12" in
# three frames: 1 2 2 has log-probability -800, 0 1 2 has -400 - 700.
UNDERFLOWING = np.array(
    [
        [-400.0, -800.0, -900.0, 0.0],
        [-5000.0, -700.0, 0.0, -900.0],
        [-900.0, -900.0, 0.0, -900.0],
    ]
)


def lost_twice():
    """Forty frames, each far in favour of a class of its own.

    The best paths become 0 in the forward pass, and in the backward pass at a later frame: their
    constant holds, and the loss is wrong by 33 nats. Only the probabilities around 1e-290 show it.
    """
    rng = np.random.default_rng(975)
    logits = np.zeros((40, 17))
    logits[np.arange(40), rng.integers(0, 17, 40)] = rng.uniform(0, 700, 40)
    labels = rng.integers(1, 17, 14)
    return logits, labels[np.insert(np.diff(labels) != 0, 0, True)]


LOST_TWICE = lost_twice()


@pytest.mark.parametrize(
    ("logits", "labels", "expected"),
    [
        (DENORMAL, np.arange(1, 21), oracle.decimal_loss(DENORMAL, range(1, 21))),
        (UNDERFLOWING, [1, 2], 800.0),
        (VANISHING, [1], 2000.0 - math.log(2.0)),
        (*LOST_TWICE, oracle.decimal_loss(*LOST_TWICE)),
    ],
    ids=["denormal", "underflowing in the softmax", "vanishing", "lost in both passes"],
)
def test_numbers_too_small_send_the_rescaled_form_to_log_space(logits, labels, expected):
    assert math.isnan(rescaled(logits, labels)[0])
    loss, grad = refkd.ctc_loss(logits, labels)
    of_batch_loss, of_batch_grad = of_batch(logits, labels)
    assert_close([loss, of_batch_loss], [expected, expected], VALUE)
    assert_close(of_batch_grad, grad, VALUE)
    if logits is UNDERFLOWING:
        assert_close(grad, [[0.0, -1.0, 0.0, 1.0], [0.0] * 4, [0.0] * 4], VALUE)


@pytest.mark.parametrize("last_logit", [40.0, 300.0])
@pytest.mark.parametrize("blank_logit", [44.0, 48.0, 49.5, 50.0, 50.5, 52.0])
def test_denormal_numbers_that_recover(blank_logit, last_logit):
    """Thirty frames favour the blank, then five name the last labels: probabilities pass through
    the denormal range and come back, so that only their constant betrays the loss. It departs by
    1e-9 and more with 40.0 and is NaN with 300.0."""
    logits = np.zeros((35, 21))
    logits[:30, 0] = blank_logit
    logits[range(30, 35), range(16, 21)] = last_logit
    labels = np.arange(1, 21)
    loss, _ = rescaled(logits, labels)
    assert math.isnan(loss) == (blank_logit > 49.0)
    assert_close(of_batch(logits, labels)[0], oracle.decimal_loss(logits, labels), VALUE)


@given(ctc_batches(max_utterances=3))
def test_an_utterance_does_not_know_its_neighbours(cases):
    blank = cases[0].blank

    def batch(chosen):
        return refkd.ctc_loss_batch(
            refkd.Ragged.from_list([case.logits for case in chosen]),
            refkd.Ragged.from_list([case.labels for case in chosen]),
            blank,
        )

    losses, grads = batch(cases)
    turned_losses, turned_grads = batch(cases[::-1])
    np.testing.assert_array_equal(losses, turned_losses[::-1])
    for n in range(len(cases)):
        np.testing.assert_array_equal(grads[n], turned_grads[len(cases) - 1 - n])


@pytest.mark.parametrize("shares", [1, 2, 3, 7])
def test_any_number_of_shares_gives_the_same_bits(shares):
    """Shares are for threads; each has scratch of its own, and here NaN is in all of it."""
    rng = np.random.default_rng(4)
    lengths = [9, 1, 17, 4, 12]
    logits = refkd.Ragged.from_list([rng.normal(size=(T, 5)) for T in lengths])
    labels = refkd.Ragged.from_list([rng.integers(1, 5, size=T // 3) for T in lengths])
    expected, expected_grads = refkd.ctc_loss_batch(logits, labels)
    states, scratch = np.full((shares, 11), -1), np.full((shares, 19 * 25), np.nan)
    losses, grads = np.full(len(lengths), np.nan), np.full(logits.values.shape, np.nan)
    arrays = logits.values, logits.offsets, labels.values, labels.offsets, 0
    in_parallel(ctc_rescaled.ctc_share, shares, (*arrays, states, scratch, losses, grads))
    np.testing.assert_array_equal(losses, expected)
    np.testing.assert_array_equal(grads, expected_grads.values)


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ((4, 3), math.nan, "logits: expected finite numbers or -inf, got nan at (4, 3)"),
        ((4, 3), INF, "logits: expected finite numbers or -inf, got inf at (4, 3)"),
        (2, -INF, "logits: expected a finite number in every frame, got only -inf in frame 2"),
    ],
)
def test_a_batch_says_where_its_logits_are_invalid(place, value, sentence):
    """Class 3 is in no target, and the frames are counted over the whole batch."""
    logits = refkd.Ragged(np.zeros((6, 4)), np.array([0, 2, 6]))
    logits.values[place] = value
    with pytest.raises(refkd.ArgumentError, match=re.escape(sentence)):
        refkd.ctc_loss_batch(logits, refkd.Ragged.from_list([[1], [2, 1]]))


def test_a_batch_says_which_utterance_is_too_short():
    logits = refkd.Ragged(np.zeros((6, 4)), np.array([0, 4, 4, 6]))
    with pytest.raises(refkd.ArgumentError, match=re.escape("logits[1]: expected T >= 1, got T=0")):
        refkd.ctc_loss_batch(logits, refkd.Ragged.from_list([[1], [], [1]]))
    logits = refkd.Ragged(np.zeros((6, 4)), np.array([0, 4, 6]))
    with pytest.raises(refkd.InfeasibleTargetError, match=re.escape("labels[1]: expected at most")):
        refkd.ctc_loss_batch(logits, refkd.Ragged.from_list([[1], [2, 2]]))

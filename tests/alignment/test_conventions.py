"""What is known about the method, number by number (docs/course/selection.md)."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from support.strategies import SEEDS
from tolerances import GRADIENT, PRINTED_3, VALUE, assert_close

import refkd

T, K = 60, 5
FRAMES = (8, 20, 32, 44)
WINDOW = refkd.Window(6, 0)


def posteriors(frames, symbols):
    """Spikes of 0.95, blanks of 0.97, the rest spread evenly; as logits."""
    prob = np.full((T, K), 0.03 / (K - 1))
    prob[:, 0] = 0.97
    for t, k in zip(frames, symbols, strict=True):
        prob[t] = 0.05 / (K - 1)
        prob[t, k] = 0.95
    return np.log(prob)


def late(frames):
    return [t + frames for t in FRAMES]


RIGHT, WRONG = (1, 2, 3, 4), (2, 3, 4, 1)
TEACHER = posteriors(FRAMES, RIGHT)
STUDENTS = {
    "identical": TEACHER,
    "right, 3 frames late": posteriors(late(3), RIGHT),
    "all blank": posteriors((), ()),
    "wrong labels, 3 late": posteriors(late(3), WRONG),
    "right, 10 late": posteriors(late(10), RIGHT),
}
COLUMNS = (
    refkd.FrameWise(),
    refkd.Hard(WINDOW),
    refkd.Monotone(WINDOW),
    refkd.Monotone(WINDOW, 1),
    refkd.OrderedPath(WINDOW),
    refkd.PerTeacher(WINDOW),
)
TABLE = {
    "identical": (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "right, 3 frames late": (0.582, 0.0, 0.0, 0.0, 0.0, 0.0),
    "all blank": (0.304, 0.0, 0.0, 0.304, 0.304, 0.304),
    "wrong labels, 3 late": (0.582, 0.271, 0.271, 0.271, 0.271, 0.271),
    "right, 10 late": (0.582, 0.278, 0.278, 0.582, 0.582, 0.304),
}


def per_frame(student, rule):
    return refkd.distill_loss(STUDENTS[student], TEACHER, rule)[0] / T


@pytest.mark.parametrize("student", TABLE)
def test_the_table_to_its_printed_digits(student):
    losses = [per_frame(student, rule) for rule in COLUMNS]
    assert_close(losses, TABLE[student], PRINTED_3, student)


def test_being_late_costs_almost_twice_as_much_as_silence():
    ratio = per_frame("right, 3 frames late", refkd.FrameWise()) / per_frame(
        "all blank", refkd.FrameWise()
    )
    assert round(ratio, 1) == 1.9


@pytest.mark.parametrize("rule", [refkd.Hard(WINDOW), refkd.Monotone(WINDOW)], ids=repr)
def test_silence_is_an_optimum_of_per_student_search(rule):
    trace = refkd.distill_trace(STUDENTS["all blank"], TEACHER, rule)
    assert_close(trace.loss, 0.0, VALUE)
    assert_close(trace.grad, 0.0, VALUE)
    assert not set(FRAMES) & set(trace.pairs[:, 1].tolist())  # no spike is ever chosen


@pytest.mark.parametrize(
    "rule",
    [refkd.Monotone(WINDOW, 1), refkd.OrderedPath(WINDOW), refkd.PerTeacher(WINDOW)],
    ids=repr,
)
def test_rules_that_meet_every_teacher_frame_charge_silence(rule):
    trace = refkd.distill_trace(STUDENTS["all blank"], TEACHER, rule)
    assert set(FRAMES) <= set(trace.pairs[:, 1].tolist())
    assert trace.loss / T > 0.3


@given(SEEDS)
def test_unit_steps_miss_at_most_the_ends(seed):
    """All teacher frames but possibly the first `right` and the last `left`."""
    rng = np.random.default_rng(seed)
    student, teacher = rng.normal(size=(2, 12, 3))
    left, right = (int(n) for n in rng.integers(0, 4, size=2))
    rule = refkd.Monotone(refkd.Window(left, right), 1)
    met = set(refkd.distill_trace(student, teacher, rule).pairs[:, 1].tolist())
    assert met >= set(range(right, 12 - left))


def test_the_window_must_exceed_the_lag():
    student = STUDENTS["right, 10 late"]
    losses = [
        refkd.distill_loss(student, TEACHER, refkd.OrderedPath(refkd.Window(left, 0)))[0]
        for left in range(12)
    ]
    assert min(losses[:10]) > 1.0
    assert_close(losses[10:], [0.0, 0.0], VALUE)


@pytest.mark.parametrize("frames", [1, 2, 5, 7])
def test_strict_order_is_the_identity(frames):
    """One teacher frame for each student frame, never the same twice: nothing is left to choose."""
    choices = [
        choice
        for choice in itertools.product(range(frames), repeat=frames)
        if all(a < b for a, b in itertools.pairwise(choice))
    ]
    assert choices == [tuple(range(frames))]


def share_of_other_choices(scale):
    """Share of student frames with six teacher frames in view that kl and cross-entropy send to
    different ones; logits drawn from a normal distribution of standard deviation `scale`, K = 5,
    20 sequences of 105 frames, seed 0."""
    rng = np.random.default_rng(0)
    rule, other = refkd.Hard(refkd.Window(5, 0)), 0
    for _ in range(20):
        student, teacher = scale * rng.normal(size=(2, 105, 5))
        kl = refkd.distill_trace(student, teacher, rule).pairs[5:, 1]
        entropy = refkd.distill_trace(student, teacher, rule, divergence="cross_entropy")
        other += int((kl != entropy.pairs[5:, 1]).sum())
    return other / 2000


@pytest.mark.compiled_only
def test_choosing_by_cross_entropy_is_not_choosing_by_kl():
    """The teacher's own entropy depends on the frame; the flatter it is, the more this counts."""
    flat, middle, peaked = (share_of_other_choices(scale) for scale in (0.5, 1.0, 2.0))
    assert 0.54 > flat > middle > peaked > 0.2


def test_the_gradients_agree_although_the_choice_does_not():
    """For one and the same pair kl and cross-entropy differ by a constant, the entropy."""
    rng = np.random.default_rng(1)
    student, teacher = rng.normal(size=(2, 6, 4))
    kl, kl_grad = refkd.distill_loss(student, teacher, refkd.FrameWise())
    cross, cross_grad = refkd.distill_loss(
        student, teacher, refkd.FrameWise(), divergence="cross_entropy"
    )
    prob = np.exp(teacher) / np.exp(teacher).sum(axis=1, keepdims=True)
    assert_close(cross - kl, -(prob * np.log(prob)).sum(), VALUE)
    assert_close(kl_grad, cross_grad, VALUE)


@given(SEEDS)
def test_mixture_and_weighted_sum_have_one_gradient_and_two_values(seed):
    """KL(sum w p || q) and sum w KL(p || q); the soft minimum is a third value."""
    rng = np.random.default_rng(seed)
    student, teacher = 3.0 * rng.normal(size=(2, 8, 4))
    window, tau = refkd.Window(3, 1), 0.5
    soft = refkd.distill_trace(student, teacher, refkd.Soft(window, tau))
    every = refkd.distill_trace(student, teacher, refkd.TopK(window, 5, tau))
    q = np.exp(student) / np.exp(student).sum(axis=1, keepdims=True)
    assert_close(soft.grad, q - soft.target, GRADIENT)
    assert_close(every.grad, soft.grad, GRADIENT)
    assert soft.target_divergence < every.loss - 1e-6
    assert soft.loss > every.loss + 1e-6 or soft.loss < every.loss - 1e-6


def test_soft_minimum_between_hard_and_mean():
    rng = np.random.default_rng(2)
    student, teacher = rng.normal(size=(2, 30, 4))
    taus = (1e-6, 0.1, 1.0, 10.0, 1e6, math.inf)
    losses = [refkd.distill_loss(student, teacher, refkd.Soft(WINDOW, tau))[0] for tau in taus]
    assert losses == sorted(losses)
    hard, _ = refkd.distill_loss(student, teacher, refkd.Hard(WINDOW))
    assert losses[0] >= hard
    assert losses[0] - hard < 1e-3
    assert losses[-1] - losses[-2] < 1e-3


def test_blank_runs_do_not_make_the_choice_jump():
    """Equal frames tie: the nearest one is chosen, so that a late student shows one clean lag."""
    student = STUDENTS["right, 3 frames late"]
    trace = refkd.distill_trace(student, TEACHER, refkd.Hard(WINDOW))
    offset = np.zeros(T, dtype=int)
    offset[trace.pairs[:, 0]] = trace.offset
    assert offset[late(3)].tolist() == [3] * 4
    elsewhere = np.setdiff1d(np.arange(T), [*late(3), *FRAMES])
    assert not offset[elsewhere].any()
    assert (offset[list(FRAMES)] == 1).all()  # the teacher spikes there; one earlier is blank

"""Every rule, divergence, temperature and blank treatment: values, gradients, invariants."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import distill as oracle
from oracles.derivative import complex_step
from support.strategies import (
    DIVERGENCES,
    RULES,
    SEEDS,
    distill_cases,
    logits,
)
from tolerances import GRADIENT, VALUE, assert_close

import refkd
from refkd.losses.distill import Options, Teacher, distill_batch

INF = math.inf


def trace_of(case, rule=None, **options):
    options = case.options() | options
    return refkd.distill_trace(case.student, case.teacher, rule or case.rule, **options)


def loss_of(case, rule=None, **options):
    """The loss, and its gradient in the student's logits."""
    options = case.options() | options
    return refkd.distill_loss(case.student, case.teacher, rule or case.rule, **options)


def as_selection(pairs, weights, frames):
    """A trace's own pairs in the oracle's form."""
    mass = np.zeros(frames)
    np.add.at(mass, pairs[:, 0], weights)
    return oracle.Selection([tuple(pair) for pair in pairs.tolist()], weights, mass)


def own_selection(case):
    trace = trace_of(case)
    return as_selection(trace.pairs, trace.pair_weight, len(case.student))


def defined_selection(case):
    """What the definition selects.

    Rounding may decide between teacher frames that are equally similar. That leaves the loss as it
    is, unless the blank ones among the chosen are dropped: there the choice is the trace's own.
    """
    if case.blank_frames == "drop_selected":
        whole = trace_of(case, blank_frames="keep")
        stays = ~np.array(oracle.is_blank(case.teacher, case.blank))[whole.pairs[:, 1]]
        return as_selection(whole.pairs[stays], whole.pair_weight[stays], len(case.student))
    how = case.divergence, case.temperature, case.blank_frames, case.blank
    return oracle.select(case.student, case.teacher, case.rule, *how)


def given_loss(case, student, selection):
    how = case.divergence, case.temperature, case.scale_t2
    return oracle.loss_given(student, case.teacher, case.rule, selection, *how)


def ready_rule(name, window):
    """A rule of this window, if it has any, with parameters that are of no importance."""
    parameters = {
        "FrameWise": (), "Shift": (0,), "Blend": ([1.0],), "TopK": (window, 2, 0.5),
        "Soft": (window, 0.5),
    }  # fmt: skip
    return getattr(refkd, name)(*parameters.get(name, (window,)))


# --- by hand -------------------------------------------------------------------------------------

HALF = np.log([[0.5, 0.5], [0.25, 0.75]])  # the teacher
QUARTER = np.log([[0.25, 0.75], [0.5, 0.5]])  # the student: the same two frames, exchanged
KL_HALF_QUARTER = 0.5 * math.log(2.0) + 0.5 * math.log(2.0 / 3.0)
KL_QUARTER_HALF = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)


def test_frame_wise_by_hand():
    trace = refkd.distill_trace(QUARTER, HALF, refkd.FrameWise())
    assert_close(trace.loss, KL_HALF_QUARTER + KL_QUARTER_HALF, VALUE)
    assert_close(trace.grad, [[-0.25, 0.25], [0.25, -0.25]], VALUE)
    assert_close(trace.divergence, [[KL_HALF_QUARTER], [KL_QUARTER_HALF]], VALUE)
    assert trace.pairs.tolist() == [[0, 0], [1, 1]]
    assert trace.pair_weight.tolist() == [1.0, 1.0]
    assert trace.offset.tolist() == [0, 0]


def test_hard_by_hand():
    trace = refkd.distill_trace(QUARTER, HALF, refkd.Hard(refkd.Window(1, 0)))
    assert_close(trace.loss, KL_HALF_QUARTER, VALUE)  # frame 1 finds its equal one frame earlier
    assert_close(trace.grad, [[-0.25, 0.25], [0.0, 0.0]], VALUE)
    assert_close(trace.divergence, [[INF, KL_HALF_QUARTER], [0.0, KL_QUARTER_HALF]], VALUE)
    assert trace.pairs.tolist() == [[0, 0], [1, 0]]
    assert trace.offset.tolist() == [0, 1]
    assert (trace.window.left, trace.window.right) == (1, 0)


def test_shift_by_hand():
    trace = refkd.distill_trace(QUARTER, HALF, refkd.Shift(1))
    assert_close(trace.loss, 0.0, VALUE)
    assert trace.pairs.tolist() == [[1, 0]]
    assert trace.offset.tolist() == [1]


def test_blend_by_hand():
    trace = refkd.distill_trace(QUARTER, HALF, refkd.Blend([0.5, 0.5]))
    mixture = np.array([0.375, 0.625])
    assert_close(trace.loss, (mixture * np.log(mixture / 0.5)).sum(), VALUE)
    assert_close(trace.target, [[0.0, 0.0], mixture], VALUE)
    assert_close(trace.grad, [[0.0, 0.0], 0.5 - mixture], VALUE)
    assert_close(trace.target_divergence, trace.loss, VALUE)
    assert sorted(trace.pairs.tolist()) == [[1, 0], [1, 1]]


def test_soft_by_hand():
    tau = 0.5
    trace = refkd.distill_trace(QUARTER, HALF, refkd.Soft(refkd.Window(1, 0), tau))
    away = math.exp(-KL_QUARTER_HALF / tau)  # frame 1 sees its equal at divergence 0
    assert_close(trace.loss, KL_HALF_QUARTER - tau * math.log((1.0 + away) / 2.0), VALUE)
    mixture = (np.array([0.5, 0.5]) + away * np.array([0.25, 0.75])) / (1.0 + away)
    assert_close(trace.target, [[0.5, 0.5], mixture], VALUE)
    assert_close(trace.grad, [[-0.25, 0.25], 0.5 - mixture], VALUE)
    assert_close(trace.pair_weight, [1.0, 1.0 / (1.0 + away), away / (1.0 + away)], VALUE)


def test_top_k_by_hand():
    trace = refkd.distill_trace(QUARTER, HALF, refkd.TopK(refkd.Window(1, 0), 2))
    assert_close(trace.loss, KL_HALF_QUARTER + 0.5 * KL_QUARTER_HALF, VALUE)
    assert_close(trace.target, [[0.5, 0.5], [0.375, 0.625]], VALUE)


@pytest.mark.parametrize(
    ("divergence", "value", "grad"),
    [
        ("kl", KL_HALF_QUARTER, [-0.25, 0.25]),
        ("cross_entropy", -0.5 * math.log(0.25) - 0.5 * math.log(0.75), [-0.25, 0.25]),
        (
            "reverse_kl",  # q (r - sum q r) with r = log(q / p) = log 1/2, log 3/2
            KL_QUARTER_HALF,
            [0.1875 * math.log(1 / 3), 0.1875 * math.log(3)],
        ),
        (
            "js",  # the mean is 3/8, 5/8; r = log(q / mean) = log 2/3, log 6/5
            0.5 * (0.5 * math.log(4 / 3) + 0.5 * math.log(4 / 5))
            + 0.5 * (0.25 * math.log(2 / 3) + 0.75 * math.log(6 / 5)),
            [0.09375 * math.log(5 / 9), 0.09375 * math.log(9 / 5)],
        ),
    ],
)
def test_divergences_by_hand(divergence, value, grad):
    pair = QUARTER[:1], HALF[:1], refkd.FrameWise()
    loss, d_student = refkd.distill_loss(*pair, divergence=divergence)
    assert_close(loss, value, VALUE)
    assert_close(d_student, [grad], VALUE)


def test_temperature_divides_both_logits_and_t2_multiplies_once():
    student, teacher = np.array([[2.0, 0.0]]), np.array([[0.0, 4.0]])
    loss, grad = refkd.distill_loss(student, teacher, refkd.FrameWise(), temperature=2.0)
    same, same_grad = refkd.distill_loss(student / 2, teacher / 2, refkd.FrameWise())
    assert_close(loss, same, VALUE)
    assert_close(grad, same_grad / 2, VALUE)
    scaled, scaled_grad = refkd.distill_loss(
        student, teacher, refkd.FrameWise(), temperature=2.0, scale_t2=True
    )
    assert_close(scaled, 4 * loss, VALUE)
    assert_close(scaled_grad, 4 * grad, VALUE)
    rule, options = refkd.Soft(refkd.Window(0, 0), 1.0), {"temperature": 2.0, "scale_t2": True}
    trace = refkd.distill_trace(student, teacher, rule, **options)
    assert_close([trace.loss, trace.target_divergence], [4 * loss, 4 * loss], VALUE)


# --- against the plain implementation ------------------------------------------------------------


@pytest.mark.parametrize("name", RULES)
@given(data=st.data())
def test_loss_equals_the_definition(name, data):
    case = data.draw(distill_cases(rules=(name,)))
    expected = given_loss(case, case.student, defined_selection(case))
    assert_close(trace_of(case).loss, max(expected, 0.0), VALUE)


@pytest.mark.parametrize("name", RULES)
@given(data=st.data())
def test_gradient_is_the_derivative_with_the_choices_held(name, data):
    case = data.draw(distill_cases(rules=(name,)))
    selection = own_selection(case)
    expected = complex_step(lambda z: given_loss(case, z, selection), case.student)
    assert_close(trace_of(case).grad, expected, GRADIENT)


@given(distill_cases(blanks=("keep", "no_blank_candidates")))
def test_band_holds_the_divergences_of_the_visible_pairs(case):
    trace = trace_of(case)
    T = len(case.student)
    blanks = oracle.is_blank(case.teacher, case.blank)
    hidden = blanks if case.blank_frames == "no_blank_candidates" else [False] * T
    D = oracle.matrix(case.teacher, case.student, case.divergence, case.temperature)
    W = trace.window.left + trace.window.right + 1
    assert trace.divergence.shape == (T, W)
    visible = 0
    for i in range(T):
        for w in range(W):
            j = i - trace.window.left + w
            if 0 <= j < T and not hidden[j]:
                assert_close(trace.divergence[i, w], max(D[i, j], 0.0), VALUE)
                visible += 1
            else:
                assert trace.divergence[i, w] == INF
    assert visible == sum(len(oracle.visible(case.rule, i, T, hidden)) for i in range(T))


@given(distill_cases(blanks=("drop_selected",)))
def test_dropping_leaves_the_band_whole(case):
    whole = trace_of(case, blank_frames="keep")
    np.testing.assert_array_equal(trace_of(case).divergence, whole.divergence)


@pytest.mark.parametrize("name", ["Blend", "TopK", "Soft"])
@given(data=st.data())
def test_mixtures_and_their_divergence(name, data):
    case = data.draw(distill_cases(rules=(name,)))
    trace = trace_of(case)
    selection = own_selection(case)
    expected = np.exp(oracle.mixtures(case.teacher, selection, case.temperature))
    assert_close(trace.target, expected, VALUE)
    how = case.divergence, case.temperature, case.scale_t2
    divergence = oracle.mixture_divergence(case.student, case.teacher, selection, *how)
    assert_close(trace.target_divergence, max(divergence, 0.0), VALUE)


@given(distill_cases(rules=("Blend", "Soft")))
def test_pairs_of_weighted_rules_are_those_of_the_definition(case):
    trace, expected = trace_of(case), defined_selection(case)
    defined = dict(zip(expected.pairs, expected.weight, strict=True))
    pairs = [tuple(pair) for pair in trace.pairs.tolist()]
    got = dict(zip(pairs, trace.pair_weight.tolist(), strict=True))
    for pair in {*defined, *got}:
        assert_close(got.get(pair, 0.0), defined.get(pair, 0.0), GRADIENT, str(pair))


@given(distill_cases(rules=("TopK",), blanks=("keep", "no_blank_candidates")))
def test_the_k_most_similar_and_their_weights(case):
    trace, left = trace_of(case), trace_of(case).window.left
    for i, costs in enumerate(trace.divergence):
        visible = np.sort(costs[costs < INF])
        chosen = trace.pairs[:, 0] == i
        chosen_costs = costs[trace.pairs[chosen, 1] - i + left]
        assert_close(np.sort(chosen_costs), visible[: case.rule.k], VALUE)
        if chosen_costs.size:
            weights = oracle.soft_weights(chosen_costs, case.rule.tau)
            assert_close(trace.pair_weight[chosen], weights, GRADIENT)


# --- what every trace promises -------------------------------------------------------------------


@given(distill_cases())
def test_traces_hang_together(case):
    trace = trace_of(case)
    T = len(case.student)
    student, teacher = trace.pairs[:, 0], trace.pairs[:, 1]
    assert trace.pairs.shape == (len(trace.pairs), 2)
    assert trace.pairs.dtype == np.int64
    assert trace.offset.tolist() == (student - teacher).tolist()
    assert trace.pair_weight.shape == trace.offset.shape
    assert (trace.pair_weight >= 0.0).all()
    assert trace.rule == case.rule
    assert trace.grad.shape == case.student.shape
    assert np.isfinite(trace.grad).all()
    assert_close(trace.grad.sum(axis=1), 0.0, VALUE)
    assert 0.0 <= trace.loss < INF
    assert len({tuple(pair) for pair in trace.pairs.tolist()}) == len(trace.pairs)
    untaught = np.setdiff1d(np.arange(T), student)
    assert (trace.grad[untaught] == 0.0).all()
    if not isinstance(case.rule, refkd.Soft | refkd.Blend):
        D = trace.divergence[student, teacher - student + trace.window.left]
        factor = case.temperature**2 if case.scale_t2 else 1.0
        assert_close(trace.loss, factor * (trace.pair_weight * D).sum(), VALUE)
    loss, grad = loss_of(case)
    assert loss == trace.loss
    np.testing.assert_array_equal(grad, trace.grad)
    if not case.rule.weighted:  # single frames make no mixture
        assert trace.target is trace.target_divergence is None
    else:
        # Where blanks are dropped, weights too small for a float may be all that is left.
        taught = np.bincount(student, trace.pair_weight, minlength=T) > 0.0
        assert_close(trace.target.sum(axis=1), taught, VALUE)
    left, right = oracle.sides(case.rule)
    assert ((student - left <= teacher) & (teacher <= student + right)).all()
    if case.blank_frames != "keep":
        blanks = np.array(oracle.is_blank(case.teacher, case.blank))
        assert not blanks[teacher].any()


@given(distill_cases(rules=("FrameWise", "Shift", "Hard", "Monotone"), blanks=("keep",)))
def test_one_teacher_frame_for_each_student_frame_that_sees_any(case):
    T = len(case.student)
    seeing = [i for i in range(T) if oracle.visible(case.rule, i, T, [False] * T)]
    trace = trace_of(case)
    assert trace.pairs[:, 0].tolist() == seeing
    assert (trace.pair_weight == 1.0).all()


@given(distill_cases(rules=("PerTeacher",), blanks=("keep",)))
def test_per_teacher_meets_every_teacher_frame_that_is_seen(case):
    T = len(case.student)
    seen = sorted({j for i in range(T) for j in oracle.visible(case.rule, i, T, [False] * T)})
    assert sorted(trace_of(case).pairs[:, 1].tolist()) == seen


@given(distill_cases(rules=("Monotone", "OrderedPath")))
def test_order_is_kept(case):
    trace = trace_of(case)
    student, teacher = trace.pairs[:, 0], trace.pairs[:, 1]
    for i, later in zip(np.unique(student), np.unique(student)[1:], strict=False):
        assert teacher[student == i].max() <= teacher[student == later].min()


@given(distill_cases(rules=("Monotone",), blanks=("keep",)))
def test_steps_are_bounded(case):
    steps = np.diff(trace_of(case).pairs[:, 1])
    assert (steps >= 0).all()
    if case.rule.max_step is not None:
        assert (steps <= case.rule.max_step).all()


@given(distill_cases(rules=("OrderedPath",), blanks=("keep",)))
def test_the_path_skips_nothing(case):
    pairs = trace_of(case).pairs
    T = len(case.student)
    assert pairs[0].tolist() == [0, 0]
    assert pairs[-1].tolist() == [T - 1, T - 1]
    moves = np.diff(pairs, axis=0)
    assert ((moves >= 0) & (moves <= 1)).all()
    assert (moves.sum(axis=1) >= 1).all()


# --- identities between rules --------------------------------------------------------------------


def assert_same(case, rule, other):
    """Two rules that are one and the same on this case."""
    (loss, grad), (other_loss, other_grad) = loss_of(case, rule), loss_of(case, other)
    assert_close(loss, other_loss, VALUE)
    assert_close(grad, other_grad, GRADIENT)


@given(distill_cases(rules=("FrameWise",)), st.integers(0, 6))
def test_shift_is_a_hard_window_of_one_frame(case, d):
    assert_same(case, refkd.Shift(d), refkd.Hard(refkd.Window(d, -d)))
    assert_same(case, refkd.Shift(d), refkd.PerTeacher(refkd.Window(d, -d)))
    assert_same(case, refkd.Shift(d), refkd.Soft(refkd.Window(d, -d), 0.3))
    assert_same(case, refkd.Shift(d), refkd.Blend([0.0] * d + [1.0]))


@given(distill_cases(rules=("FrameWise",)))
def test_frame_wise_by_other_names(case):
    alone = refkd.Window(0, 0)
    for other in (
        refkd.Shift(0),
        refkd.Hard(alone),
        refkd.Blend([1.0]),
        refkd.TopK(alone, 4),
        refkd.Soft(alone, 0.7),
        refkd.Monotone(alone),
        refkd.PerTeacher(alone),
    ):
        assert_same(case, refkd.FrameWise(), other)
    if case.blank_frames != "no_blank_candidates":
        assert_same(case, refkd.FrameWise(), refkd.OrderedPath(alone))


@given(distill_cases(rules=("Hard",)))
def test_the_most_similar_one_is_hard(case):
    window = case.rule.window
    assert_same(case, case.rule, refkd.TopK(window, 1))
    assert_same(case, case.rule, refkd.TopK(window, 1, 0.2))


@given(distill_cases(rules=("Soft",)))
def test_all_frames_by_similarity(case):
    """TopK of everything has the weights, hence the gradient, of Soft; the value is another."""
    window, tau = case.rule.window, case.rule.tau
    soft = trace_of(case)
    top = trace_of(case, refkd.TopK(window, 5, tau))
    assert_close(top.grad, soft.grad, GRADIENT)
    if math.isinf(tau):
        assert_close(top.loss, soft.loss, VALUE)


@given(distill_cases(rules=("Hard",), blanks=("keep", "no_blank_candidates")))
def test_any_order_at_all_never_costs_more_than_monotone(case):
    hard, _ = loss_of(case)
    free, _ = loss_of(case, refkd.Monotone(case.rule.window))
    assert free >= hard - VALUE.atol
    if case.blank_frames == "keep":
        one_step, _ = loss_of(case, refkd.Monotone(case.rule.window, 1))
        assert one_step >= free - VALUE.atol


@given(distill_cases(rules=("PerTeacher", "Shift", "FrameWise"), blanks=("drop_selected",)))
def test_where_blank_frames_are_dropped_or_invisible_alike(case):
    """No search among teacher frames: what is dropped could not have been replaced."""
    loss, grad = loss_of(case)
    other, other_grad = loss_of(case, blank_frames="no_blank_candidates")
    assert_close(other, loss, VALUE)
    assert_close(other_grad, grad, GRADIENT)


@given(distill_cases(rules=("Hard",)))
def test_soft_tends_to_hard(case):
    hard, _ = loss_of(case)
    soft, _ = loss_of(case, refkd.Soft(case.rule.window, 1e-12))
    if case.blank_frames != "drop_selected":
        factor = case.temperature**2 if case.scale_t2 else 1.0
        assert abs(soft - hard) <= factor * len(case.student) * 1e-12 * math.log(5) + 1e-12


@given(distill_cases(rules=("Soft",)))
def test_soft_tends_to_the_mean(case):
    window = case.rule.window
    mean, mean_grad = loss_of(case, refkd.Soft(window, INF))
    soft, grad = loss_of(case, refkd.Soft(window, 1e13))
    assert abs(soft - mean) <= 1e-2 + 1e-2 * mean
    assert_close(grad, mean_grad, GRADIENT)


# --- invariances ---------------------------------------------------------------------------------


@given(
    distill_cases(
        rules=("FrameWise", "Hard", "TopK", "Monotone", "PerTeacher"),
        divergences=("kl", "js"),
        blanks=("keep", "drop_selected"),
    )
)
def test_a_student_equal_to_the_teacher_pays_nothing_where_it_sees_itself(case):
    left, right = oracle.sides(case.rule)
    weighted = case.rule.weighted and not (isinstance(case.rule, refkd.TopK) and case.rule.k == 1)
    if left < 0 or right < 0 or weighted or (isinstance(case.rule, refkd.Shift) and case.rule.d):
        return
    student = case.student
    loss, grad = refkd.distill_loss(student, student, case.rule, **case.options())
    assert_close(loss, 0.0, VALUE)
    assert_close(grad, 0.0, GRADIENT)


@given(
    SEEDS,
    st.sampled_from(DIVERGENCES),
    st.integers(1, 3),
    st.sampled_from(["Hard", "Soft", "TopK"]),
)
def test_shifting_both_sequences_shifts_the_interior_choices(seed, divergence, n, name):
    rng = np.random.default_rng(seed)
    T, window = 9, refkd.Window(2, 1)
    rule = ready_rule(name, window)
    student, teacher = rng.normal(size=(2, T, 3))
    pad_student, pad_teacher = rng.normal(size=(2, n, 3))
    here = refkd.distill_trace(student, teacher, rule, divergence=divergence)
    there = refkd.distill_trace(
        np.vstack([pad_student, student]),
        np.vstack([pad_teacher, teacher]),
        rule,
        divergence=divergence,
    )
    interior = (here.pairs[:, 0] >= window.left) & (here.pairs[:, 0] < T - window.right)
    moved = (there.pairs[:, 0] >= window.left + n) & (there.pairs[:, 0] < T + n - window.right)
    assert (here.pairs[interior] + n).tolist() == there.pairs[moved].tolist()
    np.testing.assert_array_equal(here.pair_weight[interior], there.pair_weight[moved])
    frames = slice(window.left, T - window.right)
    np.testing.assert_array_equal(here.grad[frames], there.grad[n:][frames])


@given(SEEDS, st.sampled_from(DIVERGENCES), st.sampled_from([0.1, 1.0]))
def test_weights_come_from_each_output_individually(seed, divergence, tau):
    """Claim 8: w_ij / w_il does not change when any third teacher frame does."""
    rng = np.random.default_rng(seed)
    student, teacher = rng.normal(size=(2, 4, 3))
    rule = refkd.Soft(refkd.Window.whole(), tau)
    before = refkd.distill_trace(student, teacher, rule, divergence=divergence)
    teacher[2] = rng.normal(size=3)
    after = refkd.distill_trace(student, teacher, rule, divergence=divergence)
    w, v = (trace.pair_weight.reshape(4, 4) for trace in (before, after))
    assert_close(v[:, 0] / v[:, 3], w[:, 0] / w[:, 3], GRADIENT)
    assert_close(v[:, 1] / v[:, 0], w[:, 1] / w[:, 0], GRADIENT)


@given(distill_cases(rules=("Hard", "Monotone"), blanks=("keep",)), st.integers(0, 2))
def test_a_wider_window_never_costs_more(case, more):
    window = case.rule.window
    wider = refkd.Window(window.left, window.right + more)
    T = len(case.student)
    narrow = trace_of(case)
    if isinstance(case.rule, refkd.Monotone):
        rule = refkd.Monotone(wider, case.rule.max_step)
    else:
        rule = refkd.Hard(wider)
    wide = trace_of(case, rule)
    seeing = [i for i in range(T) if oracle.visible(rule, i, T, [False] * T)]
    if seeing == narrow.pairs[:, 0].tolist():  # else more student frames pay
        assert wide.loss <= narrow.loss + 1e-9


@given(distill_cases())
def test_a_constant_added_to_a_frame_changes_nothing(case):
    loss, grad = loss_of(case)
    constant = np.arange(1.0, len(case.student) + 1.0)[:, None]
    moved = case.student + 64.0 * constant, case.teacher - 32.0 * constant
    other, other_grad = refkd.distill_loss(*moved, case.rule, **case.options())
    assert_close(other, loss, GRADIENT)
    if not isinstance(case.rule, refkd.FrameWise | refkd.Shift | refkd.Blend | refkd.Soft):
        return  # near ties the choice may change, and with it the gradient
    assert_close(other_grad, grad, GRADIENT)


@given(distill_cases(), SEEDS)
def test_classes_may_be_exchanged(case, seed):
    order = np.random.default_rng(seed).permutation(case.student.shape[1])
    options = {**case.options(), "blank": int(np.flatnonzero(order == case.blank)[0])}
    peaks = np.sort(case.teacher, axis=1)
    if case.blank_frames != "keep" and (peaks[:, -1:] == peaks[:, -2:-1]).any():
        return  # the argmax of a tie depends on the order
    loss, _ = loss_of(case)
    turned = case.student[:, order], case.teacher[:, order]
    other, _ = refkd.distill_loss(*turned, case.rule, **options)
    assert_close(other, loss, GRADIENT)


@pytest.mark.parametrize("name", ["Hard", "Soft", "TopK", "PerTeacher", "Monotone", "OrderedPath"])
@given(data=st.data())
def test_windows_wider_than_the_utterance_are_whole(name, data):
    T, K = data.draw(st.integers(1, 5)), 3
    student, teacher = data.draw(logits(T, K)), data.draw(logits(T, K))
    whole = refkd.distill_trace(student, teacher, ready_rule(name, refkd.Window.whole()))
    for wide in (refkd.Window(T - 1, T - 1), refkd.Window(T, T + 9), refkd.Window(10**9, 10**15)):
        trace = refkd.distill_trace(student, teacher, ready_rule(name, wide))
        assert trace.loss == whole.loss
        np.testing.assert_array_equal(trace.grad, whole.grad)
        np.testing.assert_array_equal(trace.divergence, whole.divergence)


# --- limits and ties -----------------------------------------------------------------------------


def blank_and_spikes(*spikes):
    """Rows of equal logits but for one class; None is a frame of the blank 0."""
    rows = np.zeros((len(spikes), 3))
    for t, k in enumerate(spikes):
        rows[t, k or 0] = 5.0
    return rows


SAME = np.zeros((5, 2))
AWAY = SAME.copy()
AWAY[2] = [9.0, 0.0]  # frame 2 is as far from all others


@pytest.mark.parametrize(
    ("rule", "student", "teacher", "pairs"),
    [
        (refkd.Hard(refkd.Window(2, 2)), SAME, SAME, [0, 1, 2, 3, 4]),
        (refkd.Hard(refkd.Window(2, 2)), SAME, AWAY, [0, 1, 1, 3, 4]),
        (refkd.Hard(refkd.Window(0, 2)), SAME, AWAY, [0, 1, 3, 3, 4]),
        (refkd.Hard(refkd.Window(3, -1)), SAME, SAME, [None, 0, 1, 2, 3]),
        (refkd.Hard(refkd.Window(-1, 3)), SAME, SAME, [1, 2, 3, 4, None]),
        (refkd.PerTeacher(refkd.Window(2, 2)), SAME, SAME, [0, 1, 2, 3, 4]),
    ],
)
def test_ties_go_to_the_nearest_then_to_the_earlier(rule, student, teacher, pairs):
    trace = refkd.distill_trace(student, teacher, rule)
    assert trace.pairs.tolist() == [[i, j] for i, j in enumerate(pairs) if j is not None]


@pytest.mark.parametrize(
    ("side", "k", "chosen"),
    [
        (2, 2, [[0, 1], [0, 1], [1, 2], [2, 3], [3, 4]]),
        (4, 3, [[0, 1, 2], [0, 1, 2], [1, 2, 3], [2, 3, 4], [2, 3, 4]]),
        (4, 4, [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4]]),
    ],
)
def test_ties_among_the_k_most_similar(side, k, chosen):
    trace = refkd.distill_trace(SAME, SAME, refkd.TopK(refkd.Window(side, side), k))
    assert [sorted(trace.pairs[trace.pairs[:, 0] == i, 1].tolist()) for i in range(5)] == chosen


@pytest.mark.parametrize(("window", "student"), [((2, 2), 1), ((2, 0), 3)])
def test_ties_among_student_frames_go_the_same_way(window, student):
    """Teacher frame 2 is as near to the student's frames 1 and 3."""
    trace = refkd.distill_trace(AWAY, SAME, refkd.PerTeacher(refkd.Window(*window)))
    assert [student, 2] in trace.pairs.tolist()


def test_any_step_is_any_step():
    """Teacher frame 0 and then the last of twelve: a jump of eleven frames."""
    teacher = blank_and_spikes(1, *[None] * 10, 2)
    student = blank_and_spikes(1, *[2] * 11)
    free = refkd.distill_trace(student, teacher, refkd.Monotone(refkd.Window.whole()))
    assert free.pairs.tolist() == [[0, 0], *([i, 11] for i in range(1, 12))]
    assert free.loss == 0.0
    for max_step in range(1, 11):
        rule = refkd.Monotone(refkd.Window.whole(), max_step)
        assert refkd.distill_loss(student, teacher, rule)[0] > 1.0
    rule = refkd.Monotone(refkd.Window.whole(), 11)
    assert refkd.distill_loss(student, teacher, rule)[0] == 0.0


def test_no_order_is_left_between_spikes_too_far_apart():
    teacher = blank_and_spikes(1, None, None, 2)
    options = {"blank_frames": "no_blank_candidates"}
    rule = refkd.Monotone(refkd.Window(0, 0), 3)
    assert refkd.distill_trace(teacher, teacher, rule, **options).pairs.tolist() == [[0, 0], [3, 3]]
    with pytest.raises(refkd.ArgumentError) as error:
        refkd.distill_loss(teacher, teacher, refkd.Monotone(refkd.Window(0, 0), 2), **options)
    assert str(error.value) == (
        "rule: expected a path of steps <= max_step=2 between the visible teacher frames,"
        " got none: more blank frames lie between them"
    )


@pytest.mark.parametrize("name", RULES)
def test_one_frame_of_one_class(name):
    trace = refkd.distill_trace([[3.0]], [[-2.0]], ready_rule(name, refkd.Window(2, 2)))
    assert trace.loss == 0.0
    assert trace.grad.tolist() == [[0.0]]
    assert trace.pairs.tolist() == [[0, 0]]


@pytest.mark.parametrize(
    "rule",
    [
        refkd.Shift(3),
        refkd.Blend([0.25] * 4),
        refkd.Hard(refkd.Window(9, -3)),
        refkd.TopK(refkd.Window(-3, 9), 2),
        refkd.Soft(refkd.Window(9, -3), 1.0),
        refkd.Monotone(refkd.Window(9, -3)),
        refkd.PerTeacher(refkd.Window(-3, 9)),
    ],
)
def test_a_window_that_shows_nothing_costs_nothing(rule):
    student, teacher = np.random.default_rng(0).normal(size=(2, 3, 4))
    trace = refkd.distill_trace(student, teacher, rule)
    assert trace.loss == 0.0
    assert (trace.grad == 0.0).all()
    assert trace.pairs.shape == (0, 2)
    assert trace.pair_weight.shape == trace.offset.shape == (0,)
    if not isinstance(rule, refkd.Blend):  # which sees frames, but too few for its weights
        assert (trace.divergence == INF).all()
    if rule.weighted:
        assert (trace.target == 0.0).all()
        assert trace.target_divergence == 0.0


@pytest.mark.parametrize("divergence", DIVERGENCES)
@pytest.mark.parametrize("size", [50.0, 1000.0, 1e30])
def test_far_apart_without_nan(divergence, size):
    student, teacher = np.array([[size, 0.0, -size]]), np.array([[-size, 0.0, size]])
    loss, grad = refkd.distill_loss(student, teacher, refkd.FrameWise(), divergence=divergence)
    expected = {"js": math.log(2.0)}.get(divergence, 2.0 * size)
    assert_close(loss, expected, VALUE)
    assert np.isfinite(grad).all()
    assert_close(grad.sum(axis=1), 0.0, VALUE)


@pytest.mark.parametrize("divergence", ["kl", "js", "cross_entropy"])
def test_a_masked_teacher_class(divergence):
    student, teacher = np.zeros((1, 3)), np.array([[0.0, 0.0, -INF]])
    loss, grad = refkd.distill_loss(student, teacher, refkd.FrameWise(), divergence=divergence)
    js = 0.5 * math.log(1.2) + 0.5 * (2 / 3 * math.log(0.8) + 1 / 3 * math.log(2.0))
    expected = {"kl": math.log(1.5), "cross_entropy": math.log(3.0), "js": js}
    assert_close(loss, expected[divergence], VALUE)
    case_grad = complex_step(
        lambda z: oracle.divergence(oracle.logp(teacher)[0], oracle.logp(z)[0], divergence), student
    )
    assert_close(grad, case_grad, GRADIENT)


def test_blank_treatments_by_hand():
    """The teacher spikes at frame 1 only; the student is silent."""
    teacher, student = blank_and_spikes(None, 1, None), blank_and_spikes(None, None, None)
    rule = refkd.Hard(refkd.Window(1, 0))
    keep = refkd.distill_trace(student, teacher, rule)
    assert keep.pairs.tolist() == [[0, 0], [1, 0], [2, 2]]
    drop = refkd.distill_trace(student, teacher, rule, blank_frames="drop_selected")
    assert drop.pairs.tolist() == []
    assert drop.loss == 0.0
    no = refkd.distill_trace(student, teacher, rule, blank_frames="no_blank_candidates")
    assert no.pairs.tolist() == [[1, 1], [2, 1]]
    assert no.divergence[0].tolist() == [INF, INF]
    apart = refkd.distill_loss(student[:1], teacher[1:2], refkd.FrameWise())[0]
    assert_close(no.loss, 2 * apart, VALUE)


def test_dropped_blanks_of_a_mixture_by_hand():
    """Weights 0.75 and 0.25, of which the blank frame's share is dropped, not handed on."""
    teacher, student = blank_and_spikes(1, None), blank_and_spikes(None, None)
    rule = refkd.Blend([0.75, 0.25])
    apart = refkd.distill_loss(student[:1], teacher[:1], refkd.FrameWise())[0]
    drop = refkd.distill_trace(student, teacher, rule, blank_frames="drop_selected")
    assert drop.pairs.tolist() == [[1, 0]]
    assert drop.pair_weight.tolist() == [0.25]
    assert_close(drop.loss, 0.25 * apart, VALUE)
    no = refkd.distill_trace(student, teacher, rule, blank_frames="no_blank_candidates")
    assert no.pair_weight.tolist() == [1.0]
    assert_close(no.loss, apart, VALUE)
    prob = np.exp(oracle.logp(teacher))
    assert_close(drop.target, [[0.0] * 3, prob[0]], VALUE)
    assert_close(no.target, drop.target, VALUE)


def test_the_blank_is_decided_on_the_logits_and_for_any_index():
    teacher = np.array([[0.0, 1.0, 3.0], [0.0, 3.0, 1.0]])
    student = np.zeros((2, 3))
    options = {"blank_frames": "drop_selected"}
    for blank, pairs in ((0, [[0, 0], [1, 1]]), (1, [[0, 0]]), (2, [[1, 1]])):
        trace = refkd.distill_trace(student, teacher, refkd.FrameWise(), blank=blank, **options)
        assert trace.pairs.tolist() == pairs
    tie = np.array([[2.0, 2.0, 0.0]])  # the first of equals is the argmax
    assert refkd.distill_trace(student[:1], tie, refkd.FrameWise(), **options).pairs.size == 0
    assert len(refkd.distill_trace(student[:1], tie, refkd.FrameWise(), blank=1, **options).pairs)


def test_hidden_frames_do_not_stop_a_monotone_path():
    """Frame 1 sees only blanks; the others still choose in order."""
    teacher = blank_and_spikes(1, None, 2, None)
    student = blank_and_spikes(1, None, 2, 2)
    options = {"blank_frames": "no_blank_candidates"}
    trace = refkd.distill_trace(student, teacher, refkd.Monotone(refkd.Window(0, 0)), **options)
    assert trace.pairs.tolist() == [[0, 0], [2, 2]]
    trace = refkd.distill_trace(student, teacher, refkd.Monotone(refkd.Window(3, 0)), **options)
    assert trace.pairs[:, 0].tolist() == [0, 1, 2, 3]
    assert trace.pairs[-1].tolist() == [3, 2]


@given(distill_cases(rules=("Monotone",), blanks=("keep",)), st.integers(1, 2))
def test_bounded_steps_between_visible_frames(case, max_step):
    """Where blank frames are invisible, no order with such steps may be left."""
    case = replace(
        case,
        rule=refkd.Monotone(case.rule.window, max_step),
        blank_frames="no_blank_candidates",
    )
    selection = defined_selection(case)
    if selection is None:
        with pytest.raises(refkd.ArgumentError) as error:
            trace_of(case)
        assert str(error.value) == (
            f"rule: expected a path of steps <= max_step={max_step} between the visible teacher"
            " frames, got none: more blank frames lie between them"
        )
    else:
        assert_close(trace_of(case).loss, given_loss(case, case.student, selection), VALUE)


@pytest.mark.compiled_only
def test_a_long_utterance_takes_memory_for_the_band_only():
    """T = 20,000: the T x T matrix would be 3.2 GB."""
    rng = np.random.default_rng(0)
    teacher = 3.0 * rng.normal(size=(20_000, 4))
    student = np.roll(teacher, 3, axis=0)
    for rule in (
        refkd.Hard(refkd.Window(5, 0)),
        refkd.Monotone(refkd.Window(5, 0), 1),
        refkd.OrderedPath(refkd.Window(5, 5)),
        refkd.PerTeacher(refkd.Window(5, 0)),
        refkd.TopK(refkd.Window(5, 2), 2),
    ):
        trace = refkd.distill_trace(student, teacher, rule)
        assert trace.divergence.shape == (20_000, rule.window.left + rule.window.right + 1)
        assert (np.bincount(trace.offset[trace.offset >= 0]).argmax()) == 3 or rule.weighted


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("rule", [refkd.Soft(refkd.Window(3, 1), 0.3), refkd.Blend([0.5, 0.5])])
def test_a_batch_has_the_bits_of_its_traces_however_it_is_shared(rule, threads, monkeypatch):
    monkeypatch.setattr("numba.get_num_threads", lambda: threads)
    rng = np.random.default_rng(0)
    student, teacher = (
        refkd.Ragged.from_list([rng.normal(size=(T, 5)) for T in (7, 2, 11, 1)]) for _ in range(2)
    )
    losses, grads = refkd.distill_loss_batch(student, teacher, rule, temperature=2.0, scale_t2=True)
    for n in range(4):
        loss, grad = refkd.distill_loss(
            student[n], teacher[n], rule, temperature=2.0, scale_t2=True
        )
        assert losses[n] == loss
        np.testing.assert_array_equal(grads[n], grad)


@pytest.mark.parametrize("blank_frames", ["keep", "drop_selected", "no_blank_candidates"])
def test_posteriors_of_a_frozen_teacher_give_the_same_bits(blank_frames):
    rng = np.random.default_rng(1)
    teacher = refkd.Ragged.from_list([rng.normal(size=(T, 5)) for T in (6, 3, 9)])
    student = refkd.Ragged.from_list([rng.normal(size=(T, 5)) for T in (9, 6)])
    options = Options.checked(refkd.Hard(refkd.Window(2)), "js", 2.0, False, blank_frames)
    first = teacher.offsets[[2, 0]]
    batches = [
        distill_batch(options, student.values, student.offsets, frames, first)
        for frames in (
            Teacher.of(options, teacher.values, 0),
            Teacher.frozen(options, teacher, 0),
        )
    ]
    np.testing.assert_array_equal(batches[0][0], batches[1][0])
    np.testing.assert_array_equal(batches[0][1], batches[1][1])
    assert (
        batches[0][0][1]
        == refkd.distill_loss(
            student[1], teacher[0], options.rule, "js", 2.0, blank_frames=blank_frames
        )[0]
    )


def test_a_batch_without_a_path_says_what_a_trace_says():
    blank, symbol = [5.0, 0.0], [0.0, 5.0]
    teacher = np.array([symbol, blank, blank, symbol])
    batch = refkd.Ragged.from_list([np.zeros((4, 2)), teacher])
    rule, options = refkd.Monotone(refkd.Window(), 2), {"blank_frames": "no_blank_candidates"}
    sentences = []
    for function, models in ((refkd.distill_loss_batch, batch), (refkd.distill_loss, teacher)):
        with pytest.raises(refkd.ArgumentError) as error:
            function(models, models, rule, **options)
        sentences.append(str(error.value))
    assert sentences[0] == sentences[1]
    assert "max_step=2" in sentences[0]


def test_a_gradient_of_a_batch_that_overflows_is_refused():
    student = refkd.Ragged.from_list([np.zeros((1, 2))])
    teacher = refkd.Ragged.from_list([np.array([[0.0, -1e190]])])
    with pytest.raises(refkd.ArgumentError, match="student_logits: expected numbers for which"):
        refkd.distill_loss_batch(student, teacher, refkd.FrameWise(), "reverse_kl", 1e-100)

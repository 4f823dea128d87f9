"""The divergences by themselves: values, gradients, properties; and the kernels of the band."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import distill as oracle
from oracles.derivative import complex_step
from support.strategies import DIVERGENCES, SEEDS, logits
from tolerances import GRADIENT, VALUE, assert_close

import refkd
from refkd.kernels import distill as fast
from refkd.kernels import divergences as kernels
from refkd.losses.divergences import DIVERGENCES as DIVERGENCE_KERNELS


def divergence(student, teacher, kind):
    """One student frame against one teacher frame."""
    loss, grad = refkd.distill_loss([student], [teacher], refkd.FrameWise(), divergence=kind)
    return loss, grad[0]


@st.composite
def frame_pairs(draw, masked=False):
    K = draw(st.integers(1, 8))
    return draw(logits(1, K))[0], draw(logits(1, K, masked))[0]


@pytest.mark.parametrize("kind", DIVERGENCES)
@given(data=st.data())
def test_value_and_gradient_of_one_pair(kind, data):
    student, teacher = data.draw(frame_pairs(masked=kind != "reverse_kl"))
    loss, grad = divergence(student, teacher, kind)

    def plain(z):
        return oracle.divergence(oracle.logp([teacher])[0], oracle.logp([z])[0], kind)

    assert_close(loss, max(plain(student), 0.0), VALUE)
    assert_close(grad, complex_step(plain, student), GRADIENT)


@given(frame_pairs(masked=True))
def test_jensen_shannon_is_symmetric_in_value_and_at_most_log_2(pair):
    student, teacher = pair
    loss, _ = divergence(student, teacher, "js")
    assert loss <= math.log(2.0) + VALUE.atol
    if np.isfinite(teacher).all():
        assert_close(divergence(teacher, student, "js")[0], loss, VALUE)


@given(frame_pairs())
def test_reverse_kl_is_kl_with_the_roles_exchanged(pair):
    student, teacher = pair
    forward, _ = divergence(student, teacher, "kl")
    assert_close(divergence(teacher, student, "reverse_kl")[0], forward, VALUE)


@given(frame_pairs(masked=True))
def test_cross_entropy_is_kl_and_the_teachers_entropy(pair):
    student, teacher = pair
    logp = oracle.logp([teacher])[0]
    seen = np.exp(logp) > 0.0
    entropy = -(np.exp(logp[seen]) * logp[seen]).sum()
    kl, kl_grad = divergence(student, teacher, "kl")
    cross, grad = divergence(student, teacher, "cross_entropy")
    assert_close(cross, kl + entropy, VALUE)
    np.testing.assert_array_equal(grad, kl_grad)


@pytest.mark.parametrize("kind", ["kl", "reverse_kl", "js"])
@given(seed=SEEDS, size=st.sampled_from([0.0, 1e-9, 1e-8, 1e-7]))
def test_never_below_zero_however_near(kind, seed, size):
    """The sum of rounded terms of nearly equal frames can be -1e-16."""
    rng = np.random.default_rng(seed)
    teacher = rng.normal(size=6)
    loss, _ = divergence(teacher + size * rng.normal(size=6), teacher, kind)
    assert 0.0 <= loss < 1e-12


@pytest.mark.parametrize("kind", DIVERGENCES)
def test_the_kinds_differ_and_none_is_symmetric_but_js(kind):
    student, teacher = np.array([2.0, 0.0, -1.0]), np.array([-1.0, 0.0, 0.5])
    values = {other: divergence(student, teacher, other)[0] for other in DIVERGENCES}
    assert len({round(value, 6) for value in values.values()}) == 4
    back, _ = divergence(teacher, student, kind)
    assert (abs(back - values[kind]) < 1e-12) == (kind == "js")


@given(st.integers(1, 6), st.integers(-6, 7), st.integers(1, 9), SEEDS)
def test_an_open_band(T, left, W, seed):
    """0 where student frame t sees teacher frame t + w - left, inf elsewhere."""
    visible = np.random.default_rng(seed).random(T) < 0.7
    band = np.full((W, T), np.nan)
    kernels.open_band(left, visible, band)
    for w in range(W):
        for t in range(T):
            u = t + w - left
            assert band[w, t] == (0.0 if 0 <= u < T and visible[u] else np.inf)


def stacked(prob):
    """Posteriors (2, T, K) as the kernels of a whole loss take them."""
    return np.stack([np.log(prob), prob])


def band_of(add, student, teacher, left, W):
    """What a divergence adds to an empty band (W, T)."""
    T = len(student)
    columns, classes = np.zeros((W, T)), np.empty((3, fast.CLASSES + 1, T))
    add(stacked(student), stacked(teacher), left, classes, columns)
    return columns


@pytest.mark.parametrize(("T", "left", "W"), [(4, 7, 13), (1, 3, 7), (3, 0, 1), (5, -2, 9)])
def test_a_band_wider_than_the_utterance_is_filled_where_there_are_pairs(T, left, W):
    q, p = np.random.default_rng(0).dirichlet(np.ones(3), (2, T))
    band = band_of(fast.add_kl, q, p, left, W)
    for w, t in np.ndindex(W, T):
        u = t + w - left
        expected_pair = (p[u] * np.log(p[u] / q[t])).sum() if 0 <= u < T else 0.0
        assert_close(band[w, t], expected_pair, VALUE)


@pytest.mark.parametrize("kind", DIVERGENCES)
@pytest.mark.parametrize("K", [fast.CLASSES - 1, fast.CLASSES, 2 * fast.CLASSES + 3])
def test_classes_are_added_in_blocks(kind, K):
    q, p = np.random.default_rng(K).dirichlet(np.ones(K), (2, 6))
    band = band_of(DIVERGENCE_KERNELS[kind].add, q, p, 2, 4)
    for w, t in np.ndindex(4, 6):
        u = t + w - 2
        if 0 <= u < 6:
            assert_close(band[w, t], oracle.divergence(np.log(p[u]), np.log(q[t]), kind), VALUE)


@pytest.mark.parametrize("add", [fast.add_kl, fast.add_reverse_kl])
@pytest.mark.parametrize("K", [1, 5, 2 * fast.CLASSES + 3])
def test_equal_frames_have_exactly_zero(add, K):
    p = np.random.default_rng(K).dirichlet(np.ones(K), 7)
    np.testing.assert_array_equal(band_of(add, p, p, 0, 1), 0.0)


@given(st.integers(1, 60), st.integers(1, 9), SEEDS, st.sampled_from([0.3, 1.0, 4.0]))
def test_posteriors_are_a_softmax_and_its_logarithm(T, K, seed, temperature):
    rng = np.random.default_rng(seed)
    z = np.round(10.0 * rng.normal(size=(T, K)))  # some frames have two peaks
    z[:, 1:][rng.random((T, K - 1)) < 0.2] = -np.inf
    posteriors = np.empty((2, T, K))
    fast.posteriors_of(z, temperature, posteriors)
    expected = oracle.logp(z / temperature)
    assert_close(posteriors[1], np.exp(expected), VALUE)
    assert_close(np.where(z > -np.inf, posteriors[0], -np.inf), expected, VALUE)
    assert (posteriors[0][z == -np.inf] < -1e307).all()


def test_a_confident_frame_keeps_its_last_digits():
    posteriors = np.empty((2, 1, 3))
    fast.posteriors_of(np.array([[50.0, 0.0, -50.0]]), 1.0, posteriors)
    assert_close(posteriors[0, 0, 0] / -np.exp(-50.0), 1.0, VALUE)


def test_more_frames_and_classes_than_are_taken_at_a_time():
    z = np.random.default_rng(0).normal(size=(fast.CHUNK // 7 + 3, 9))
    posteriors = np.empty((2, *z.shape))
    fast.posteriors_of(z, 1.0, posteriors)
    assert_close(posteriors[0], oracle.logp(z), VALUE)
    wide = np.random.default_rng(1).normal(size=(2, fast.CHUNK + 5))
    posteriors = np.empty((2, *wide.shape))
    fast.posteriors_of(wide, 1.0, posteriors)
    assert_close(posteriors[0], oracle.logp(wide), VALUE)

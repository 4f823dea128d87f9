"""Adam, clipping and the schedule: by hand, against the plain recurrence, limits, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import sentence_of
from support.strategies import SEEDS
from tolerances import FLOAT32_NETWORK, VALUE, assert_close

from refkd.experiment.optimizer import (
    adam_start,
    adam_step,
    clip_gradients,
    gradient_norm,
    learning_rate,
)


def test_adam_by_hand():
    """Gradients 1 and then -1: bias-corrected means are 1 and -0.01/0.19, mean squares 1."""
    parameters = {"w": np.array([0.0])}
    state = adam_start(parameters)
    first, state = adam_step(parameters, {"w": np.array([1.0])}, state, 0.1, epsilon=0.0)
    second, state = adam_step(first, {"w": np.array([-1.0])}, state, 0.1, epsilon=0.0)
    assert_close(first["w"], [-0.1], VALUE)
    assert_close(second["w"], [-0.1 + 0.1 * 0.01 / 0.19], VALUE)
    assert state.step == 2


@given(SEEDS)
def test_adam_equals_the_sums_that_define_it(seed):
    """mean_t = (1 - b1) sum_s b1^(t-s) g_s, and so for the squares."""
    rng = np.random.default_rng(seed)
    grads = rng.normal(size=(5, 3))
    parameters, state = {"w": np.zeros(3)}, adam_start({"w": np.zeros(3)})
    expected = np.zeros(3)
    for t in range(5):
        parameters, state = adam_step(parameters, {"w": grads[t]}, state, rate=0.01)
        age = t - np.arange(t + 1)
        mean = (0.9**age @ grads[: t + 1]) / (0.9**age).sum()
        square = (0.999**age @ grads[: t + 1] ** 2) / (0.999**age).sum()
        expected = expected - 0.01 * mean / (np.sqrt(square) + 1e-8)
    assert_close(parameters["w"], expected, VALUE)


def test_adam_equals_torch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    grads = rng.normal(size=(4, 3))
    theirs = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([theirs], lr=0.03)
    ours, state = {"w": np.zeros(3)}, adam_start({"w": np.zeros(3)})
    for grad in grads:
        theirs.grad = torch.tensor(grad)
        optimiser.step()
        ours, state = adam_step(ours, {"w": grad}, state, rate=0.03)
    assert_close(ours["w"], theirs.detach().numpy(), VALUE)


def test_adam_is_pure_and_keeps_the_dtype():
    parameters = {"w": np.ones(2, np.float32)}
    grads = {"w": np.full(2, 3.0, np.float32)}
    state = adam_start(parameters)
    new, after = adam_step(parameters, grads, state, rate=0.1)
    again, _ = adam_step(parameters, grads, state, rate=0.1)
    assert new["w"].dtype == after.mean["w"].dtype == after.square["w"].dtype == np.float32
    assert_close(new["w"], 0.9, FLOAT32_NETWORK)
    np.testing.assert_array_equal(new["w"], again["w"])
    assert parameters["w"].tolist() == [1.0, 1.0]
    assert state.step == 0
    assert not state.mean["w"].any()


def test_clipping_shrinks_all_by_one_factor():
    grads = {"a": np.array([3.0, 0.0]), "b": np.array([[4.0]], np.float32)}
    assert gradient_norm(grads) == 5.0
    clipped = clip_gradients(grads, 2.5)
    assert clipped["a"].tolist() == [1.5, 0.0]
    assert clipped["b"].tolist() == [[2.0]]
    assert clipped["b"].dtype == np.float32
    assert grads["a"].tolist() == [3.0, 0.0]


@given(SEEDS, st.sampled_from([1e-3, 1.0, 1e3]))
def test_clipping_never_lengthens(seed, limit):
    grads = {"a": np.random.default_rng(seed).normal(size=4)}
    clipped = clip_gradients(grads, limit)
    if gradient_norm(grads) <= limit:
        np.testing.assert_array_equal(clipped["a"], grads["a"])
    else:
        assert_close(gradient_norm(clipped), limit, VALUE)
        assert_close(clipped["a"] * gradient_norm(grads), grads["a"] * limit, VALUE)


def test_the_schedule_rises_stays_and_falls():
    rates = np.array([learning_rate(step, 100, peak=2.0) for step in range(100)])
    assert_close(rates[:15], 2.0 * np.arange(1, 16) / 15, VALUE)
    assert (rates[15:51] == 2.0).all()
    assert (np.diff(rates[50:]) < 0).all()
    assert_close(rates[75], 1.0, VALUE)
    assert 0.0 < rates[-1] < 0.01


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_short_schedule_is_positive(steps):
    assert all(0.0 < learning_rate(step, steps, 1.0) <= 1.0 for step in range(steps))


def test_without_a_rise_the_first_step_is_at_the_peak():
    assert learning_rate(0, 10, peak=3.0, rise=0.0) == 3.0


ONE = {"w": np.ones(1)}
REFUSED = {
    "grads: expected the names w, got v":
        (adam_step, ONE, {"v": np.ones(1)}, adam_start(ONE), 0.1),
    "limit: expected a number > 0, got 0.0": (clip_gradients, ONE, 0.0),
    "grads: expected finite numbers, got a norm of nan":
        (clip_gradients, {"w": np.array([np.nan])}, 1.0),
    "step: expected a whole number <= 9, got 10": (learning_rate, 10, 10, 1.0),
    "steps: expected a whole number >= 1, got 0": (learning_rate, 0, 0, 1.0),
    "peak: expected a number > 0, got -1.0": (learning_rate, 0, 10, -1.0),
    "rise: expected a share between 0 and 0.5, got 0.6": (learning_rate, 0, 10, 1.0, 0.6),
}  # fmt: skip


@pytest.mark.parametrize(("sentence", "call"), REFUSED.items())
def test_refusals(sentence, call):
    assert sentence_of(*call) == sentence

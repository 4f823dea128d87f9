"""The guide's part of guided CTC: values, gradients, invariants, limits and refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from oracles import guided as oracle
from oracles.derivative import complex_step
from support.strategies import SEEDS, guided_cases
from tolerances import GRADIENT, VALUE, assert_close

import refkd


def test_three_frames_by_hand():
    model = np.log([[0.5, 0.25, 0.25], [0.2, 0.2, 0.6], [0.1, 0.8, 0.1]])
    guide = [[0.0, 1.0, 0.0], [0.0, 1.0, 3.0], [2.0, 1.0, 0.0]]  # says 1, 2 and the blank
    loss, grad = refkd.guided_loss(model, guide)
    assert_close(loss, -0.25 - 0.6, VALUE)
    expected = [[0.125, -0.1875, 0.0625], [0.12, 0.12, -0.24], [0.0, 0.0, 0.0]]
    assert_close(grad, expected, VALUE)


def test_another_blank_by_hand():
    model = np.log([[0.25, 0.75], [0.25, 0.75]])
    loss, grad = refkd.guided_loss(model, [[1.0, 0.0], [0.0, 1.0]], blank=1)
    assert_close(loss, -0.25, VALUE)
    assert_close(grad, [[-0.1875, 0.1875], [0.0, 0.0]], VALUE)


@given(guided_cases())
def test_loss_equals_the_masked_sum_and_gradient_its_derivative(case):
    model, guide, blank = case
    loss, grad = refkd.guided_loss(*case)
    assert_close(loss, oracle.guided_loss(*case), VALUE)
    expected = complex_step(lambda z: oracle.guided_loss(z, guide, blank), model)
    assert_close(grad, expected, GRADIENT)


@given(guided_cases())
def test_the_loss_is_minus_a_sum_of_probabilities(case):
    model, guide, blank = case
    loss, grad = refkd.guided_loss(*case)
    guided = oracle.mask(guide, blank).any(axis=1)
    assert -guided.sum() * (1.0 + VALUE.rtol) <= loss <= 0.0
    assert (grad[~guided] == 0.0).all()
    assert grad.shape == model.shape
    assert_close(grad.sum(axis=1), 0.0, VALUE)


@given(guided_cases(), SEEDS)
def test_a_constant_added_to_a_frame_changes_nothing(case, seed):
    model, guide, blank = case
    whole = np.round(guide)  # so that no tie is made or broken by rounding
    constants = np.random.default_rng(seed).normal(size=(2, len(model), 1))
    loss, grad = refkd.guided_loss(model, whole, blank)
    moved, moved_grad = refkd.guided_loss(
        model + constants[0], whole + np.round(constants[1]), blank
    )
    assert_close(moved, loss, VALUE)
    assert_close(moved_grad, grad, VALUE)


@given(guided_cases(), SEEDS)
def test_frames_in_another_order(case, seed):
    model, guide, blank = case
    order = np.random.default_rng(seed).permutation(len(model))
    loss, grad = refkd.guided_loss(model, guide, blank)
    other, other_grad = refkd.guided_loss(model[order], guide[order], blank)
    assert_close(other, loss, VALUE)
    np.testing.assert_array_equal(other_grad, grad[order])


@given(guided_cases())
def test_only_the_guides_symbols_count(case):
    model, guide, blank = case
    loss, grad = refkd.guided_loss(*case)
    confident = np.where(np.arange(guide.shape[1]) == guide.argmax(axis=1)[:, np.newaxis], 5.0, 0.0)
    other, other_grad = refkd.guided_loss(model, confident, blank)
    assert other == loss
    np.testing.assert_array_equal(other_grad, grad)


@given(guided_cases())
def test_a_step_against_the_gradient_raises_the_probabilities(case):
    model, guide, blank = case
    loss, grad = refkd.guided_loss(*case)
    slope = (grad**2).sum()
    lower, _ = refkd.guided_loss(model - 0.1 * grad, guide, blank)
    assert lower <= loss - 0.05 * slope + VALUE.atol


@pytest.mark.parametrize("blank", [0, 1, 2])
def test_a_silent_guide_asks_for_nothing(blank):
    model = np.random.default_rng(0).normal(size=(4, 3))
    guide = np.zeros((4, 3))
    guide[:, blank] = 1.0
    loss, grad = refkd.guided_loss(model, guide, blank)
    assert loss == 0.0
    assert not math.copysign(1.0, loss) < 0.0
    np.testing.assert_array_equal(grad, np.zeros((4, 3)))


@pytest.mark.parametrize(
    ("guide", "blank", "symbol"),
    [
        ([0.0, 0.0, 0.0], 0, None),
        ([0.0, 0.0, 0.0], 2, 0),
        ([-1.0, 2.0, 2.0], 0, 1),
        ([-1.0, 2.0, 2.0], 1, None),
        ([-math.inf, -math.inf, -3.0], 0, 2),
        ([-math.inf, -3.0, -3.0], 0, 1),
    ],
)
def test_the_first_of_equal_classes_wins(guide, blank, symbol):
    prob = np.array([0.5, 0.2, 0.3])
    loss, _ = refkd.guided_loss([np.log(prob)], [guide], blank)
    assert_close(loss, 0.0 if symbol is None else -prob[symbol], VALUE)


def test_nothing_but_the_blank():
    loss, grad = refkd.guided_loss([[3.0], [-2.0]], [[0.0], [1.0]])
    assert loss == 0.0
    assert grad.tolist() == [[0.0], [0.0]]


@pytest.mark.parametrize("size", [1e3, 1e308])
def test_huge_logits(size):
    sure, wrong = [-size, size], [size, -size]
    loss, grad = refkd.guided_loss([sure, wrong], [[0.0, 1.0], [0.0, 1.0]])
    assert loss == -1.0
    assert grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_the_gradient_keeps_its_digits_near_one_and_near_zero():
    """q (1 - q) at q = 1 / (1 + e^-40) and at 1 / (1 + e^40): both are e^-40 to 17 digits."""
    _, grad = refkd.guided_loss([[0.0, 40.0], [40.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]])
    assert_close(grad * math.exp(40.0), [[1.0, -1.0], [1.0, -1.0]], VALUE)

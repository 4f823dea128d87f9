"""The guide's part of guided CTC: values, gradients, invariants, limits and refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import guided as oracle
from oracles.derivative import complex_step
from support.memory import with_rubbish
from support.strategies import SEEDS, logits
from tolerances import GRADIENT, VALUE, assert_close

import refkd


@st.composite
def cases(draw, max_frames=6):
    """A model, a guide with some classes ruled out, and a blank."""
    T, K = draw(st.integers(1, max_frames)), draw(st.integers(1, 5))
    blank = draw(st.integers(0, K - 1))
    return draw(logits(T, K)), draw(logits(T, K, masked=True)), blank


@st.composite
def batches(draw):
    """Up to four utterances of different lengths with one vocabulary and one blank."""
    K = draw(st.integers(1, 4))
    lengths = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    models = [draw(logits(T, K)) for T in lengths]
    guides = [draw(logits(T, K, masked=True)) for T in lengths]
    return models, guides, draw(st.integers(0, K - 1))


# --- by hand -------------------------------------------------------------------------------------


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


# --- against the plain implementation ------------------------------------------------------------


@given(cases())
def test_loss_equals_the_masked_sum(case):
    loss, _ = refkd.guided_loss(*case)
    assert_close(loss, oracle.guided_loss(*case), VALUE)


@given(cases())
def test_gradient_is_the_derivative(case):
    model, guide, blank = case
    _, grad = refkd.guided_loss(*case)
    expected = complex_step(lambda z: oracle.guided_loss(z, guide, blank), model)
    assert_close(grad, expected, GRADIENT)


# --- invariants ----------------------------------------------------------------------------------


@given(cases())
def test_the_loss_is_minus_a_sum_of_probabilities(case):
    model, guide, blank = case
    loss, grad = refkd.guided_loss(*case)
    guided = oracle.mask(guide, blank).any(axis=1)
    assert -guided.sum() * (1.0 + VALUE.rtol) <= loss <= 0.0
    assert (grad[~guided] == 0.0).all()
    assert grad.shape == model.shape
    assert_close(grad.sum(axis=1), 0.0, VALUE)


@given(cases(), SEEDS)
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


@given(cases(), SEEDS)
def test_frames_in_another_order(case, seed):
    model, guide, blank = case
    order = np.random.default_rng(seed).permutation(len(model))
    loss, grad = refkd.guided_loss(model, guide, blank)
    other, other_grad = refkd.guided_loss(model[order], guide[order], blank)
    assert_close(other, loss, VALUE)
    np.testing.assert_array_equal(other_grad, grad[order])


@given(cases())
def test_only_the_guides_symbols_count(case):
    model, guide, blank = case
    loss, grad = refkd.guided_loss(*case)
    confident = np.where(np.arange(guide.shape[1]) == guide.argmax(axis=1)[:, np.newaxis], 5.0, 0.0)
    other, other_grad = refkd.guided_loss(model, confident, blank)
    assert other == loss
    np.testing.assert_array_equal(other_grad, grad)


@given(cases())
def test_a_step_against_the_gradient_raises_the_probabilities(case):
    model, guide, blank = case
    loss, grad = refkd.guided_loss(*case)
    slope = (grad**2).sum()
    lower, _ = refkd.guided_loss(model - 0.1 * grad, guide, blank)
    assert lower <= loss - 0.05 * slope + VALUE.atol


@given(cases())
def test_results_do_not_depend_on_what_was_in_memory(case):
    first = with_rubbish(math.nan, refkd.guided_loss, *case)
    two = with_rubbish(1e3, refkd.guided_loss, *case)
    assert first[0] == two[0]
    np.testing.assert_array_equal(first[1], two[1])


@given(batches())
def test_a_batch_is_its_utterances_bit_for_bit(batch):
    models, guides, blank = batch
    losses, grads = refkd.guided_loss_batch(
        refkd.Ragged.from_list(models), refkd.Ragged.from_list(guides), blank
    )
    assert losses.shape == (len(models),)
    assert losses.dtype == grads.values.dtype == np.float64
    assert grads.lengths.tolist() == [len(model) for model in models]
    for n, (model, guide) in enumerate(zip(models, guides, strict=True)):
        loss, grad = refkd.guided_loss(model, guide, blank)
        assert losses[n] == loss
        np.testing.assert_array_equal(grads[n], grad)


# --- limits and ties -----------------------------------------------------------------------------


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


def test_float32_is_computed_in_float64():
    rng = np.random.default_rng(1)
    model, guide = rng.normal(size=(2, 5, 4)).astype(np.float32)
    loss, grad = refkd.guided_loss(model, guide)
    same, same_grad = refkd.guided_loss(model.astype(np.float64), guide.astype(np.float64))
    assert isinstance(loss, float)
    assert grad.dtype == np.float64
    assert loss == same
    np.testing.assert_array_equal(grad, same_grad)
    losses, grads = refkd.guided_loss_batch(
        refkd.Ragged.from_list([model]), refkd.Ragged.from_list([guide])
    )
    assert losses.tolist() == [same]
    np.testing.assert_array_equal(grads.values, same_grad)


def test_the_arguments_stay_as_they_are():
    model, guide = np.random.default_rng(2).normal(size=(2, 5, 4))
    before = model.copy(), guide.copy()
    refkd.guided_loss(model, guide)
    np.testing.assert_array_equal(model, before[0])
    np.testing.assert_array_equal(guide, before[1])


# --- errors --------------------------------------------------------------------------------------

MODEL = np.zeros((2, 3))


@pytest.mark.parametrize(
    ("logits", "guide_logits", "blank", "sentence"),
    [
        (MODEL, MODEL[:, :2], 0, "guide_logits: expected K=3 to match logits, got K=2"),
        (MODEL, MODEL[:1], 0, "guide_logits: expected T=2 to match logits, got T=1"),
        (MODEL[0], MODEL, 0, "logits: expected shape (T, K), got shape (3,)"),
        (MODEL, MODEL[0], 0, "guide_logits: expected shape (T, K), got shape (3,)"),
        (MODEL[:0], MODEL[:0], 0, "logits: expected T >= 1 and K >= 1, got shape (0, 3)"),
        (
            [[0.0, -math.inf]],
            [[0.0, 0.0]],
            0,
            "logits: expected finite numbers, got -inf at (0, 1)",
        ),
        ([[0.0, math.nan]], [[0.0, 0.0]], 0, "logits: expected finite numbers, got nan at (0, 1)"),
        (
            [[0.0, 0.0]],
            [[math.nan, 0.0]],
            0,
            "guide_logits: expected finite numbers or -inf, got nan at (0, 0)",
        ),
        (
            [[0.0, 0.0]],
            [[-math.inf, -math.inf]],
            0,
            "guide_logits: expected a finite number in every frame, got only -inf in frame 0",
        ),
        (MODEL, MODEL, 3, "blank: expected a whole number <= 2, got 3"),
        (MODEL, MODEL, -1, "blank: expected a whole number >= 0, got -1"),
        (MODEL, MODEL, 0.0, "blank: expected a whole number, got 0.0"),
    ],
)
def test_refusals(logits, guide_logits, blank, sentence):
    with pytest.raises(refkd.ArgumentError) as refusal:
        refkd.guided_loss(logits, guide_logits, blank)
    assert str(refusal.value) == sentence


def ragged(*lengths, width=3):
    return refkd.Ragged(np.zeros((sum(lengths), width)), np.cumsum([0, *lengths]))


@pytest.mark.parametrize(
    ("logits", "guide_logits", "blank", "sentence"),
    [
        (MODEL, ragged(2), 0, "logits: expected a Ragged, got ndarray"),
        (ragged(2), MODEL, 0, "guide_logits: expected a Ragged, got ndarray"),
        (
            ragged(2, 1),
            ragged(1, 2),
            0,
            "guide_logits: expected lengths [2, 1] to match logits, got [1, 2]",
        ),
        (ragged(2, 0), ragged(2, 0), 0, "logits[1]: expected T >= 1, got T=0"),
        (
            ragged(2),
            ragged(2, width=2),
            0,
            "guide_logits: expected K=3 to match logits, got K=2",
        ),
        (ragged(2), ragged(2), 3, "blank: expected a whole number <= 2, got 3"),
    ],
)
def test_refusals_of_a_batch(logits, guide_logits, blank, sentence):
    with pytest.raises(refkd.ArgumentError) as refusal:
        refkd.guided_loss_batch(logits, guide_logits, blank)
    assert str(refusal.value) == sentence

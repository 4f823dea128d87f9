"""The tanh cell: states, gradients, direction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import lstm as oracle
from oracles.derivative import complex_step
from support.strategies import SEEDS
from tolerances import GRADIENT, VALUE, assert_close

from refkd.kernels.rnn import rnn_backward, rnn_forward

REVERSE = pytest.mark.parametrize("reverse", [False, True])


class Case:
    """Random U without symmetry, a state to begin with, gradients from above on every state."""

    def __init__(self, seed, frames=4, hidden=3, scale=1.0):
        rng = np.random.default_rng(seed)
        self.projected = scale * rng.normal(size=(frames, hidden))  # x W + b
        self.w_hidden = scale * rng.normal(size=(hidden, hidden))
        self.h0 = rng.normal(size=hidden)
        self.d_hidden = rng.normal(size=(frames, hidden))
        self.d_h_last = rng.normal(size=hidden)

    def forward(self, reverse):
        hidden = np.empty_like(self.projected)
        rnn_forward(self.projected.copy(), self.w_hidden, self.h0, reverse, hidden)
        return hidden

    def backward(self, hidden, reverse):
        """Gradients in x W + b and in h0."""
        d_gates, d_h = np.empty_like(hidden), self.d_h_last.copy()
        w_hidden_t = np.ascontiguousarray(self.w_hidden.T)
        rnn_backward(hidden, w_hidden_t, self.d_hidden, reverse, d_gates, d_h)
        return d_gates, d_h

    def oracle(self, reverse, **changed):
        arguments = {
            "projected": self.projected,
            "w_hidden": self.w_hidden,
            "h0": self.h0,
        } | changed
        identity = np.eye(len(self.h0))
        return oracle.rnn(
            identity, arguments["w_hidden"], 0.0, arguments["projected"], arguments["h0"], reverse
        )


@st.composite
def cases(draw):
    return Case(
        draw(SEEDS),
        frames=draw(st.integers(1, 6)),
        hidden=draw(st.integers(1, 9)),
        scale=draw(st.sampled_from([0.1, 1.0, 5.0])),
    )


# --- one utterance -------------------------------------------------------------------------------


def test_two_steps_by_hand():
    """tanh(log 2) = 3/5 and tanh(log 3) = 4/5; the second step hears log 3 - U h."""
    projected, hidden = np.log([[2.0], [3.0]]), np.empty((2, 1))
    projected[1] -= 0.5 * 3 / 5
    rnn_forward(projected, np.array([[0.5]]), np.zeros(1), False, hidden)
    assert_close(hidden, [[3 / 5], [4 / 5]], VALUE)
    d_gates, d_h = np.empty((2, 1)), np.zeros(1)
    rnn_backward(hidden, np.array([[0.5]]), np.array([[0.0], [1.0]]), False, d_gates, d_h)
    last = 1 - 16 / 25
    first = 0.5 * last * (1 - 9 / 25)
    assert_close(d_gates, [[first], [last]], VALUE)
    assert_close(d_h, [0.5 * first], VALUE)


@given(cases(), st.booleans())
def test_states_equal_the_plain_form(case, reverse):
    assert_close(case.forward(reverse), case.oracle(reverse), VALUE)


@REVERSE
@pytest.mark.parametrize("part", ["projected", "h0"])
@pytest.mark.parametrize("seed", [0, 1])
def test_gradient_is_the_derivative(seed, part, reverse):
    """Distinct gradients from above in every h and in the last, all at once."""
    case = Case(seed)

    def scalar(value):
        hidden = case.oracle(reverse, **{part: value})
        return (case.d_hidden * hidden).sum() + (case.d_h_last * hidden[-1 + reverse]).sum()

    d_heard, d_h0 = case.backward(case.forward(reverse), reverse)
    grad = d_heard if part == "projected" else d_h0
    assert_close(grad, complex_step(scalar, getattr(case, part)), GRADIENT)


@given(cases())
def test_reversed_input_through_the_reversed_walk(case):
    backward = case.forward(reverse=True)
    d_backward = case.backward(backward, reverse=True)
    case.projected, case.d_hidden = case.projected[::-1].copy(), case.d_hidden[::-1].copy()
    forward = case.forward(reverse=False)
    d_forward = case.backward(forward, reverse=False)
    np.testing.assert_array_equal(backward, forward[::-1])
    np.testing.assert_array_equal(d_backward[0], d_forward[0][::-1])
    np.testing.assert_array_equal(d_backward[1], d_forward[1])


@pytest.mark.parametrize("size", [50.0, 1e300])
def test_saturated_states_stay_finite(size):
    case = Case(4)
    case.projected = size * np.sign(case.projected)
    hidden = case.forward(reverse=False)
    assert (np.abs(hidden) <= 1.0).all()
    for grad in case.backward(hidden, reverse=False):
        assert np.isfinite(grad).all()

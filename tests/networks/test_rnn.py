"""The tanh cell: states, gradients, direction, networks and streams of it, files, threads."""

import os

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import rnn as oracle
from oracles.derivative import complex_step
from support.networks import BIDIRECTIONAL, random_batch, random_network
from support.strategies import SEEDS
from tolerances import GRADIENT, VALUE, assert_close

import refkd
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


# --- networks ------------------------------------------------------------------------------------


@pytest.mark.compiled_only
@pytest.mark.skipif(
    os.environ.get("NUMBA_BOUNDSCHECK", "0") not in ("", "0"),
    reason="parallel loops run as plain ones under bounds checks",
)
def test_the_same_bits_for_any_number_of_threads():
    net, features = (
        random_network("tanh", hidden=19),
        random_batch(lengths=(37, 5, 22, 90, 1, 64, 13)),
    )
    before = numba.get_num_threads()
    answers = []
    try:
        for threads in {1, before}:
            numba.set_num_threads(threads)
            trace = net.forward(features)
            answers.append(net.backward(trace, trace.logits))
    finally:
        numba.set_num_threads(before)
    for name, grad in answers[0].items():
        np.testing.assert_array_equal(grad, answers[-1][name], err_msg=name)


@BIDIRECTIONAL
def test_a_network_knows_its_cell_and_keeps_it_in_the_file(tmp_path, bidirectional):
    net = random_network("tanh", bidirectional)
    assert net.cell == "tanh"
    assert refkd.Network.create(3, 5, 2, 4, bidirectional).cell == "lstm"
    net.save(tmp_path / "net.npz")
    again = refkd.Network.load(tmp_path / "net.npz")
    assert again.cell == "tanh"
    assert again.hash() == net.hash()
    features = random_batch()
    logits = [network_copy.forward(features).logits.values for network_copy in (net, again)]
    np.testing.assert_array_equal(*logits)


def test_names_shapes_and_first_draw():
    net = refkd.Network.create(5, 100, 1, 4, bidirectional=True, cell="tanh", seed=7)
    values = net.parameters()
    for direction in ("forward", "backward"):
        w_input, w_hidden, bias = (
            values[f"layer0.{direction}.{part}"] for part in ("w_input", "w_hidden", "bias")
        )
        assert (w_input.shape, w_hidden.shape, bias.shape) == ((5, 100), (100, 100), (100,))
        assert 0.099 < np.abs(w_hidden).max() <= 0.1
        assert not bias.any()
    assert net.hash() == refkd.Network.create(5, 100, 1, 4, True, cell="tanh", seed=7).hash()
    assert net.hash() != refkd.Network.create(5, 100, 1, 4, True, cell="tanh", seed=8).hash()


def test_torch_computes_the_same(tmp_path):
    """The file goes into torch.nn.RNN without renaming."""
    torch = pytest.importorskip("torch")
    net = random_network("tanh")
    net.save(tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as file:
        arrays = {name: torch.tensor(file[name]) for name in file.files}
    layer = torch.nn.RNN(3, 2, 2, bidirectional=True).double()
    linear = torch.nn.Linear(4, 4).double()
    linear.load_state_dict({part: arrays.pop(f"output.{part}") for part in ("weight", "bias")})
    layer.load_state_dict(arrays)
    features = random_batch()
    trace = net.forward(features)
    expected = torch.cat([linear(layer(torch.tensor(inputs))[0]) for inputs in features])
    assert_close(trace.logits.values, expected.detach().numpy(), VALUE)
    upstream = np.random.default_rng(3).normal(size=expected.shape)
    (expected * torch.tensor(upstream)).sum().backward()
    grads = net.backward(trace, features.with_values(upstream))
    d_w_hidden = layer.weight_hh_l0_reverse.grad.numpy().T
    assert_close(grads["layer0.backward.w_hidden"], d_w_hidden, GRADIENT)

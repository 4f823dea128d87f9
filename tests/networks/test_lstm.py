"""LSTM: states, gradients, direction, layouts of other libraries, published vectors, errors."""

import json
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import lstm as oracle
from oracles.derivative import complex_step
from support.refusals import sentence_of
from support.strategies import SEEDS
from tolerances import GRADIENT, VALUE, Tolerance, assert_close

import refkd
from refkd.verify.lstm.published import FILE

PARTS = ("inputs", "w_input", "w_hidden", "bias", "h0", "c0")
PUBLISHED = {case["name"]: case for case in json.loads(FILE.read_text(encoding="utf-8"))["cases"]}


class Case:
    """Random weights, non-zero states, upstream gradients on everything; F differs from H."""

    def __init__(self, seed, frames=4, inputs=3, hidden=2, scale=1.0):
        rng = np.random.default_rng(seed)
        self.w_input = scale * rng.normal(size=(inputs, 4 * hidden))
        self.w_hidden = scale * rng.normal(size=(hidden, 4 * hidden))
        self.bias = rng.normal(size=4 * hidden)
        self.inputs = rng.normal(size=(frames, inputs))
        self.h0, self.c0 = rng.normal(size=(2, hidden))
        self.d_hidden = rng.normal(size=(frames, hidden))
        self.d_h_last, self.d_c_last = rng.normal(size=(2, hidden))
        self.params = refkd.LSTMParams(self.w_input, self.w_hidden, self.bias)

    def trace(self, reverse=False):
        return refkd.lstm_trace(self.params, self.inputs, self.h0, self.c0, reverse)

    def oracle(self, reverse=False, **changed):
        arguments = {name: getattr(self, name) for name in PARTS} | changed
        return oracle.lstm(
            *(arguments[name] for name in ("w_input", "w_hidden", "bias", "inputs", "h0", "c0")),
            reverse,
        )


@st.composite
def cases(draw):
    return Case(
        draw(SEEDS),
        frames=draw(st.integers(1, 6)),
        inputs=draw(st.integers(1, 5)),
        hidden=draw(st.integers(1, 9)),
        scale=draw(st.sampled_from([0.1, 1.0, 5.0])),
    )


def last(reverse):
    return 0 if reverse else -1


# --- by hand -------------------------------------------------------------------------------------


def test_one_step_and_back_by_hand():
    """H = 1 and pre-activations chosen: i = 3/4, f = 2/3, g = 3/5, o = 1/2."""
    bias = np.log([3.0, 2.0, 2.0, 1.0])  # sigmoid(log 3) = 3/4, tanh(log 2) = 3/5
    params = refkd.LSTMParams(np.zeros((2, 4)), np.zeros((1, 4)), bias)
    trace = refkd.lstm_trace(params, np.ones((1, 2)), c0=[0.3])
    assert_close(trace.gates, [[3 / 4, 2 / 3, 3 / 5, 1 / 2]], VALUE)
    assert_close(trace.cell, [[0.2 + 0.45]], VALUE)
    assert_close(trace.hidden, [[0.5 * np.tanh(0.65)]], VALUE)
    grads = refkd.lstm_grad(params, trace, [[0.0]], d_c_last=[1.0])
    d_gates = [0.6 * 3 / 16, 0.3 * 2 / 9, 0.75 * 16 / 25, 0.0]
    assert_close(grads.bias, d_gates, VALUE)
    assert_close(grads.w_input, [d_gates, d_gates], VALUE)
    assert_close(grads.c0, [2 / 3], VALUE)


# --- against the plain form ----------------------------------------------------------------------


@given(cases(), st.booleans())
def test_states_equal_the_plain_lstm(case, reverse):
    trace = case.trace(reverse)
    hidden, cell, gates = case.oracle(reverse)
    assert_close(trace.hidden, hidden, VALUE)
    assert_close(trace.cell, cell, VALUE)
    assert_close(trace.gates, gates, VALUE)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("seed", [0, 1])
def test_gradient_is_the_derivative(seed, part, reverse):
    """Distinct upstream gradients in every h, in the last h and in the last c, all at once."""
    case = Case(seed, frames=4, inputs=3, hidden=2)

    def scalar(value):
        hidden, cell, _ = case.oracle(reverse, **{part: value})
        end = last(reverse)
        from_states = (case.d_h_last * hidden[end]).sum() + (case.d_c_last * cell[end]).sum()
        return (case.d_hidden * hidden).sum() + from_states

    upstream = case.d_hidden, case.d_h_last, case.d_c_last
    grads = refkd.lstm_grad(case.params, case.trace(reverse), *upstream)
    assert_close(getattr(grads, part), complex_step(scalar, getattr(case, part)), GRADIENT)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("upstream", ["d_h_last", "d_c_last"])
def test_gradient_of_one_last_state_alone(upstream, reverse):
    case = Case(2, frames=3, inputs=4, hidden=5)

    def scalar(inputs):
        hidden, cell, _ = case.oracle(reverse, inputs=inputs)
        state = hidden if upstream == "d_h_last" else cell
        return (getattr(case, upstream) * state[last(reverse)]).sum()

    silent = np.zeros_like(case.d_hidden)
    last_state = {upstream: getattr(case, upstream)}
    grads = refkd.lstm_grad(case.params, case.trace(reverse), silent, **last_state)
    assert_close(grads.inputs, complex_step(scalar, case.inputs), GRADIENT)


# --- invariants ----------------------------------------------------------------------------------


@given(cases())
def test_reversed_input_through_the_reversed_lstm(case):
    backward = case.trace(reverse=True)
    forward = refkd.lstm_trace(case.params, case.inputs[::-1], case.h0, case.c0)
    np.testing.assert_array_equal(backward.hidden, forward.hidden[::-1])
    np.testing.assert_array_equal(backward.gates, forward.gates[::-1])
    back = refkd.lstm_grad(case.params, backward, case.d_hidden, case.d_h_last, case.d_c_last)
    fore = refkd.lstm_grad(case.params, forward, case.d_hidden[::-1], case.d_h_last, case.d_c_last)
    np.testing.assert_array_equal(back.inputs, fore.inputs[::-1])
    np.testing.assert_array_equal(back.c0, fore.c0)
    assert_close(back.w_hidden, fore.w_hidden, GRADIENT)


@given(cases())
def test_two_halves_make_the_whole(case):
    """The state after the first half starts the second, bit for bit."""
    middle = len(case.inputs) // 2
    if middle == 0:
        return
    whole = case.trace()
    first = refkd.lstm_trace(case.params, case.inputs[:middle], case.h0, case.c0)
    second = refkd.lstm_trace(case.params, case.inputs[middle:], first.hidden[-1], first.cell[-1])
    np.testing.assert_array_equal(np.concatenate([first.hidden, second.hidden]), whole.hidden)


def test_the_gradient_in_the_last_h_may_come_either_way():
    case = Case(3)
    by_frame = np.zeros_like(case.d_hidden)
    by_frame[-1] = case.d_h_last
    trace = case.trace()
    gradient = refkd.lstm_grad(case.params, trace, by_frame)
    other = refkd.lstm_grad(case.params, trace, np.zeros_like(by_frame), case.d_h_last)
    for part in PARTS:
        np.testing.assert_array_equal(getattr(gradient, part), getattr(other, part))


@pytest.mark.parametrize("size", [50.0, 1e300])
def test_saturated_gates_stay_finite(size):
    case = Case(4)
    trace = refkd.lstm_trace(case.params, size * np.sign(case.inputs), case.h0, case.c0)
    grads = refkd.lstm_grad(case.params, trace, case.d_hidden)
    assert (np.abs(trace.hidden) <= 1.0).all()
    for part in PARTS:
        assert np.isfinite(getattr(grads, part)).all()


def test_the_trace_keeps_its_own_copy():
    case = Case(5)
    trace = case.trace()
    case.inputs[:] = 0.0
    case.h0[:] = 0.0
    assert trace.inputs.all()
    assert trace.h0.all()


# --- other libraries -----------------------------------------------------------------------------


def test_onnx_layout_by_hand():
    """One unit: blocks i, o, f, c numbered 1 to 4; both halves of B count."""
    W = np.array([1.0, 2.0, 3.0, 4.0]).reshape(1, 4, 1)
    B = np.array([[10.0, 20.0, 30.0, 40.0, 1.0, 2.0, 3.0, 4.0]])
    params = refkd.LSTMParams.from_onnx(W, 5 * W, B)
    assert params.w_input.tolist() == [[1.0, 3.0, 4.0, 2.0]]
    assert params.w_hidden.tolist() == [[5.0, 15.0, 20.0, 10.0]]
    assert params.bias.tolist() == [11.0, 33.0, 44.0, 22.0]


def test_torch_layout_by_hand():
    """Two units, one input: row r of weight_hh holds r and -r; biases are summed."""
    rows = np.arange(8.0)
    recurrent = np.stack([rows, -rows], axis=1)
    params = refkd.LSTMParams.from_torch(rows[:, None], recurrent, rows, 10 * rows)
    assert params.w_input.tolist() == [rows.tolist()]
    assert params.w_hidden.tolist() == [rows.tolist(), (-rows).tolist()]
    assert params.bias.tolist() == (11 * rows).tolist()


def test_layers_without_bias():
    """What torch, ONNX and Keras leave out, or give as None, is zero."""
    w_input, w_hidden, half = CASE.params.w_input, CASE.params.w_hidden, CASE.params.bias / 2
    W, R, _ = CASE.params.to_onnx()
    for params, expected in (
        (refkd.LSTMParams.from_torch(w_input.T, w_hidden.T, None, None), 0 * half),
        (refkd.LSTMParams.from_torch(w_input.T, w_hidden.T), 0 * half),
        (refkd.LSTMParams.from_torch(w_input.T, w_hidden.T, None, half), half),
        (refkd.LSTMParams.from_onnx(W, R, None), 0 * half),
        (refkd.LSTMParams.from_onnx(W, R), 0 * half),
        (refkd.LSTMParams.from_keras(w_input, w_hidden, None), 0 * half),
        (refkd.LSTMParams.from_keras(w_input, w_hidden), 0 * half),
    ):
        np.testing.assert_array_equal(params.bias, expected)
        np.testing.assert_array_equal(params.w_input, w_input)
        np.testing.assert_array_equal(params.w_hidden, w_hidden)


@pytest.mark.parametrize("library", ["torch", "onnx", "keras"])
def test_there_and_back(library):
    case = Case(6)
    arrays = getattr(case.params, f"to_{library}")()
    again = getattr(refkd.LSTMParams, f"from_{library}")(*arrays)
    for part in ("w_input", "w_hidden", "bias"):
        np.testing.assert_array_equal(getattr(again, part), getattr(case, part))


@pytest.mark.parametrize("library", ["onnx", "keras"])
def test_another_layout_computes_the_same(library):
    """The recurrences of the other libraries' documents, in their own order of gates."""
    case = Case(7)
    if library == "onnx":
        W, R, B = (weights[0] for weights in case.params.to_onnx())

        def gates(x, h):
            i, o, f, c = np.split(W @ x + R @ h + B[: len(W)] + B[len(W) :], 4)
            return i, f, c, o
    else:
        kernel, recurrent, bias = case.params.to_keras()

        def gates(x, h):
            return np.split(x @ kernel + h @ recurrent + bias, 4)

    h, c = case.h0, case.c0
    for t, x in enumerate(case.inputs):
        i, f, g, o = gates(x, h)
        c = oracle.sigmoid(f) * c + oracle.sigmoid(i) * np.tanh(g)
        h = oracle.sigmoid(o) * np.tanh(c)
        assert_close(case.trace().hidden[t], h, VALUE)


def test_torch_computes_the_same():
    torch = pytest.importorskip("torch")
    case = Case(8, frames=5, inputs=4, hidden=3)
    layer = torch.nn.LSTM(4, 3).double()
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    arrays = case.params.to_torch()
    layer.load_state_dict({n: torch.tensor(a) for n, a in zip(names, arrays, strict=True)})
    inputs = torch.tensor(case.inputs, requires_grad=True)
    state = tuple(torch.tensor(initial[None], requires_grad=True) for initial in (case.h0, case.c0))
    hidden, (h_last, c_last) = layer(inputs, state)
    trace = case.trace()
    assert_close(trace.hidden, hidden.detach().numpy(), VALUE)
    scalar = (hidden * torch.tensor(case.d_hidden)).sum()
    scalar = scalar + (h_last[0] * torch.tensor(case.d_h_last)).sum()
    scalar = scalar + (c_last[0] * torch.tensor(case.d_c_last)).sum()
    scalar.backward()
    grads = refkd.lstm_grad(case.params, trace, case.d_hidden, case.d_h_last, case.d_c_last)
    assert_close(grads.inputs, inputs.grad.numpy(), GRADIENT)
    assert_close(grads.w_input.T, layer.weight_ih_l0.grad.numpy(), GRADIENT)
    assert_close(grads.w_hidden.T, layer.weight_hh_l0.grad.numpy(), GRADIENT)
    for bias in (layer.bias_ih_l0, layer.bias_hh_l0):  # both receive the whole gradient
        assert_close(grads.bias, bias.grad.numpy(), GRADIENT)
    assert_close(grads.h0, state[0].grad.numpy()[0], GRADIENT)
    assert_close(grads.c0, state[1].grad.numpy()[0], GRADIENT)


# --- published -----------------------------------------------------------------------------------


def test_published_values_of_pytorch():
    """Every parameter i / numel, input (24 - i) / 24 as three steps of four utterances."""
    case = PUBLISHED["torch_cpp_rnn_values"]

    def filled(*shape):
        return np.arange(np.prod(shape)).reshape(shape) / np.prod(shape)

    params = refkd.LSTMParams.from_torch(filled(8, 2), filled(8, 2), filled(8), filled(8))
    inputs = ((24 - np.arange(24)) / 24).reshape(3, 4, 2)
    traces = [refkd.lstm_trace(params, inputs[:, n]) for n in range(4)]
    tolerance = Tolerance(0.0, case["tolerance"]["atol"])
    hidden = np.stack([trace.hidden for trace in traces], axis=1)
    cell = np.stack([trace.cell for trace in traces], axis=1)
    assert_close(hidden.ravel(), case["expected_output_TNH_flat"], tolerance)
    assert_close(hidden[-1].ravel(), case["expected_h_NH_flat"], tolerance)
    assert_close(cell[-1].ravel(), case["expected_c_NH_flat"], tolerance)


@pytest.mark.parametrize(
    ("name", "forget_bias", "reverse"),
    [
        ("keras_default", 1.0, False),
        ("keras_go_backwards", 1.0, True),
        ("keras_no_unit_forget_bias", 0.03, False),
    ],
)
def test_published_values_of_keras(name, forget_bias, reverse):
    case = PUBLISHED[name]
    bias = np.repeat([0.03, forget_bias, 0.03, 0.03], 3)
    params = refkd.LSTMParams.from_keras(np.full((4, 12), 0.01), np.full((3, 12), 0.02), bias)
    inputs = np.arange(72.0).reshape(3, 6, 4)
    traces = [refkd.lstm_trace(params, sequence, reverse=reverse) for sequence in inputs]
    hidden = np.array([trace.hidden[last(reverse)] for trace in traces])
    expected = np.repeat(np.array(case["expected_last_h"])[:, None], 3, axis=1)
    assert_close(hidden, expected, Tolerance(0.0, case["tolerance"]["atol"]))


# --- errors --------------------------------------------------------------------------------------

CASE = Case(9)
TRACE = CASE.trace()
OTHER = Case(9, inputs=2).params
W, U, B = CASE.w_input, CASE.w_hidden, CASE.bias
FROM_TORCH, FROM_ONNX = refkd.LSTMParams.from_torch, refkd.LSTMParams.from_onnx
TRACE_OF = partial(refkd.lstm_trace, CASE.params)
GRAD_OF = partial(refkd.lstm_grad, CASE.params)
REFUSED = {
    "w_hidden: expected shape (H, 4H), got shape (8, 2)": (refkd.LSTMParams, W, U.T, B),
    "w_input: expected shape (F, 8), got shape (3, 4)": (refkd.LSTMParams, W[:, :4], U, B),
    "w_input: expected F >= 1, got F=0": (refkd.LSTMParams, W[:0], U, B),
    "bias: expected shape (8,), got shape (2,)": (refkd.LSTMParams, W, U, B[:2]),
    "bias: expected finite numbers, got nan at (0,)": (refkd.LSTMParams, W, U, np.full(8, np.nan)),
    "weight_hh: expected shape (4H, H), got shape (2, 8)": (FROM_TORCH, W.T, U, B, B),
    "weight_ih: expected shape (8, F), got shape (3, 8)": (FROM_TORCH, W, U.T, B, B),
    "R: expected shape (1, 4H, H), got shape (2, 8, 2)":
        (FROM_ONNX, np.ones((2, 8, 3)), np.ones((2, 8, 2)), np.ones((2, 16))),
    "R: expected shape (1, 4H, H), got shape (1, 6, 2)":
        (FROM_ONNX, np.ones((1, 8, 3)), np.ones((1, 6, 2)), np.ones((1, 16))),
    "B: expected shape (1, 16), got shape (1, 8)":
        (FROM_ONNX, np.ones((1, 8, 3)), np.ones((1, 8, 2)), np.ones((1, 8))),
    "bias_hh: expected shape (8,), got shape (2,)": (FROM_TORCH, W.T, U.T, None, B[:2]),
    "recurrent_kernel: expected shape (H, 4H), got shape (8, 2)":
        (refkd.LSTMParams.from_keras, W, U.T, B),
    "params: expected a LSTMParams, got str": (refkd.lstm_trace, "weights", CASE.inputs),
    "inputs: expected shape (T, 3), got shape (4, 2)": (TRACE_OF, CASE.inputs[:, :2]),
    "inputs: expected T >= 1, got T=0": (TRACE_OF, CASE.inputs[:0]),
    "h0: expected shape (2,), got shape (1,)": (TRACE_OF, CASE.inputs, [1.0]),
    "c0: expected finite numbers, got inf at (1,)": (TRACE_OF, CASE.inputs, None, [1.0, np.inf]),
    "trace: expected a LSTMTrace, got str": (GRAD_OF, "trace", CASE.d_hidden),
    "params: expected the weights of the trace, F=3 and H=2, got F=2 and H=2":
        (refkd.lstm_grad, OTHER, TRACE, CASE.d_hidden),
    "d_hidden: expected shape (4, 2), got shape (2, 2)": (GRAD_OF, TRACE, CASE.d_hidden[:2]),
    "d_c_last: expected shape (2,), got shape (1,)": (GRAD_OF, TRACE, CASE.d_hidden, None, [0.0]),
}  # fmt: skip


@pytest.mark.parametrize(("sentence", "call"), REFUSED.items())
def test_refusals(sentence, call):
    assert sentence_of(*call) == sentence

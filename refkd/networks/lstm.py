"""The LSTM of one utterance in float64: states and gates forward, gradients backward."""

import numpy as np
from numpy.typing import ArrayLike

from refkd import check
from refkd.check import Floats
from refkd.kernels.lstm import lstm_backward, lstm_forward
from refkd.kernels.matmul import add_matmul
from refkd.networks.lstm_params import LSTMParams
from refkd.networks.traces import LSTMGrads, LSTMTrace


def lstm_trace(
    params: LSTMParams,
    inputs: ArrayLike,
    h0: ArrayLike | None = None,
    c0: ArrayLike | None = None,
    reverse: bool = False,
) -> LSTMTrace:
    """Run an LSTM over one utterance and keep every gate and state.

    Parameters
    ----------
    params : LSTMParams
        Weights for F inputs and H hidden units.
    inputs : (T, F) array
        One row for each frame, T >= 1.
    h0, c0 : (H,) array, optional
        State before the first step; zero if left out.
    reverse : bool
        Begin at frame T - 1. hidden[t] still belongs to inputs[t], so the last state is at frame 0.

    Returns
    -------
    LSTMTrace
        hidden (T, H), cell (T, H), gates (T, 4H) after sigmoid and tanh, and the arguments.

    Raises
    ------
    ArgumentError
        If a shape does not fit the weights or a number is not finite.

    Notes
    -----
    Equations (L1) to (L7) of docs/course/lstm.md.

    Examples
    --------
    With all weights zero every sigmoid is 1/2, and the cell halves at each step:

    >>> import numpy as np, refkd
    >>> params = refkd.LSTMParams(np.zeros((3, 4)), np.zeros((1, 4)), np.zeros(4))
    >>> trace = refkd.lstm_trace(params, np.ones((3, 3)), c0=[8.0])
    >>> trace.cell[:, 0]
    array([4., 2., 1.])
    >>> refkd.lstm_trace(params, np.ones((3, 3)), c0=[8.0], reverse=True).cell[:, 0]
    array([1., 2., 4.])
    """
    check.instance("params", params, LSTMParams)
    reverse = check.flag("reverse", reverse)
    inputs = _frames("inputs", inputs, params.inputs)
    T, H = len(inputs), params.hidden
    h0 = _state("h0", h0, H)
    c0 = _state("c0", c0, H)
    gates = np.tile(params.bias, (T, 1))
    add_matmul(inputs, params.w_input, gates)
    hidden, cell = np.empty((T, H)), np.empty((T, H))
    lstm_forward(gates, params.w_hidden, h0, c0, reverse, hidden, cell)
    check.computed("inputs", "all states", gates, hidden, cell)
    return LSTMTrace(inputs, h0, c0, reverse, gates, cell, hidden)


def lstm_grad(
    params: LSTMParams,
    trace: LSTMTrace,
    d_hidden: ArrayLike,
    d_h_last: ArrayLike | None = None,
    d_c_last: ArrayLike | None = None,
) -> LSTMGrads:
    """Propagate gradients in the states back to the inputs, the weights and the initial state.

    Parameters
    ----------
    params : LSTMParams
        The weights that made the trace.
    trace : LSTMTrace
        What `lstm_trace` returned.
    d_hidden : (T, H) array
        Gradient in every hidden[t].
    d_h_last, d_c_last : (H,) array, optional
        Additional gradient in the last hidden and cell state of the pass; zero if left out.

    Returns
    -------
    LSTMGrads
        Gradients in inputs, w_input, w_hidden, bias, h0 and c0.

    Raises
    ------
    ArgumentError
        If a shape does not fit the trace or a number is not finite.

    Notes
    -----
    Equations (L8) to (L18) of docs/course/lstm-backward.md.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> params = refkd.LSTMParams(np.zeros((3, 4)), np.zeros((1, 4)), np.zeros(4))
    >>> trace = refkd.lstm_trace(params, np.ones((3, 3)))
    >>> refkd.lstm_grad(params, trace, np.zeros((3, 1)), d_c_last=[1.0]).c0   # f f f
    array([0.125])
    """
    check.instance("params", params, LSTMParams)
    check.instance("trace", trace, LSTMTrace)
    T, H = trace.hidden.shape
    if (params.inputs, params.hidden) != (trace.inputs.shape[1], H):
        expected = f"the weights of the trace, F={trace.inputs.shape[1]} and H={H}"
        check.fail("params", expected, f"F={params.inputs} and H={params.hidden}")
    d_hidden = check.finite_array("d_hidden", d_hidden, (T, H)).astype(np.float64)
    d_h, d_c = _state("d_h_last", d_h_last, H), _state("d_c_last", d_c_last, H)
    d_gates = np.empty((T, 4 * H))
    w_hidden_t = np.ascontiguousarray(params.w_hidden.T)
    lstm_backward(
        trace.gates, trace.cell, trace.c0, w_hidden_t, d_hidden, trace.reverse, d_gates, d_h, d_c
    )
    before = np.empty((T, H))  # the hidden state that each frame saw
    if trace.reverse:
        before[:-1], before[-1] = trace.hidden[1:], trace.h0
    else:
        before[1:], before[0] = trace.hidden[:-1], trace.h0
    d_inputs = np.zeros_like(trace.inputs)
    d_w_input, d_w_hidden = np.zeros_like(params.w_input), np.zeros_like(params.w_hidden)
    add_matmul(d_gates, np.ascontiguousarray(params.w_input.T), d_inputs)  # (L16)
    add_matmul(trace.inputs.T, d_gates, d_w_input)  # (L17)
    add_matmul(before.T, d_gates, d_w_hidden)  # (L17)
    grads = LSTMGrads(d_inputs, d_w_input, d_w_hidden, d_gates.sum(axis=0), d_h, d_c)  # (L18)
    check.computed("d_hidden", "all gradients", *vars(grads).values())
    return grads


def _frames(argument: str, value: ArrayLike, width: int) -> Floats:
    frames = check.finite_array(argument, value, ("T", width)).astype(np.float64)
    if len(frames) == 0:
        check.fail(argument, "T >= 1", "T=0")
    return frames


def _state(argument: str, value: ArrayLike | None, hidden: int) -> Floats:
    if value is None:
        return np.zeros(hidden)
    return check.finite_array(argument, value, (hidden,)).astype(np.float64)

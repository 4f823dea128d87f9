"""One layer over a batch whose utterances are stored one after the other, without padding.

Every product with the weights covers all frames at once; only the recurrence uses utterances.
The inputs of a layer are (P, sum T, F / P): the features, P = 1, or the P directions of the layer
below, which are never copied side by side.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from refkd.check import Ints
from refkd.kernels.compile import in_parallel
from refkd.kernels.lstm_batch import lstm_backward_share, lstm_forward_share
from refkd.kernels.matmul import parallel_add_matmul
from refkd.kernels.rnn_batch import rnn_backward_share, rnn_forward_share
from refkd.networks.traces import LayerTrace

Array = NDArray[Any]
CELLS = {"lstm": 4, "tanh": 1}  # gates of a unit, side by side in the weights


class Weights(NamedTuple):
    """Weights of one direction, or their gradients: G = 4H columns in an LSTM, else G = H.

    w_input (F, G)  w_hidden (H, G)  bias (G,)
    """

    w_input: Array
    w_hidden: Array
    bias: Array


def cell_of(w_hidden: Array) -> str:
    """The cell whose weights (H, G) these are."""
    return "tanh" if w_hidden.shape[0] == w_hidden.shape[1] else "lstm"


def allocate(dtype: np.dtype[Any], *shapes: tuple[int, ...]) -> list[Array]:
    """Uninitialised arrays in one block: the system provides a large block in large pages.

    Each begins on a cache line, so that no vector of the kernels straddles two.
    """
    line = 64 // dtype.itemsize
    starts = np.cumsum([0, *(-(-math.prod(shape) // line) * line for shape in shapes)])
    block = np.empty(starts[-1] + line, dtype)
    block = block[-block.ctypes.data // dtype.itemsize % line :]
    return [
        block[start : start + math.prod(shape)].reshape(shape)
        for start, shape in zip(starts, shapes, strict=False)
    ]


def affine(inputs: Array, w: Array, bias: Array, outputs: Array) -> None:
    """Fill outputs (sum T, G) with inputs w + bias."""
    outputs[:] = bias
    for part, w_part in zip(inputs, np.split(w, len(inputs)), strict=True):
        parallel_add_matmul(part, w_part, outputs)


def affine_weights(inputs: Array, d_outputs: Array) -> tuple[Array, Array]:
    """Gradients in w (F, G) and bias (G,), summed over all frames."""
    P, _, width = inputs.shape
    d_w = np.zeros((P * width, d_outputs.shape[1]), d_outputs.dtype)
    for part, d_w_part in zip(inputs, np.split(d_w, P), strict=True):
        parallel_add_matmul(part.T, d_outputs, d_w_part)
    return d_w, d_outputs.sum(axis=0)


def affine_inputs(ws: Sequence[Array], d_outputs: Array, d_inputs: Array) -> None:
    """Fill d_inputs (P, sum T, F / P), the gradient through each w of its d_outputs (sum T, G)."""
    d_inputs[:] = 0
    for w, d_output in zip(ws, d_outputs, strict=True):
        for d_part, w_part in zip(d_inputs, np.split(w, len(d_inputs)), strict=True):
            parallel_add_matmul(d_output, np.ascontiguousarray(w_part.T), d_part)


def layer_forward(weights: Sequence[Weights], trace: LayerTrace, offsets: Ints) -> None:
    """Run a layer over trace.inputs, its second direction in reverse, and fill the trace."""
    for (w_input, _, bias), gate in zip(weights, trace.gates, strict=True):
        affine(trace.inputs, w_input, bias, gate)
    w_hidden = np.stack([direction.w_hidden for direction in weights])
    zero = np.zeros(w_hidden.shape[1], w_hidden.dtype)
    gates, hidden, cell = trace.gates, trace.hidden, trace.cell
    if cell_of(weights[0].w_hidden) == "tanh":
        _in_shares(rnn_forward_share, gates, w_hidden, offsets, zero, hidden)
    else:
        order, tasks = _walks(offsets, len(weights))
        _in_shares(lstm_forward_share, gates, w_hidden, offsets, order, tasks, zero, hidden, cell)


def layer_backward(
    weights: Sequence[Weights], trace: LayerTrace, d_hidden: Array, offsets: Ints, d_gates: Array
) -> list[Weights]:
    """Gradients in the weights of every direction from that in hidden (S, sum T, H).

    Leaves the gradient in inputs W_x + b in d_gates (S, sum T, G).
    """
    S, _, H = d_hidden.shape
    w_hidden_t = np.stack([np.ascontiguousarray(direction.w_hidden.T) for direction in weights])
    zero = np.zeros(H, d_hidden.dtype)
    d_h, d_c = np.zeros((2, S, len(offsets) - 1, H), d_hidden.dtype)
    if cell_of(weights[0].w_hidden) == "tanh":
        _in_shares(rnn_backward_share, trace.hidden, w_hidden_t, d_hidden, offsets, d_gates, d_h)
    else:
        order, tasks = _walks(offsets, S)
        _in_shares(
            lstm_backward_share, trace.gates, trace.cell, w_hidden_t, d_hidden, offsets, order,
            tasks, zero, d_gates, d_h, d_c,
        )  # fmt: skip
    grads = []
    for s, d_gate in enumerate(d_gates):
        d_w_input, d_bias = affine_weights(trace.inputs, d_gate)
        d_w_hidden = np.zeros_like(weights[s].w_hidden)
        before = _hidden_before(trace.hidden[s], offsets, reverse=s == 1)
        parallel_add_matmul(before.T, d_gate, d_w_hidden)
        grads.append(Weights(d_w_input, d_w_hidden, d_bias))
    return grads


def _hidden_before(hidden: Array, offsets: Ints, reverse: bool) -> Array:
    """The hidden state that each frame reads: that of the step before, zero in the first."""
    before = np.empty_like(hidden)
    if reverse:
        before[:-1] = hidden[1:]
        before[offsets[1:] - 1] = 0
    else:
        before[1:] = hidden[:-1]
        before[offsets[:-1]] = 0
    return before


def _in_shares(share: Any, *batch: Array) -> None:
    """Run a kernel over a batch in all threads."""
    in_parallel(share, numba.get_num_threads(), batch)


def _walks(offsets: Ints, S: int) -> tuple[Ints, Ints]:
    """Which four utterances run side by side, and in which order, for equal shares of the threads.

    Fours of similar length run side by side. Threads take equal runs of the tasks, so the fours,
    longest first, are dealt back and forth into four lists, which follow one another.
    """
    order = np.argsort(-np.diff(offsets), kind="stable")
    hands = np.array([0, 1, 2, 3, 3, 2, 1, 0])[np.arange(S * -(-len(order) // 4)) % 8]
    return order, np.argsort(hands, kind="stable")

"""One layer over a batch whose utterances lie end to end, without padding.

Every product with the weights covers all frames at once; only the recurrence walks utterances.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from refkd.check import Ints
from refkd.kernels.lstm import lstm_backward_batch, lstm_forward_batch
from refkd.kernels.matmul import parallel_add_matmul
from refkd.records.passes import LayerTrace

Array = NDArray[Any]


class Weights(NamedTuple):
    """Weights of one direction, shaped as in LSTMParams, or their gradients."""

    w_input: Array
    w_hidden: Array
    bias: Array


def layer_forward(weights: Sequence[Weights], inputs: Array, offsets: Ints) -> LayerTrace:
    """Walk a layer over a batch: inputs (sum T, D), the second direction in reverse."""
    S, H = len(weights), len(weights[0].w_hidden)
    gates = np.empty((S, len(inputs), 4 * H), inputs.dtype)
    for s, one in enumerate(weights):
        gates[s] = one.bias
        parallel_add_matmul(inputs, one.w_input, gates[s])
    w_hidden = np.stack([one.w_hidden for one in weights])
    hidden, cell = np.empty((2, S, len(inputs), H), inputs.dtype)
    order, tasks = _walks(offsets, S)
    zero = np.zeros(H, inputs.dtype)
    lstm_forward_batch(gates, w_hidden, offsets, order, tasks, zero, hidden, cell)
    return LayerTrace(inputs, gates, cell, hidden)


def gates_backward(
    weights: Sequence[Weights], trace: LayerTrace, d_outputs: Array, offsets: Ints
) -> Array:
    """Gradient in x W + b (S, sum T, 4H) from that in the outputs (sum T, S H)."""
    S = len(weights)
    d_hidden = np.ascontiguousarray(d_outputs.reshape(len(d_outputs), S, -1).swapaxes(0, 1))
    w_hidden_t = np.stack([transposed(one.w_hidden) for one in weights])
    d_gates = np.empty_like(trace.gates)
    order, tasks = _walks(offsets, S)
    zero = np.zeros(d_hidden.shape[2], d_gates.dtype)
    d_h, d_c = np.zeros((2, S, len(order), len(zero)), d_gates.dtype)
    lstm_backward_batch(
        trace.gates,
        trace.cell,
        w_hidden_t,
        d_hidden,
        offsets,
        order,
        tasks,
        zero,
        d_gates,
        d_h,
        d_c,
    )
    return d_gates


def weights_backward(trace: LayerTrace, d_gates: Array, offsets: Ints) -> list[Weights]:
    """Gradients in the weights of every direction, summed over all frames."""
    grads = []
    for s, d_gate in enumerate(d_gates):
        before = np.empty_like(trace.hidden[s])  # the hidden state that each frame saw
        if s == 0:
            before[1:] = trace.hidden[s, :-1]
            before[offsets[:-1]] = 0
        else:
            before[:-1] = trace.hidden[s, 1:]
            before[offsets[1:] - 1] = 0
        d_w_input = product(trace.inputs.T, d_gate)
        d_w_hidden = product(before.T, d_gate)
        grads.append(Weights(d_w_input, d_w_hidden, d_gate.sum(axis=0)))
    return grads


def inputs_backward(weights: Sequence[Weights], d_gates: Array) -> Array:
    """Gradient in the layer's inputs (sum T, D)."""
    d_inputs = np.zeros((d_gates.shape[1], len(weights[0].w_input)), d_gates.dtype)
    for one, d_gate in zip(weights, d_gates, strict=True):
        parallel_add_matmul(d_gate, transposed(one.w_input), d_inputs)
    return d_inputs


def affine(inputs: Array, w: Array, bias: Array) -> Array:
    """inputs w + bias."""
    outputs = np.empty((len(inputs), len(bias)), inputs.dtype)
    outputs[:] = bias
    parallel_add_matmul(inputs, w, outputs)
    return outputs


def product(a: Array, b: Array) -> Array:
    """a b."""
    out = np.zeros((a.shape[0], b.shape[1]), b.dtype)
    parallel_add_matmul(a, b, out)
    return out


def transposed(w: Array) -> Array:
    """The transposed weights, with rows that can be read in order."""
    return np.ascontiguousarray(w.T)


def _walks(offsets: Ints, S: int) -> tuple[Ints, Ints]:
    """Who walks with whom, and in which order, so that threads get equal shares of frames.

    Fours of like length walk side by side. Threads take equal runs of the tasks, so the longest
    fours are dealt first into four hands, back and forth, and the hands laid end to end.
    """
    order = np.argsort(-np.diff(offsets), kind="stable")
    hands = np.array([0, 1, 2, 3, 3, 2, 1, 0])[np.arange(S * -(-len(order) // 4)) % 8]
    return order, np.argsort(hands, kind="stable")

"""Frames that arrive, through a whole network in one call, so that Python is entered once a push.

Equations: docs/course/lstm.md, docs/course/rnn.md.
"""

import numpy as np

from refkd.kernels.compile import kernel
from refkd.kernels.lstm import lstm_forward
from refkd.kernels.matmul import add_vector_matmul
from refkd.kernels.rnn import rnn_forward


@kernel
def push_frames(frames, weights, output, states, now, gates, hidden, cell, logits):
    """Walk on from states[now] to states[1 - now]; False if a number in or out is not finite.

    frames (n, F)  logits (n, K)  the latter filled
    weights (P, G)                w_input, w_hidden and bias of each layer, one below the other
    output (H + 1, K)             w and bias of the linear layer
    states (2, layers, 2, H)      h and c of each layer
    gates (1, G)  hidden (1, H)   scratch
    cell (1, H)                   scratch; None for the tanh cell: Numba then leaves out the other
    """
    H = hidden.shape[1]
    after = states[1 - now]
    for layer in range(len(after)):
        copy_row(states[now, layer, 0], after[layer, 0])
        copy_row(states[now, layer, 1], after[layer, 1])
    for t in range(len(frames)):
        x, row = frames[t], 0
        for layer in range(len(after)):
            h, c = after[layer, 0], after[layer, 1]
            recurrent = row + len(x)
            bias = recurrent + H
            affine_row(x, weights[row:recurrent], weights[bias], gates[0])
            if cell is None:
                rnn_forward(gates, weights[recurrent:bias], h, False, hidden)
            else:
                lstm_forward(gates, weights[recurrent:bias], h, c, False, hidden, cell)
                copy_row(cell[0], c)
            copy_row(hidden[0], h)
            x, row = h, bias + 1
        affine_row(x, output[:H], output[H], logits[t])
    return all_finite(frames) and all_finite(logits)


@kernel
def affine_row(x, w, bias, out):
    """Fill out (N,) with x w + bias."""
    copy_row(bias, out)
    add_vector_matmul(x, w, out)


@kernel
def copy_row(row, other):
    """A loop, because Numba takes 1.6 s to compile the error message of `other[:] = row`."""
    for j in range(len(row)):
        other[j] = row[j]


@kernel
def all_finite(rows):
    """Whether no number is NaN or infinite; counted to the end, as such a loop is vectorised."""
    wrong = 0
    for t in range(len(rows)):
        for j in range(rows.shape[1]):
            wrong += 0 if np.isfinite(rows[t, j]) else 1
    return wrong == 0

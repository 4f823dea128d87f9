"""Frames that arrive, through a whole network in one call, so that Python is entered once a push.

Equations: docs/course/lstm.md, docs/course/rnn.md.
"""

import numpy as np

from refkd.kernels.compile import kernel
from refkd.kernels.lstm import lstm_forward
from refkd.kernels.matmul import add_matmul
from refkd.kernels.rnn import rnn_forward


@kernel
def push_frames(frames, weights, output, states, now, gates, hidden, cell, logits):
    """Walk on from states[now] to states[1 - now]; False if a number in or out is not finite.

    frames (n, F)  logits (n, K)        the latter filled
    weights (P, G)                      w_input, w_hidden, bias of each layer, one below the other
    output (H + 1, K)                   w and bias of the linear layer
    states (2, layers, 2, H)            h and c of each layer
    gates (B, G)  hidden, cell (B, H)   scratch: B frames go through all layers together
    """
    B, H = hidden.shape
    after = states[1 - now]
    after[:] = states[now]
    for first in range(0, len(frames), B):
        inputs = frames[first : first + B]
        n, row = len(inputs), 0
        for layer in range(len(after)):
            recurrent = row + inputs.shape[1]
            bias = recurrent + H
            affine(inputs, weights[row:recurrent], weights[bias], gates[:n])
            h, c, w_hidden = after[layer, 0], after[layer, 1], weights[recurrent:bias]
            if gates.shape[1] == H:
                rnn_forward(gates[:n], w_hidden, h, False, hidden[:n])
            else:
                lstm_forward(gates[:n], w_hidden, h, c, False, hidden[:n], cell[:n])
            h[:], c[:] = hidden[n - 1], cell[n - 1]
            inputs, row = hidden[:n], bias + 1
        affine(inputs, output[:H], output[H], logits[first : first + B])
    return all_finite(frames) and all_finite(logits)


@kernel
def affine(inputs, w, bias, outputs):
    """Fill outputs (n, G) with inputs w + bias."""
    for t in range(len(outputs)):
        outputs[t] = bias
    add_matmul(inputs, w, outputs)


@kernel
def all_finite(rows):
    """Whether no number is NaN or infinite, counted to the end: such a loop is vectorised."""
    wrong = 0
    for t in range(len(rows)):
        for x in rows[t]:
            wrong += 0 if np.isfinite(x) else 1
    return wrong == 0

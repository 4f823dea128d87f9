"""The LSTM of one utterance, forward and backward through time. Equations: docs/lstm.md.

Gates lie side by side in the order i, f, g, o, each H wide.
"""

import numpy as np
from numba import prange

from refkd.kernels.compile import kernel
from refkd.kernels.matmul import add_vector_matmul
from refkd.kernels.numeric import sigmoid, tanh


@kernel(contract=True)
def lstm_forward(gates, w_hidden, h0, c0, reverse, hidden, cell):
    """Walk through one utterance, from its end if `reverse`.

    gates        (T, 4H)  x W + b of every frame; leaves as the opened gates i, f, g, o
    w_hidden     (H, 4H)
    h0, c0       (H,)     state before the first step
    hidden, cell (T, H)   filled; row t belongs to frame t in either direction
    """
    T, H = hidden.shape
    h, c = h0, c0
    for step in range(T):
        t = T - 1 - step if reverse else step
        add_vector_matmul(h, w_hidden, gates[t])  # (L1)
        open_gates(gates[t])
        i, f, g, o = four_parts(gates[t])
        for j in range(H):
            cell[t, j] = f[j] * c[j] + i[j] * g[j]  # (L6)
            hidden[t, j] = o[j] * tanh(cell[t, j])  # (L7)
        h, c = hidden[t], cell[t]


@kernel
def four_parts(row):
    """Views of i, f, g, o in one row of gates."""
    H = row.size // 4
    return row[:H], row[H : 2 * H], row[2 * H : 3 * H], row[3 * H :]


@kernel
def open_gates(row):
    """Squash one row of gates in place."""
    H = row.size // 4
    for j in range(2 * H):
        row[j] = sigmoid(row[j])  # (L2) (L3)
    for j in range(2 * H, 3 * H):
        row[j] = tanh(row[j])  # (L4)
    for j in range(3 * H, 4 * H):
        row[j] = sigmoid(row[j])  # (L5)


@kernel(contract=True)
def lstm_backward(gates, cell, c0, w_hidden_t, d_hidden, reverse, d_gates, d_h, d_c):
    """Walk the same utterance the other way and collect the gradients.

    gates, cell  (T, 4H) (T, H)  as left by `lstm_forward`
    w_hidden_t   (4H, H)  the transposed weights, so that their rows are read in order
    d_hidden     (T, H)   gradient of every hidden[t]
    d_gates      (T, 4H)  filled: gradient of x W + b of every frame
    d_h, d_c     (H,)     gradient of the last state; leave as the gradient of h0 and c0
    """
    T, H = cell.shape
    for step in range(T):
        t = step if reverse else T - 1 - step
        c = c0
        if step < T - 1:
            c = cell[t + 1] if reverse else cell[t - 1]
        i, f, g, o = four_parts(gates[t])
        d_i, d_f, d_g, d_o = four_parts(d_gates[t])
        for j in range(H):
            tanh_c = tanh(cell[t, j])
            d_hj = d_h[j] + d_hidden[t, j]  # (L8)
            d_cj = d_c[j] + d_hj * (o[j] - o[j] * tanh_c * tanh_c)  # (L9)
            d_i[j] = d_cj * g[j] * (i[j] - i[j] * i[j])  # (L10)
            d_f[j] = d_cj * c[j] * (f[j] - f[j] * f[j])  # (L11)
            d_g[j] = d_cj * (i[j] - i[j] * g[j] * g[j])  # (L12)
            d_o[j] = d_hj * tanh_c * (o[j] - o[j] * o[j])  # (L13)
            d_c[j] = d_cj * f[j]  # (L14)
            d_h[j] = 0
        add_vector_matmul(d_gates[t], w_hidden_t, d_h)  # (L15)


@kernel(parallel=True)
def lstm_forward_batch(gates, w_hidden, offsets, order, hidden, cell):
    """Walk every utterance in every direction from zero states, in parallel.

    gates (S, sum T, 4H)  w_hidden (S, H, 4H)  hidden, cell (S, sum T, H)
    S = 1 direction or 2, the second in reverse; order (S N,) says which comes when
    """
    N = offsets.size - 1
    zero = np.zeros(w_hidden.shape[1], w_hidden.dtype)
    for task in prange(order.size):
        s, n = order[task] // N, order[task] % N
        frames = slice(offsets[n], offsets[n + 1])
        lstm_forward(
            gates[s, frames], w_hidden[s], zero, zero, s == 1, hidden[s, frames], cell[s, frames]
        )


@kernel(parallel=True)
def lstm_backward_batch(gates, cell, w_hidden_t, d_hidden, offsets, order, d_gates):
    """Walk back through every utterance in every direction, in parallel.

    w_hidden_t (S, 4H, H)  d_hidden (S, sum T, H)  d_gates (S, sum T, 4H)  else as forward
    """
    N = offsets.size - 1
    H = w_hidden_t.shape[2]
    zero = np.zeros(H, w_hidden_t.dtype)
    for task in prange(order.size):
        s, n = order[task] // N, order[task] % N
        frames = slice(offsets[n], offsets[n + 1])
        d_h, d_c = np.zeros(H, w_hidden_t.dtype), np.zeros(H, w_hidden_t.dtype)
        lstm_backward(
            gates[s, frames],
            cell[s, frames],
            zero,
            w_hidden_t[s],
            d_hidden[s, frames],
            s == 1,
            d_gates[s, frames],
            d_h,
            d_c,
        )

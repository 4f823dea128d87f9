"""The LSTM of one utterance, forward and backward through time. Equations: docs/course/lstm.md.

Gates lie side by side in the order i, f, g, o, each H wide.
"""

from refkd.kernels.compile import kernel
from refkd.kernels.matmul import add_vector_matmul
from refkd.kernels.numeric import sigmoid, tanh


@kernel
def four_parts(row):
    """Views of i, f, g, o in one row of gates."""
    H = row.size // 4
    return row[:H], row[H : 2 * H], row[2 * H : 3 * H], row[3 * H :]


@kernel(contract=True)
def step_forward(gates, c_before, cell, hidden):
    """Open the gates of one frame in place and fill its cell and hidden state."""
    i, f, g, o = four_parts(gates)
    H = cell.size
    for j in range(2 * H):
        gates[j] = sigmoid(gates[j])  # (L2) (L3)
    for j in range(H):
        g[j] = tanh(g[j])  # (L4)
    for j in range(H):
        o[j] = sigmoid(o[j])  # (L5)
    for j in range(H):
        cell[j] = f[j] * c_before[j] + i[j] * g[j]  # (L6)
    for j in range(H):
        hidden[j] = o[j] * tanh(cell[j])  # (L7)


@kernel(contract=True)
def step_backward(gates, c_before, cell, d_hidden, d_gates, d_h, d_c):
    """Fill d_gates of one frame; d_c passes on to the frame before, d_h is emptied for it."""
    i, f, g, o = four_parts(gates)
    d_i, d_f, d_g, d_o = four_parts(d_gates)
    for j in range(cell.size):
        tanh_c = tanh(cell[j])
        d_hj = d_h[j] + d_hidden[j]  # (L8)
        d_cj = d_c[j] + d_hj * (o[j] - o[j] * tanh_c * tanh_c)  # (L9)
        d_i[j] = d_cj * g[j] * (i[j] - i[j] * i[j])  # (L10)
        d_f[j] = d_cj * c_before[j] * (f[j] - f[j] * f[j])  # (L11)
        d_g[j] = d_cj * (i[j] - i[j] * g[j] * g[j])  # (L12)
        d_o[j] = d_hj * tanh_c * (o[j] - o[j] * o[j])  # (L13)
        d_c[j] = d_cj * f[j]  # (L14)
        d_h[j] = 0


@kernel
def lstm_forward(gates, w_hidden, h0, c0, reverse, hidden, cell):
    """Walk through one utterance, from its end if `reverse`.

    gates        (T, 4H)  x W_x + b of every frame; leaves as the opened gates i, f, g, o
    w_hidden     (H, 4H)
    h0, c0       (H,)     state before the first step
    hidden, cell (T, H)   filled; row t belongs to frame t in either direction
    """
    T = len(hidden)
    h, c = h0, c0
    for step in range(T):
        t = T - 1 - step if reverse else step
        add_vector_matmul(h, w_hidden, gates[t])  # (L1)
        step_forward(gates[t], c, cell[t], hidden[t])
        h, c = hidden[t], cell[t]


@kernel
def lstm_backward(gates, cell, c0, w_hidden_t, d_hidden, reverse, d_gates, d_h, d_c):
    """Walk the same utterance the other way and collect the gradients.

    gates, cell  (T, 4H) (T, H)  as left by `lstm_forward`
    w_hidden_t   (4H, H)  the transposed weights, so that their rows are read in order
    d_hidden     (T, H)   gradient of every hidden[t]
    d_gates      (T, 4H)  filled: gradient of x W_x + b of every frame
    d_h, d_c     (H,)     gradient of the last state; leave as the gradient of h0 and c0
    """
    T = len(cell)
    before = 1 if reverse else -1
    for step in range(T):
        t = step if reverse else T - 1 - step
        c_before = cell[t + before] if step < T - 1 else c0
        step_backward(gates[t], c_before, cell[t], d_hidden[t], d_gates[t], d_h, d_c)
        add_vector_matmul(d_gates[t], w_hidden_t, d_h)  # (L15)

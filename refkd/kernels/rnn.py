"""The plain recurrent layer of one utterance, both passes. Equations: docs/course/rnn.md."""

from refkd.kernels.compile import kernel
from refkd.kernels.matmul import add_vector_matmul
from refkd.kernels.numeric import tanh


@kernel
def rnn_forward(gates, w_hidden, h0, reverse, hidden):
    """Walk through one utterance, from its end if `reverse`.

    gates     (T, H)  x W_x + b of every frame; leaves with the share of the state before
    w_hidden  (H, H)
    h0        (H,)    state before the first step
    hidden    (T, H)  filled; row t belongs to frame t in either direction
    """
    T, H = hidden.shape
    h = h0
    for step in range(T):
        t = T - 1 - step if reverse else step
        add_vector_matmul(h, w_hidden, gates[t])  # (R1)
        for j in range(H):
            hidden[t, j] = tanh(gates[t, j])  # (R2)
        h = hidden[t]


@kernel
def rnn_backward(hidden, w_hidden_t, d_hidden, reverse, d_gates, d_h):
    """Walk the same utterance the other way and collect the gradients.

    hidden      (T, H)  as filled by `rnn_forward`
    w_hidden_t  (H, H)  the transposed weights, so that their rows are read in order
    d_hidden    (T, H)  gradient of every hidden[t]
    d_gates     (T, H)  filled: gradient of x W_x + b of every frame
    d_h         (H,)    gradient of the last state; leaves as the gradient of h0
    """
    T, H = hidden.shape
    for step in range(T):
        t = step if reverse else T - 1 - step
        for j in range(H):
            d_hj = d_h[j] + d_hidden[t, j]  # (R3)
            d_gates[t, j] = d_hj * (1 - hidden[t, j] * hidden[t, j])  # (R4)
            d_h[j] = 0
        add_vector_matmul(d_gates[t], w_hidden_t, d_h)  # (R5)

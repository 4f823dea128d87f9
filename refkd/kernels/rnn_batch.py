"""The plain cell for speed: a batch in parallel."""

from numba import prange

from refkd.kernels.compile import kernel
from refkd.kernels.rnn import rnn_backward, rnn_forward


@kernel(parallel=True)
def rnn_forward_batch(gates, w_hidden, offsets, zero, hidden):
    """Walk every utterance in every direction from zero states, in parallel.

    gates, hidden (S, sum T, H)  w_hidden (S, H, H)  zero (H,)
    S = 1 direction or 2, the second in reverse
    """
    S = len(gates)
    for task in prange(S * (offsets.size - 1)):
        s, n = task % S, task // S
        frames = slice(offsets[n], offsets[n + 1])
        rnn_forward(gates[s, frames], w_hidden[s], zero, s == 1, hidden[s, frames])


@kernel(parallel=True)
def rnn_backward_batch(hidden, w_hidden_t, d_hidden, offsets, d_gates, d_h):
    """Walk back through every utterance in every direction, in parallel.

    w_hidden_t (S, H, H)  d_hidden, d_gates (S, sum T, H)  d_h (S, N, H)  else as forward
    """
    S = len(hidden)
    for task in prange(S * (offsets.size - 1)):
        s, n = task % S, task // S
        frames = slice(offsets[n], offsets[n + 1])
        rnn_backward(
            hidden[s, frames],
            w_hidden_t[s],
            d_hidden[s, frames],
            s == 1,
            d_gates[s, frames],
            d_h[s, n],
        )

"""The plain cell for speed: a batch in parallel."""

from refkd.kernels.compile import kernel
from refkd.kernels.rnn import rnn_backward, rnn_forward


@kernel
def rnn_forward_share(share, shares, batch):
    """Every `shares`-th utterance in every direction is walked from zero states.

    batch: gates, hidden (S, sum T, H)  w_hidden (S, H, H)  offsets (N + 1,)  zero (H,)
    S = 1 direction or 2, the second in reverse
    """
    gates, w_hidden, offsets, zero, hidden = batch
    S = len(gates)
    for task in range(share, S * (offsets.size - 1), shares):
        s, n = task % S, task // S
        frames = slice(offsets[n], offsets[n + 1])
        rnn_forward(gates[s, frames], w_hidden[s], zero, s == 1, hidden[s, frames])


@kernel
def rnn_backward_share(share, shares, batch):
    """Every `shares`-th utterance in every direction is walked back.

    batch: hidden, d_hidden, d_gates (S, sum T, H)  w_hidden_t (S, H, H)  d_h (S, N, H)
    """
    hidden, w_hidden_t, d_hidden, offsets, d_gates, d_h = batch
    S = len(hidden)
    for task in range(share, S * (offsets.size - 1), shares):
        s, n = task % S, task // S
        frames = slice(offsets[n], offsets[n + 1])
        rnn_backward(
            hidden[s, frames], w_hidden_t[s], d_hidden[s, frames], s == 1, d_gates[s, frames],
            d_h[s, n],
        )  # fmt: skip

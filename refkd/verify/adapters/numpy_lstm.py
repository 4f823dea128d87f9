"""A plain NumPy LSTM without a gradient, as an adapter to copy."""

import numpy as np


def lstm(inputs, lengths, w_input, w_hidden, bias, bias_hidden, h0, c0, reverse, *upstream):
    """hidden, h_last and c_last; gates i, f, g, o side by side, weights (D, 4H) and (H, 4H)."""
    (T, N, _), H = inputs.shape, h0.shape[1]
    hidden = np.zeros((T, N, H), dtype=inputs.dtype)
    h_last, c_last = h0.copy(), c0.copy()
    for n in range(N):
        h, c = h0[n], c0[n]
        frames = range(lengths[n])
        for t in reversed(frames) if reverse else frames:
            a = inputs[t, n] @ w_input + h @ w_hidden + bias + bias_hidden
            i, f, g, o = np.split(a, 4)
            c = c * _sigmoid(f) + _sigmoid(i) * np.tanh(g)
            h = _sigmoid(o) * np.tanh(c)
            hidden[t, n] = h
        h_last[n], c_last[n] = h, c
    return hidden, h_last, c_last


def _sigmoid(a):
    return 0.5 + 0.5 * np.tanh(0.5 * a)

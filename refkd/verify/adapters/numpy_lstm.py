"""A plain NumPy LSTM without a gradient, as an adapter to copy."""

from typing import Any

import numpy as np


def lstm(
    inputs: Any,
    lengths: Any,
    w_input: Any,
    w_hidden: Any,
    bias: Any,
    bias_hidden: Any,
    h0: Any,
    c0: Any,
    reverse: int,
    *above: Any,
) -> tuple[Any, ...]:
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


def _sigmoid(a: Any) -> Any:
    return 0.5 + 0.5 * np.tanh(0.5 * a)

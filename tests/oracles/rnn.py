"""The plain recurrent layer in NumPy, step by step, for real or complex input."""

import numpy as np


def rnn(w_input, w_hidden, bias, inputs, h0, reverse=False):
    """hidden (T, H); row t is frame t."""
    h = h0
    rows = []
    for x in inputs[::-1] if reverse else inputs:
        h = np.tanh(x @ w_input + h @ w_hidden + bias)
        rows.append(h)
    return np.array(rows[::-1] if reverse else rows)

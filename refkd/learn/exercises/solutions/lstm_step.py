"""One step of an LSTM."""

import numpy as np


def lstm_step(x, h, c, w_input, w_hidden, bias):
    """Compute the four gates, the cell state and the hidden state of one frame.

    The weights of the gates i, f, g, o lie side by side, in this order: columns 0 to H - 1 belong
    to i, the next H to f, and so on.

    Parameters
    ----------
    x : (F,) array
        The input x_t.
    h, c : (H,) array
        Hidden state and cell state before, h_{t-1} and c_{t-1}.
    w_input : (F, 4H) array
        W_x.
    w_hidden : (H, 4H) array
        W_h. Row j has the weights from unit j of the hidden state before to all four parts.
    bias : (4H,) array
        b.

    Returns
    -------
    i, f, g, o : (H,) array
        The gates, after sigma or tanh.
    cell : (H,) array
        c_t.
    hidden : (H,) array
        h_t.

    Equations
    ---------
    a_i, a_f, a_g, a_o are the four parts of a_t.

    (L1)
    (L2)
    (L3)
    (L4)
    (L5)
    (L6)
    (L7)

    Examples
    --------
    One unit. Only g depends on the input, which is 1, so the gates i, f, o are sigma(0) = 1/2:
    g = tanh 1 = 0.7616, c = 0/2 + g/2 = 0.3808, h = tanh(c)/2 = 0.1817.

    >>> w_input, zero = np.array([[0.0, 0.0, 1.0, 0.0]]), np.zeros(1)
    >>> step = lstm_step(np.array([1.0]), zero, zero, w_input, np.zeros((1, 4)), np.zeros(4))
    >>> [round(float(value[0]), 4) for value in step]
    [0.5, 0.5, 0.7616, 0.5, 0.3808, 0.1817]
    """
    F, H = len(x), len(h)
    a = np.empty(4 * H)
    for j in range(4 * H):
        a[j] = bias[j]
        for d in range(F):
            a[j] += x[d] * w_input[d, j]
        for k in range(H):
            a[j] += h[k] * w_hidden[k, j]
    i, f, g, o, cell, hidden = np.empty((6, H))
    for j in range(H):
        i[j] = sigma(a[j])
        f[j] = sigma(a[H + j])
        g[j] = np.tanh(a[2 * H + j])
        o[j] = sigma(a[3 * H + j])
        cell[j] = f[j] * c[j] + i[j] * g[j]
        hidden[j] = o[j] * np.tanh(cell[j])
    return i, f, g, o, cell, hidden


def sigma(a):
    """The sigmoid, by tanh, which never overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * a)

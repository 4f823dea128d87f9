"""One step of a plain recurrent layer."""

import numpy as np


def tanh_step(x, h, w_input, w_hidden, bias):
    """Compute the hidden state after one frame from the hidden state before it.

    Parameters
    ----------
    x : (F,) array
        The input x_t.
    h : (H,) array
        The hidden state before, h_{t-1}.
    w_input : (F, H) array
        W_x.
    w_hidden : (H, H) array
        W_h. Element [j', j] is the weight from unit j' of the hidden state before to unit j.
    bias : (H,) array
        b.

    Returns
    -------
    hidden : (H,) array
        h_t.

    Equations
    ---------
    (R1)
    (R2)

    Examples
    --------
    One unit with W_x = 1 and W_h = 1/2. The inputs are 1 and 0, so the hidden states are
    tanh 1 = 0.7616 and tanh(0.7616 / 2) = 0.3634.

    >>> one, half, zero = np.array([[1.0]]), np.array([[0.5]]), np.array([0.0])
    >>> h = tanh_step(np.array([1.0]), zero, one, half, zero)
    >>> h.round(4)
    array([0.7616])
    >>> tanh_step(np.array([0.0]), h, one, half, zero).round(4)
    array([0.3634])
    """
    F, H = w_input.shape
    hidden = np.empty(H)
    for j in range(H):
        a = bias[j]
        for i in range(F):
            a += x[i] * w_input[i, j]
        for i in range(H):
            a += h[i] * w_hidden[i, j]
        hidden[j] = np.tanh(a)
    return hidden

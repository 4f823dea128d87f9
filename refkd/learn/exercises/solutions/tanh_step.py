"""One step of a plain recurrent layer."""

import numpy as np


def tanh_step(x, h, w_input, w_hidden, bias):
    """Read one frame: from the state before to the state after.

    Parameters
    ----------
    x : (D,) array
        The frame x_t.
    h : (H,) array
        The state before, h_{t-1}.
    w_input : (D, H) array
        W.
    w_hidden : (H, H) array
        U. Row i holds what unit i of the state before gives to each unit.
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
    One unit hears 1 with W = 1, then 0. Half of what it said comes back: tanh 1 = 0.7616, and
    tanh(0.7616 / 2) = 0.3634.

    >>> one, half, zero = np.array([[1.0]]), np.array([[0.5]]), np.array([0.0])
    >>> h = tanh_step(np.array([1.0]), zero, one, half, zero)
    >>> h.round(4)
    array([0.7616])
    >>> tanh_step(np.array([0.0]), h, one, half, zero).round(4)
    array([0.3634])
    """
    D, H = w_input.shape
    hidden = np.empty(H)
    for j in range(H):
        a = bias[j]
        for d in range(D):
            a += x[d] * w_input[d, j]
        for i in range(H):
            a += h[i] * w_hidden[i, j]
        hidden[j] = np.tanh(a)
    return hidden

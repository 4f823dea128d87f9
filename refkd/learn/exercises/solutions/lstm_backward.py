"""The backward pass of an LSTM."""

import numpy as np


def lstm_backward(x, gates, cell, hidden, h0, c0, w_input, w_hidden, d_hidden):
    """Compute the gradient in each value of an LSTM, from the last frame to the first.

    For any value v, dv is the derivative of the loss in v, and has the shape of v. The layer acts
    on the loss through its hidden states alone, so the loss is sum_t sum_j r_t[j] h_t[j]. Derive
    the equations (L8) to (L18) from the chain rule.

    Parameters
    ----------
    x : (T, F) array
        The inputs x_t.
    gates : (T, 4H) array
        i, f, g, o of each frame, after sigma or tanh: columns 0 to H - 1 are i, the next H f,
        and so on.
    cell, hidden : (T, H) array
        c_t and h_t, as the forward pass has left them.
    h0, c0 : (H,) array
        Hidden state and cell state before frame 0, h_{-1} and c_{-1}.
    w_input : (F, 4H) array
        W_x, its columns in the order of the gates.
    w_hidden : (H, 4H) array
        W_h, likewise.
    d_hidden : (T, H) array
        r_t, the derivative of the loss in h_t from above.

    Returns
    -------
    d_h, d_c : (T, H) array
        dh_t and dc_t, all uses included: the use at the next frame, too.
    d_i, d_f, d_g, d_o : (T, H) array
        Gradients in the four parts of a_t, before sigma and tanh.
    d_x : (T, F) array
        dx_t.
    d_w_input, d_w_hidden, d_bias : arrays of the shapes of W_x, W_h and b
        Gradients in the weights, summed over the frames.

    Equations
    ---------
    Given is the forward pass; a_i, a_f, a_g, a_o are the four parts of a_t.

    (L1)
    (L2)
    (L3)
    (L4)
    (L5)
    (L6)
    (L7)
    (L8) Derive: dh_t, from r_t and from dh_next, the part that comes through a_{t+1}.
    (L9) Derive: dc_t, from dh_t and from dc_next, the part that comes through c_{t+1}.
    (L10) Derive: da_i, from dc_t.
    (L11) Derive: da_f, from dc_t.
    (L12) Derive: da_g, from dc_t.
    (L13) Derive: da_o, from dh_t.
    (L14) Derive: dc_next of the frame before, from dc_t. It is 0 at the last frame.
    (L15) Derive: dh_next of the frame before, from da_t. It is 0 at the last frame.
    (L16) Derive: dx_t, from da_t.
    (L17) Derive: dW_x and dW_h, from all da_t.
    (L18) Derive: db, from all da_t.

    Examples
    --------
    Two frames, one unit, all weights 0. So i = f = o = 1/2 and g = 0, and the cell state is 0.8,
    0.4, 0.2 from c_{-1} on. The loss is h_1.

    >>> gates = np.array([[0.5, 0.5, 0.0, 0.5]] * 2)
    >>> cell = np.array([[0.4], [0.2]])
    >>> zero = np.zeros((1, 4))
    >>> d_h, d_c, d_i, d_f, d_g, d_o, *_ = lstm_backward(
    ...     np.ones((2, 1)), gates, cell, np.tanh(cell) / 2, np.zeros(1), np.array([0.8]),
    ...     zero, zero, np.array([[0.0], [1.0]]))
    >>> [value.ravel().round(4).tolist() for value in (d_h, d_c)]
    [[0.0, 1.0], [0.2403, 0.4805]]
    >>> [value.ravel().round(4).tolist() for value in (d_f, d_g, d_o)]
    [[0.0481, 0.0481], [0.1201, 0.2403], [0.0, 0.0493]]
    """
    (T, F), H = x.shape, len(h0)
    d_h, d_c, d_i, d_f, d_g, d_o = np.empty((6, T, H))
    d_x, d_w_input, d_w_hidden = np.empty((T, F)), np.zeros((F, 4 * H)), np.zeros((H, 4 * H))
    d_bias, d_h_next, d_c_next = np.zeros(4 * H), np.zeros(H), np.zeros(H)
    for t in range(T - 1, -1, -1):
        i, f, g, o = gates[t].reshape(4, H)
        h_before = hidden[t - 1] if t > 0 else h0
        c_before = cell[t - 1] if t > 0 else c0
        for j in range(H):
            tanh_c = np.tanh(cell[t, j])
            d_h[t, j] = d_hidden[t, j] + d_h_next[j]
            d_c[t, j] = d_c_next[j] + d_h[t, j] * o[j] * (1.0 - tanh_c**2)
            d_i[t, j] = d_c[t, j] * g[j] * i[j] * (1.0 - i[j])
            d_f[t, j] = d_c[t, j] * c_before[j] * f[j] * (1.0 - f[j])
            d_g[t, j] = d_c[t, j] * i[j] * (1.0 - g[j] ** 2)
            d_o[t, j] = d_h[t, j] * tanh_c * o[j] * (1.0 - o[j])
            d_c_next[j] = d_c[t, j] * f[j]
        d_a = [*d_i[t], *d_f[t], *d_g[t], *d_o[t]]
        for j in range(H):
            d_h_next[j] = sum(d_a[k] * w_hidden[j, k] for k in range(4 * H))
        for j in range(F):
            d_x[t, j] = sum(d_a[k] * w_input[j, k] for k in range(4 * H))
        for k in range(4 * H):
            for j in range(F):
                d_w_input[j, k] += x[t, j] * d_a[k]
            for j in range(H):
                d_w_hidden[j, k] += h_before[j] * d_a[k]
            d_bias[k] += d_a[k]
    return d_h, d_c, d_i, d_f, d_g, d_o, d_x, d_w_input, d_w_hidden, d_bias

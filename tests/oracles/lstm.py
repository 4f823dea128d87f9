"""LSTM, plain cell and stacked network in NumPy, step by step, for real or complex input."""

import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def clipped(x, limit):
    if limit is None:
        return x
    return np.where(np.abs(x.real) < limit, x, np.sign(x.real) * limit)


def lstm(
    w_input,
    w_hidden,
    bias,
    inputs,
    h0,
    c0,
    reverse=False,
    peepholes=(0.0, 0.0, 0.0),
    w_projection=None,
    coupled=False,
    cell_clip=None,
    gate_clip=None,
):
    """hidden (T, H), cell (T, H), gates (T, 4H) in the order i, f, g, o; row t is frame t."""
    h, c = h0, c0
    rows = []
    for x in inputs[::-1] if reverse else inputs:
        i, f, g, o = np.split(x @ w_input + h @ w_hidden + bias, 4)
        i = sigmoid(clipped(i + peepholes[0] * c, gate_clip))
        f = 1.0 - i if coupled else sigmoid(clipped(f + peepholes[1] * c, gate_clip))
        g = np.tanh(clipped(g, gate_clip))
        c = clipped(f * c + i * g, cell_clip)
        o = sigmoid(clipped(o + peepholes[2] * c, gate_clip))
        h = o * np.tanh(c)
        if w_projection is not None:
            h = h @ w_projection
        rows.append((h, c, np.concatenate([i, f, g, o])))
    if reverse:
        rows.reverse()
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def rnn(w_input, w_hidden, bias, inputs, h0, reverse=False):
    """The plain cell: hidden (T, H); row t is frame t."""
    h = h0
    rows = []
    for x in inputs[::-1] if reverse else inputs:
        h = np.tanh(x @ w_input + h @ w_hidden + bias)
        rows.append(h)
    return np.array(rows[::-1] if reverse else rows)


def network(values, inputs, masks=()):
    """Logits (T, K) of one utterance under parameters named as in Network.parameters().

    masks (T, S H), if any, multiply what each layer above the first hears.
    """
    layer = 0
    while f"layer{layer}.forward.bias" in values:
        if layer > 0 and len(masks) > 0:
            inputs = inputs * masks[layer - 1]
        outputs = []
        for direction in ("forward", "backward"):
            name = f"layer{layer}.{direction}."
            if name + "bias" in values:
                weights = [values[name + part] for part in ("w_input", "w_hidden", "bias")]
                rows, columns = weights[1].shape
                zero, reverse = np.zeros(rows), direction == "backward"
                if rows == columns:
                    outputs.append(rnn(*weights, inputs, zero, reverse))
                else:
                    outputs.append(lstm(*weights, inputs, zero, zero, reverse)[0])
        inputs = np.concatenate(outputs, axis=1)
        layer += 1
    return inputs @ values["output.w"] + values["output.bias"]


def dropout_masks(seed, dropout, layers, directions, frames, hidden):
    """What dropout keeps, one draw after the other in the documented order: for each layer above
    the first (frames, directions * hidden) of 0 or 1 / (1 - dropout)."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((layers - 1, frames, directions * hidden))
    for mask in masks:
        for s in range(directions):
            for t in range(frames):
                for j in range(hidden):
                    if rng.random() >= dropout:
                        mask[t, s * hidden + j] = 1.0 / (1.0 - dropout)
    return masks

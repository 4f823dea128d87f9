"""
How long a recurrent layer remembers
====================================

How much the last hidden state depends on the input of an earlier frame: the norm of its derivative
against the distance, for plain cells and for LSTMs of 24 units with random weights. The figure
belongs to the page on the plain recurrent layer.
"""

import numpy as np

import refkd
from refkd.kernels.rnn import rnn_backward, rnn_forward
from visualize.layout.labels import write_ends
from visualize.layout.layout import Strip, stacked_figure
from visualize.layout.style import EARLY, STUDENT, STUDENT_LINE, TEACHER, in_style

T, F, H = 41, 4, 24
rng = np.random.default_rng(0)
inputs = rng.normal(size=(T, F))

# %%
# The plain cell. One backward pass for each unit of h_last gives a row of every dh_last / dx_t.
# W_h is an orthogonal matrix times a number, so its factor in each step is exactly that number;
# everything beyond that comes from the slopes of tanh.

w_input = rng.normal(size=(F, H)) / np.sqrt(F) / 2
orthogonal, _ = np.linalg.qr(rng.normal(size=(H, H)))


def norms_of_plain(size):
    """|dh_last / dx_t| of every frame."""
    w_hidden = size * orthogonal
    gates, hidden = inputs @ w_input, np.empty((T, H))
    rnn_forward(gates, w_hidden, np.zeros(H), False, hidden)
    rows = []
    for unit in np.eye(H):
        d_gates, nothing = np.empty((T, H)), np.zeros((T, H))
        rnn_backward(hidden, w_hidden.T.copy(), nothing, False, d_gates, unit.copy())
        rows.append(d_gates @ w_input.T)
    return np.linalg.norm(rows, axis=(0, 2))


# %%
# The LSTM: the same weights for each gate, and a bias that keeps the forget gate open.

w_gates = rng.normal(size=(F, 4 * H)) / np.sqrt(F) / 2
w_h_gates = rng.normal(size=(H, 4 * H)) / np.sqrt(H) / 4


def norms_of_lstm(forget_bias):
    """|dh_last / dx_t| of every frame."""
    bias = np.repeat([0.0, forget_bias, 0.0, 0.0], H)
    params = refkd.LSTMParams(w_gates, w_h_gates, bias)
    trace = refkd.lstm_trace(params, inputs)
    nothing = np.zeros((T, H))
    rows = [refkd.lstm_grad(params, trace, nothing, d_h_last=unit).inputs for unit in np.eye(H)]
    return np.linalg.norm(rows, axis=(0, 2))


# %%
# Both, each relative to distance 0.

curves = {f"plain, W_h x {size:g}": norms_of_plain(size) for size in (0.7, 1.0, 2.0)}
curves |= {f"LSTM, forget bias {bias:g}": norms_of_lstm(bias) for bias in (0.0, 2.0, 4.0)}
colours = dict(zip(curves, 2 * (STUDENT, TEACHER, EARLY), strict=True))
text = (
    "Norm of the derivative of the last hidden state in the input at a distance, relative to "
    "distance 0. Dashed: plain cells, with W_h an orthogonal matrix times the given number. Solid: "
    "LSTMs. Random weights, one utterance of random inputs."
)
with in_style():
    figure, axes = stacked_figure([Strip("influence", 2.6)], (0.9, 3.6, 1.75), 0.15, text)
    panel = axes["influence"]
    panel.set(yscale="log", xlim=(0, T - 1), ylim=(1e-11, 1e3))
    panel.set_yticks(10.0 ** np.arange(-10, 3, 2))
    panel.yaxis.set_major_formatter("{x:g}")
    panel.minorticks_off()
    panel.set_xlabel("distance to the last frame (frames)")
    panel.set_ylabel("|dh_last / dx_t|, relative", parse_math=False)
    ends = {}
    for name, norms in curves.items():
        relative = norms[::-1] / norms[-1]
        style = STUDENT_LINE if name.startswith("plain") else "-"
        panel.plot(relative, color=colours[name], linestyle=style, gid=name)
        ends[name] = T - 1, relative[-1]
    write_ends(panel, ends, colours)

"""
The backward pass of an LSTM
============================

The loss is the sum of the last hidden state. At one frame an input closes all forget gates. Almost
no gradient passes to earlier frames through the cell there, so the rest passes through the weights.
The figure belongs to the page on the LSTM backward.
"""

import numpy as np

import refkd
from refkd.learn.explain.lstm_backward import Backward
from visualize.layout.labels import write_ends
from visualize.layout.layout import Strip, stacked_figure
from visualize.layout.style import BLANK, EARLY, STUDENT, STUDENT_LINE, TEACHER, TEXT, in_style

# %%
# An LSTM of 24 units with random weights and open forget gates. The last of its five inputs
# closes them at frame 30.

T, F, H, closed = 60, 4, 24, 30
rng = np.random.default_rng(1)
inputs = np.hstack([rng.normal(size=(T, F)), np.zeros((T, 1))])
inputs[closed, F] = 1.0
w_input = rng.normal(size=(F + 1, 4, H)) / np.sqrt(F) / 2
w_input[F] = 0.0
w_input[F, 1] = -8.0
w_hidden = rng.normal(size=(H, 4 * H)) / np.sqrt(H) / 2
bias = np.repeat([0.0, 2.5, 0.0, 0.0], H)
params = refkd.LSTMParams(w_input.reshape(F + 1, 4 * H), w_hidden, bias)
trace = refkd.lstm_trace(params, inputs)

# %%
# The backward pass, frame by frame. `one_frame` returns the gradient of this frame alone in the
# bias, da, and the gradients in the states of the frame before.

above = np.zeros((T, H))
above[-1] = 1.0
backward = Backward(params, trace, above)
d_h = d_c = np.zeros(H)
cell, weights, gates = np.zeros(T), np.zeros(T), np.zeros((4, T))
for t in reversed(range(T)):
    grads = backward.one_frame(t, d_h, d_c)
    d_h, d_c = grads.h0, grads.c0
    cell[t], weights[t] = np.linalg.norm(d_c), np.linalg.norm(d_h)
    gates[:, t] = np.linalg.norm(grads.bias.reshape(4, H), axis=1)

# %%
# Norms over the units, on a logarithmic axis.

panels = {
    "forget gate": {"f": (trace.gates[:, H : 2 * H].mean(axis=1), TEXT, "-")},
    "passed on": {
        "dc, cell": (cell, TEACHER, "-"),
        "dh, weights": (weights, STUDENT, STUDENT_LINE),
    },
    "gates": {
        name: (norm, colour, style)
        for name, norm, colour, style in zip(
            ("da_i", "da_f", "da_g", "da_o"),
            gates,
            (TEACHER, STUDENT, EARLY, BLANK),
            ("-", STUDENT_LINE, (0, (1.2, 1.0)), "-"),
            strict=True,
        )
    },
}
labels = {
    "forget gate": "forget gate,\nmean of units",
    "passed on": "norm passed to\nthe frame before",
    "gates": "norm in the\npreactivations",
}
limits = {"forget gate": (0, 1.05), "passed on": (2e-3, 4), "gates": (1e-4, 2)}
text = (
    "The loss is the sum of the last hidden state; read from right to left. Middle: gradients that "
    "frame t passes to the frame before, through the cell and through the weights W_h. Bottom: "
    "gradients in the preactivations of its gates. At frame 30 an input closes all forget gates. "
    "da_f of frame 0 is 0, because the cell before it is 0."
)
with in_style():
    strips = [
        Strip(name, height, 0.15) for name, height in zip(panels, (0.7, 1.6, 1.6), strict=True)
    ]
    figure, axes = stacked_figure(strips, (0.95, 4.6, 1.15), 0.0, text)
    for name, panel in axes.items():
        panel.set(xlim=(-0.5, T - 0.5), ylim=limits[name], ylabel=labels[name])
        panel.tick_params(labelbottom=name == "gates")
        if name != "forget gate":
            panel.set(yscale="log", ylim=limits[name])
            panel.yaxis.set_major_formatter("{x:g}")
            panel.minorticks_off()
        lines = panels[name]
        for line, (norm, colour, style) in lines.items():
            panel.plot(np.where(norm > 0, norm, np.nan), color=colour, linestyle=style, gid=line)
        write_ends(
            panel,
            {line: (T - 1, norm[-1]) for line, (norm, _, _) in lines.items()},
            {line: colour for line, (_, colour, _) in lines.items()},
        )
    axes["gates"].set_xlabel("frame t")

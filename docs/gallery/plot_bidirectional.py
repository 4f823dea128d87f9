"""
On which inputs an output depends
=================================

How strongly the output of every frame depends on the input of every frame: for a forward LSTM, for
a backward LSTM, and for both together. The figure belongs to the page on bidirectional networks.
"""

import numpy as np
from matplotlib.colors import LogNorm

import refkd
from visualize import in_style, new_figure
from visualize.layout.colorbar import colorbar_beside
from visualize.layout.layout import MARGIN, caption_height, write_caption
from visualize.layout.text import wrapped

# %%
# Two LSTMs with random weights, one for each direction, and the derivative of every hidden
# state in every input: one backward pass for each frame and unit.

T, F, H = 40, 3, 6
rng = np.random.default_rng(2)
inputs = rng.normal(size=(T, F))
bias = np.repeat([0.0, 1.5, 0.0, 0.0], H)


def squared_norms(reverse):
    """|d out_t / d x_t'|^2 for every t and t'."""
    w_input, w_hidden = rng.normal(size=(F, 4 * H)) / 2, rng.normal(size=(H, 4 * H)) / 4
    params = refkd.LSTMParams(w_input, w_hidden, bias)
    trace = refkd.lstm_trace(params, inputs, reverse=reverse)
    norms = np.zeros((T, T))
    for t in range(T):
        for j in range(H):
            d_hidden = np.zeros((T, H))
            d_hidden[t, j] = 1.0
            norms[t] += (refkd.lstm_grad(params, trace, d_hidden).inputs ** 2).sum(axis=1)
    return norms


# %%
# The output of a bidirectional layer holds both states, so the squares add up. Where the
# derivative is exactly 0 the map stays empty.

past, future = squared_norms(False), squared_norms(True)
maps = {"forward": past, "backward": future, "both": past + future}
maps = {name: np.ma.masked_equal(np.sqrt(square), 0.0) for name, square in maps.items()}

width, left, size, between = 7.0, 0.6, 1.65, 0.22
words = wrapped(
    "Colour: norm of the derivative of output t in input t', for random weights. Empty: exactly 0, "
    "because output t does not depend on input t'.",
    width - 2 * MARGIN,
)
height = 0.35 + size + 0.55 + caption_height(words)
with in_style():
    figure = new_figure(width, height)
    for n, (name, norms) in enumerate(maps.items()):
        x = left + n * (size + between)
        box = (x / width, 1 - (0.35 + size) / height, size / width, size / height)
        panel = figure.add_axes(box, label=name)
        norm = LogNorm(1e-4, 1.0)
        image = panel.imshow(norms, norm=norm, interpolation="none", gid=name)
        panel.set_title(name, loc="left")
        panel.set_xlabel("input frame t'")
        panel.set(xticks=range(0, T, 10), yticks=range(0, T, 10))
        panel.tick_params(labelleft=n == 0)
        if n == 0:
            panel.set_ylabel("output frame t")
    bar = colorbar_beside(panel, image, "|d out_t / d x_t'|", extend="min")
    bar.set_ticks([1e-4, 0.001, 0.01, 0.1, 1.0], labels=["0.0001", "0.001", "0.01", "0.1", "1"])
    bar.ax.minorticks_off()
    write_caption(figure, words)

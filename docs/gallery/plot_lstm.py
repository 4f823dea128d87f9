"""
What the gates of an LSTM do
============================

Three units with weights set by hand: one keeps the input of the last marked frame, one counts the
frames since then, one forgets slowly. The figure belongs to the page on the LSTM.
"""

import numpy as np

import refkd
from visualize import Phones, gates_figure

# %%
# Two inputs: a signal, and a mark that is 1 at the frames to keep and 0 at all others. The signal
# changes slowly; there are three marks, each one frame long.

T, H = 60, 3
rng = np.random.default_rng(3)
marks = np.array([5, 20, 46])
inputs = np.zeros((T, 2))
inputs[:, 0] = 1.2 * np.sin(np.arange(T) / 3.5) + 0.1 * rng.normal(size=T)
inputs[marks, 1] = 1.0

# %%
# The gates lie in the order i, f, g, o, each for the three units. A bias of -5 closes a gate
# (sigma = 0.007) and 5 opens it; the weight 10 of the mark changes one into the other.

keep, count, fade = range(H)
bias, w_input = np.zeros((4, H)), np.zeros((2, 4, H))
i, f, g, o = range(4)
bias[i], bias[f], bias[o] = [-5.0, -2.9, -1.0], [5.0, 5.0, 2.0], [4.0, 4.0, 4.0]
bias[g, count] = 2.0
w_input[1, i, keep], w_input[1, f, keep], w_input[0, g, keep] = 10.0, -10.0, 1.0
w_input[1, f, count] = -10.0
w_input[0, g, fade] = 1.0
params = refkd.LSTMParams(w_input.reshape(2, 4 * H), np.zeros((H, 4 * H)), bias.ravel())
trace = refkd.lstm_trace(params, inputs)

# %%
# Time is counted in frames of 20 ms.

shift = 0.02
commands = Phones(["keep"] * len(marks), (marks - 0.5) * shift, (marks + 0.5) * shift)
figure = gates_figure(
    trace,
    shift,
    phones=commands,
    title="Three units with weights set by hand",
    caption="Blue: keeps; grey: forgets slowly; yellow: counts. Top: the marked frames.",
    width=7.0,
)

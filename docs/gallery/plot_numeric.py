"""
A confident frame keeps its digits
==================================

The relative error of the loss of one frame when the network is nearly certain of its label, for
three ways to compute the same formula. The figure belongs to the page on exponentials.
"""

import math

import numpy as np

from refkd.kernels.numeric import log_softmax
from visualize.layout.layout import Strip, stacked_figure
from visualize.layout.legend import LEGEND, draw_legend, legend_height
from visualize.layout.style import EARLY, STUDENT, STUDENT_LINE, TEACHER, in_style

# %%
# Two classes, with a gap between their logits. The loss of the class with the larger logit is
# log(1 + e^-gap), which for a wide gap is nearly e^-gap: small, but all that is left to reduce.

gaps = np.arange(0.0, 60.0, 0.25)
logits = np.stack([gaps, np.zeros_like(gaps)], axis=1)
true = np.array([math.log1p(math.exp(-gap)) for gap in gaps])

# %%
# As refkd computes it; with the peak, the largest logit, inside the sum; and as the logarithm of a
# softmax, in float32.

logp = np.empty_like(logits)
log_softmax(logits, logp)
shifted = logits - logits.max(axis=1, keepdims=True)
inside = shifted[:, 0] - np.log(np.exp(shifted).sum(axis=1))
single = np.exp(shifted.astype(np.float32))
divided = np.log(single[:, 0] / single.sum(axis=1))
losses = {
    "peak taken out, as in refkd": -logp[:, 0],
    "peak inside the sum": -inside,
    "log(softmax), float32": -divided.astype(np.float64),
}
looks = {
    "peak taken out, as in refkd": (TEACHER, "-"),
    "peak inside the sum": (STUDENT, STUDENT_LINE),
    "log(softmax), float32": (EARLY, (0, (1.2, 1.0))),
}

# %%
# An error of 1 is total: the computed loss is 0, and so is its gradient.

text = (
    "Relative error of the loss of one frame with two classes, against the difference of their "
    "logits. 1: the computed loss is 0. Errors below 1e-17 are drawn at 1e-17."
)
with in_style():
    left, size, right = 0.75, 4.6, 0.3
    strips = [Strip(LEGEND, legend_height(list(looks), left + size)), Strip("error", 2.4, 0.1)]
    figure, axes = stacked_figure(strips, (left, size, right), 0.1, text)
    draw_legend(axes[LEGEND], looks)
    panel = axes["error"]
    for name, loss in losses.items():
        colour, line = looks[name]
        error = np.maximum(abs(loss / true - 1.0), 1e-17)
        panel.plot(gaps, error, color=colour, linestyle=line, gid=name)
    panel.set(yscale="log", xlim=(0, gaps[-1]), ylim=(5e-18, 8))
    panel.set_yticks([1e-16, 1e-12, 1e-8, 1e-4, 1.0])
    panel.yaxis.set_major_formatter("{x:g}")
    panel.minorticks_off()
    panel.set_xlabel("logit of the label minus the other logit (nats)")
    panel.set_ylabel("relative error of the loss")

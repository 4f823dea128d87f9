"""
The lattice of CTC
==================

Forward and backward variables and posterior of every state for the labels "a b b". The network is
uncertain: it gives some probability to "a" once and to "b" twice. The figure belongs to the page on
CTC.
"""

import numpy as np

import refkd
from visualize import lattice_figure

# %%
# Sixteen frames, three classes. The logit of the blank is 1 nat higher, except at four frames.
# The occupancy is the target of the gradient for each probability.

labels = [1, 2, 2]
logits = np.zeros((16, 3))
logits[:, 0] = 1.0
logits[3:5, 1] = logits[[8, 12], 2] = 2.0
trace, best = refkd.ctc_trace(logits, labels), refkd.ctc_align(logits, labels)
prob = trace.occupancy + trace.grad
for k, name in enumerate("-ab"):
    print(name, "probability", prob[:, k].round(1), "occupancy", trace.occupancy[:, k].round(1))

# %%
# Each column of the third table sums to 1. The two b have a blank between them on every path.

figure = lattice_figure(
    trace,
    ["-", "a", "b"],
    frame_shift=0.02,
    best=best,
    title="The labels \u201ca b b\u201d in sixteen frames",
    width=7.0,
)

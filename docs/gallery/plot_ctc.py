"""
The lattice of CTC
==================

Forward, backward and posterior of every state for the labels "a b b", from a network that is not
sure of anything: it has heard a little of "a" once and of "b" twice. It belongs to the page on CTC.
"""

import numpy as np

import refkd
from visualize import lattice_figure

# %%
# Sixteen frames, three classes. The blank is preferred, by 1 nat, but for four frames.
# The occupancy is what the gradient pulls each probability towards.

labels = [1, 2, 2]
logits = np.zeros((16, 3))
logits[:, 0] = 1.0
logits[3:5, 1] = logits[[8, 12], 2] = 2.0
trace, best = refkd.ctc_trace(logits, labels), refkd.ctc_align(logits, labels)
prob = trace.occupancy + trace.grad
for k, name in enumerate("-ab"):
    print(name, "says", prob[:, k].round(1), "should say", trace.occupancy[:, k].round(1))

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

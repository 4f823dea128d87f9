"""
Late or silent?
===============

A teacher has four spikes in sixty frames. Under FrameWise, a student with the same spikes three
frames later has 1.9 times the loss of a student that emits only blanks. Under the rules that
search, the late student has a small loss; but under some of them the silent student has a small
loss, too. The figure belongs to the page on frame-wise distillation.
"""

from visualize import toy_figure, toy_table

# %%
# The losses are computed from posteriors constructed for this figure; nothing is trained.
table = toy_table()
losses = table["FrameWise"]
print(f"{losses['3 frames late'] / losses['all blank']:.2f} times")

# %%
figure = toy_figure(table, width=7.0)

"""
Right but late, or silent?
==========================

A teacher spikes four times in sixty frames. Frame by frame, a student that says the same three
frames later is charged 1.9 times what a student is charged that never says anything. The rules
that search let it be late; not all of them notice that the silent one says nothing.
"""

from visualize import toy_figure, toy_table

# %%
# The charges are computed from posteriors made for this figure; nothing is trained.
table = toy_table()
charges = table["FrameWise"]
print(f"{charges['3 frames late'] / charges['all blank']:.2f} times")

# %%
figure = toy_figure(table, width=7.0)

"""
One-hot targets, soft targets and the target of CTC
===================================================

A one-hot target gives a frame one correct class. The posterior of a teacher also shows which
other classes are plausible, all the more at a higher temperature. CTC has no target for a frame:
for an untrained student the occupancy of a label is spread over many frames, whereas the teacher
shows where the label is.
"""

import numpy as np

import refkd
from visualize.layout.grid import grid_figure
from visualize.layout.legend import draw_legend, legend_height, looks_of
from visualize.layout.style import in_style

ONE_HOT, SOFT, FLATTER, CTC = "one-hot", "teacher", "teacher, temperature 4", "CTC (occupancy)"
CLASSES = ["-", "b", "p", "s"]

# %%
# One frame of the sound /b/: three targets.
posterior = np.array([0.10, 0.60, 0.28, 0.02])
flatter = posterior ** (1 / 4)
frame_targets = {
    ONE_HOT: np.array([0.0, 1.0, 0.0, 0.0]),
    SOFT: posterior,
    FLATTER: flatter / flatter.sum(),
}

# %%
# Twelve frames with the label b: the occupancy that CTC computes from a student whose logits are
# all 0, and a teacher with a spike at frame 5.
occupancy = refkd.ctc_trace(np.zeros((12, len(CLASSES))), [1]).occupancy
teacher = np.full(12, 0.01)
teacher[5] = posterior[1]

caption = (
    "Left: three targets for one frame of the sound /b/; in each group one-hot, teacher, teacher "
    "at temperature 4. Right: the target for the class b at twelve frames with the label b, from "
    "CTC for an untrained student and from a teacher."
)
left, right = "classes of one frame", "class b at twelve frames"
looks = looks_of([ONE_HOT, FLATTER, CTC, SOFT], teacher=SOFT)
with in_style():
    figure, axes = grid_figure(
        [left, right],
        2,
        (2.65, 1.7),
        (0.6, 0.55, 0.3, 0.4),
        caption,
        ylabel="probability in the target",
        legend=legend_height(list(looks), 6.0),
    )
    draw_legend(axes.pop("key of lines"), looks)
    for n, (name, target) in enumerate(frame_targets.items()):
        at = np.arange(len(CLASSES)) + 0.27 * (n - 1)
        axes[left].bar(at, target, width=0.25, color=looks[name][0])
    axes[left].set_xticks(range(len(CLASSES)), CLASSES)
    for name, target in ((CTC, occupancy[:, 1]), (SOFT, teacher)):
        colour, line = looks[name]
        axes[right].plot(
            target, color=colour, linestyle=line, linewidth=1.4, marker="o", markersize=3
        )
    axes[right].set_xticks(range(0, 12, 2))
    for name, panel in axes.items():
        panel.set(ylim=(0.0, 1.05))
        panel.set_title(name, loc="left", pad=3)
        panel.tick_params(labelbottom=True, labelleft=True)

"""
Losses of the rivals
====================

Instead of a search for each student frame, a rule can use a fixed shift, which fits a single lag,
or it can search from the teacher's side, which leaves frames of the student without a comparison.
The figure belongs to the page on rivals.
"""

import numpy as np

import refkd
from visualize import toy_figure
from visualize.figures.toy import FRAMES, SPIKE_FRAMES, WINDOW, toy_models

# %%
# Students of the small example. The last two emit more than the teacher.
models = toy_models()
teacher, late = models["teacher"], models["3 frames late"]
blank = teacher[0]
uneven = np.tile(blank, (FRAMES, 1))
for frame, lag in zip(SPIKE_FRAMES, (1, 2, 4, 5), strict=True):
    uneven[frame + lag] = teacher[frame]
ghost, plateau = late.copy(), late.copy()
ghost[55] = late[11]  # the symbol 1 once more, at the end
plateau[12:17] = late[11]  # and here six times in a row
students = {
    "3 frames late": late,
    "1 to 5 frames late": uneven,
    "all blank": models["all blank"],
    "late, one spike more": ghost,
    "late, one spike wide": plateau,
}

# %%
rules = {
    "FrameWise": refkd.FrameWise(),
    "Shift(3)": refkd.Shift(3),
    "PerTeacher": refkd.PerTeacher(WINDOW),
    "Hard": refkd.Hard(WINDOW),
    "OrderedPath": refkd.OrderedPath(WINDOW),
}
table = {
    name: {
        who: refkd.distill_loss(student, teacher, rule)[0] / FRAMES
        for who, student in students.items()
    }
    for name, rule in rules.items()
}
caption = (
    "Loss per frame (nats). The last two students emit more than the teacher: one more symbol at "
    "frame 55, or one for six frames. The window is the frame itself and 6 earlier ones."
)
figure = toy_figure(table, caption, width=7.0)

"""
A student that emits only blanks
================================

At the start of training a student emits the blank at every frame. Its logits follow the gradient of
CTC and of a rule for three hundred small steps. With Hard the student stays silent if the rule has
the same weight as CTC, and if the weight is smaller, its spikes do not move to the teacher's time.
A rule that selects every teacher frame moves the spikes into the window behind the teacher's. The
figure belongs to the page on the silent optimum.
"""

import numpy as np

import refkd
from visualize.figures.toy import SPIKE_FRAMES, SPIKE_LABELS, WINDOW, toy_models
from visualize.layout.layout import Strip, stacked_figure
from visualize.layout.style import FAINT, STUDENT, TEACHER, in_style

teacher = toy_models()["teacher"]
hard, ordered_path = refkd.Hard(WINDOW), refkd.OrderedPath(WINDOW)

# %%
# The gradient changes the logits directly, without a network, so that only the losses matter.


def trained(ctc, rule, weight):
    """Logits after three hundred steps of gradient descent from a silent start."""
    start = np.random.default_rng(0).normal(0.0, 0.3, teacher.shape)
    logits = start + np.array([3.0, 0.0, 0.0, 0.0, 0.0])
    for _ in range(300):
        from_ctc = refkd.ctc_loss(logits, SPIKE_LABELS)[1]
        from_rule = refkd.distill_loss(logits, teacher, rule)[1]
        logits = logits - 0.3 * (ctc * from_ctc + weight * from_rule)
    return logits


students = {
    "CTC alone": trained(1.0, hard, 0.0),
    "Hard alone": trained(0.0, hard, 1.0),
    "CTC + 0.3 Hard": trained(1.0, hard, 0.3),
    "CTC + 1.0 Hard": trained(1.0, hard, 1.0),
    "OrderedPath alone": trained(0.0, ordered_path, 1.0),
    "CTC + 1.0 OrderedPath": trained(1.0, ordered_path, 1.0),
}

# %%
# The empty panels are the silent students.
caption = (
    "Probability that a frame is not blank. Shaded: the student frames with a spike of the teacher "
    "in their window, which is the frame itself and six earlier ones."
)
models = {"teacher": teacher, **students}
strips = [Strip(name, 0.4, 0.3) for name in models]
with in_style():
    figure, axes = stacked_figure(strips, (0.6, 6.1, 0.3), 0.0, caption)
    for name, logits in models.items():
        panel, prob = axes[name], np.exp(logits)
        labelled = 1.0 - prob[:, 0] / prob.sum(axis=1)
        for frame in SPIKE_FRAMES:
            panel.axvspan(frame - 0.5, frame + WINDOW.left + 0.5, color=FAINT, linewidth=0)
        colour = TEACHER if name == "teacher" else STUDENT
        panel.bar(np.arange(len(labelled)), labelled, width=0.8, color=colour)
        panel.set(xlim=(-0.5, len(labelled) - 0.5), ylim=(0.0, 1.0), yticks=(0.0, 1.0))
        panel.set_title(name, loc="left", pad=3)
        panel.tick_params(labelbottom=panel is axes["CTC + 1.0 OrderedPath"])
    panel.set_xlabel("frame")

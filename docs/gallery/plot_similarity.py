"""
Four divergences and their gradients
====================================

The teacher gives a symbol the probability 0.8. What is the divergence of a student that gives it a
probability between 0.001 and 0.999, and how large is the gradient? The gradient of the
Kullback-Leibler divergence is largest where the student gives the symbol almost no probability;
the gradients of the reverse and of Jensen-Shannon are almost 0 there. The figure belongs to the
page on similarity.
"""

import numpy as np

import refkd
from visualize.layout.grid import grid_figure
from visualize.layout.legend import draw_legend, legend_height, looks_of
from visualize.layout.style import TEACHER, in_style

# %%
# One frame for each student, all compared with the same teacher frame. The logits of a student
# frame are 0 and the log odds of the symbol.
odds = np.linspace(np.log(0.001 / 0.999), np.log(0.999 / 0.001), 401)
student = np.stack([np.zeros_like(odds), odds], axis=1)
teacher = np.tile(np.log([0.2, 0.8]), (odds.size, 1))
traces = {
    kind: refkd.distill_trace(student, teacher, refkd.FrameWise(), kind)
    for kind in ("kl", "reverse_kl", "js", "cross_entropy")
}

# %%
# Cross-entropy is kl plus the entropy of the teacher, so that both have the same gradient.
looks = looks_of(list(traces))
caption = (
    "Divergence of one student frame from one teacher frame of two classes, and its gradient in "
    "the student's logit of the symbol. Dotted: the teacher's 0.8. The gradient of cross_entropy "
    "is that of kl."
)
percent = np.array([0.001, 0.01, 0.1, 0.5, 0.8, 0.99, 0.999])
ticks = np.log(percent / (1 - percent))
with in_style():
    figure, axes = grid_figure(
        ["divergence (nats)", "gradient (nats per logit)"],
        2,
        (2.65, 2.2),
        (0.6, 0.6, 0.15, 0.55),
        caption,
        xlabel="the student's probability of the symbol",
        legend=legend_height(list(looks), 6.0),
    )
    draw_legend(axes.pop("key of lines"), looks)
    for label, panel in axes.items():
        for kind, trace in traces.items():
            values = trace.divergence[:, 0] if "divergence" in label else trace.grad[:, 1]
            colour, line = looks[kind]
            panel.plot(odds, values, color=colour, linestyle=line, linewidth=1.4)
        panel.axvline(np.log(4.0), color=TEACHER, linewidth=0.8, linestyle=":")
        panel.set_xticks(ticks, [f"{value:g}" for value in percent])
        panel.set_ylabel(label)
        panel.tick_params(labelleft=True)

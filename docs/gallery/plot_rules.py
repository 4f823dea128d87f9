"""
What nine rules select
======================

One student emits the same as its teacher, three frames later. Each panel shows the window of one
rule and the teacher frames that it selects: frame by frame, shifted, the most similar frames, the
cheapest path. The figure belongs to the page on selection.
"""

import refkd
from visualize import rules_figure
from visualize.figures.toy import toy_models

# %%
# Two spikes in 28 frames. All rules but the first three search in the frame itself and six
# earlier ones.
models = toy_models()
student, teacher = models["3 frames late"][:28], models["teacher"][:28]
window = refkd.Window(6)
rules = {
    "FrameWise": refkd.FrameWise(),
    "Shift(3)": refkd.Shift(3),
    "Blend, 2 to 4 earlier": refkd.Blend([0.0, 0.0, 0.25, 0.5, 0.25]),
    "Hard": refkd.Hard(window),
    "TopK, k = 3": refkd.TopK(window, 3, 0.3),
    "Soft, tau = 0.3": refkd.Soft(window, 0.3),
    "Monotone, step 0 or 1": refkd.Monotone(window, 1),
    "OrderedPath": refkd.OrderedPath(window),
    "PerTeacher": refkd.PerTeacher(window),
}
traces = {name: refkd.distill_trace(student, teacher, rule) for name, rule in rules.items()}
figure = rules_figure(traces, student, teacher, ["-", "a", "b", "c", "d"], 0.02)

"""
The cheapest ordered path
=========================

Nine frames, two spikes, a student that is two frames late. Each cell holds the cost of the
cheapest path that ends there. The cost is computed from the cells before it, and the path is then
read backwards from the last cell. The figure belongs to the page on order.
"""

import numpy as np
from matplotlib.patches import Rectangle

import refkd
from refkd.kernels import selection as kernels
from visualize.figures.toy import toy_models
from visualize.layout.grid import grid_figure
from visualize.layout.style import HEAT_MAP, in_style

# %%
# Frames of the small example: blank frames, one spike of class 1 and one of class 2.
models = toy_models()["teacher"]
blank, first, second = models[0], models[8], models[20]
teacher = np.stack([blank, blank, first, blank, blank, second, blank, blank, blank])
student = np.stack([blank, blank, blank, blank, first, blank, blank, second, blank])
window = refkd.Window(left=3)
T, W = len(student), window.left + 1

# %%
# The kernels fill the tables of which a trace keeps only the path.
rules = {
    "Monotone, step 0 or 1": refkd.Monotone(window, max_step=1),
    "OrderedPath": refkd.OrderedPath(window),
}
traces = {name: refkd.distill_trace(student, teacher, rule) for name, rule in rules.items()}
costs = {name: np.empty((T, W)) for name in rules}
selected = np.zeros((2, T, W), dtype=bool)
band = traces["OrderedPath"].divergence
kernels.select_monotone(
    band, 1, costs["Monotone, step 0 or 1"], np.zeros((T, W), dtype=np.int64), selected[0]
)
kernels.select_ordered_path(
    band, window.left, costs["OrderedPath"], np.zeros((T, W), dtype=np.int8), selected[1]
)


def square(banded):
    """The cells (u, t) of a band; nan outside of it."""
    cells = np.full((T, T), np.nan)
    for t in range(T):
        for u in range(max(0, t - window.left), t + 1):
            cells[u, t] = banded[t, u - t + window.left]
    return cells


# %%
# In Monotone every student frame has one cell; in OrderedPath also every teacher frame has one.
caption = (
    "Number: cost of the cheapest path that ends in the cell, in nats. Dark blue cells: D = 0, "
    "equal frames; yellow cells: D = 4.2 or 4.6. Framed: the selected path. Beside the frame "
    "numbers: the best class of the student (below) and of the teacher (left); - is the blank."
)
names = ["-", "1", "2"]
with in_style():
    figure, axes = grid_figure(
        list(rules),
        2,
        (3.1, 2.6),
        (0.6, 0.25, 0.35, 0.6),
        caption,
        xlabel="student frame",
        ylabel="teacher frame",
    )
    for name, panel in axes.items():
        cells = square(band)
        panel.imshow(cells, cmap=HEAT_MAP, origin="lower", aspect="auto", vmin=0.0, vmax=5.0)
        for u, t in np.argwhere(np.isfinite(cells)):
            cost, dark = square(costs[name])[u, t], cells[u, t] < 2.5
            colour = "#fefefe" if dark else "#010101"  # not those of the page
            panel.text(
                t,
                u,
                f"{cost:.1f}" if np.isfinite(cost) else "inf",
                ha="center",
                va="center",
                color=colour,
            )
        for t, u in traces[name].pairs:
            panel.add_patch(Rectangle((t - 0.44, u - 0.42), 0.88, 0.84, fill=False, color="white"))
        labels = {"x": student, "y": teacher}
        for axis, logits in labels.items():
            ticks = [
                f"{t}\n{names[k]}" if axis == "x" else f"{names[k]}  {t}"
                for t, k in enumerate(logits.argmax(axis=1))
            ]
            getattr(panel, f"set_{axis}ticks")(np.arange(T), ticks)
        panel.set_title(f"{name}: {traces[name].loss:.2f} nats", loc="left", weight="bold")
        panel.tick_params(length=0)

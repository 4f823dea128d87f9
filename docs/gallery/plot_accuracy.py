"""
How many digits an exponential has
==================================

The error of exp, sigmoid, tanh and log1p of the kernels in units of the last place, against
decimal arithmetic with 60 digits. The figure belongs to the guide on numerics.
"""

from decimal import Decimal, localcontext

import numpy as np

from refkd.kernels import numeric
from visualize.layout.grid import grid_figure
from visualize.layout.style import BLANK, STUDENT, STUDENT_LINE, TEACHER, in_style

# %%
# The functions in decimal arithmetic, with any number of digits.

EXACT = {
    "exp": lambda x: x.exp(),
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "tanh": lambda x: 1 - 2 / ((2 * x).exp() + 1),
    "log1p": lambda x: (1 + x).ln(),
}
LOOKS = {
    np.float32: {"color": STUDENT, "linestyle": STUDENT_LINE},
    np.float64: {"color": TEACHER},
}
RANGES = {"exp": (-8, 8), "sigmoid": (-8, 8), "tanh": (-8, 8), "log1p": (0, 2)}


def error_in_ulp(name, x):
    """Error of the kernel's result, divided by the distance of neighbouring numbers there."""
    computed = x.dtype.type(getattr(numeric, name)(x))
    with localcontext() as context:
        context.prec = 60
        truth = EXACT[name](Decimal(float(x)))
        return abs(
            float((Decimal(float(computed)) - truth) / Decimal(float(np.spacing(abs(computed)))))
        )


# %%
# Each range is divided into fifty intervals with forty random points each; the largest error of
# each interval is drawn. log1p is needed, and implemented, in float64 only.

STRETCHES, POINTS = 50, 40
rng = np.random.default_rng(0)
with in_style():
    figure, axes = grid_figure(
        list(EXACT),
        4,
        (1.35, 1.4),
        (0.5, 0.2, 0.35, 0.55),
        "Blue: float64; orange, dashed: float32. Half a unit is the error of rounding alone.",
        xlabel="x",
        ylabel="largest error (ulp)",
    )
    for name, panel in axes.items():
        edges = np.linspace(*RANGES[name], STRETCHES + 1)
        places = rng.uniform(edges[:-1], edges[1:], (POINTS, STRETCHES))
        panel.axhline(0.5, color=BLANK, linewidth=0.7)
        for dtype, look in LOOKS.items():
            if name == "log1p" and dtype == np.float32:
                continue
            errors = [error_in_ulp(name, x) for x in places.astype(dtype).flat]
            worst = np.reshape(errors, places.shape).max(axis=0)
            panel.plot((edges[:-1] + edges[1:]) / 2, worst, **look)
            print(f"{name:8}{dtype.__name__}: {worst.max():.1f} ulp")
        panel.set_title(name, loc="left")
        panel.set(xlim=RANGES[name], ylim=(0, 3.5))

"""
How late three students are
===========================

A teacher and three students learn easy synthetic speech for seconds. By how many frames is each
student later than its teacher, phone by phone? It belongs to the page on measures.
"""

from refkd.experiment.experiment import run_experiment
from refkd.experiment.settings import read_settings
from visualize import offsets_figure

# %%
# The same job as ``refkd run``, with less and easier speech, smaller networks and fewer epochs.

settings = read_settings(
    overrides={
        "rules": ["CTC", "FrameWise", "OrderedPath"],
        "speech": {"train": 300, "validation": 40, "test": 80, "noise": 0.03},
        "network": {"hidden": 48},
        "training": {"epochs": 12, "rate": 0.01},
    }
)
study = run_experiment(settings)

# %%
# Two numbers for each student: neither is worth much without the other.

students = {one.name: one for one in study.students}
for name, one in students.items():
    found = one.measured
    print(
        f"{name:12} {100 * found.phone_error_rate:4.1f} % of the phones wrong,"
        f" {found.offsets.mean:+.2f} frames to the teacher, {found.offsets.n} pairs,"
        f" {1000 * found.delay.mean:.0f} ms after the true start"
    )

# %%
# The share of matched pairs at each offset, the share up to it, and the mean (dotted). A window
# that does not reach as far as the lag compares the wrong frames.

figure = offsets_figure(
    {name: one.measured.offsets for name, one in students.items()},
    study.data.frame_shift,
    windows={name: one.rule.window for name, one in students.items() if one.rule},
    width=7.0,
)

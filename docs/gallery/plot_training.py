"""
Learning curves
===============

The losses of a teacher and three students from epoch to epoch, and their errors on speech that
they do not learn from. It belongs to the page on training.
"""

from refkd.experiment.experiment import run_experiment
from refkd.experiment.settings import read_settings
from visualize import learning_figure

# %%
# The same job as ``refkd run``, with less and easier speech, smaller networks and fewer epochs.

settings = read_settings(
    overrides={
        "rules": ["CTC", "FrameWise", "OrderedPath"],
        "speech": {"train": 300, "validation": 80, "test": 1, "noise": 0.03},
        "network": {"hidden": 48},
        "training": {"epochs": 12, "rate": 0.01},
    }
)
study = run_experiment(settings)

# %%
# Distillation losses of different rules cannot be compared: a rule with more choice is cheaper.

models = {"teacher": study.teachers[0], **{student.name: student for student in study.students}}
for name, model in models.items():
    last = model.history[-1]
    print(f"{name:12} CTC {last.ctc:.3f}, auxiliary {last.lesson:.3f} nats per frame")

# %%
figure = learning_figure({name: [model.history] for name, model in models.items()}, width=7.0)

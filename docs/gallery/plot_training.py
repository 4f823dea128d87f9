"""
Learning curves
===============

The losses of a teacher and three students after every epoch, and their errors on the validation
split. The figure belongs to the page on training.
"""

from small_run import small_run

from visualize import learning_figure

# %%
# The same job as ``refkd run``, with less and easier speech, smaller networks and fewer epochs:
# ``docs/benchmarks/small_run.py``.

study = small_run()

# %%
# Distillation losses of different rules cannot be compared: a rule with more choice is cheaper.

models = {"teacher": study.teachers[0], **{student.name: student for student in study.students}}
for name, model in models.items():
    last = model.history[-1]
    print(f"{name:12} CTC {last.ctc:.3f}, auxiliary {last.lesson:.3f} nats per frame")

# %%
figure = learning_figure({name: [model.history] for name, model in models.items()}, width=7.0)

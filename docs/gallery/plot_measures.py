"""
How late three students are
===========================

A teacher and three students are trained on easy synthetic speech for some seconds. By how many
frames is each student later than its teacher? The figure belongs to the page on measures.
"""

from small_run import small_run

from visualize import offsets_figure

# %%
# The same job as ``refkd run``, with less and easier speech, smaller networks and fewer epochs:
# ``docs/benchmarks/small_run.py``.

study = small_run()

# %%
# Two numbers for each student: errors and offset have to be read together.

students = {student.name: student for student in study.students}
for name, student in students.items():
    measured = student.measured
    print(
        f"{name:12} {100 * measured.phone_error_rate:4.1f} % phone error,"
        f" mean offset {measured.offsets.mean:+.2f} frames, {measured.offsets.n} pairs,"
        f" mean delay {1000 * measured.delay.mean:.0f} ms after the true start"
    )

# %%
# The share of matched pairs at each offset, the share up to it, and the mean (dotted). A window
# that is smaller than the offset cannot contain the right teacher frame.

figure = offsets_figure(
    {name: student.measured.offsets for name, student in students.items()},
    study.data.frame_shift,
    windows={name: student.rule.window for name, student in students.items() if student.rule},
    width=7.0,
)

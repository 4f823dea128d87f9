"""
How late three students are
===========================

A teacher and three students learn easy synthetic speech for seconds. By how many frames is each
student later than its teacher, phone by phone? It belongs to the page on measures.
"""

from small_run import small_run

from visualize import offsets_figure

# %%
# The same job as ``refkd run``, with less and easier speech, smaller networks and fewer epochs:
# ``docs/benchmarks/small_run.py``.

study = small_run()

# %%
# Two numbers for each student: neither is worth much without the other.

students = {student.name: student for student in study.students}
for name, student in students.items():
    measured = student.measured
    print(
        f"{name:12} {100 * measured.phone_error_rate:4.1f} % of the phones wrong,"
        f" {measured.offsets.mean:+.2f} frames to the teacher, {measured.offsets.n} pairs,"
        f" {1000 * measured.delay.mean:.0f} ms after the true start"
    )

# %%
# The share of matched pairs at each offset, the share up to it, and the mean (dotted). A window
# that does not reach as far as the lag compares the wrong frames.

figure = offsets_figure(
    {name: student.measured.offsets for name, student in students.items()},
    study.data.frame_shift,
    windows={name: student.rule.window for name, student in students.items() if student.rule},
    width=7.0,
)

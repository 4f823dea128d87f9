"""Accuracy bought with delay: the error of each student against its lag."""

import itertools
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from refkd import check
from refkd.alignment.bootstrap import Interval
from refkd.alignment.clock import Clock
from refkd.check import Floats
from visualize.layout.labels import write_names
from visualize.layout.layout import Strip, panel_width, stacked_figure
from visualize.layout.legend import Look, looks_of
from visualize.layout.style import BLANK, TEACHER, TEXT, in_style
from visualize.layout.text import TOGETHER, line_height, text_width
from visualize.layout.units import unit

SIZE = (5.2, 3.6)  # inches of the axes
LARGE = (6.4, 4.6)  # if there are more than MANY students
MANY = 8
CROWDED = 0.13  # share of the axes that names may cover; numbers stand for them beyond

Intervals: TypeAlias = Mapping[str, tuple[Interval, Interval]]


def tradeoff_figure(
    students: Mapping[str, tuple[ArrayLike, ArrayLike]],
    frame_shift: float | None,
    *,
    teacher: tuple[float, float] | None = None,
    baseline: str = "CTC",
    intervals: Intervals | None = None,
    line: Sequence[str] = (),
    delay: str = "mean offset to the teacher",
    error: str = "phone error",
    caption: str = "",
    width: float | None = None,
    teacher_name: str = "teacher",
    looks: Mapping[str, Look] | None = None,
) -> Figure:
    """Draw phone error against mean delay, one point for each student.

    Parameters
    ----------
    students : mapping of str to ((n,) array, (n,) array)
        Mean delay in frames and phone error rate as a fraction, one entry for each seed, under
        the name that the student is shown by. A number stands for one seed. A delay of nan (no
        spike is matched) has no point; a student without any is named below the figure.
    frame_shift : float or None
        Seconds from one frame to the next; None if all delays are in milliseconds.
    teacher : (float, float), optional
        The teacher's delay and error in the same units.
    baseline : str
        The student without a teacher, marked if it is there.
    intervals : mapping of str to (Interval, Interval), optional
        Of the delay in frames and of the error as a fraction. They take the place of a student's
        seeds: bars that cross at the two means, where its point stands.
    line : sequence of str
        Students with a fixed shift: open circles, joined in order of delay.
    delay : str
        What the delay is measured against, for the axis.
    error : str
        What is counted as wrong, for the axis.
    caption : str
        Below the figure.
    width : float, optional
        Inches; by the number of students if not given.
    teacher_name : str
        Under which the teacher is shown.
    looks : mapping of str to (colour, line style), optional
        Of the students, as from `looks_of`; by their order if not given.

    Returns
    -------
    Figure
        One axes, x in frames, y in percent.

    Raises
    ------
    ArgumentError
        If there is no student, the teacher has the name of one, delays and errors of one are not
        equally many, or infinite, a name of `intervals` or `line` is no student's, or `width` is
        too small.

    Examples
    --------
    >>> from visualize import tradeoff_figure
    >>> students = {"CTC": (0.9, 0.26), "Shift(2)": ([2.0, 2.1], [0.22, 0.24])}
    >>> axes = tradeoff_figure(students, frame_shift=0.02, teacher=(0.0, 0.13)).axes[0]
    >>> [text.get_text() for text in axes.texts]
    ['CTC', 'Shift(2)', 'teacher']
    """
    if frame_shift is not None:
        check.positive("frame_shift", frame_shift)
    if not students:
        check.fail("students", "at least one", "none")
    seeds = {name: _seeds(name, *values) for name, values in students.items()}
    points = {
        name: (x[np.isfinite(x)], y[np.isfinite(x)])
        for name, (x, y) in seeds.items()
        if np.isfinite(x).any()
    }
    intervals, looks = intervals or {}, looks_of(list(students), looks=looks)
    for argument, names in (("intervals", intervals), ("line", line)):
        for name in names:
            check.one_of(argument, name, students)
    joined = [name for name in line if name in points]
    silent = {name: 100 * float(y.mean()) for name, (_, y) in seeds.items() if name not in points}
    if teacher is not None:
        check.finite_array("teacher", teacher, (2,))
        if teacher_name in students:
            check.fail("teacher_name", "a name that no student has", repr(teacher_name))
    several = any(x.size > 1 for name, (x, _) in points.items() if name not in intervals)
    left, right, top = 0.65, 0.2, 0.15 if frame_shift is None else 0.55
    size = LARGE if len(points) > MANY else SIZE
    across = panel_width(width, size[0], left, right)
    height = size[1] * max(across / size[0], 0.6)
    numbers = _numbers(points, across * height)
    sentences = [
        "Lower and further left is better.",
        "Square and line: teacher." if teacher is not None else "",
        "Diamond: trained without a teacher." if baseline in points else "",
        "Small points: seeds; large: their mean." if several else "",
        _about_bars(intervals),
        "Open circles: fixed shifts." if joined else "",
        _about_numbers(numbers),
        _about_silent(silent),
        caption,
    ]
    text = " ".join(sentence for sentence in sentences if sentence)

    with in_style():
        strip = Strip("tradeoff", height)
        figure, panels = stacked_figure([strip], (left, across, right), top, text, below=0.6)
        axes = panels["tradeoff"]
        teachers = {} if teacher is None else {teacher_name: teacher}
        draw_tradeoff(axes, points, teachers, baseline, intervals, joined, numbers, looks)
        axes.set_ylabel(f"{error} (%)")
        axes.set_xlabel(f"{delay} ({unit().small if frame_shift is None else 'frames'})")
        if frame_shift is not None:
            clock = Clock(unit().per * frame_shift)
            other = axes.secondary_xaxis("top", functions=(clock.seconds, clock.frames))
            other.set_xlabel(f"{delay} ({unit().small})")
    return figure


def draw_tradeoff(
    axes: Axes,
    points: Mapping[str, tuple[Floats, Floats]],
    teacher: Mapping[str, tuple[float, float]],
    baseline: str,
    intervals: Intervals,
    line: Sequence[str],
    written: Mapping[str, str],
    looks: Mapping[str, Look],
) -> None:
    """Draw the points, delays (n,) in frames and errors (n,) as fractions of the seeds, with their
    names where there is room.
    """
    seeds = {name: np.stack([x, 100 * y], axis=1) for name, (x, y) in points.items()}
    means = {name: places.mean(axis=0) for name, places in seeds.items()}
    bars = {name: _bars(*intervals[name]) for name in points if name in intervals}
    for name in bars:
        means[name] = np.array([interval.mean for interval in intervals[name]]) * [1, 100]
        del seeds[name]
    theirs = {name: np.array([x, 100 * y]) for name, (x, y) in teacher.items()}
    path = sorted([means[name] for name in line], key=tuple)
    strokes = [ends for pair in bars.values() for ends in pair]
    dots = np.concatenate([np.empty((0, 2)), *seeds.values(), *strokes])
    marks = np.reshape([*means.values(), *theirs.values()], (-1, 2))
    _set_limits(axes, np.concatenate([dots, marks]))

    if len(path) > 1:
        (joined,) = axes.plot(*np.transpose(path), color=BLANK, linewidth=0.7, zorder=1)
        joined.set_gid("fixed shifts")
    for name in points:
        colour, alone, shift = looks[name][0], name == baseline, name in line
        axes.plot(
            *means[name],
            "D" if alone else "o",
            color=colour,
            markersize=6.5 if alone or shift else 7,
            markerfacecolor="white" if shift else colour,
            markeredgecolor=TEXT if alone else colour if shift else "white",
            gid=name,
            zorder=4,
            clip_on=False,
        )
        if name in bars:
            for ends, cap, what in zip(bars[name], "|_", ("delay", "error"), strict=True):
                (bar,) = axes.plot(*ends.T, cap + "-", color=colour, linewidth=0.8, markersize=5)
                bar.set_gid(f"{name}, interval of {what}")
        elif len(seeds[name]) > 1:
            (dots_of,) = axes.plot(*seeds[name].T, ".", color=colour, markersize=4, alpha=0.6)
            dots_of.set_gid(f"{name}, seeds")
            spokes = np.stack([seeds[name], np.broadcast_to(means[name], seeds[name].shape)])
            axes.plot(*np.moveaxis(spokes, 2, 0), color=colour, linewidth=0.5, alpha=0.5)
    for name, (x, y) in theirs.items():
        axes.axhline(y, color=TEACHER, linewidth=0.8, zorder=1)
        axes.plot(x, y, "s", color=TEACHER, markersize=7, gid=name, zorder=4)
        strokes.append(np.array([[end, y] for end in axes.get_xlim()]))
    strokes += [np.array(ends) for ends in itertools.pairwise(path)]
    strokes.append(np.array([[0.0, end] for end in axes.get_ylim()]))
    marked = {written.get(name, name): mean for name, mean in means.items()} | theirs
    colours = {written.get(name, name): looks[name][0] for name in means}
    write_names(axes, marked, dots, strokes, colours | dict.fromkeys(theirs, TEACHER))


def _bars(delay: Interval, error: Interval) -> Floats:
    """Ends (2, 2, 2) of the horizontal and of the vertical bar, in frames and percent."""
    x, y = delay.mean, 100 * error.mean
    across, up = (delay.low, delay.high), (100 * error.low, 100 * error.high)
    return np.array([[(end, y) for end in across], [(x, end) for end in up]])


def _seeds(name: str, delays: ArrayLike, errors: ArrayLike) -> tuple[Floats, Floats]:
    x = check.array(f"students[{name!r}] delay", np.atleast_1d(delays), ("n",))
    y = check.finite_array(f"students[{name!r}] error", np.atleast_1d(errors), ("n",))
    check.same_length(f"students[{name!r}] error", y.size, "its delay", x.size, "n")
    if np.isinf(x).any():
        check.fail(f"students[{name!r}] delay", "finite numbers or nan", x.tolist())
    if x.size == 0:
        check.fail(f"students[{name!r}]", "at least one seed", "none")
    return x.astype(np.float64), y.astype(np.float64)


def _set_limits(axes: Axes, marks: Floats) -> None:
    """Room around all marks for their names; delay 0 is always shown."""
    x, y = np.append(marks[:, 0], 0.0), marks[:, 1] if marks.size else np.zeros(1)
    x_room, y_room = 0.12 * max(np.ptp(x), 1.0), 0.12 * max(np.ptp(y), 1.0)
    axes.set_xlim(x.min() - x_room, x.max() + x_room)
    axes.set_ylim(max(y.min() - y_room, 0.0), y.max() + y_room)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    axes.axvline(0.0, color=BLANK, linewidth=0.6, zorder=0)


def _numbers(points: Mapping[str, tuple[Floats, Floats]], room: float) -> dict[str, str]:
    """Numbers from the earliest to the latest, if the names would cover too much of the axes."""
    if sum(text_width(name) for name in points) * line_height() <= CROWDED * room:
        return {}
    order = sorted(points, key=lambda name: float(points[name][0].mean()))
    return {name: str(n) for n, name in enumerate(order, start=1)}


def _about_numbers(numbers: Mapping[str, str]) -> str:
    listed = ", ".join(
        f"{number} {name}".replace(" ", TOGETHER) for name, number in numbers.items()
    )
    return f"From left to right: {listed}." if numbers else ""


def _about_bars(intervals: Intervals) -> str:
    if not intervals:
        return ""
    several = any(interval.n_seeds > 1 for pair in intervals.values() for interval in pair)
    return f"Bars: 95 % bootstrap intervals over utterances{' and seeds' * several}."


def _about_silent(errors: Mapping[str, float]) -> str:
    if not errors:
        return ""
    names = ", ".join(f"{name} ({error:.1f} % error)" for name, error in errors.items())
    return f"Without a matched spike, so without a delay: {names}."

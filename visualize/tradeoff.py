"""Accuracy bought with delay: the error of each student against its lag."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from refkd import check
from refkd.check import Floats
from visualize.place import free_spot, inches_per_unit, leader, line_height, text_width, wrapped
from visualize.style import BLANK, STUDENT, TEACHER, TEXT, in_style, new_figure

SIZE = (5.2, 3.6)  # inches of the axes
MARKER = 0.09  # inches, across


def tradeoff_figure(
    students: Mapping[str, tuple[ArrayLike, ArrayLike]],
    frame_shift: float,
    *,
    teacher: tuple[float, float] | None = None,
    baseline: str = "CTC",
    delay: str = "mean offset to the teacher",
    caption: str = "",
) -> Figure:
    """Draw phone error against mean delay, one point for each student.

    Parameters
    ----------
    students : mapping of str to ((n,) array, (n,) array)
        Mean delay in frames and phone error rate as a fraction, one entry for each seed, under
        the name that the student is shown by. A number stands for one seed. A delay of nan (no
        spike is matched) has no point; a student without any is named below the figure.
    frame_shift : float
        Seconds from one frame to the next.
    teacher : (float, float), optional
        The teacher's delay and error in the same units.
    baseline : str
        The student without a teacher, marked if it is there.
    delay : str
        What the delay is measured against, for the axis.
    caption : str
        Below the figure.

    Returns
    -------
    Figure
        One axes, x in frames, y in percent.

    Raises
    ------
    ArgumentError
        If there is no student, or delays and errors of one are not equally many, or infinite.

    Examples
    --------
    >>> from visualize import tradeoff_figure
    >>> students = {"CTC": (0.9, 0.26), "Shift(2)": ([2.0, 2.1], [0.22, 0.24])}
    >>> axes = tradeoff_figure(students, frame_shift=0.02, teacher=(0.0, 0.13)).axes[0]
    >>> [text.get_text() for text in axes.texts]
    ['CTC', 'Shift(2)', 'teacher']
    """
    check.positive("frame_shift", frame_shift)
    if not students:
        check.fail("students", "at least one", "none")
    seeds = {name: _seeds(name, *values) for name, values in students.items()}
    points = {
        name: (x[np.isfinite(x)], y[np.isfinite(x)])
        for name, (x, y) in seeds.items()
        if np.isfinite(x).any()
    }
    silent = {name: 100 * float(y.mean()) for name, (_, y) in seeds.items() if name not in points}
    if teacher is not None:
        check.finite_array("teacher", teacher, (2,))
    several = any(delays.size > 1 for delays, _ in points.values())
    left, right, top, below = 0.65, 0.2, 0.55, 0.5
    width = left + SIZE[0] + right
    text = wrapped(
        f"{_legend(teacher is not None, baseline in points, several, silent)} {caption}",
        width - 0.3,
    )
    bottom = below + 0.15 + (text.count("\n") + 1) * line_height()
    height = top + SIZE[1] + bottom

    def to_ms(frames: Any) -> Any:
        return frames * frame_shift * 1000

    def to_frames(ms: Any) -> Any:
        return ms / (frame_shift * 1000)

    with in_style():
        figure = new_figure(width, height)
        box = (left / width, bottom / height, SIZE[0] / width, SIZE[1] / height)
        axes = figure.add_axes(box, label="tradeoff")
        draw_tradeoff(axes, points, teacher=teacher, baseline=baseline)
        axes.set_xlabel(f"{delay} (frames)")
        axes.set_ylabel("phone error (%)")
        axes.secondary_xaxis("top", functions=(to_ms, to_frames)).set_xlabel(f"{delay} (ms)")
        figure.text(0.15 / width, 0.08 / height, text, va="bottom", linespacing=1.2, gid="caption")
    return figure


def draw_tradeoff(
    axes: Axes,
    points: Mapping[str, tuple[Floats, Floats]],
    *,
    teacher: tuple[float, float] | None,
    baseline: str,
) -> list[Artist]:
    """Draw the points with their names where there is room.

    Parameters
    ----------
    axes : Axes
        In its final place; x becomes frames, y percent.
    points : mapping of str to ((n,) array, (n,) array)
        Delays in frames and errors as fractions of the seeds.
    teacher : (float, float) or None
        Delay and error.
    baseline : str
        The student drawn as a diamond.

    Returns
    -------
    list of Artist
        For each student its mean, then its seeds if there are several, then the teacher.
    """
    means = {name: (float(x.mean()), 100 * float(y.mean())) for name, (x, y) in points.items()}
    _set_limits(axes, points, teacher)
    drawn: list[Artist] = []
    for name, (delays, errors) in points.items():
        marker, size = ("D", 6.5) if name == baseline else ("o", 7)
        edge = TEXT if name == baseline else "white"
        drawn += axes.plot(
            *means[name],
            marker,
            color=STUDENT,
            markersize=size,
            markeredgecolor=edge,
            gid=name,
            zorder=4,
            clip_on=False,
        )
        if delays.size > 1:
            drawn += axes.plot(delays, 100 * errors, ".", color=STUDENT, markersize=4, alpha=0.6)
            x, y = means[name]
            drawn += axes.plot(
                np.stack([delays, np.full_like(delays, x)]),
                np.stack([100 * errors, np.full_like(errors, y)]),
                color=STUDENT,
                linewidth=0.5,
                alpha=0.5,
            )
    if teacher is not None:
        means["teacher"] = teacher[0], 100 * teacher[1]
        drawn.append(axes.axhline(100 * teacher[1], color=TEACHER, linewidth=0.8, zorder=1))
        drawn += axes.plot(
            *means["teacher"], "s", color=TEACHER, markersize=7, gid="teacher", zorder=4
        )
    seeds = [np.stack([x, 100 * y], axis=1) for x, y in points.values()]
    if means:
        _write_names(axes, means, np.concatenate([np.empty((0, 2)), *seeds]))
    return drawn


def _seeds(name: str, delays: ArrayLike, errors: ArrayLike) -> tuple[Floats, Floats]:
    x = check.array(f"students[{name!r}] delay", np.atleast_1d(delays), ("n",))
    y = check.finite_array(f"students[{name!r}] error", np.atleast_1d(errors), ("n",))
    check.same_length(f"students[{name!r}] error", y.size, "its delay", x.size, "n")
    if np.isinf(x).any():
        check.fail(f"students[{name!r}] delay", "finite numbers or nan", x.tolist())
    if x.size == 0:
        check.fail(f"students[{name!r}]", "at least one seed", "none")
    return x.astype(np.float64), y.astype(np.float64)


def _set_limits(
    axes: Axes, points: Mapping[str, tuple[Floats, Floats]], teacher: tuple[float, float] | None
) -> None:
    """Room around all points for their names; delay 0 is always shown."""
    reference = [] if teacher is None else [teacher]
    x = np.concatenate([[0.0], *(x for x, _ in points.values()), [one[0] for one in reference]])
    y = 100 * np.concatenate([*(y for _, y in points.values()), [one[1] for one in reference]])
    y = y if y.size else np.array([0.0])
    x_room, y_room = 0.12 * max(np.ptp(x), 1.0), 0.12 * max(np.ptp(y), 1.0)
    axes.set_xlim(x.min() - x_room, x.max() + x_room)
    axes.set_ylim(max(y.min() - y_room, 0.0), y.max() + y_room)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    axes.axvline(0.0, color=BLANK, linewidth=0.6, zorder=0)


def _write_names(axes: Axes, means: Mapping[str, tuple[float, float]], seeds: Floats) -> None:
    """Each name beside its point, or joined to it by a line where the neighbourhood is full."""
    scale = np.array(inches_per_unit(axes))
    origin = np.array([axes.get_xlim()[0], axes.get_ylim()[0]])
    size = axes.get_window_extent()
    frame = size.width / axes.figure.dpi, size.height / axes.figure.dpi
    marks = (np.array(list(means.values())) - origin) * scale
    taken = [(*(mark - MARKER / 2), *(mark + MARKER / 2)) for mark in marks]
    taken += [(*(mark - 0.02), *(mark + 0.02)) for mark in (seeds - origin) * scale]
    if "teacher" in means:
        y = marks[-1][1]
        taken.append((0.0, y - 0.02, frame[0], y + 0.02))  # the teacher's line
    for n in np.argsort(-marks[:, 1], kind="stable"):  # from the top, so that names keep order
        name, mean = list(means.items())[n]
        spot = free_spot(marks, n, text_width(name), line_height() * 0.85, taken, frame)
        taken.append(spot)
        centre = np.array([spot[0] + spot[2], spot[1] + spot[3]]) / 2
        x, y = centre / scale + origin
        colour = TEACHER if name == "teacher" else TEXT
        axes.text(x, y, name, color=colour, ha="center", va="center", parse_math=False, zorder=5)
        nearest = np.clip(marks, spot[:2], spot[2:])  # point of the label to each mark
        apart = np.hypot(*(nearest - marks).T)
        if apart[n] > 2 * MARKER or apart[n] > apart.min():
            ends = np.stack([nearest[n] / scale + origin, mean])
            axes.plot(ends[:, 0], ends[:, 1], color=BLANK, linewidth=0.7, zorder=2)
            line = leader(marks[n], np.array(spot[:2]), np.array(spot[2:]))
            taken += [(*(place - 0.01), *(place + 0.01)) for place in line]


def _legend(
    with_teacher: bool, with_baseline: bool, several: bool, silent: Mapping[str, float]
) -> str:
    unmatched = ", ".join(f"{name} ({error:.1f} % error)" for name, error in silent.items())
    sentences = [
        "Lower and further left is better.",
        "Square and line: teacher." if with_teacher else "",
        "Diamond: trained without a teacher." if with_baseline else "",
        "Small points: seeds; large: their mean." if several else "",
        f"Without a matched spike, so without a delay: {unmatched}." if silent else "",
    ]
    return " ".join(sentence for sentence in sentences if sentence)

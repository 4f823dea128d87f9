"""A student's error against the line that joins fixed shifts, at the same delay."""

from collections.abc import Sequence

import numpy as np

from refkd.alignment.bootstrap import (
    Interval,
    Ratio,
    Resampling,
    means_over_seeds,
    ratios_of_seeds,
    summarise_draws,
)
from refkd.check import Floats


def above_line(
    student: tuple[Ratio, Ratio], line: Sequence[tuple[Ratio, Ratio]], draws: Resampling
) -> Interval | None:
    """Estimate how far a student's error lies above that of a line at the same delay.

    The line joins the mean (delay, error) of other students, in order of delay, drawn anew in every
    resampling. None if the student's mean delay is not within theirs: the line is not extrapolated.
    Where this happens in a resampling or in one seed, the line's nearest end is used.

    Examples
    --------
    >>> from refkd.alignment.bootstrap import Ratio, resample
    >>> from refkd.alignment.shift_line import above_line
    >>> def student(delay, error):
    ...     return Ratio([[delay]], [[1]]), Ratio([[error]], [[1]])
    >>> shifts = [student(0, 0.30), student(2, 0.20)]
    >>> above = above_line(student(1, 0.22), shifts, resample(seeds=1, utterances=1))
    >>> round(above.mean, 3)
    -0.03
    >>> above_line(student(3, 0.22), shifts, resample(seeds=1, utterances=1)) is None
    True
    """
    at, error = (ratios_of_seeds("student", ratio, draws) for ratio in student)
    points = [
        [ratios_of_seeds(f"line[{n}]", ratio, draws) for ratio in pair]
        for n, pair in enumerate(line)
    ]
    if len(points) < 2:
        return None
    x, y = (np.stack([point[axis] for point in points]) for axis in (0, 1))
    mean_x, mean_y = (
        np.stack([means_over_seeds(point, draws) for point in axis]) for axis in (x, y)
    )
    mean_at = means_over_seeds(at, draws)
    if not mean_x[:, 0].min() <= mean_at[0] <= mean_x[:, 0].max():
        return None
    above = means_over_seeds(error, draws) - _interpolate(mean_x, mean_y, mean_at)
    in_each_seed = error[0] - _interpolate(x[:, 0], y[:, 0], at[0])
    return summarise_draws(above, in_each_seed, draws)


def _interpolate(x: Floats, y: Floats, at: Floats) -> Floats:
    """Height (M,) at `at` (M,) of the line through M sets of P points (P, M), flat outside."""
    order = np.argsort(x, axis=0)
    x, y = np.take_along_axis(x, order, axis=0), np.take_along_axis(y, order, axis=0)
    right = np.clip((x <= at).sum(axis=0), 1, len(x) - 1)
    columns = np.arange(len(at))
    x_left, x_right = x[right - 1, columns], x[right, columns]
    y_left, y_right = y[right - 1, columns], y[right, columns]
    width = np.where(x_left == x_right, 1.0, x_right - x_left)
    share = np.clip((at - x_left) / width, 0.0, 1.0)
    height: Floats = y_left + share * (y_right - y_left)
    return height

"""The sweep behind the trade-off: error against the weight of distillation, or its window."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from numpy.typing import ArrayLike

from refkd import check
from refkd.check import Floats
from refkd.experiment.student_settings import CTC
from refkd.losses.rules import RULES
from visualize.layout.glyphs import shown
from visualize.layout.grid import columns_of, grid_figure
from visualize.layout.layout import MARGIN, panel_width, title_height
from visualize.layout.legend import LEGEND, Look, draw_legend, legend_height, looks_of
from visualize.layout.style import BLANK, NORMAL, STUDENT, TEXT, in_style
from visualize.layout.text import text_width, wrapped
from visualize.output.csv import NAMES

Point: TypeAlias = tuple[str, str, float]  # rule, window, weight

SWEPT = ("weight", "window", "d")  # settings that differ inside a panel


@dataclass(frozen=True)
class Sweep:
    """The weights and windows that were tried."""

    # validation error as a fraction for each rule, window and weight
    points: dict[Point, list[float]]
    chosen: set[Point]  # those among the points that were kept as the best of their student
    alone: float | None  # the error of the student trained by CTC alone, if there is one


def sweep_points(results: Mapping[str, Any]) -> Sweep:
    """Find the weights and windows that a run tried, of every rule with several of them.

    Students that differ in weight or window alone belong together, under the name of the first
    of them; a rule of which one setting was tried is left out. All errors are those of the first
    seed, with which weights are chosen.

    Parameters
    ----------
    results : mapping
        The results.json of a run (docs/course/training.md).

    Returns
    -------
    Sweep
        Without points if nothing was varied.

    Examples
    --------
    >>> from visualize.figures.sweep import sweep_points
    >>> settings = {"rule": "Hard", "window": [5, 0], "d": None, "weight": [0.1, 1.0]}
    >>> tried = [{"weight": 0.1, "validation": 0.25}, {"weight": 1.0, "validation": 0.2}]
    >>> student = {"rule": "Hard", "weight": 1.0}
    >>> sweep = sweep_points(
    ...     {
    ...         "configuration": {"distill": {"Hard": settings}},
    ...         "students": [student],
    ...         "tuning": {"Hard": tried},
    ...     }
    ... )
    >>> sweep.points, sweep.chosen
    ({('Hard', '[5, 0]', 0.1): [0.25], ('Hard', '[5, 0]', 1.0): [0.2]}, {('Hard', '[5, 0]', 1.0)})
    """
    firsts: dict[str, Any] = {}
    for student in results["students"]:
        firsts.setdefault(student["rule"], student)
    panels: dict[tuple[Any, ...], str] = {}
    points: dict[Point, list[float]] = {}
    chosen: set[Point] = set()
    for name, settings in results["configuration"]["distill"].items():
        if settings["rule"] == CTC:
            continue
        others = tuple(repr(settings[key]) for key in sorted(settings) if key not in SWEPT)
        panel = panels.setdefault(others, _panel(name, settings["rule"], panels.values()))
        window, tuned = _window(settings), results["tuning"].get(name)
        for trial in tuned or [_tried(firsts[name])]:
            if trial["validation"] is not None:
                points[panel, window, trial["weight"]] = [trial["validation"]]
        if tuned:
            chosen.add((panel, window, firsts[name]["weight"]))
    panels_of = [panel for panel, _, _ in points]
    varied = {panel for panel in panels_of if panels_of.count(panel) > 1}
    return Sweep(
        points={point: errors for point, errors in points.items() if point[0] in varied},
        chosen={point for point in chosen if point[0] in varied},
        alone=_tried(firsts[CTC])["validation"] if CTC in firsts else None,
    )


def _panel(name: str, rule: str, taken: Collection[str]) -> str:
    """Shift1 is a Shift, as long as no other panel is."""
    return rule if name.rstrip("0123456789") == rule and rule not in taken else name


def _window(settings: Mapping[str, Any]) -> str:
    """The window of the rule as the figure writes it; empty if it has none."""
    rule = RULES[settings["rule"]]
    if settings["rule"] == "Shift":
        return f"delta = {'median lag' if settings['d'] is None else settings['d']}"
    if "window" not in {field.name for field in fields(rule)}:
        return ""
    window = settings["window"]
    return window if isinstance(window, str) else f"[{window[0]}, {window[1]}]"


def _tried(student: Mapping[str, Any]) -> dict[str, Any]:
    history = student["history"]
    last = history[-1]["validation"] if history else None
    return {"weight": student["weight"], "validation": last}


PANEL, COLUMNS = (1.7, 1.3), 4  # inches, and how many stand side by side
NARROW = 1.0  # inches of a panel where there is little room
LEFT, RIGHT, BELOW = 0.65, 0.2, 0.55  # inches around panels
STEEP = 3.0  # largest error / smallest, from which on the axis is logarithmic
CLOSE = 0.08  # inches between two weights or windows, or they stand upright


@dataclass(frozen=True)
class Trials:
    """The settings along x, and those that lines distinguish."""

    by_weight: bool  # whether weights stand along x; windows otherwise
    places: tuple[str, ...]  # the weights, rising, or the windows, in the order in which they came

    @classmethod
    def of(cls, points: Collection[Point]) -> "Trials":
        """Weights along x, unless every window was tried with one alone."""
        if len({(rule, window) for rule, window, _ in points}) < len(points):
            weights = sorted({weight for *_, weight in points})
            return cls(True, tuple(f"{weight:g}" for weight in weights))
        return cls(False, tuple(dict.fromkeys(window for _, window, _ in points)))

    def line(self, point: Point) -> str:
        """Name of the line that a point is on; empty for a rule without a window."""
        return point[1] if self.by_weight else f"weight {point[2]:g}"

    def place(self, point: Point) -> int:
        """Number of the weight or window of a point."""
        return self.places.index(f"{point[2]:g}" if self.by_weight else point[1])


def sweep_figure(
    points: Mapping[Point, ArrayLike],
    *,
    chosen: Collection[Point] = (),
    alone: ArrayLike | None = None,
    measure: str = "validation phone error",
    caption: str = "",
    width: float | None = None,
) -> Figure:
    """Draw the error of every weight and window that was tried, one panel for each rule.

    Along x stand the weights, with a line for each window; or the windows, with a line for each
    weight, if no window was tried with several weights.

    Parameters
    ----------
    points : mapping of (str, str, float) to (n,) array
        Error as a fraction, one entry for each seed, of each rule, window (as it is shown; may be
        empty) and weight (>= 0). A number stands for one seed.
    chosen : collection of (str, str, float)
        Points with a ring.
    alone : (n,) array, optional
        Errors of the student trained by CTC alone: a level line at their mean.
    measure : str
        Which error it is, for the axis.
    caption : str
        Added to the text below the figure.
    width : float, optional
        Inches; by the number of columns if not given.

    Returns
    -------
    Figure
        Its axes are labelled by the rules; names of several lines are in axes labelled "key of
        lines".

    Raises
    ------
    ArgumentError
        If nothing varies, an error is not finite, a weight is negative, what was chosen is no
        point, or `width` is too small.

    Examples
    --------
    >>> from visualize import sweep_figure
    >>> errors = {("Hard", "[5, 0]", 0.1): 0.24, ("Hard", "[5, 0]", 1.0): [0.28, 0.30]}
    >>> (line, *_) = sweep_figure(errors).axes[0].lines
    >>> line.get_ydata().round(1).tolist()
    [24.0, 29.0]
    """
    errors = {point: _percent(f"points[{point!r}]", some) for point, some in points.items()}
    for _, _, weight in errors:
        check.non_negative("points: weight", weight)
    for point in chosen:
        check.one_of("chosen", point, points)
    level = None if alone is None else float(_percent("alone", alone).mean())
    rules = list(dict.fromkeys(rule for rule, _, _ in errors))
    if len(rules) == len(errors):
        check.fail("points", "several weights or windows of one rule", "none")
    trials = Trials.of(errors)
    lines = list(dict.fromkeys(trials.line(point) for point in errors if trials.line(point)))
    looks = looks_of(lines) if len(lines) > 1 else {}

    columns, (across, height) = columns_of(len(rules), COLUMNS, COLUMNS, 1.0), PANEL
    if width is not None:
        room = panel_width(width, 0.0, LEFT, 0.0)
        columns = columns_of(len(rules), COLUMNS, room, NARROW + RIGHT)
        across = room / columns - RIGHT
    titles = {rule: wrapped(rule, across + RIGHT - 0.05, NORMAL, "bold") for rule in rules}
    above = 0.1 + max(map(title_height, titles.values()))
    legend = legend_height(lines, LEFT + columns * (across + RIGHT) - 2 * MARGIN) if looks else 0.0
    widest = max(map(text_width, trials.places))
    upright = widest + CLOSE > across / len(trials.places)
    with in_style():
        figure, axes = grid_figure(
            rules,
            columns,
            (across, height),
            (LEFT, RIGHT, above, BELOW + upright * widest),
            f"{_legend(errors, trials, lines, bool(chosen), level)} {caption}",
            xlabel="weight of the auxiliary loss" if trials.by_weight else "window",
            ylabel=f"{measure} (%)",
            legend=legend,
        )
        if looks:
            draw_legend(axes[LEGEND], looks)
        limits = _limits([*errors.values(), np.array([] if level is None else [level])])
        for rule in rules:
            _set_axes(axes[rule], trials, limits, upright)
            rule_errors = {point: some for point, some in errors.items() if point[0] == rule}
            draw_sweep(axes[rule], rule_errors, trials, looks, chosen, level)
            heading = axes[rule].set_title(shown(titles[rule]), loc="left", parse_math=False)
            heading.set(weight="bold", linespacing=1.2)
    return figure


def draw_sweep(
    axes: Axes,
    errors: Mapping[Point, Floats],
    trials: Trials,
    looks: Mapping[str, Look],
    chosen: Collection[Point],
    level: float | None,
) -> None:
    """Draw the errors (n,) in percent of one rule: the level of CTC alone; for each line its means,
    its seeds if there are several, and its ring.
    """
    if level is not None:
        axes.axhline(level, color=BLANK, linewidth=1.0, zorder=1, gid="CTC alone")
    for name in dict.fromkeys(trials.line(point) for point in errors):
        line_points = sorted((p for p in errors if trials.line(p) == name), key=trials.place)
        colour, line = looks.get(name, (STUDENT, "-"))
        series = name or line_points[0][0]
        means = [float(errors[point].mean()) for point in line_points]
        places = [trials.place(point) for point in line_points]
        (curve,) = axes.plot(places, means, "o", color=colour, markersize=4, gid=series)
        curve.set_linestyle(line)
        if any(errors[point].size > 1 for point in line_points):
            x = np.concatenate([np.full(errors[p].size, trials.place(p)) for p in line_points])
            y = np.concatenate([errors[p] for p in line_points])
            (dots,) = axes.plot(x, y, ".", color=colour, markersize=3, alpha=0.6)
            dots.set_gid(f"{series}, seeds")
        rings = [
            (x, y)
            for point, x, y in zip(line_points, places, means, strict=True)
            if point in chosen
        ]
        if rings:
            (ring,) = axes.plot(*np.transpose(rings), "o", color=TEXT, markersize=8)
            ring.set(markerfacecolor="none", markeredgewidth=1.1, gid=f"{series}, chosen")


def _set_axes(axes: Axes, trials: Trials, limits: tuple[float, float], upright: bool) -> None:
    axes.set_xlim(-0.5, len(trials.places) - 0.5)
    names = [shown(place) for place in trials.places]
    axes.set_xticks(range(len(names)), names, rotation=90 * upright, parse_math=False)
    axes.xaxis.set_gid(NAMES)
    if limits[1] >= STEEP * limits[0] > 0:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 3.0, 5.0)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylim(*limits)


def _limits(errors: Sequence[Floats]) -> tuple[float, float]:
    """Lowest and highest error with room for rings, in the scale that the axis will have."""
    every = np.concatenate(errors)
    low, high = float(every.min()), float(every.max())
    room = 0.1 * (high - low) or 1.0
    return max(low - room, 0.8 * low), high + room


def _percent(argument: str, errors: ArrayLike) -> Floats:
    """Errors of every seed in percent."""
    some = check.finite_array(argument, np.atleast_1d(errors), ("n",)).astype(np.float64)
    if some.size == 0:
        check.fail(argument, "at least one seed", "none")
    return 100 * some


def _legend(
    errors: Mapping[Point, Floats],
    trials: Trials,
    lines: Sequence[str],
    with_rings: bool,
    level: float | None,
) -> str:
    sentences = []
    if len(lines) == 1:
        sentences.append(f"Window {lines[0]}." if trials.by_weight else f"{lines[0].capitalize()}.")
    if any(some.size > 1 for some in errors.values()):
        sentences.append("Small dots: seeds; large: their mean.")
    if with_rings:
        sentences.append("Ring: chosen.")
    if level is not None:
        sentences.append(f"Horizontal line: CTC alone, {level:.1f} %.")
    return " ".join(sentences)

"""The weights and windows that a run tried, and the validation error of each."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from refkd.experiment.student_settings import CTC
from refkd.losses.rules import RULES

Point: TypeAlias = tuple[str, str, float]  # rule, window, weight

SWEPT = ("weight", "window", "d")  # settings that are told apart inside a panel


@dataclass(frozen=True)
class Sweep:
    """What was tried.

    Parameters
    ----------
    points : dict of (str, str, float) to list of float
        Validation error as a fraction for each rule, window and weight.
    chosen : set of (str, str, float)
        Those among the points that were kept as the best of their student.
    alone : float or None
        The error of the student trained by CTC alone, if there is one.
    """

    points: dict[Point, list[float]]
    chosen: set[Point]
    alone: float | None


def sweep_points(told: Mapping[str, Any]) -> Sweep:
    """Find what a run tried: every rule with several weights or windows.

    Students that differ in weight or window alone belong together, under the name of the first
    of them; a rule of which one setting was tried is left out. All errors are those of the first
    seed, with which weights are chosen.

    Parameters
    ----------
    told : mapping
        The results.json of a run (docs/course/training.md).

    Returns
    -------
    Sweep
        Without points if nothing was varied.

    Examples
    --------
    >>> from visualize.figures.sweep_points import sweep_points
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
    for student in told["students"]:
        firsts.setdefault(student["rule"], student)
    panels: dict[tuple[Any, ...], str] = {}
    points: dict[Point, list[float]] = {}
    chosen: set[Point] = set()
    for name, settings in told["configuration"]["distill"].items():
        if settings["rule"] == CTC:
            continue
        others = tuple(repr(settings[key]) for key in sorted(settings) if key not in SWEPT)
        panel = panels.setdefault(others, _panel(name, settings["rule"], panels.values()))
        window, tuned = _window(settings), told["tuning"].get(name)
        for one in tuned or [_tried(firsts[name])]:
            if one["validation"] is not None:
                points[panel, window, one["weight"]] = [one["validation"]]
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
    """Which teacher frames the rule sees, as a person would write it; empty if nobody chose."""
    rule = RULES[settings["rule"]]
    if settings["rule"] == "Shift":
        return f"d = {'median lag' if settings['d'] is None else settings['d']}"
    if "window" not in {field.name for field in fields(rule)}:
        return ""
    window = settings["window"]
    return window if isinstance(window, str) else f"[{window[0]}, {window[1]}]"


def _tried(student: Mapping[str, Any]) -> dict[str, Any]:
    history = student["history"]
    last = history[-1]["validation"] if history else None
    return {"weight": student["weight"], "validation": last}

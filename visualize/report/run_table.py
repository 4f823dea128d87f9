"""The comparison of a run as a table of the page, with every interval drawn beside its numbers."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from refkd.experiment.summary import BASELINES
from visualize.report.cells import (
    NONE,
    drawn_interval,
    ends_of,
    error_range,
    interval_text,
    number_text,
    percent_text,
    table_of,
)

TITLES = {"CTC": "CTC alone", "FrameWise": "FrameWise"}

Told = dict[str, Any]


def run_table(told: Told, classes: Mapping[str, str] | None = None) -> str:
    """Write the comparison of all models over all seeds, from results.json, as a table of HTML.

    >>> from visualize.report.run_table import run_table
    >>> error = {"mean": 0.2, "sd": None, "low": 0.1, "high": 0.3}
    >>> ctc = {"rule": "CTC", "title": "CTC alone", "weight": 0.0, "phone_error_rate": error,
    ...        "offset": error, "delay": error, "against": {}, "against_shift": None, "seconds": 9}
    >>> told = {"teachers": [], "summary": [ctc], "seeds": [0],
    ...         "configuration": {"new_teachers": False}}
    >>> "<td>20.0 <span>[10.0, 30.0]</span></td>" in run_table(told)
    True
    """
    columns = _columns(told, classes or {})
    rows = [_teacher_row(told, one, columns) for one in told["teachers"]]
    rows += [_student_row(one, columns) for one in told["summary"]]
    return table_of([(head, unit) for head, unit, _ in columns], rows)


Column = tuple[str, str, Callable[[Told], str]]


def _columns(told: Told, classes: Mapping[str, str]) -> list[Column]:
    """Head, unit, and how a student's cell is written; columns without numbers are left out."""
    low, high = _error_range(told)
    columns: list[Column] = [
        ("weight", "", lambda one: f"{one['weight']:g}" if one["weight"] else NONE),
        ("phone error", "% [95 %]", lambda one: interval_text(one["phone_error_rate"], 100, ".1f")),
        (
            "",
            ends_of(low, high),
            lambda one: drawn_interval(
                one["phone_error_rate"], low, high, f"student {classes.get(one['rule'], '')}"
            ),
        ),
    ]
    if len(told["seeds"]) > 1:
        columns.append(
            ("SD", "points", lambda one: number_text(one["phone_error_rate"]["sd"], 100, ".1f"))
        )
    columns += [
        ("offset", "frames [95 %]", lambda one: interval_text(one["offset"], 1, "+.1f")),
        ("delay", "ms [95 %]", lambda one: interval_text(one["delay"], 1000, "+.0f")),
    ]
    for name in BASELINES:
        if any(name in one["against"] for one in told["summary"]):
            columns.append((f"to {TITLES[name]}", "points [95 %]", _against(name)))
    if any(one["against_shift"] for one in told["summary"]):
        columns.append(
            (
                "to a shift of equal delay",
                "points [95 %]",
                lambda one: _difference(one["against_shift"]),
            )
        )
    columns.append(("training", "s", _seconds))
    return columns


def _against(name: str) -> Callable[[Told], str]:
    return lambda one: _difference(one["against"].get(name))


def _student_row(one: Told, columns: list[Column]) -> str:
    cells = "".join(f"<td>{write(one)}</td>" for _, _, write in columns)
    return f'<tr class="student"><th scope="row">{escape(one["title"])}</th>{cells}</tr>'


def _teacher_row(told: Told, one: Told, columns: list[Column]) -> str:
    """A teacher is measured once, without intervals."""
    error = one["phone_error_rate"]
    low, high = _error_range(told)
    written = {
        "phone error": f"{100 * error:.1f}",
        "": drawn_interval({"mean": error, "low": error, "high": error}, low, high, "teacher"),
        "delay": number_text(one["delay"]["mean"], 1000, "+.0f"),
        "training": _seconds(one),
    }
    cells = "".join(f"<td>{written.get(head, '')}</td>" for head, _, _ in columns)
    name = f"{one['name']}, seed {one['seed']}" if _several(told) else one["name"]
    return f'<tr class="teacher"><th scope="row">{escape(name)}</th>{cells}</tr>'


def _seconds(one: Told) -> str:
    return f'<span class="seconds">{one["seconds"]:.0f}</span>'


def _several(told: Told) -> bool:
    return bool(told["configuration"]["new_teachers"])


def _difference(found: Told | None) -> str:
    """A difference of error rates, strong where its interval does not hold zero."""
    if not found:
        return ""
    text = interval_text(found, 100, "+.1f")
    beyond = found["low"] is not None and (found["low"] > 0 or found["high"] < 0)
    return f"<strong>{text}</strong>" if beyond else text


def finding(told: Told) -> str:
    """Say in a sentence or two of HTML who makes how many errors, and how late, from results.json.

    >>> from visualize.report.run_table import finding
    >>> error = {"mean": 0.2, "sd": None, "low": 0.1, "high": 0.3}
    >>> ctc = {"rule": "CTC", "title": "CTC alone", "phone_error_rate": error, "delay": error,
    ...        "against": {}}
    >>> finding({"teacher": {"phone_error_rate": 0.1}, "summary": [ctc]})
    'The teacher makes 10.0 % phone errors. CTC alone makes 20.0 %.'
    """
    rate = percent_text(told["teacher"]["phone_error_rate"])
    says = [f"The teacher makes {rate} phone errors."]
    students = {one["rule"]: one for one in told["summary"]}
    best = min(students.values(), key=lambda one: float(one["phone_error_rate"]["mean"]))
    if "CTC" in students:
        says.append(f"CTC alone makes {percent_text(students['CTC']['phone_error_rate']['mean'])}.")
    if best["rule"] != "CTC":
        rate = percent_text(best["phone_error_rate"]["mean"])
        says.append(f"Fewest of {len(students)} students: {escape(best['title'])} with {rate}.")
    if "CTC" in best["against"]:
        points = interval_text(best["against"]["CTC"], 100, "+.1f")
        says.append(f"That is {points} points to CTC alone.")
    return " ".join(says)


def _error_range(told: Told) -> tuple[float, float]:
    rates = [one["phone_error_rate"] for one in told["teachers"]]
    for one in told["summary"]:
        rates += [one["phone_error_rate"]["low"], one["phone_error_rate"]["high"]]
    return error_range(rates)

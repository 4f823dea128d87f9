"""The comparison of a run as a table of the page, with every interval drawn beside its numbers."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from refkd.experiment.summary import BASELINES
from visualize.report import cells

TITLES = {"CTC": "CTC alone", "FrameWise": "FrameWise"}

Results = dict[str, Any]


def run_table(results: Results, classes: Mapping[str, str] | None = None) -> str:
    """Write the comparison of all models over all seeds, from results.json, as a table of HTML.

    >>> from visualize.report.run_table import run_table
    >>> error = {"mean": 0.2, "sd": None, "low": 0.1, "high": 0.3}
    >>> ctc = {"rule": "CTC", "title": "CTC alone", "weight": 0.0, "phone_error_rate": error,
    ...        "offset": error, "delay": error, "against": {}, "against_shift": None, "seconds": 9}
    >>> results = {"teachers": [], "summary": [ctc], "seeds": [0],
    ...         "configuration": {"new_teachers": False}}
    >>> "<td>20.0 <span>[10.0, 30.0]</span></td>" in run_table(results)
    True
    """
    columns = _columns(results, classes or {})
    rows = [_teacher_row(results, teacher, columns) for teacher in results["teachers"]]
    rows += [_student_row(student, columns) for student in results["summary"]]
    return cells.table_of([(head, unit) for head, unit, _ in columns], rows)


Column = tuple[str, str, Callable[[Results], str]]


def _columns(results: Results, classes: Mapping[str, str]) -> list[Column]:
    """Head, unit, and how a student's cell is written; columns without numbers are left out."""
    low, high = _error_range(results)
    error = "phone_error_rate"

    def drawn(row: Results) -> str:
        who = f"student {classes.get(row['rule'], '')}"
        return cells.drawn_interval(row[error], low, high, who)

    columns: list[Column] = [
        ("weight", "", lambda row: f"{row['weight']:g}" if row["weight"] else cells.NONE),
        ("phone error", "% [95 %]", lambda row: cells.interval_text(row[error], 100, ".1f")),
        ("", cells.ends_of(low, high), drawn),
    ]
    if len(results["seeds"]) > 1:
        columns.append(
            ("SD", "points", lambda row: cells.number_text(row[error]["sd"], 100, ".1f"))
        )
    columns += [
        ("offset", "frames [95 %]", lambda row: cells.interval_text(row["offset"], 1, "+.1f")),
        ("delay", "ms [95 %]", lambda row: cells.interval_text(row["delay"], 1000, "+.0f")),
    ]
    for name in BASELINES:
        if any(name in row["against"] for row in results["summary"]):
            columns.append((f"minus {TITLES[name]}", "points [95 %]", _against(name)))
    if any(row["against_shift"] for row in results["summary"]):
        head = "minus a shift of equal delay"
        columns.append((head, "points [95 %]", lambda row: _difference(row["against_shift"])))
    columns.append(("training", "s", _seconds))
    return columns


def _against(name: str) -> Callable[[Results], str]:
    return lambda row: _difference(row["against"].get(name))


def _student_row(student: Results, columns: list[Column]) -> str:
    return cells.row_of("student", student["title"], [write(student) for _, _, write in columns])


def _teacher_row(results: Results, teacher: Results, columns: list[Column]) -> str:
    """A teacher is measured once, without intervals."""
    error = teacher["phone_error_rate"]
    low, high = _error_range(results)
    written = {
        "phone error": f"{100 * error:.1f}",
        "": cells.drawn_interval(
            {"mean": error, "low": error, "high": error}, low, high, "teacher"
        ),
        "delay": cells.number_text(teacher["delay"]["mean"], 1000, "+.0f"),
        "training": _seconds(teacher),
    }
    name = (
        f"{teacher['name']}, seed {teacher['seed']}"
        if results["configuration"]["new_teachers"]
        else teacher["name"]
    )
    return cells.row_of("teacher", name, [written.get(head, "") for head, _, _ in columns])


def _seconds(model: Results) -> str:
    return f'<span class="seconds">{model["seconds"]:.0f}</span>'


def _difference(interval: Results | None) -> str:
    """A difference of error rates, bold where its interval excludes zero."""
    if not interval:
        return ""
    text = cells.interval_text(interval, 100, "+.1f")
    beyond = interval["low"] is not None and (interval["low"] > 0 or interval["high"] < 0)
    return f"<strong>{text}</strong>" if beyond else text


def finding(results: Results) -> str:
    """Write the phone errors in a sentence or two of HTML, from results.json.

    >>> from visualize.report.run_table import finding
    >>> error = {"mean": 0.2, "sd": None, "low": 0.1, "high": 0.3}
    >>> ctc = {"rule": "CTC", "title": "CTC alone", "phone_error_rate": error, "delay": error,
    ...        "against": {}}
    >>> finding({"teacher": {"phone_error_rate": 0.1}, "summary": [ctc]})
    'The phone error of the teacher is 10.0 %. That of CTC alone is 20.0 %.'
    """
    rate = cells.percent_text(results["teacher"]["phone_error_rate"])
    sentences = [f"The phone error of the teacher is {rate}."]
    students = {student["rule"]: student for student in results["summary"]}
    best = min(students.values(), key=lambda student: float(student["phone_error_rate"]["mean"]))
    if "CTC" in students:
        sentences.append(
            "That of CTC alone is "
            f"{cells.percent_text(students['CTC']['phone_error_rate']['mean'])}."
        )
    if best["rule"] != "CTC":
        rate = cells.percent_text(best["phone_error_rate"]["mean"])
        sentences.append(
            f"Of {len(students)} students {escape(best['title'])} has the lowest: {rate}."
        )
    if "CTC" in best["against"]:
        points = cells.interval_text(best["against"]["CTC"], 100, "+.1f")
        sentences.append(f"Its difference from CTC alone is {points} points.")
    return " ".join(sentences)


def _error_range(results: Results) -> tuple[float, float]:
    rates = [teacher["phone_error_rate"] for teacher in results["teachers"]]
    for student in results["summary"]:
        rates += [student["phone_error_rate"]["low"], student["phone_error_rate"]["high"]]
    return cells.error_range(rates)

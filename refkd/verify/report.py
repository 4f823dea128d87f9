"""A report as text and as JSON."""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import refkd
from refkd.verify.comparison import Comparison, as_value
from refkd.verify.kit import Kit
from refkd.verify.records import Deviation, Finding, Report, Trial

SCHEMA = 2  # version of the JSON
NAMES = 6  # of the cases that show what has no name
SLOW = 1.0  # seconds of a call that is worth a mention
SLOWEST = 3  # calls that are mentioned


def as_text(report: Report, kit: Kit, comparison: Comparison | None = None) -> str:
    """What a person reads: conventions, counts, findings.

    Parameters
    ----------
    report : Report
        Of a run.
    kit : Kit
        That made it; it has the words for the conventions.
    comparison : Comparison, optional
        With the expected faults, which are marked as known.

    Returns
    -------
    str
        Lines, the last one without its end.
    """
    findings = (line for finding in report.findings for line in _text(finding, comparison))
    return "\n".join([*_head(report, kit), *findings])


def as_json(report: Report, comparison: Comparison | None = None) -> str:
    """The same for machines; infinities and NaN are texts.

    Parameters
    ----------
    report : Report
        Of a run.
    comparison : Comparison, optional
        With the expected faults.

    Returns
    -------
    str
        One object, indented.
    """
    findings = [
        {
            "bug": one.bug,
            "words": one.words,
            "level": one.level,
            "case": one.case,
            "problem": one.problem,
            "cases": len(one.failing),
            "failing": list(one.failing),
            "deviation": one.deviation and deviation_values(one.deviation),
            "example": one.example,
            "again": one.again,
        }
        for one in report.findings
    ]
    value = {
        "schema": SCHEMA,
        "refkd": refkd.__version__,
        "kit": report.kit,
        "target": report.target,
        "conventions": {
            name: {"value": value, "known": known}
            for name, (value, known) in report.conventions.items()
        },
        "asked": report.asked,
        "agreed": report.agreed,
        "spread": report.spread,
        "remarks": list(report.remarks),
        "failing": [trial.case for trial in report.trials if trial.problem],
        "slowest": [{"case": one.case, "seconds": round(one.seconds, 3)} for one in slow(report)],
        "findings": findings,
        "expected": comparison and as_value(comparison),
        "exit_code": (comparison or report).exit_code,
    }
    return json.dumps(value, indent=2, allow_nan=False)


def slow(report: Report) -> Sequence[Trial]:
    """The slowest calls of those that take long."""
    calls = sorted(report.trials, key=lambda trial: -trial.seconds)
    return [trial for trial in calls[:SLOWEST] if trial.seconds > SLOW]


def _head(report: Report, kit: Kit) -> Iterator[str]:
    yield f"refkd verify {report.kit}: {report.target}"
    words = {one.name: one.words for one in kit.conventions}
    wide = max(map(len, report.conventions))
    for name, (value, known) in report.conventions.items():
        yield f"  {name:{wide}}  {words[name](value)} ({known})"
    assumed = [name for name, (_, known) in report.conventions.items() if known == "assumed"]
    if assumed:
        flags = ", ".join(each.flag for each in kit.conventions if each.name in assumed)
        yield "No conventions make the first, tiny case right: those marked (assumed) are guesses,"
        yield f"and the findings rest on them. Where a guess is wrong, say what is right: {flags}"
    yield f"{report.asked} cases, {report.agreed} as expected"
    if report.spread is not None:
        yield f"largest difference between repeats: {report.spread:.3g}"
    if slow(report):
        calls = (f"{trial.case} {trial.seconds:.1f} s" for trial in slow(report))
        yield f"slowest: {', '.join(calls)}"
    yield from report.remarks


def _text(finding: Finding, comparison: Comparison | None) -> Iterator[str]:
    level = "note"
    if finding.level == "must":
        level = "known" if comparison is not None and comparison.knows(finding) else "FAIL"
    name = f" ({finding.bug})" if finding.bug else ""
    yield ""
    yield f"{level:5} {finding.words}{name}"
    if finding.failing:
        count = len(finding.failing)
        yield f"      in {count} case{'s' * (count > 1)}; smallest: {finding.case}"
        if not finding.bug and finding.level == "must":
            more = f" and {count - NAMES} more" if count > NAMES else ""
            yield f"      the cases: {', '.join(finding.failing[:NAMES])}{more}"
    if finding.problem and finding.deviation is None:
        yield f"      {finding.problem}"
    if finding.deviation is not None:
        for line in deviation_lines(finding.deviation):
            yield f"      {line}"
    for line in finding.example.splitlines():
        yield f"      {line}"
    if finding.again:
        yield f"      again: {finding.again}"


def deviation_lines(one: Deviation) -> Iterator[str]:
    """A deviation in words: where it is, and how large."""
    place = f"{one.output}[{', '.join(map(str, one.index))}]"
    place += f" in {one.layout}" if one.layout else ""
    yield f"{place}: expected {one.expected:.17g}, got {one.got:.17g}"
    size = abs(one.got - one.expected)
    off = f"off by {size:.3g}, allowed {one.allowed:.3g}; " if math.isfinite(size) else ""
    yield f"{off}{one.outside} of {one.entries} entries are wrong"


def deviation_values(one: Deviation) -> dict[str, Any]:
    """A deviation for JSON."""
    return {
        "output": one.output,
        "index": list(one.index),
        "expected": _number(one.expected),
        "got": _number(one.got),
        "allowed": one.allowed,
        "outside": one.outside,
        "entries": one.entries,
    }


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)

"""A report as text and as JSON."""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import refkd
from refkd.verify.comparison import Comparison, as_value, first_names
from refkd.verify.kit import Kit
from refkd.verify.records import Deviation, Finding, Report, Trial

SCHEMA = 2  # version of the JSON
NAMES = 6  # of the cases that show what has no name
SLOW = 1.0  # seconds of a call that is worth a mention
SLOWEST = 3  # calls that are mentioned


def as_text(report: Report, kit: Kit, comparison: Comparison | None = None) -> str:
    """What a person reads: conventions, counts, findings."""
    findings = (line for finding in report.findings for line in _text(finding, comparison))
    return "\n".join([*_head(report, kit), *findings])


def as_json(report: Report, comparison: Comparison | None = None) -> str:
    """The same for machines; infinities and NaN are texts."""
    findings = [
        {
            "bug": finding.bug,
            "words": finding.words,
            "level": finding.level,
            "case": finding.case,
            "problem": finding.problem,
            "cases": len(finding.failing),
            "failing": list(finding.failing),
            "deviation": finding.deviation and deviation_values(finding.deviation),
            "example": finding.example,
            "again": finding.again,
        }
        for finding in report.findings
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
        "slowest": [
            {"case": trial.case, "seconds": round(trial.seconds, 3)} for trial in slow(report)
        ],
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
    words = {convention.name: convention.words for convention in kit.conventions}
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
            yield f"      the cases: {first_names(finding.failing, NAMES)}"
    if finding.problem and finding.deviation is None:
        yield f"      {finding.problem}"
    if finding.deviation is not None:
        for line in deviation_lines(finding.deviation):
            yield f"      {line}"
    for line in finding.example.splitlines():
        yield f"      {line}"
    if finding.again:
        yield f"      again: {finding.again}"


def deviation_lines(deviation: Deviation) -> Iterator[str]:
    """A deviation in words: where it is, and how large."""
    place = f"{deviation.output}[{', '.join(map(str, deviation.index))}]"
    place += f" in {deviation.layout}" if deviation.layout else ""
    yield f"{place}: expected {deviation.expected:.17g}, got {deviation.got:.17g}"
    size = abs(deviation.got - deviation.expected)
    off = f"off by {size:.3g}, allowed {deviation.allowed:.3g}; " if math.isfinite(size) else ""
    yield f"{off}{deviation.outside} of {deviation.entries} entries are wrong"


def deviation_values(deviation: Deviation) -> dict[str, Any]:
    """A deviation for JSON."""
    return {
        "output": deviation.output,
        "index": list(deviation.index),
        "expected": _number(deviation.expected),
        "got": _number(deviation.got),
        "allowed": deviation.allowed,
        "outside": deviation.outside,
        "entries": deviation.entries,
    }


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)

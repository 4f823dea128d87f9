"""A report as text, as JSON, and as JUnit XML, which programs for continuous integration read."""

import json
import math
import os
import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import refkd
from refkd.files.atomic import replacing
from refkd.verify.expected import PROBING, Comparison, as_value, first_names
from refkd.verify.kit import Kit
from refkd.verify.records import Deviation, Finding, Report, Trial

SCHEMA = 2  # version of the JSON
NAMES = 6  # of the cases that show what has no name
SLOW = 1.0  # seconds of a call that is worth a mention
SLOWEST = 3  # calls that are mentioned
KNOWN = {"told": "given", "not asked": "not tested"}  # how the text words what the JSON names


def as_text(report: Report, kit: Kit, comparison: Comparison | None = None) -> str:
    """The report as text: conventions, counts, findings."""
    findings = (line for finding in report.findings for line in _text(finding, comparison))
    return "\n".join([*_head(report, kit), *findings])


def as_json(report: Report, comparison: Comparison | None = None) -> str:
    """The report as JSON; infinities and NaN are texts."""
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
        yield f"  {name:{wide}}  {words[name](value)} ({KNOWN.get(known, known)})"
    assumed = [name for name, (_, known) in report.conventions.items() if known == "assumed"]
    if assumed:
        flags = ", ".join(
            convention.flag for convention in kit.conventions if convention.name in assumed
        )
        yield "The first, tiny case is wrong under all conventions: those marked (assumed) are"
        yield f"guesses, on which the findings depend. If one is wrong, give the right one: {flags}"
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


NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def write_junit(
    file: str | os.PathLike[str], report: Report, comparison: Comparison | None = None
) -> None:
    """Write a report with one test case for each case, and one for the conventions."""
    findings = {
        case: finding
        for finding in report.findings
        if finding.level == "must"
        for case in finding.failing or (PROBING,)
    }
    suites = Element("testsuites")
    suite = SubElement(suites, "testsuite", name=_escaped(f"refkd verify {report.kit}"))
    properties = SubElement(suite, "properties")
    for name, (value, known) in report.conventions.items():
        SubElement(
            properties, "property", name=_escaped(name), value=_escaped(f"{value} ({known})")
        )
    for trial in (Trial(PROBING), *report.trials):
        element = SubElement(
            suite,
            "testcase",
            classname=_escaped(f"refkd-{report.kit}: {report.target}"),
            name=_escaped(trial.case),
            time=f"{trial.seconds:.3f}",
        )
        _add_verdict(element, trial, findings.get(trial.case), comparison)
    for case in sorted(comparison.unasked) if comparison is not None else ():
        element = SubElement(suite, "testcase", name=_escaped(case), time="0.000")
        SubElement(element, "failure", message="an expected case that was not run")
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    suite.set("errors", "0")
    suite.set("time", f"{sum(trial.seconds for trial in report.trials):.3f}")
    ElementTree.indent(suites)
    with replacing(file) as out:
        ElementTree.ElementTree(suites).write(out, encoding="utf-8", xml_declaration=True)


def _add_verdict(
    element: Element, trial: Trial, finding: Finding | None, comparison: Comparison | None
) -> None:
    """Mark the case as failed, or its fault as known or gone."""
    known = comparison.expected.known(trial.case) if comparison is not None else ""
    if finding is None:
        if known:
            SubElement(element, "failure", message=f"gone: {known}, which was expected")
        return
    new = comparison is None or (finding.bug, trial.case) in comparison.new
    message = _escaped(trial.problem[0] if trial.problem else finding.words)
    if new:
        verdict = SubElement(element, "failure", message=message, type=finding.bug or "no class")
    else:
        verdict = SubElement(element, "skipped", message=f"known: {message}")
    words = f"{finding.words} ({finding.bug})" if finding.bug else finding.words
    lines = [words, *trial.problem]
    lines += [f"smallest: {finding.case}", f"again: {finding.again}"] if finding.again else []
    verdict.text = _escaped("\n".join(lines))


def _escaped(text: str) -> str:
    """Characters that XML cannot hold become their escapes."""
    return NO_XML.sub(lambda match: ascii(match[0])[1:-1], text)

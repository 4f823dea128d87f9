"""A report as JUnit XML, which programs for continuous integration read."""

import os
import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from refkd.files.atomic import replacing
from refkd.verify.comparison import Comparison
from refkd.verify.expected import PROBING
from refkd.verify.records import Finding, Report, Trial

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
    suite = SubElement(suites, "testsuite", name=_text(f"refkd verify {report.kit}"))
    properties = SubElement(suite, "properties")
    for name, (value, known) in report.conventions.items():
        SubElement(properties, "property", name=_text(name), value=_text(f"{value} ({known})"))
    for trial in (Trial(PROBING), *report.trials):
        element = SubElement(
            suite,
            "testcase",
            classname=_text(f"refkd-{report.kit}: {report.target}"),
            name=_text(trial.case),
            time=f"{trial.seconds:.3f}",
        )
        _add_verdict(element, trial, findings.get(trial.case), comparison)
    for case in sorted(comparison.unasked) if comparison is not None else ():
        element = SubElement(suite, "testcase", name=_text(case), time="0.000")
        SubElement(element, "failure", message="an expected case, not asked in this run")
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
    """Say that the case failed, or that its fault is known, or gone."""
    known = comparison.expected.known(trial.case) if comparison is not None else ""
    if finding is None:
        if known:
            SubElement(element, "failure", message=f"gone: {known}, which was expected")
        return
    new = comparison is None or (finding.bug, trial.case) in comparison.new
    message = _text(trial.problem[0] if trial.problem else finding.words)
    if new:
        verdict = SubElement(element, "failure", message=message, type=finding.bug or "no class")
    else:
        verdict = SubElement(element, "skipped", message=f"known: {message}")
    words = f"{finding.words} ({finding.bug})" if finding.bug else finding.words
    lines = [words, *trial.problem]
    lines += [f"smallest: {finding.case}", f"again: {finding.again}"] if finding.again else []
    verdict.text = _text("\n".join(lines))


def _text(text: str) -> str:
    """Characters that XML cannot hold become their escapes."""
    return NO_XML.sub(lambda match: ascii(match[0])[1:-1], text)

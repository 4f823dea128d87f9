"""What has changed since known faults were written to a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import refkd
from refkd.verify.bug_classes import BUGS
from refkd.verify.expected import (
    PROBING,
    Expected,
    Fault,
    by_bug,
    dtype_of,
    faults_in,
    faults_of,
    hypothesis_version,
    listed,
)
from refkd.verify.records import Finding, Report

NAMES = 5  # of cases on one line


@dataclass(frozen=True)
class Comparison:
    """What has changed since a file was written; `unasked` are its cases that were not run."""

    expected: Expected
    new: frozenset[Fault]
    gone: frozenset[Fault] = frozenset()
    unasked: frozenset[str] = frozenset()

    def knows(self, finding: Finding) -> bool:
        """Whether all of a finding is expected."""
        return self.new.isdisjoint(faults_in(finding))

    @property
    def exit_code(self) -> int:
        """0 if exactly the expected faults appeared, else 1."""
        return int(bool(self.new or self.gone or self.unasked))


def compare(expected: Expected, report: Report, *, by_case: bool = False) -> Comparison:
    """Hold the faults of a report against the expected ones."""
    expected.check_dtype(dtype_of(report))
    faults = faults_of(report)
    if by_case:  # the class of a fault depends on all cases, and some were left out on purpose
        new = frozenset(fault for fault in faults if not expected.known(fault[1]))
        return Comparison(expected, new)
    asked = {PROBING, *(trial.case for trial in report.trials)}
    return Comparison(
        expected,
        faults - expected.faults,
        frozenset(fault for fault in expected.faults - faults if fault[1] in asked),
        frozenset(expected.cases) - asked,
    )


def as_lines(comparison: Comparison) -> Iterator[str]:
    """What has changed, in plain words."""
    expected = comparison.expected
    if not comparison.exit_code:
        count = len(expected.faults)
        yield f"{expected.file}: exactly the expected faults, in {_counted(count, 'case')}"
        return
    for faults, change in ((comparison.new, "new"), (comparison.gone, "gone")):
        for bug, cases in sorted(by_bug(faults).items()):
            name = f"{BUGS[bug]} ({bug})" if bug in BUGS else "a fault without a class"
            names = first_names(cases, NAMES)
            yield f"{change}: {name}, in {_counted(len(cases), 'case')}: {names}"
    if comparison.unasked:
        cases = sorted(comparison.unasked)
        yield f"not asked: {_counted(len(cases), 'expected case')}: {first_names(cases, NAMES)}"
    for name, then, now in (
        ("refkd", expected.refkd, refkd.__version__),
        ("Hypothesis", expected.hypothesis, hypothesis_version()),
    ):
        if then != now:
            yield f"{expected.file} was written with {name} {then}, this run has {now}"


def as_value(comparison: Comparison) -> dict[str, Any]:
    """The same for JSON."""
    return {
        "file": comparison.expected.file,
        "new": listed(comparison.new),
        "gone": listed(comparison.gone),
        "unasked": sorted(comparison.unasked),
    }


def first_names(cases: Sequence[str], count: int) -> str:
    """The first names of cases on one line, and how many more there are."""
    more = f" and {len(cases) - count} more" if len(cases) > count else ""
    return ", ".join(cases[:count]) + more


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"

"""Verify functions of this process with a kit: what the tests of `refkd verify` share."""

import warnings
from dataclasses import dataclass

from refkd.verify.kit import Kit
from refkd.verify.kits import kit_named
from refkd.verify.python_runner import answered
from refkd.verify.records import Finding, Report, Selection
from refkd.verify.session import verify
from refkd.verify.worker import answer

QUICK = Selection(quick=True)


class FunctionRunner:
    """Answers calls by a function, as the worker does."""

    def __init__(self, function, kit, claims=None):
        self.function = function
        self.names, self.results = kit.signature(claims or {})

    def ask(self, calls):
        return [self._ask(call) for call in calls]

    def close(self):
        pass

    def _ask(self, call):
        values = {name: value for name, value in call.arguments.items() if value is not None}
        values["call.memory"] = call.memory
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no warning of the function is an error of the test
            reply = answer(self.function, self.names, self.results, values)
        return answered(reply, self.results)


@dataclass(frozen=True)
class Verifier:
    """Reports of one kit on functions."""

    kit: Kit

    def report(self, function, claims=None, selection=QUICK, **options) -> Report:
        runner = FunctionRunner(function, self.kit, claims)
        return verify(self.kit, runner, claims, selection, **options)

    def faults(self, function, claims=None, selection=QUICK, **options) -> list[Finding]:
        return faults(self.report(function, claims, selection, **options))

    def bugs(self, function, claims=None, selection=QUICK, **options) -> list[str]:
        """The classes of the faults; empty where a fault has no class."""
        return [fault.bug for fault in self.faults(function, claims, selection, **options)]

    def notes(self, function, claims=None, selection=QUICK, **options) -> list[str]:
        return notes(self.report(function, claims, selection, **options))

    @property
    def usual(self) -> dict[str, str]:
        """The likeliest value of every convention."""
        return {
            convention.name: next(iter(convention.choices)) for convention in self.kit.conventions
        }


def verifier(name: str) -> Verifier:
    return Verifier(kit_named(name))


def faults(report: Report) -> list[Finding]:
    """What must be fixed."""
    return [finding for finding in report.findings if finding.level == "must"]


def notes(report: Report) -> list[str]:
    """What is worth to know, in words."""
    return [finding.words for finding in report.findings if finding.level == "note"]


def values(report: Report) -> dict[str, str]:
    """The conventions of a report, without how they are known."""
    return {name: value for name, (value, _) in report.conventions.items()}

"""Each case of a kit as an item of pytest; loaded by the plugin when an adapter is named."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from refkd import check
from refkd.check import ArgumentError
from refkd.verify.detect_conventions import Probed, probe
from refkd.verify.expected import PROBING, Expected, Setting, compare, read_expected
from refkd.verify.kit import Kit
from refkd.verify.kits import kit_named
from refkd.verify.python_runner import PythonRunner
from refkd.verify.records import Case, Conventions, Outcome, Selection
from refkd.verify.report import as_text
from refkd.verify.run import Asking
from refkd.verify.session import conclude, in_order, problem_lines

TIME_LIMIT = 30.0  # seconds for one call, as on the command line


class Subject:
    """One implementation that is verified in this run; nothing is started before it is needed."""

    def __init__(
        self,
        kit: Kit,
        target: str,
        claims: Conventions,
        selection: Selection,
        file: Expected | None,
    ) -> None:
        self.kit = kit
        self.target = target
        self.claims = claims
        self.selection = selection
        self.expected = file
        self.outcomes: list[Outcome] = []
        self.refused = ""  # node id of the item that says why nothing can be asked

    @property
    def name(self) -> str:
        """Of its items: the first part of their node ids."""
        return f"refkd-{self.kit.name}"

    @cached_property
    def runner(self) -> PythonRunner:
        """To the adapter, whose process starts now."""
        return PythonRunner(self.target, self.kit.arguments, self.kit.results, TIME_LIMIT)

    @cached_property
    def probed(self) -> Probed:
        """The conventions, detected once."""
        probed = probe(self.kit, self.runner, self.claims, self.target)
        if self.expected is not None:
            self.expected.check_dtype(probed.conventions["dtype"])
        return probed

    def outcome(self, case: Case) -> Outcome:
        """The outcome of a case, which is kept for the diagnosis."""
        [outcome] = Asking(self.kit, self.runner).outcomes([case], self.probed.conventions)
        self.outcomes.append(outcome)
        return outcome

    def again(self, case: str) -> str:
        """The command that runs a case again."""
        return Setting(self.kit.name, self.claims, Selection(), case).command(self.target)

    def diagnosis(self) -> list[str]:
        """The report on the cases that were run, compared with the expected faults."""
        report = conclude(
            self.kit, self.runner, self.probed, self.outcomes, target=self.target, again=self.again
        )
        file = self.expected
        comparison = compare(file, report, by_case=True) if file is not None else None
        report = replace(report, remarks=tuple(self.kit.remarks(self.selection)))
        return as_text(report, self.kit, comparison).splitlines()

    def close(self) -> None:
        """End the process of the adapter, if it was started."""
        if "runner" in vars(self):
            self.runner.close()


class CaseItem(pytest.Item):
    """One case; or, without one, the conventions or an expected case that no longer exists."""

    def __init__(self, *, subject: Subject, case: Case | None, **node: Any) -> None:
        super().__init__(**node)
        self.subject = subject
        self.case = case

    def runtest(self) -> None:
        """Run the case, and fail unless the answer is right or its fault is known."""
        problem = self._problem()
        expected = self.subject.expected
        if expected is not None and (known := expected.known(self.name)):
            if problem is None:
                pytest.fail(f"gone: {known}, expected by {expected.file}", pytrace=False)
            pytest.xfail(f"{known}, expected by {expected.file}")
        if problem is not None:
            pytest.fail(problem, pytrace=False)

    def _problem(self) -> str | None:
        """What is wrong, as lines; None if nothing is."""
        subject = self.subject
        if subject.refused:
            pytest.skip(f"not run, see {subject.refused}")
        refusal = ""
        try:
            probed = subject.probed
        except ArgumentError as error:
            subject.refused, refusal = self.nodeid, str(error)
        if refusal:
            pytest.fail(refusal, pytrace=False)
        if self.case is None:
            faults = [finding.words for finding in probed.findings if finding.level == "must"]
            return "\n".join(faults) or None if self.name == PROBING else None
        if not subject.kit.concerns(self.case, probed.conventions):
            pytest.skip("no case for an implementation with these conventions")
        outcome = subject.outcome(self.case)
        if outcome.problem is None:
            return None
        lines = problem_lines(subject.kit, outcome)
        return "\n".join([*lines, f"again: {subject.again(self.case.name)}"])

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where pytest lists the item: no file, but the kit."""
        return self.config.rootpath / self.subject.name, None, self.name


class Cases(pytest.Collector):
    """All cases of a kit for one implementation."""

    def __init__(self, *, subject: Subject, **node: Any) -> None:
        super().__init__(**node)
        self.subject = subject

    def collect(self) -> Iterator[CaseItem]:
        """The conventions first; last what may corrupt the memory of the process."""
        subject = self.subject
        cases = {case.name: case for case in in_order(subject.kit.cases(subject.selection))}
        expected = subject.expected.cases if subject.expected is not None else ()
        for name in dict.fromkeys((PROBING, *cases, *expected)):
            case = cases.get(name)
            yield CaseItem.from_parent(self, name=name, subject=subject, case=case)


class Verification:
    """The hooks of a run in which an adapter is named."""

    def __init__(self, config: pytest.Config, targets: Mapping[str, str]) -> None:
        try:
            self.subjects = _subjects(config, targets)
        except ArgumentError as error:
            raise pytest.UsageError(str(error)) from None
        self.chosen: list[str] = []  # node ids among the arguments of the command

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Take node ids of cases out of the arguments, which are files for pytest."""
        names = [subject.name for subject in self.subjects]
        arguments = session.config.args
        self.chosen = [text for text in arguments if text.partition("::")[0] in names]
        session.config.args = [text for text in arguments if text not in self.chosen]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        """Add the cases before -k and others select."""
        cases: dict[str, list[pytest.Item]] = {}  # by node id, and by the name of the kit
        for subject in self.subjects:
            name = subject.name
            node = Cases.from_parent(session, name=name, nodeid=name, subject=subject)
            cases[name] = list(session.genitems(node))
            cases.update((item.nodeid, [item]) for item in cases[name])
        for name in self.chosen:
            if name not in cases:
                raise pytest.UsageError(f"{name}: expected a case, --collect-only lists them")
        chosen = self.chosen or [subject.name for subject in self.subjects]
        items += dict.fromkeys(item for name in chosen for item in cases[name])

    def pytest_terminal_summary(
        self, terminalreporter: "pytest.TerminalReporter", exitstatus: pytest.ExitCode
    ) -> None:
        """Print the diagnosis of each implementation, unless the run was interrupted."""
        if exitstatus == pytest.ExitCode.INTERRUPTED:
            return
        for subject in self.subjects:
            if "probed" in vars(subject):
                title, *lines = subject.diagnosis()
                terminalreporter.section(title)
                for line in lines:
                    terminalreporter.line(line)

    def pytest_unconfigure(self) -> None:
        """End what was started."""
        for subject in self.subjects:
            subject.close()


def _subjects(config: pytest.Config, targets: Mapping[str, str]) -> list[Subject]:
    """What the options name, with the conventions and the expected faults of each."""
    kits = [kit_named(name) for name in targets]
    selection = Selection(quick=config.getoption("--refkd-quick"))
    names = [convention.name for kit in kits for convention in kit.conventions]
    conventions: dict[str, str] = {}
    for text in config.getoption("--refkd-told"):
        name, _, value = text.partition("=")
        conventions[check.one_of("--refkd-told NAME=VALUE", name, names)] = value
    files = {}
    for file in config.getoption("--refkd-expect"):
        expected = read_expected(file)
        files[check.one_of(f"{file}: kit", expected.setting.kit, targets)] = expected
    subjects = []
    for kit in kits:
        own = {
            convention.name: conventions[convention.name]
            for convention in kit.conventions
            if convention.name in conventions
        }
        for convention in kit.conventions:
            convention.tried(own)  # refuses a value that is none
        if kit.name in files:
            files[kit.name].check_setting(Setting(kit.name, own, selection))
        subjects.append(Subject(kit, targets[kit.name], own, selection, files.get(kit.name)))
    return subjects

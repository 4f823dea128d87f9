"""Known faults of an implementation in a file, and what has changed since it was written."""

import json
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeAlias

import refkd
from refkd import check
from refkd.files.atomic import replacing
from refkd.verify.bug_classes import BUGS
from refkd.verify.records import Conventions, Finding, Report, Selection

SCHEMA, VERSION = "refkd-verify-expected", 1
PROBING = "conventions"  # stands for the case of a fault that shows before any case is run

Fault: TypeAlias = tuple[str, str]  # bug class and case


@dataclass(frozen=True)
class Setting:
    """What decides which cases are run: only runs of the same setting can be compared."""

    kit: str
    claims: Conventions
    selection: Selection
    case: str | None = None

    def command(self, target: str = "") -> str:
        """The command that runs these cases on a target."""
        words = ["refkd", "verify", self.kit, *[target] * bool(target)]
        for name, value in sorted(self.claims.items()):
            words += ["--" + name.replace("_", "-"), value]
        words += ["--quick"] * self.selection.quick
        words += ["--shapes", "few"] * self.selection.few_shapes
        words += ["--seed", str(self.selection.seed)] if self.selection.seed else []
        words += ["--case", self.case] if self.case is not None else []
        return shlex.join(words)


@dataclass(frozen=True)
class Expected:
    """Known faults, and the run in which they were seen."""

    file: str
    setting: Setting
    dtype: str
    faults: frozenset[Fault]
    refkd: str
    hypothesis: str | None

    def check_setting(self, setting: Setting) -> None:
        """Refuse the setting of a run that cannot be compared."""
        if setting != self.setting:
            written_for = f"`{self.setting.command()}`, for which it was written"
            check.fail(self.file, written_for, f"`{setting.command()}`")

    @property
    def cases(self) -> list[str]:
        """Names of the cases that are expected to fail."""
        return sorted({case for _, case in self.faults})

    def check_dtype(self, dtype: str) -> None:
        """Refuse an implementation that has other tolerances."""
        if dtype != self.dtype:
            check.fail(self.file, f"an implementation in {self.dtype}", dtype)

    def known(self, case: str) -> str:
        """The bug classes that are known of this case, as text; empty if none is."""
        bugs = sorted(bug or "no class" for bug, name in self.faults if name == case)
        return ", ".join(bugs)


def read_expected(file: str | os.PathLike[str]) -> Expected:
    """Read what `write_expected` has written."""
    name = str(file)
    try:
        value = json.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        check.fail(name, "a readable file", error.strerror)
    except (ValueError, RecursionError):
        check.fail(name, "a file written by --write-expected", "no JSON")
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        check.fail(
            name, f'a file written by --write-expected, of the schema "{SCHEMA}"', "other JSON"
        )
    if value.get("version") != VERSION:
        check.fail(name, f"version {VERSION} of the schema", f"{value.get('version')!r:.20}")
    part = _Reader(name, value)
    conventions, selection = (_Reader(name, part(key, dict)) for key in ("told", "selection"))
    shapes = check.one_of(f"{name}: shapes", selection("shapes", str), ("all", "few"))
    setting = Setting(
        part("kit", str),
        {flag: conventions(flag, str) for flag in conventions.value},
        Selection(selection("quick", bool), shapes == "few", selection("seed", int)),
        selection("case", str, type(None)),
    )
    cases = [
        (finding("bug", str), finding.texts("cases"))
        for finding in map(part.inside, part("findings", list))
    ]
    faults = frozenset((bug, name) for bug, names in cases for name in names)
    hypothesis = part("hypothesis", str, type(None))
    return Expected(name, setting, part("dtype", str), faults, part("refkd", str), hypothesis)


def write_expected(file: str | os.PathLike[str], report: Report, setting: Setting) -> None:
    """Write the faults of a report, to be known from now on."""
    value = {
        "schema": SCHEMA,
        "version": VERSION,
        "refkd": refkd.__version__,
        "hypothesis": hypothesis_version(),
        "kit": setting.kit,
        "target": report.target,
        "dtype": dtype_of(report),
        "told": dict(sorted(setting.claims.items())),
        "selection": {
            "quick": setting.selection.quick,
            "shapes": "few" if setting.selection.few_shapes else "all",
            "seed": setting.selection.seed,
            "case": setting.case,
        },
        "findings": listed(faults_of(report)),
    }
    with replacing(file) as out:
        out.write((json.dumps(value, indent=1) + "\n").encode("utf-8"))


def faults_of(report: Report) -> frozenset[Fault]:
    """Class and case of every failing case, and of every fault that showed while probing."""
    musts = (finding for finding in report.findings if finding.level == "must")
    return frozenset(fault for finding in musts for fault in faults_in(finding))


def listed(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    """Faults for JSON: each class with its cases, sorted."""
    return [{"bug": bug, "cases": cases} for bug, cases in sorted(by_bug(faults).items())]


def faults_in(finding: Finding) -> list[Fault]:
    return [(finding.bug, case) for case in finding.failing or (PROBING,)]


def by_bug(faults: Iterable[Fault]) -> dict[str, list[str]]:
    cases: dict[str, list[str]] = {}
    for bug, case in sorted(faults):
        cases.setdefault(bug, []).append(case)
    return cases


def dtype_of(report: Report) -> str:
    return report.conventions["dtype"][0]


def hypothesis_version() -> str | None:
    """The version of what draws the cases."""
    try:
        return version("hypothesis")
    except PackageNotFoundError:
        return None


class _Reader:
    """An object of the JSON whose parts are checked as they are read."""

    def __init__(self, file: str, value: Mapping[str, Any]) -> None:
        self.file = file
        self.value = value

    def __call__(self, name: str, *kinds: type) -> Any:
        part = self.value.get(name, ...)
        if type(part) not in kinds:
            self._fail(name)
        return part

    def inside(self, value: Any) -> "_Reader":
        """An object of a list."""
        if not isinstance(value, dict):
            self._fail("findings")
        return _Reader(self.file, value)

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        part: list[str] = self(name, list)
        if not all(isinstance(text, str) for text in part):
            self._fail(name)
        return part

    def _fail(self, name: str) -> None:
        check.fail(
            self.file, "a file written by --write-expected", f"one whose {name!r:.40} is damaged"
        )


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
    """Compare the faults of a report with the expected ones."""
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
        yield f"not run: {_counted(len(cases), 'expected case')}: {first_names(cases, NAMES)}"
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

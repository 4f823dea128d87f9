"""Detect the conventions of an implementation from its answers to one tiny case."""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from refkd.check import ArgumentError
from refkd.verify.compare import largest_difference
from refkd.verify.diagnose import agrees
from refkd.verify.kit import Convention, Kit
from refkd.verify.python_runner import Runner
from refkd.verify.records import Answer, Arguments, Case, Conventions, Finding, Outcome, Outputs
from refkd.verify.run import Asking, judged, outputs_of

Values: TypeAlias = dict[str, str]

LIKELY = 1_000  # combinations that are tried with a wrong implementation
SIMPLER = 8  # simpler probe cases that are tried with it


@dataclasses.dataclass(frozen=True)
class Probed:
    """Conventions, how each is known, and findings of the detection."""

    conventions: Conventions
    known: Conventions  # name: "told", "found", "assumed" or "not asked"
    findings: tuple[Finding, ...]


def probe(
    kit: Kit, runner: Runner, claims: Conventions, target: str = "the implementation"
) -> Probed:
    """Find the conventions under which the probe case is right; a refuted claim is a finding.

    Hypotheses are combinations of conventions, the likelier first; the first that reproduces every
    number wins. If none does, known defects are tried with the likeliest combinations: a wrong
    implementation has conventions, too.
    """
    search = _Search(kit, runner, claims)
    likely = search.right(claims)
    contradicted: list[str] = []
    dtype = {name: value for name, value in claims.items() if name == "dtype"}
    if likely is None and claims != dtype and (likely := search.right(dtype)) is not None:
        contradicted = [name for name, value in claims.items() if likely.get(name, value) != value]
    certain = likely is not None
    if likely is None:
        likely = search.defective(claims)
    likely = likely or search.readable(claims)
    if likely is None and (likely := search.readable(dtype)) is not None:
        contradicted = [name for name, value in claims.items() if likely.get(name, value) != value]
    if likely is None:
        raise ArgumentError(f"{target}: {search.failure()}")
    settled = kit.settle(Asking(kit, runner), likely, claims)
    later = settled.values
    contradicted += [name for name in later if claims.get(name, later[name]) != later[name]]
    conventions = {**likely, **later}
    return Probed(
        conventions,
        {
            name: "told" if name in claims and name not in contradicted
            else "not asked" if name in settled.unasked
            else "found" if certain or name in later else "assumed"
            for name in conventions
        },
        (
            *settled.findings,
            *(_contradiction(kit, name, claims, conventions) for name in contradicted),
        ),
    )  # fmt: skip


def _contradiction(kit: Kit, name: str, claims: Conventions, actual: Conventions) -> Finding:
    convention = next(convention for convention in kit.conventions if convention.name == name)
    words = convention.words
    return Finding(
        convention.bug,
        f"{convention.flag} {claims[name]} was given ({words(claims[name])}), "
        f"but detected: {words(actual[name])}",
        "must",
    )


class _Search:
    """Answers to the probe cases, one call for each combination of call conventions."""

    def __init__(self, kit: Kit, runner: Runner, claims: Conventions) -> None:
        self.kit = kit
        self.runner = runner
        self.answers: dict[tuple[str, ...], Answer] = {}
        self.references: dict[tuple[bytes | str, ...], Outputs] = {}
        self.presented: dict[tuple[str, ...], Arguments] = {}
        self.failures: list[Answer] = []
        self.case, *self.simpler = kit.probe_cases()
        call = self._deciding("call")
        asked = [*_combinations(call, claims), *_combinations(call, {})]
        while self.simpler:  # the first case that any numbers come from
            if any(
                self._answer(self.case, conventions, claims).outputs is not None
                for conventions in asked
            ):
                break
            self.case, *self.simpler = self.simpler

    def right(self, claims: Conventions) -> Values | None:
        """The likeliest conventions under which every number is right."""
        for asked in _combinations(self._deciding("call"), claims):
            if self._answer(self.case, asked, claims).outputs is None:
                continue
            for expected in _combinations(self._deciding("answer"), claims):
                conventions = {**asked, **expected}
                if self._outcome(
                    self.case, conventions, claims
                ).problem is None and not self._refuted(conventions, claims):
                    return conventions
        return None

    def defective(self, claims: Conventions) -> Values | None:
        """The likeliest conventions of those under which most results are right.

        If a known defect gives all numbers under one of them, it is that one. If no result is
        right under any, one may be in a simpler case.
        """
        both = [*self._deciding("call"), *self._deciding("answer")]
        likely = _combinations(both, claims)[:LIKELY]
        for case in self._probes():
            outcomes = [
                self._outcome(case, conventions, claims)
                for conventions in likely
                if self._is_readable(case, conventions, claims)
                and not self._refuted(conventions, claims)
            ]
            readable = [
                outcome
                for outcome in outcomes
                if outcome.problem is None or outcome.deviation is not None
            ]
            most = max(map(_results_right, readable), default=0)
            nearest = [outcome for outcome in readable if _results_right(outcome) == most]
            if most > 0:
                break
        else:
            nearest = [
                outcome for outcome in nearest if _unusual(both, outcome.conventions, claims) <= 1
            ]
        known: dict[tuple[bytes | str, ...], list[Outputs]] = {}
        for outcome in nearest:
            key = _fingerprint(outcome.arguments)
            if key not in known:
                defects = self.kit.defects
                known[key] = [outputs_of(defect, self.kit, outcome.arguments) for defect in defects]
            if any(agrees(self.kit, outcome, outputs) for outputs in known[key]):
                return dict(outcome.conventions)
        return dict(nearest[0].conventions) if most > 0 else None

    def readable(self, claims: Conventions) -> Values | None:
        """The likeliest conventions under which the results have the right shapes, if any."""
        both = [*self._deciding("call"), *self._deciding("answer")]
        for conventions in _combinations(both, claims)[:LIKELY]:
            if any(self._is_readable(case, conventions, claims) for case in self._probes()):
                return conventions
        return None

    def failure(self) -> str:
        """How the likeliest call fails if no answer can be read; a returned value goes first."""
        returned = [answer for answer in self.failures if answer.failure == "unreadable"]
        if returned:
            return f"the returned value cannot be read: {returned[0].sentence}"
        likeliest = self.failures[0]
        ending = likeliest.traceback.rstrip() or likeliest.sentence
        same = len({answer.sentence for answer in self.failures}) == 1
        ways = (
            "in the same way"
            if same
            else "under all conventions; this is the failure under the likeliest ones"
        )
        return f"every call fails {ways} ({likeliest.failure}):\n{ending}"

    def _probes(self) -> tuple[Case, ...]:
        return (self.case, *self.simpler[:SIMPLER])

    def _is_readable(self, case: Case, conventions: Conventions, claims: Conventions) -> bool:
        """Whether the answer to a case has the right shapes; else it is one of the failures."""
        answer = self._answer(case, conventions, claims)
        if answer.outputs is not None:
            call = tuple(conventions[convention.name] for convention in self._deciding("call"))
            if (case.name, *call) not in self.presented:
                self.presented[case.name, *call] = self.kit.present(case, conventions)
            try:
                self.kit.restore(answer.outputs, self.presented[case.name, *call], conventions)
                return True
            except ValueError as error:
                answer = Answer(failure="unreadable", sentence=str(error))
        self.failures.append(answer)
        return False

    def _refuted(self, conventions: Conventions, claims: Conventions) -> bool:
        """Whether an argument that these conventions ignore changes the answer."""
        cases = self.kit.contradictions(self.case, conventions)
        if not cases:
            return False
        asked = self._outcome(self.case, conventions, claims).answer.outputs or {}
        return any(
            outcome.problem is not None
            and outcome.answer.failure != "raised"
            and largest_difference(outcome.answer.outputs or {}, asked) > 0.0
            for outcome in Asking(self.kit, self.runner).outcomes(cases, conventions)
        )

    def _deciding(self, what: str) -> list[Convention]:
        return [convention for convention in self.kit.conventions if convention.decides == what]

    def _outcome(self, case: Case, conventions: Conventions, claims: Conventions) -> Outcome:
        arguments = self.kit.present(case, conventions)
        key = (case.name, conventions["dtype"], *_fingerprint(arguments))
        if key not in self.references:
            self.references[key] = self.kit.reference(case, arguments, conventions)
        answer = self._answer(case, conventions, claims)
        return judged(self.kit, case, arguments, conventions, answer, self.references[key])

    def _answer(self, case: Case, conventions: Conventions, claims: Conventions) -> Answer:
        call = self._deciding("call")
        key = (case.name, *(conventions[convention.name] for convention in call))
        if key not in self.answers:
            conventions = {
                **{
                    convention.name: convention.tried({})[0]
                    for convention in self._deciding("answer")
                },
                **conventions,
            }
            sent = self.kit.translate(case, self.kit.present(case, conventions), conventions)
            (answer,) = self.runner.ask([sent])
            self.answers[key] = dataclasses.replace(answer, overwritten=())  # a fault of its own
        answer = self.answers[key]
        if "dtype" not in claims and _is_wider(answer, conventions):
            return Answer(failure="raised", sentence="the numbers have more digits than this dtype")
        return answer


def _results_right(outcome: Outcome) -> int:
    """How many results come right before the first one that does not."""
    results = list(outcome.expected)
    return len(results) if outcome.deviation is None else results.index(outcome.deviation.output)


def _fingerprint(arguments: Arguments) -> tuple[bytes | str, ...]:
    """The same for the same arguments."""
    values = arguments.values()
    return tuple(
        value.tobytes() if isinstance(value, np.ndarray) else str(value) for value in values
    )


def _is_wider(answer: Answer, asked: Conventions) -> bool:
    """Whether numbers of float64 would be held to the tolerance of a narrower dtype."""
    floats = [values for values in (answer.outputs or {}).values() if values.dtype.kind == "f"]
    widest = max((values.dtype.itemsize for values in floats), default=0)
    return asked["dtype"] != "float64" and widest > 4


def _combinations(conventions: Sequence[Convention], claims: Conventions) -> list[Values]:
    """Every combination, those with fewer unusual values first."""
    names = [convention.name for convention in conventions]
    products = itertools.product(*(convention.tried(claims) for convention in conventions))
    every = [dict(zip(names, values, strict=True)) for values in products]
    return sorted(every, key=lambda values: _unusual(conventions, values, claims))


def _unusual(conventions: Sequence[Convention], values: Conventions, claims: Conventions) -> int:
    return sum(values[convention.name] != convention.tried(claims)[0] for convention in conventions)

"""Run cases on an implementation and compare its answers with the reference."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from refkd.verify.kit import Kit
from refkd.verify.python_runner import Runner
from refkd.verify.records import (
    Answer,
    Arguments,
    Case,
    Conventions,
    Defect,
    Deviation,
    Outcome,
    Outputs,
)


@dataclass(frozen=True)
class Asking:
    """Cases of one kit on one implementation."""

    kit: Kit
    runner: Runner

    def outcomes(self, cases: Iterable[Case], conventions: Conventions) -> list[Outcome]:
        """The outcome of each case, in one batch of calls."""
        kit = self.kit
        listed = [(case, kit.present(case, conventions)) for case in cases]
        answers = self.runner.ask(
            [kit.translate(case, arguments, conventions) for case, arguments in listed]
        )
        return [
            judged(kit, case, arguments, conventions, answer)
            for (case, arguments), answer in zip(listed, answers, strict=True)
        ]


def judged(
    kit: Kit,
    case: Case,
    arguments: Arguments,
    conventions: Conventions,
    answer: Answer,
    outputs: Outputs | None = None,
) -> Outcome:
    """Compare an answer with the reference, or with the canonical outputs of a defect."""
    right = kit.reference(case, arguments, conventions) if outputs is None else outputs
    expected = kit.express(arguments, right, conventions)
    if answer.outputs is not None:
        try:
            restored = kit.restore(answer.outputs, arguments, conventions)
        except ValueError as error:
            answer = Answer(failure="unreadable", sentence=str(error), seconds=answer.seconds)
        else:
            answer = replace(answer, outputs=restored)
    problem, deviation = judge(kit, case, arguments, expected, answer, conventions)
    return Outcome(case, arguments, expected, answer, conventions, problem, deviation)


def judge(
    kit: Kit,
    case: Case,
    arguments: Arguments,
    expected: Outputs,
    answer: Answer,
    conventions: Conventions,
) -> tuple[str | None, Deviation | None]:
    """What is wrong with a restored answer in plain words, and where; None if nothing is."""
    if answer.outputs is None:
        may_refuse = case.status != "must" or kit.may_refuse(case, arguments, expected)
        if answer.failure == "raised" and may_refuse:
            return None, None
        return f"{answer.failure}: {answer.sentence}", None
    if case.status == "must_reject":
        return "numbers are returned where a refusal is expected", None
    if answer.overwritten:
        return f"the argument {answer.overwritten[0]} is overwritten", None
    if case.status == "acceptable":
        return None, None
    deviation = kit.deviation(case, arguments, expected, answer.outputs, conventions)
    return (kit.deviating if deviation else None), deviation


def outputs_of(defect: Defect, kit: Kit, arguments: Arguments) -> Outputs:
    """The results of an implementation with this defect, in the canonical form.

    None among its results is left out.
    """
    results = defect.compute(*(arguments.get(name) for name in kit.canonical_arguments))
    return {
        name: value for name, value in zip(kit.canonical, results, strict=True) if value is not None
    }

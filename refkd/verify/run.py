"""Run cases on an implementation and hold its answers against the reference."""

from collections.abc import Iterable
from dataclasses import replace

from refkd.verify.kit import Asker, Kit
from refkd.verify.python_runner import Runner
from refkd.verify.records import (
    Answer,
    Arguments,
    Case,
    Conventions,
    Defect,
    Outcome,
    Outputs,
)


class Asking(Asker):
    """Cases of one kit on one implementation."""

    def __init__(self, kit: Kit, runner: Runner) -> None:
        self.kit = kit
        self.runner = runner

    def outcomes(self, cases: Iterable[Case], conventions: Conventions) -> list[Outcome]:
        """What came of each case, in one batch of calls."""
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
    """Hold an answer against the reference, or against the canonical outputs of a defect."""
    right = kit.reference(case, arguments, conventions) if outputs is None else outputs
    expected = kit.express(arguments, right, conventions)
    if answer.outputs is not None:
        try:
            restored = kit.restore(answer.outputs, arguments, conventions)
        except ValueError as error:
            answer = Answer(failure="unreadable", sentence=str(error), seconds=answer.seconds)
        else:
            answer = replace(answer, outputs=restored)
    problem, deviation = kit.judge(case, arguments, expected, answer, conventions)
    return Outcome(case, arguments, expected, answer, conventions, problem, deviation)


def outputs_of(defect: Defect, kit: Kit, arguments: Arguments) -> Outputs:
    """What an implementation with this defect gives, in the canonical form.

    None among its results is left out.
    """
    results = defect.compute(*(arguments.get(name) for name in kit.canonical_arguments))
    return {
        name: value for name, value in zip(kit.canonical, results, strict=True) if value is not None
    }

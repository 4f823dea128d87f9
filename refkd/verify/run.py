"""Put cases through a door and judge what comes back."""

from collections.abc import Iterable

from refkd.verify.doors import Door
from refkd.verify.kit import Asker, Kit
from refkd.verify.records import Answer, Case, Conventions, Outcome, Outputs


class Asking(Asker):
    """Cases of one kit through one door."""

    def __init__(self, kit: Kit, door: Door) -> None:
        self.kit = kit
        self.door = door

    def outcomes(self, cases: Iterable[Case], conventions: Conventions) -> list[Outcome]:
        """What came of each case, asked all at once."""
        listed = list(cases)
        calls = [
            self.kit.translate(case, self.kit.present(case, conventions), conventions)
            for case in listed
        ]
        answers = self.door.ask(calls)
        return [
            judged(self.kit, case, conventions, answer)
            for case, answer in zip(listed, answers, strict=True)
        ]


def judged(
    kit: Kit, case: Case, conventions: Conventions, answer: Answer, outputs: Outputs | None = None
) -> Outcome:
    """Hold an answer against the reference.

    Parameters
    ----------
    kit : Kit
        Of the implementation.
    case : Case
        What was asked.
    conventions : mapping of str to str
        In which it was asked and is to be read.
    answer : Answer
        As it came through the door.
    outputs : mapping of str to array, optional
        Canonical outputs of a defect, to stand in for the reference.

    Returns
    -------
    Outcome
        With the answer in the canonical layout.
    """
    arguments = kit.present(case, conventions)
    right = kit.reference(case, arguments, conventions) if outputs is None else outputs
    expected = kit.express(arguments, right, conventions)
    if answer.outputs is not None:
        try:
            restored = kit.restore(answer.outputs, arguments, conventions)
        except ValueError as error:
            return Outcome(case, arguments, expected, answer, conventions, str(error))
        answer = Answer(restored, overwritten=answer.overwritten)
    problem, deviation = kit.judge(case, arguments, expected, answer, conventions)
    return Outcome(case, arguments, expected, answer, conventions, problem, deviation)

"""The kit for CTC: what the core asks of it."""

from collections.abc import Iterator, Sequence

import numpy as np

import refkd
from refkd import check
from refkd.verify.compare import TOLERANCES, combined, worst_deviation
from refkd.verify.ctc import translate
from refkd.verify.ctc.cases import CASES
from refkd.verify.ctc.conventions import CONVENTIONS, REDUCED
from refkd.verify.ctc.defects import DEFECTS
from refkd.verify.ctc.reduce import reduced, size, steps
from refkd.verify.ctc.settle import settle
from refkd.verify.ctc.symptoms import symptoms
from refkd.verify.kit import Asker, Kit, Selection
from refkd.verify.records import (
    Answer,
    Arguments,
    Call,
    Case,
    Conventions,
    Deviation,
    Finding,
    Outcome,
    Outputs,
    Symptom,
)


class CTCKit(Kit):
    """CTC losses and their gradients."""

    name = "ctc"
    arguments = ("logits", "labels", "input_lengths", "label_lengths", "blank", "d_loss")
    results = ("loss", "grad")
    conventions = CONVENTIONS
    defects = DEFECTS

    def probe_case(self) -> Case:
        return self.find("probe")

    def cases(self, selection: Selection) -> Iterator[Case]:
        yield from (make() for make in CASES.values())

    def find(self, name: str) -> Case:
        base, *reductions = name.split("/")
        case = CASES[check.one_of("--case", base, CASES)]()
        for step in reductions:
            case = reduced(case, step)
        return case

    def present(self, case: Case, conventions: Conventions) -> Arguments:
        return translate.present(case, conventions)

    def reference(self, case: Case, arguments: Arguments) -> Outputs:
        logits, upstream = arguments["logits"], translate.upstream(arguments)
        loss, grad = np.zeros(logits.shape[1]), np.zeros_like(logits)
        lengths = zip(arguments["input_lengths"], arguments["label_lengths"], strict=True)
        for n, (T, L) in enumerate(lengths):
            target = arguments["labels"][n, :L]
            try:
                loss[n], one = refkd.ctc_loss(logits[:T, n], target, arguments["blank"])
                grad[:T, n] = one * upstream[n]
            except refkd.InfeasibleTargetError:
                loss[n] = np.inf
        return {"loss": loss, "grad": grad}

    def translate(self, case: Case, arguments: Arguments, conventions: Conventions) -> Call:
        return translate.translate(case, arguments, conventions)

    def restore(self, outputs: Outputs, arguments: Arguments, conventions: Conventions) -> Outputs:
        return translate.restore(outputs, arguments, conventions)

    def express(self, arguments: Arguments, outputs: Outputs, conventions: Conventions) -> Outputs:
        return translate.express(arguments, outputs, conventions)

    def judge(
        self, case: Case, arguments: Arguments, expected: Outputs, answer: Answer, how: Conventions
    ) -> tuple[str | None, Deviation | None]:
        refused = case.status == "must_reject" or (
            how.get("infeasible") == "raise" and bool((expected["loss"] == np.inf).any())
        )
        if answer.outputs is None:
            if answer.failure == "raised" and (refused or case.status == "acceptable"):
                return None, None
            return f"{answer.failure}: {answer.sentence}", None
        if refused:
            return "numbers come where a refusal is wanted", None
        if answer.overwritten:
            return f"the argument {answer.overwritten[0]} is overwritten", None
        if case.status == "acceptable":
            return None, None
        tolerance = combined(TOLERANCES[how["dtype"]], case.tolerance)
        deviation = worst_deviation(answer.outputs, expected, tolerance)
        return ("other numbers" if deviation else None), deviation

    def settle(
        self, ask: Asker, conventions: Conventions, told: Conventions
    ) -> tuple[dict[str, str], list[Finding]]:
        return settle(ask, conventions, told)

    def symptoms(self, outcome: Outcome) -> Iterator[Symptom]:
        return symptoms(outcome)

    def remark(self, outcome: Outcome) -> Symptom | None:
        return None

    def reductions(self, case: Case) -> Sequence[Case]:
        return [reduced(case, step) for step in steps(case)]

    def size(self, case: Case) -> int:
        return size(case.inputs)

    def example(self, arguments: Arguments) -> str:
        if arguments["logits"].size > 60:
            return ""
        T, N, K = arguments["logits"].shape
        return f"T={T} N={N} K={K} blank={arguments['blank']} labels={arguments['labels'].tolist()}"

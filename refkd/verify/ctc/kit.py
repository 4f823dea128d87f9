"""The kit for CTC: what the core asks of it."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import refkd
from refkd import check
from refkd.verify.ctc import cases, hand_cases, large_cases, translate
from refkd.verify.ctc.cases import SHAPES, fitted
from refkd.verify.ctc.conventions import CONVENTIONS
from refkd.verify.ctc.defects import DEFECTS
from refkd.verify.ctc.judge import LARGE, judge
from refkd.verify.ctc.published import published
from refkd.verify.ctc.recipe import PREFIX, Recipe, by_hypothesis, by_numpy
from refkd.verify.ctc.reduce import reduced, size, steps
from refkd.verify.ctc.symptoms import remark, symptoms
from refkd.verify.ctc.traits import can_show, traits
from refkd.verify.draw import has_hypothesis
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
    Settled,
    Symptom,
)

ORDER = ("any", "blank", "zero", "minus_one")


def _infeasible(ask: Asker, conventions: Conventions) -> tuple[str, list[Finding]]:
    """What a target costs that does not fit, and a note where some are refused and some are not."""
    names = ("repeat_in_two_frames", "three_labels_in_two_frames")
    repeat, longer = (
        _cost(outcome)
        for outcome in ask.outcomes(
            [hand_cases.CASES[name]() for name in names], {**conventions, "infeasible": "inf"}
        )
    )
    if (repeat == "raise") == (longer == "raise"):
        return repeat, []
    refused, answered = (
        ("targets longer than their frames", "targets whose repeats do not fit")
        if longer == "raise"
        else ("targets whose repeats do not fit", "targets longer than their frames")
    )
    words = f"{refused} are refused, {answered} are not"
    return (repeat if longer == "raise" else longer), [Finding("", words, "note")]


def _cost(outcome: Outcome) -> str:
    outputs = outcome.answer.outputs
    if outputs is None:
        return "raise" if outcome.answer.failure == "raised" else "inf"
    loss = float(outputs["loss"].ravel()[0])
    if loss == 0.0:
        return "zero"
    return "large" if LARGE <= loss < np.inf else "inf"


def _label_padding(ask: Asker, conventions: Conventions) -> str:
    if conventions["labels"] == "flat":
        return "any"
    case = cases.CASES["labels_padded_with_labels"]()
    for padding in ORDER:
        (outcome,) = ask.outcomes([case], {**conventions, "label_padding": padding})
        if outcome.problem is None:
            return padding
    return "any"


DRAWN, DRAWN_QUICK = 150, 20
OTHER_BLANK = {"first": 2, "last": 1}  # for an argument that is not looked at
SHOWN = 24  # logits of a case that is printed


class CTCKit(Kit):
    """CTC losses and their gradients."""

    name = "ctc"
    arguments: ClassVar = {
        "logits": "(T, N, K) float: unnormalised scores, time first, padded at the end",
        "labels": "(N, L) int: targets, padded at the end; padding holds anything",
        "input_lengths": "(N,) int: frames of each utterance",
        "label_lengths": "(N,) int: labels of each target",
        "blank": "int: class of the blank",
        "d_loss": "(N,) float: gradient of what follows in each loss; 1 if not given",
    }
    results: ClassVar = {
        "loss": "(N,) float: minus log-probability of each target, in nats; inf if it has none",
        "grad": "(T, N, K) float: sum of d_loss times loss, differentiated by the logits",
    }
    conventions = CONVENTIONS
    defects = DEFECTS

    def probe_case(self) -> Case:
        return self.find("probe")

    def cases(self, selection: Selection) -> Iterator[Case]:
        chosen = self._every(selection)
        if selection.few_shapes:
            return (case for case in map(fitted, chosen) if case is not None)
        return chosen

    def vectors(self) -> Iterator[Case]:
        return self._every(Selection(), by_numpy)

    def remarks(self, selection: Selection) -> list[str]:
        sentences = []
        if not has_hypothesis():
            sentences.append("Hypothesis is not installed: cases are drawn by NumPy instead")
        if selection.few_shapes:
            left = sum(fitted(case) is None for case in self._every(selection))
            sentences.append(f"{len(SHAPES)} padded shapes; cases left out: {left}")
        return sentences

    def find(self, name: str) -> Case:
        base, *reductions = name.split("/")
        known = {**hand_cases.CASES, **cases.CASES, **large_cases.CASES}
        if base.startswith(PREFIX):
            case = Recipe.from_name(base).case()
        elif base in known:
            case = known[base]()
        elif base in published():
            case = published()[base]
        else:
            check.fail("--case", "a name that `refkd verify ctc --list` shows", base)
        for step in reductions:
            case = reduced(case, step)
        return case

    def present(self, case: Case, conventions: Conventions) -> Arguments:
        return translate.present(case, conventions)

    def reference(self, case: Case, arguments: Arguments, conventions: Conventions) -> Outputs:
        logits, factor = arguments["logits"], translate.upstream(arguments)
        loss, grad = np.zeros(logits.shape[1]), np.zeros_like(logits)
        for n, (T, L) in enumerate(translate.lengths(arguments)):
            target = arguments["labels"][n, :L]
            try:
                loss[n], own_grad = refkd.ctc_loss(logits[:T, n], target, arguments["blank"])
                grad[:T, n] = own_grad * factor[n]
            except refkd.InfeasibleTargetError:
                loss[n] = np.inf
            except refkd.ArgumentError:
                if case.status == "must":
                    raise
        source = case.expected if conventions["dtype"] in ("float64", "float32") else None
        if source is not None and "loss" in source:
            loss = np.array(source["loss"])
            for n, frames in enumerate(source.get("grad", ())):
                grad[: len(frames), n] = frames
        return {"loss": loss, "grad": grad}

    def translate(self, case: Case, arguments: Arguments, conventions: Conventions) -> Call:
        return translate.translate(case, arguments, conventions)

    def restore(self, outputs: Outputs, arguments: Arguments, conventions: Conventions) -> Outputs:
        return translate.restore(outputs, arguments, conventions)

    def laid_out(
        self, name: str, values: NDArray[Any], arguments: Arguments, conventions: Conventions
    ) -> NDArray[Any]:
        return translate.laid_out(name, values, arguments, conventions)

    def express(self, arguments: Arguments, outputs: Outputs, conventions: Conventions) -> Outputs:
        return translate.express(arguments, outputs, conventions)

    def judge(
        self,
        case: Case,
        arguments: Arguments,
        expected: Outputs,
        answer: Answer,
        conventions: Conventions,
    ) -> tuple[str | None, Deviation | None]:
        return judge(case, arguments, expected, answer, conventions)

    def settle(self, ask: Asker, conventions: Conventions, claims: Conventions) -> Settled:
        # How infeasible targets are answered, and what padded labels must hold.
        infeasible, findings = _infeasible(ask, conventions)
        padding = _label_padding(ask, {**conventions, "infeasible": infeasible})
        if padding != "any" and "label_padding" not in claims:
            words = "target lengths are not used: padded labels must hold one certain value"
            findings.append(Finding("V3", words, "must"))
        if conventions["input"] == "log_probs" and conventions["grad_of"] == "logits":
            words = (
                "log-probabilities come in, but the gradient is that in the logits, which is right"
                " only in front of a log_softmax"
            )
            findings.append(Finding("G1", words, "note"))
        return Settled(
            {"infeasible": infeasible, "label_padding": padding},
            tuple(findings),
            frozenset({"label_padding"} if conventions["labels"] == "flat" else ()),
        )

    def can_show(self, bug: str, case: Case, conventions: Conventions) -> bool:
        return can_show(bug, case, conventions)

    def traits(self, case: Case, conventions: Conventions) -> dict[str, str]:
        return traits(case)

    def contradictions(self, case: Case, conventions: Conventions) -> Sequence[Case]:
        if conventions["blank"] == "argument":
            return ()
        other = OTHER_BLANK[conventions["blank"]]
        return (dataclasses.replace(case, layout={**case.layout, "blank_argument": other}),)

    def symptoms(self, outcome: Outcome) -> Sequence[Symptom]:
        return symptoms(outcome)

    def remark(self, outcome: Outcome) -> Symptom | None:
        return remark(outcome)

    def reductions(self, case: Case) -> Sequence[Case]:
        if case.status != "must":
            return []
        return [reduced(case, step) for step in steps(case)]

    def size(self, case: Case) -> int:
        return size(case.inputs)

    def cost(self, arguments: Arguments) -> int:
        cells = sum(T * (2 * L + 1) for T, L in translate.lengths(arguments))
        return cells + int(arguments["logits"].size) // 8

    def example(self, arguments: Arguments, conventions: Conventions) -> str:
        T, N, K = arguments["logits"].shape
        order, blank = translate.classes(arguments, conventions)
        moved = "" if blank == arguments["blank"] else " (classes in your own numbering)"
        lines = [f"T={T} N={N} K={K} blank={blank}{moved}"]
        logits = arguments["logits"][:, :, np.argsort(order)]
        for n, (length, labels) in enumerate(translate.lengths(arguments)):
            target = arguments["labels"][n, :labels]
            moved_target = np.where((target >= 0) & (target < K), order[target % K], target)
            lines.append(f"utterance {n}: {length} frames, labels {_short(moved_target.tolist())}")
            if logits.size <= SHOWN:
                rows = logits[:length, n].tolist()
                lines[-1] += f", logits {rows}"
        if arguments["d_loss"] is not None:
            lines.append(f"upstream gradient {_short(arguments['d_loss'].tolist())}")
        return "\n".join(lines[:8])

    def _every(
        self, selection: Selection, draw: Callable[[int, int], Iterable[Recipe]] | None = None
    ) -> Iterator[Case]:
        yield from (make() for make in (hand_cases.CASES | cases.CASES).values())
        yield from published().values()
        draw = draw or (by_hypothesis if has_hypothesis() else by_numpy)
        count = DRAWN_QUICK if selection.quick else DRAWN
        yield from (recipe.case() for recipe in draw(count, selection.seed))
        if not selection.quick:
            yield from (make() for make in large_cases.CASES.values())


def _short(values: list[float]) -> str:
    return str(values) if len(values) <= 12 else f"{values[:10]} and {len(values) - 10} more"

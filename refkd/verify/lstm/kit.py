"""The kit for LSTMs: what the core asks of it."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from numpy.typing import NDArray

from refkd import check
from refkd.verify.draw import has_hypothesis
from refkd.verify.kit import Asker, Kit, Selection
from refkd.verify.lstm import cases, hand_cases, large_cases, translate
from refkd.verify.lstm.conventions import (
    ARGUMENTS,
    CANONICAL_ARGUMENTS,
    CANONICAL_RESULTS,
    CONVENTIONS,
    RESULTS,
    STATES,
    VARIANT_RESULTS,
    variants,
)
from refkd.verify.lstm.defects import DEFECTS
from refkd.verify.lstm.example import example
from refkd.verify.lstm.judge import judge, remark
from refkd.verify.lstm.published import published
from refkd.verify.lstm.recipe import PREFIX, Recipe, by_hypothesis, by_numpy
from refkd.verify.lstm.reduce import reduced, size, steps
from refkd.verify.lstm.reference import reference
from refkd.verify.lstm.settle import settle
from refkd.verify.lstm.symptoms import can_show, symptoms, traits
from refkd.verify.records import (
    Answer,
    Arguments,
    Call,
    Case,
    Conventions,
    Deviation,
    Outcome,
    Outputs,
    Settled,
    Symptom,
)

DRAWN, DRAWN_QUICK = 100, 12
HALF_FRAMES = 1_000  # a sum of more rounded numbers says nothing in half precision
SHAPES = 8  # padded shapes, where few are wanted
STEP_COST, STEP_FLOPS = 40, 100  # of one step in plain NumPy, in cells of a table


class LSTMKit(Kit):
    """LSTM layers of one direction, and their gradients."""

    name = "lstm"
    arguments: ClassVar = ARGUMENTS
    results: ClassVar = RESULTS
    conventions = CONVENTIONS
    defects = DEFECTS
    forward = tuple(STATES)
    canonical = CANONICAL_RESULTS
    canonical_arguments = CANONICAL_ARGUMENTS

    def signature(self, told: Conventions) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names that the adapter takes and returns: more for some variants."""
        sent = [name for name in variants(told) if name != "coupled"]
        returned = [name for name in VARIANT_RESULTS if name[2:] in sent]
        return (*ARGUMENTS, *sent), (*RESULTS, *returned)

    def probe_case(self) -> Case:
        return self.find("some_frames")

    def probe_cases(self) -> Sequence[Case]:
        simpler = ("one_frame_from_zero", "one_frame_without_biases")
        return (self.probe_case(), *(self.find(name) for name in simpler))

    def concerns(self, case: Case, conventions: Conventions) -> bool:
        if case.inputs["reverse"] and conventions["reversed"] == "refused":
            return False
        if "w_projection" in variants(conventions) and len(case.inputs["w_hidden"]) == 1:
            return False  # a projection is to fewer units
        few = max(map(len, case.inputs["inputs"])) <= HALF_FRAMES
        return few or translate.is_exact(conventions)

    def can_show(self, bug: str, case: Case, conventions: Conventions) -> bool:
        return can_show(bug, case)

    def traits(self, case: Case, conventions: Conventions) -> dict[str, str]:
        return traits(case)

    def contradictions(self, case: Case, conventions: Conventions) -> Sequence[Case]:
        if conventions["biases"] == "two":
            return ()
        return (dataclasses.replace(case, form={**case.form, "second_bias": True}),)

    def cases(self, selection: Selection) -> Iterator[Case]:
        shapes: set[tuple[int, ...]] = set()
        for one in _selected(selection):
            if not selection.few_shapes or len(shapes | {translate.padded_shape(one)}) <= SHAPES:
                shapes.add(translate.padded_shape(one))
                yield one

    def vectors(self) -> Iterator[Case]:
        return _every(Selection(), by_numpy(DRAWN, seed=0))

    def remarks(self, selection: Selection) -> list[str]:
        said = []
        if not has_hypothesis():
            said.append("Hypothesis is not installed: cases are drawn by NumPy instead")
        if selection.few_shapes:
            left = sum(1 for _ in _selected(selection)) - sum(1 for _ in self.cases(selection))
            said.append(f"{SHAPES} padded shapes; cases left out: {left}")
        return said

    def find(self, name: str) -> Case:
        base, *reductions = name.split("/")
        known = {**hand_cases.CASES, **cases.CASES, **large_cases.CASES}
        if base.startswith(PREFIX):
            case = Recipe.named(base).case()
        elif base in known:
            case = known[base]()
        else:
            case = published()[check.one_of("--case", base, [*known, *published()])]
        for step in reductions:
            case = reduced(case, step)
        return case

    def present(self, case: Case, conventions: Conventions) -> Arguments:
        return translate.present(case, conventions)

    def reference(self, case: Case, arguments: Arguments, conventions: Conventions) -> Outputs:
        known = translate.is_exact(conventions) and not variants(conventions)
        return {**reference(arguments), **((case.expected or {}) if known else {})}

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
        self, case: Case, arguments: Arguments, expected: Outputs, answer: Answer, how: Conventions
    ) -> tuple[str | None, Deviation | None]:
        return judge(case, arguments, expected, answer, how)

    def settle(self, ask: Asker, conventions: Conventions, told: Conventions) -> Settled:
        return settle(ask, conventions)

    def symptoms(self, outcome: Outcome) -> Sequence[Symptom]:
        return symptoms(outcome)

    def remark(self, outcome: Outcome) -> Symptom | None:
        return remark(outcome)

    def reductions(self, case: Case) -> Sequence[Case]:
        return [reduced(case, step) for step in steps(case)]

    def size(self, case: Case) -> int:
        return size(case)

    def cost(self, arguments: Arguments) -> int:
        D, H = arguments["inputs"].shape[2], arguments["c0"].shape[1]
        steps = int(arguments["lengths"].sum())
        return steps * (STEP_COST + 4 * int(H) * (int(D) + int(H)) // STEP_FLOPS)

    def example(self, arguments: Arguments, conventions: Conventions) -> str:
        return example(arguments, conventions)


def _selected(selection: Selection) -> Iterator[Case]:
    count = DRAWN_QUICK if selection.quick else DRAWN
    if selection.few_shapes or not has_hypothesis():
        return _every(selection, by_numpy(count, selection.seed, selection.few_shapes))
    return _every(selection, by_hypothesis(count, selection.seed))


def _every(selection: Selection, recipes: Iterable[Recipe]) -> Iterator[Case]:
    yield from (make() for make in (hand_cases.CASES | cases.CASES).values())
    yield from published().values()
    yield from (one.case() for one in recipes)
    if not selection.quick:
        yield from (make() for make in large_cases.CASES.values())

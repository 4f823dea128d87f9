"""The kit for distillation losses: what the core asks of it."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from refkd.verify.distill import translate
from refkd.verify.distill.conventions import CONVENTIONS
from refkd.verify.distill.defects import DEFECTS
from refkd.verify.distill.drawn import drawn
from refkd.verify.distill.edges import EDGES, LARGE
from refkd.verify.distill.grid import grid_case, grid_names
from refkd.verify.distill.judge import judge, spread_of_padding
from refkd.verify.distill.reduce import reduced, size, smaller
from refkd.verify.distill.reference import reference
from refkd.verify.distill.settle import concerns, settle
from refkd.verify.distill.symptoms import can_show, symptoms, traits
from refkd.verify.distill.worked import PROBES, WORKED
from refkd.verify.kit import Asker, Kit, Selection
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

BY_HAND = {**PROBES, **WORKED, **EDGES, **LARGE}
DRAWN, QUICKLY_DRAWN = 40, 6  # cases
SHAPES = 8  # of few shapes
READABLE = 30  # logits in an example that is printed
PATH_CELL = 50  # how much longer a cell of a path takes than a term of a divergence


class DistillKit(Kit):
    """Distillation losses, their gradients and their pairs of frames."""

    name = "distill"
    arguments: ClassVar[dict[str, str]] = {
        "student": "(T, N, K) float: unnormalised scores, time first, padded at the end",
        "teacher": "(T, N, K) float: the same",
        "lengths": "(N,) int: frames of each utterance",
        "rule": "dict: docs/guides/verify-distill.md has its keys",
    }
    results: ClassVar[dict[str, str]] = {
        "loss": "(N,) float: nats, summed over the frames of each utterance",
        "grad": "(T, N, K) float: sum of the losses, differentiated by the student's logits",
        "pairs": "(n, 3) int: rows (utterance, student frame, teacher frame), or none",
        "teacher_grad": "(T, N, K) float: zeros, or none",
    }
    conventions = CONVENTIONS
    defects = DEFECTS
    forward = ("loss",)

    @property
    def canonical(self) -> tuple[str, ...]:
        return (*self.results, "row_sum")  # of the gradient in the log-probabilities

    def probe_case(self) -> Case:
        return self.probe_cases()[0]

    def probe_cases(self) -> Sequence[Case]:
        return [make() for make in PROBES.values()]

    def concerns(self, case: Case, conventions: Conventions) -> bool:
        return concerns(case, conventions)

    def cases(self, selection: Selection) -> Iterator[Case]:
        shapes: set[tuple[int, ...]] = set()
        for name in self._names(selection):
            case = self.find(name)
            shape = _shape(case)
            if selection.few_shapes and shape not in shapes and len(shapes) == SHAPES:
                continue
            shapes.add(shape)
            yield case

    def _names(self, selection: Selection) -> Iterator[str]:
        yield from WORKED
        yield from EDGES
        yield from grid_names(selection.quick)
        drawn_cases = QUICKLY_DRAWN if selection.quick else DRAWN
        yield from (f"drawn-{selection.seed}-{n}" for n in range(drawn_cases))
        if not selection.quick:
            yield from LARGE

    def vectors(self) -> Iterator[Case]:
        yield from (one for one in self.cases(Selection()) if one.name not in LARGE)

    def find(self, name: str) -> Case:
        base, *reductions = name.split("/")
        if base in BY_HAND:
            case = BY_HAND[base]()
        elif base.startswith("drawn-"):
            case = drawn(base)
        else:
            case = grid_case(base)
        for step in reductions:
            case = reduced(case, step)
        return case

    def present(self, case: Case, conventions: Conventions) -> Arguments:
        return translate.present(case, conventions)

    def reference(self, case: Case, arguments: Arguments, conventions: Conventions) -> Outputs:
        if case.status != "must":
            return unknown(arguments)
        by_hand = conventions["dtype"] in ("float64", "float32") and (
            arguments["rule"] == case.inputs["rule"]  # not as somebody else means it
        )
        return {**reference(arguments), **((case.expected if by_hand else None) or {})}

    def written(self, outputs: Outputs) -> Outputs:
        as_rows = {"pairs": np.argwhere(outputs["pairs"])} if outputs else {}
        return {**super().written(outputs), **as_rows}

    def translate(self, case: Case, arguments: Arguments, conventions: Conventions) -> Call:
        return translate.translate(case, arguments, conventions)

    def restore(self, outputs: Outputs, arguments: Arguments, conventions: Conventions) -> Outputs:
        return translate.restore(outputs, arguments, conventions)

    def laid_out(
        self, name: str, values: NDArray[Any], arguments: Arguments, conventions: Conventions
    ) -> NDArray[Any]:
        return translate.laid_out(name, values, conventions)

    def express(self, arguments: Arguments, outputs: Outputs, conventions: Conventions) -> Outputs:
        return translate.express(arguments, outputs, conventions)

    def judge(
        self, case: Case, arguments: Arguments, expected: Outputs, answer: Answer, how: Conventions
    ) -> tuple[str | None, Deviation | None]:
        return judge(case, arguments, expected, answer, how)

    def settle(self, ask: Asker, conventions: Conventions, told: Conventions) -> Settled:
        return settle(ask, conventions, told)

    def can_show(self, bug: str, case: Case, conventions: Conventions) -> bool:
        return can_show(bug, case, conventions)

    def traits(self, case: Case, conventions: Conventions) -> dict[str, str]:
        return traits(case)

    def symptoms(self, outcome: Outcome) -> Sequence[Symptom]:
        return list(symptoms(outcome))

    def remark(self, outcome: Outcome) -> Symptom | None:
        return remark(outcome)

    def reductions(self, case: Case) -> Sequence[Case]:
        return list(smaller(case)) if case.status == "must" else []

    def size(self, case: Case) -> int:
        return size(case.inputs)

    def cost(self, arguments: Arguments) -> int:
        rule = arguments["rule"]["rule"]
        cell = PATH_CELL if rule in ("Monotone", "OrderedPath") else arguments["student"].shape[2]
        return int((arguments["lengths"] ** 2).sum()) * cell

    def remarks(self, selection: Selection) -> list[str]:
        if not selection.few_shapes:
            return []
        left = sum(1 for _ in self._names(selection)) - sum(1 for _ in self.cases(selection))
        return [f"{SHAPES} padded shapes; cases left out: {left}"]

    def example(self, arguments: Arguments, conventions: Conventions) -> str:
        lines = [f"rule: {', '.join(f'{k}={v}' for k, v in arguments['rule'].items())}"]
        if arguments["student"].size <= READABLE:
            place = {"TNK": "[:, {}]", "NTK": "[{}]", "NKT": "[{}].T"}[conventions["layout"]]
            lines += [
                f"{name}{place.format(n)} = "
                f"{translate.sent(arguments[name][:length, n], name, conventions).tolist()}"
                for n, length in enumerate(arguments["lengths"])
                for name in ("student", "teacher")
            ]
        return "\n".join(lines)


def unknown(arguments: Arguments) -> Outputs:
    """Outputs of a question that has no one right answer."""
    T, N, _ = arguments["student"].shape
    return {
        "loss": np.zeros(N),
        "grad": np.zeros(arguments["student"].shape),
        "pairs": np.zeros((N, T, T)),
        "row_sum": np.zeros((T, N)),
    }


def remark(outcome: Outcome) -> Symptom | None:
    """What to know of an answer that will do: where either is right, and of NaN in the padding."""
    case, answer = outcome.case, outcome.answer
    bug, name = case.catches[0], case.name.partition("/")[0].replace("_", " ")
    if answer.outputs is None:
        return Symptom(bug, f"{name}: refused ({answer.sentence})")
    if case.status != "acceptable":
        return _of_padding(outcome)
    values = [value for key, value in answer.outputs.items() if key != "pairs"]
    if any(np.isnan(value).any() for value in values):
        return Symptom(bug, f"{name}: NaN")
    if any(np.isinf(value).any() for value in values):
        return Symptom(bug, f"{name}: infinite")
    return Symptom(bug, f"{name}: finite numbers")


def _of_padding(outcome: Outcome) -> Symptom | None:
    """Where NaN or infinity of padded frames comes back."""
    got = outcome.answer.outputs or {}
    back = {name: entries for name, entries in spread_of_padding(outcome.arguments, got).items()
            if entries.any()}  # fmt: skip
    if not back:
        return None
    number = "NaN" if np.isnan(outcome.arguments["student"]).any() else "infinity"
    inside = translate.valid_frames(outcome.arguments)
    if back.keys() == {"grad"} and not back["grad"][inside].any():
        return Symptom("", f"{number} in padded frames comes back in their gradient")
    return Symptom("", f"{number} in padded frames spreads to the loss or other frames; finite "
                   "padding does not")  # fmt: skip


def _shape(case: Case) -> tuple[int, ...]:
    """Padded (T, N, K)."""
    student = case.inputs["student"]
    frames = max(map(len, student)) + case.form.get("extra_frames", 0)
    return (frames, len(student), student[0].shape[1])

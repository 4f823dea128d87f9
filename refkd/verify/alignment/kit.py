"""The kit for forced alignment: what the core asks of it."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from refkd import check
from refkd.check import ArgumentError
from refkd.losses.ctc import ctc_align
from refkd.verify.alignment import judge as judging
from refkd.verify.alignment import translate
from refkd.verify.alignment.cases import CASES, LARGE, PREFIXES, drawn
from refkd.verify.alignment.conventions import CONVENTIONS
from refkd.verify.alignment.defects import DEFECTS
from refkd.verify.alignment.plain import PADDING
from refkd.verify.alignment.symptoms import can_show, symptoms, traits
from refkd.verify.ctc import translate as ctc
from refkd.verify.ctc.reduce import reduced, size, steps
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

DRAWN = {"drawn": 80, "ties": 24}  # cases
QUICKLY_DRAWN = {"drawn": 20, "ties": 6}
OTHER_BLANKS = {"first": (2, 4), "last": (1, 0)}  # for an argument that is not looked at
SHAPES = 8  # of few shapes
READABLE = 40  # logits in an example that is printed


class AlignmentKit(Kit):
    """Forced aligners: the most probable path of each target."""

    name = "align"
    arguments: ClassVar[dict[str, str]] = {
        "logits": "(T, N, K) float: unnormalised scores, time first, padded at the end",
        "labels": "(N, L) int: targets, padded at the end; padding holds anything",
        "input_lengths": "(N,) int: frames of each utterance",
        "label_lengths": "(N,) int: labels of each target",
        "blank": "int: class of the blank",
    }
    results: ClassVar[dict[str, str]] = {
        "alignment": "(T, N) int: class of each frame on the best path, anything in the padding",
        "scores": "(T, N) float: its log-probability, or none",
    }
    conventions = CONVENTIONS
    defects = DEFECTS

    @property
    def canonical(self) -> tuple[str, ...]:
        return (*self.results, *(translate.LAST + name for name in self.results))

    def probe_case(self) -> Case:
        return self.find("probe")

    def cases(self, selection: Selection) -> Iterator[Case]:
        shapes: set[tuple[int, ...]] = set()
        for case in self._every(selection):
            shapes.add(_shape(case))
            if not selection.few_shapes or len(shapes) <= SHAPES:
                yield case
            else:
                shapes.discard(_shape(case))

    def _every(self, selection: Selection) -> Iterator[Case]:
        yield from (make() for make in CASES.values())
        for prefix, count in (QUICKLY_DRAWN if selection.quick else DRAWN).items():
            yield from (drawn(f"{prefix}-{selection.seed}-{n}") for n in range(count))
        if not selection.quick:
            yield from (make() for make in LARGE.values())

    def vectors(self) -> Iterator[Case]:
        return self._every(Selection())

    def remarks(self, selection: Selection) -> list[str]:
        if not selection.few_shapes:
            return []
        left = sum(1 for _ in self._every(selection)) - sum(1 for _ in self.cases(selection))
        return [f"{SHAPES} padded shapes; cases left out: {left}"]

    def find(self, name: str) -> Case:
        base, *reductions = name.split("/")
        known = {**CASES, **LARGE}
        if base.startswith(PREFIXES):
            case = drawn(base)
        else:
            case = known[check.one_of("--case", base, known)]()
        for step in reductions:
            case = reduced(case, step)
        return case

    def present(self, case: Case, conventions: Conventions) -> Arguments:
        return translate.present(case, conventions)

    def reference(self, case: Case, arguments: Arguments, conventions: Conventions) -> Outputs:
        T, N, _ = arguments["logits"].shape
        path = np.full((T, N), PADDING)
        for n, (frames, labels) in enumerate(ctc.lengths(arguments)):
            target = arguments["labels"][n, :labels]
            try:
                alignment = ctc_align(arguments["logits"][:frames, n], target, arguments["blank"])
            except ArgumentError:
                if case.status == "must":
                    raise
                continue
            path[:frames, n] = alignment.frames
        for n, frames in enumerate((case.expected or {}).get("alignment", ())):
            path[: len(frames), n] = frames
        scores = judging.path_scores(translate.log_probs(arguments), path)
        return {"alignment": path, "scores": scores}

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
        self,
        case: Case,
        arguments: Arguments,
        expected: Outputs,
        answer: Answer,
        conventions: Conventions,
    ) -> tuple[str | None, Deviation | None]:
        return judging.judge(case, arguments, expected, answer, conventions)

    def settle(self, ask: Asker, conventions: Conventions, claims: Conventions) -> Settled:
        # What makes no difference to frames, or to a path without scores, is not found out.
        unasked = set()
        if conventions["alignment"] == "frames":
            unasked |= {"end", "blanks"}
        if conventions["scores"] == "none" and conventions["input"] == "logits":
            unasked.add("input")  # log-probabilities give the same path
        return Settled({}, unasked=frozenset(unasked))

    def can_show(self, bug: str, case: Case, conventions: Conventions) -> bool:
        return can_show(bug, case, conventions)

    def traits(self, case: Case, conventions: Conventions) -> dict[str, str]:
        return traits(case)

    def contradictions(self, case: Case, conventions: Conventions) -> Sequence[Case]:
        return [
            dataclasses.replace(case, layout={**case.layout, "blank_argument": other})
            for other in OTHER_BLANKS.get(conventions["blank"], ())
        ]

    def symptoms(self, outcome: Outcome) -> Sequence[Symptom]:
        return list(symptoms(outcome))

    def remark(self, outcome: Outcome) -> Symptom | None:
        if outcome.case.status != "acceptable":
            return None
        name, bug = outcome.case.name.replace("_", " "), outcome.case.bug_classes[0]
        if outcome.answer.outputs is None:
            return Symptom(bug, f"{name}: refused ({outcome.answer.sentence})")
        path = outcome.answer.outputs["alignment"]
        if np.array_equal(path, outcome.expected["alignment"]):
            return Symptom(bug, f"{name}: the same path as without")
        path = translate.canonical(path, outcome.arguments, outcome.conventions)
        spelt = judging.spells(path, outcome.arguments)
        return Symptom(bug, f"{name}: {'another path' if spelt else 'something that is no path'}")

    def reductions(self, case: Case) -> Sequence[Case]:
        if case.status != "must":
            return []
        smaller = (reduced(case, step) for step in steps(case))
        return [each for each in smaller if _fits(each)]

    def size(self, case: Case) -> int:
        return size(case.inputs)

    def cost(self, arguments: Arguments) -> int:
        return sum(20 * T + T * (2 * L + 1) for T, L in ctc.lengths(arguments))

    def example(self, arguments: Arguments, conventions: Conventions) -> str:
        T, N, K = arguments["logits"].shape
        order, blank = ctc.classes(arguments, conventions)
        moved = "" if blank == arguments["blank"] else " (classes in your own numbering)"
        lines = [f"T={T} N={N} K={K} blank={blank}{moved}"]
        logits = arguments["logits"][:, :, np.argsort(order)]
        for n, (frames, labels) in enumerate(ctc.lengths(arguments)):
            lines.append(f"labels[{n}] = {order[arguments['labels'][n, :labels]].tolist()}")
            if logits.size <= READABLE:
                place = f"[:, {n}]" if conventions["layout"] == "TNK" else f"[{n}]"
                lines.append(f"logits{place} = {logits[:frames, n].tolist()}")
        return "\n".join(lines[:8])


def _fits(case: Case) -> bool:
    """Whether every target has a path."""
    inputs = case.inputs
    try:
        for logits, labels in zip(inputs["logits"], inputs["labels"], strict=True):
            ctc_align(logits, labels, inputs["blank"])
    except ArgumentError:
        return False
    return True


def _shape(case: Case) -> tuple[int, ...]:
    """Padded (T, N, K)."""
    logits, extra = case.inputs["logits"], case.layout.get("extra_frames", 0)
    return (max(map(len, logits)) + extra, len(logits), logits[0].shape[1])

"""The kit for forced alignment and its functions."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from refkd import check
from refkd.check import ArgumentError
from refkd.losses.ctc import ctc_align
from refkd.verify.alignment import judge, translate
from refkd.verify.alignment.cases import CASES, LARGE, PREFIXES, drawn_case
from refkd.verify.alignment.conventions import CONVENTIONS
from refkd.verify.alignment.defects import DEFECTS
from refkd.verify.alignment.plain import PADDING
from refkd.verify.alignment.symptoms import can_show, symptoms, traits
from refkd.verify.ctc import reduce
from refkd.verify.ctc import translate as ctc
from refkd.verify.kit import Asker, Kit
from refkd.verify.records import (
    Arguments,
    Case,
    Conventions,
    Outcome,
    Outputs,
    Selection,
    Settled,
    Symptom,
)

DRAWN = {"drawn": 80, "ties": 24}  # cases
QUICKLY_DRAWN = {"drawn": 20, "ties": 6}
OTHER_BLANKS = {"first": (2, 4), "last": (1, 0)}  # for an argument that is not looked at
READABLE = 40  # logits in an example that is printed


def reference(case: Case, arguments: Arguments, conventions: Conventions) -> Outputs:
    """Best paths and their scores (T, N); those of the source where it gives them."""
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
    scores = judge.path_scores(translate.log_probs(arguments), path)
    return {"alignment": path, "scores": scores}


def settle(ask: Asker, conventions: Conventions, claims: Conventions) -> Settled:
    """No conventions; those without effect on the answers are not tested."""
    unasked = set()
    if conventions["alignment"] == "frames":
        unasked |= {"end", "blanks"}
    if conventions["scores"] == "none" and conventions["input"] == "logits":
        unasked.add("input")  # log-probabilities give the same path
    return Settled({}, unasked=frozenset(unasked))


def contradictions(case: Case, conventions: Conventions) -> Sequence[Case]:
    """The case with other blank arguments, where it is ignored."""
    return [
        dataclasses.replace(case, layout={**case.layout, "blank_argument": other})
        for other in OTHER_BLANKS.get(conventions["blank"], ())
    ]


def remark(outcome: Outcome) -> Symptom | None:
    """How an implementation treats a case for which any answer is accepted."""
    if outcome.case.status != "acceptable":
        return None
    name, bug = outcome.case.name.replace("_", " "), outcome.case.bug_classes[0]
    if outcome.answer.outputs is None:
        return Symptom(bug, f"{name}: refused ({outcome.answer.sentence})")
    path = outcome.answer.outputs["alignment"]
    if np.array_equal(path, outcome.expected["alignment"]):
        return Symptom(bug, f"{name}: the same path as without it")
    path = translate.canonical(path, outcome.arguments, outcome.conventions)
    spelt = judge.spells(path, outcome.arguments)
    return Symptom(bug, f"{name}: {'another path' if spelt else 'not a path of the labels'}")


def reductions(case: Case) -> Sequence[Case]:
    """Smaller cases that still have a path."""
    return [smaller for smaller in reduce.smaller(case) if _fits(smaller)]


def _fits(case: Case) -> bool:
    """Whether every target has a path."""
    inputs = case.inputs
    try:
        for logits, labels in zip(inputs["logits"], inputs["labels"], strict=True):
            ctc_align(logits, labels, inputs["blank"])
    except ArgumentError:
        return False
    return True


def cost(arguments: Arguments) -> int:
    """Cells of the tables, and twenty for what each frame takes besides."""
    return sum(20 * T + T * (2 * L + 1) for T, L in ctc.lengths(arguments))


def example(arguments: Arguments, conventions: Conventions) -> str:
    """Sizes and labels of a case and, if they are few, its logits."""
    order, _ = ctc.classes(arguments, conventions)
    lines = [ctc.sizes(arguments, conventions)]
    logits = arguments["logits"][:, :, np.argsort(order)]
    for n, (frames, labels) in enumerate(ctc.lengths(arguments)):
        lines.append(f"labels[{n}] = {order[arguments['labels'][n, :labels]].tolist()}")
        if logits.size <= READABLE:
            place = f"[:, {n}]" if conventions["layout"] == "TNK" else f"[{n}]"
            lines.append(f"logits{place} = {logits[:frames, n].tolist()}")
    return "\n".join(lines[:8])


def _make(name: str) -> Case:
    if not name.startswith(PREFIXES):
        check.one_of("--case", name, CASES | LARGE)
    return drawn_case(name)


def _drawn(selection: Selection) -> Iterator[str]:
    for prefix, count in (QUICKLY_DRAWN if selection.quick else DRAWN).items():
        yield from (f"{prefix}-{selection.seed}-{n}" for n in range(count))


KIT = Kit(
    name="align",
    arguments={
        "logits": "(T, N, K) float: unnormalised scores, time first, padded at the end",
        "labels": "(N, L) int: targets, padded at the end; padding may hold anything",
        "input_lengths": "(N,) int: frames of each utterance",
        "label_lengths": "(N,) int: labels of each target",
        "blank": "int: class of the blank",
    },
    results={
        "alignment": "(T, N) int: class of each frame on the best path, anything in the padding",
        "scores": "(T, N) float: its log-probability, or none",
    },
    more_results=tuple(translate.LAST + name for name in ("alignment", "scores")),
    conventions=CONVENTIONS,
    defects=tuple(DEFECTS),
    small=CASES,
    large=LARGE,
    drawn=_drawn,
    make=_make,
    reduced=reduce.reduced,
    shape=reduce.padded_shape,
    probe_cases=lambda: [CASES["probe"]()],
    size=reduce.size,
    reductions=reductions,
    cost=cost,
    example=example,
    present=translate.present,
    reference=reference,
    translate=translate.translate,
    restore=translate.restore,
    express=translate.express,
    laid_out=translate.laid_out,
    deviation=judge.deviation,
    deviating="another alignment",
    settle=settle,
    contradictions=contradictions,
    symptoms=symptoms,
    remark=remark,
    traits=traits,
    can_show=can_show,
)

"""The kit for CTC and its functions."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import numpy as np

import refkd
from refkd import check
from refkd.verify.ctc import translate
from refkd.verify.ctc.cases import CASES, LARGE
from refkd.verify.ctc.conventions import CONVENTIONS
from refkd.verify.ctc.defects import DEFECTS
from refkd.verify.ctc.judge import LARGE as LARGE_LOSS
from refkd.verify.ctc.judge import deviation, may_refuse
from refkd.verify.ctc.published import PUBLISHED
from refkd.verify.ctc.recipe import PREFIX, Recipe, by_hypothesis, by_numpy
from refkd.verify.ctc.reduce import fitted, padded_shape, reduced, size, smaller
from refkd.verify.ctc.symptoms import can_show, remark, symptoms, traits
from refkd.verify.kit import Asker, Kit, first_numbers
from refkd.verify.records import (
    Arguments,
    Case,
    Conventions,
    Finding,
    Outcome,
    Outputs,
    Selection,
    Settled,
)

DRAWN, DRAWN_QUICK = 150, 20
OTHER_BLANK = {"first": 2, "last": 1}  # for an argument that is not looked at
SHOWN = 24  # logits of a case that is printed
ORDER = ("any", "blank", "zero", "minus_one")


def _infeasible(ask: Asker, conventions: Conventions) -> tuple[str, list[Finding]]:
    """What a target costs that does not fit, and a note where some are refused and some are not."""
    names = ("repeat_in_two_frames", "three_labels_in_two_frames")
    repeat, longer = (
        _cost(outcome)
        for outcome in ask.outcomes(
            [CASES[name]() for name in names], {**conventions, "infeasible": "inf"}
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
    return "large" if LARGE_LOSS <= loss < np.inf else "inf"


def _label_padding(ask: Asker, conventions: Conventions) -> str:
    if conventions["labels"] == "flat":
        return "any"
    case = CASES["labels_padded_with_labels"]()
    for padding in ORDER:
        (outcome,) = ask.outcomes([case], {**conventions, "label_padding": padding})
        if outcome.problem is None:
            return padding
    return "any"


def settle(ask: Asker, conventions: Conventions, claims: Conventions) -> Settled:
    """How infeasible targets are answered, and what padded labels must hold."""
    infeasible, findings = _infeasible(ask, conventions)
    padding = _label_padding(ask, {**conventions, "infeasible": infeasible})
    if padding != "any" and "label_padding" not in claims:
        words = "target lengths are not used: padded labels must hold a particular value"
        findings.append(Finding("V3", words, "must"))
    if conventions["input"] == "log_probs" and conventions["grad_of"] == "logits":
        words = (
            "the input is log-probabilities, but the gradient is taken in the logits, which is"
            " right only if a log_softmax comes before the loss"
        )
        findings.append(Finding("G1", words, "note"))
    return Settled(
        {"infeasible": infeasible, "label_padding": padding},
        tuple(findings),
        frozenset({"label_padding"} if conventions["labels"] == "flat" else ()),
    )


def reference(case: Case, arguments: Arguments, conventions: Conventions) -> Outputs:
    """Right outputs of a padded batch; published or worked ones where the dtype has the digits."""
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


def contradictions(case: Case, conventions: Conventions) -> Sequence[Case]:
    """The case with another blank argument, where it is ignored."""
    if conventions["blank"] == "argument":
        return ()
    other = OTHER_BLANK[conventions["blank"]]
    return (dataclasses.replace(case, layout={**case.layout, "blank_argument": other}),)


def cost(arguments: Arguments) -> int:
    """Cells of the tables, and what the softmax takes."""
    cells = sum(T * (2 * L + 1) for T, L in translate.lengths(arguments))
    return cells + int(arguments["logits"].size) // 8


def example(arguments: Arguments, conventions: Conventions) -> str:
    """Sizes and labels of a case and, if they are few, its logits."""
    K = arguments["logits"].shape[2]
    order, _ = translate.classes(arguments, conventions)
    lines = [translate.sizes(arguments, conventions)]
    logits = arguments["logits"][:, :, np.argsort(order)]
    for n, (length, labels) in enumerate(translate.lengths(arguments)):
        target = arguments["labels"][n, :labels]
        moved_target = np.where((target >= 0) & (target < K), order[target % K], target)
        lines.append(f"utterance {n}: {length} frames, labels {first_numbers(moved_target)}")
        if logits.size <= SHOWN:
            lines[-1] += f", logits {logits[:length, n].tolist()}"
    if arguments["d_loss"] is not None:
        lines.append(f"upstream gradient {first_numbers(arguments['d_loss'])}")
    return "\n".join(lines[:8])


def _make(name: str) -> Case:
    if not name.startswith(PREFIX):
        check.fail("--case", "a name that `refkd verify ctc --list` shows", name)
    return Recipe.from_name(name).case()


def _drawn(draw: Callable[[int, int], Iterable[Recipe]], selection: Selection) -> Iterator[str]:
    count = DRAWN_QUICK if selection.quick else DRAWN
    return (recipe.name for recipe in draw(count, selection.seed))


KIT = Kit(
    name="ctc",
    arguments={
        "logits": "(T, N, K) float: unnormalised scores, time first, padded at the end",
        "labels": "(N, L) int: targets, padded at the end; padding may hold anything",
        "input_lengths": "(N,) int: frames of each utterance",
        "label_lengths": "(N,) int: labels of each target",
        "blank": "int: class of the blank",
        "d_loss": "(N,) float: upstream gradient of each loss; 1 if not given",
    },
    results={
        "loss": "(N,) float: minus log-probability of each target, in nats; inf if it has none",
        "grad": "(T, N, K) float: derivative of the sum of d_loss times loss in the logits",
    },
    conventions=CONVENTIONS,
    defects=DEFECTS,
    small=CASES | PUBLISHED,
    large=LARGE,
    drawn=partial(_drawn, by_numpy),
    by_hypothesis=partial(_drawn, by_hypothesis),
    make=_make,
    reduced=reduced,
    shape=padded_shape,
    fitted=fitted,
    probe_cases=lambda: [CASES["probe"]()],
    size=size,
    reductions=smaller,
    cost=cost,
    example=example,
    present=translate.present,
    reference=reference,
    translate=translate.translate,
    restore=translate.restore,
    express=translate.express,
    laid_out=translate.laid_out,
    may_refuse=may_refuse,
    deviation=deviation,
    settle=settle,
    contradictions=contradictions,
    symptoms=symptoms,
    remark=remark,
    traits=traits,
    can_show=can_show,
)

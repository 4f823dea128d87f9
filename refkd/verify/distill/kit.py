"""The kit for distillation losses and its functions."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from refkd.verify.compare import largest_difference
from refkd.verify.distill import grid, reduce, translate
from refkd.verify.distill.conventions import (
    CONVENTIONS,
    OFFERS,
    Terms,
    described,
    is_offered,
    terms,
)
from refkd.verify.distill.defects import DEFECTS
from refkd.verify.distill.edges import EDGES, LARGE
from refkd.verify.distill.grid import drawn, grid_case, grid_names
from refkd.verify.distill.inputs import batch, drawn_pair
from refkd.verify.distill.judge import deviation, may_refuse, spread_of_padding
from refkd.verify.distill.symptoms import can_show, symptoms, traits
from refkd.verify.distill.worked import PROBES, WORKED
from refkd.verify.kit import Asker, Kit
from refkd.verify.records import (
    Arguments,
    Case,
    Conventions,
    Finding,
    Outcome,
    Outputs,
    Selection,
    Settled,
    Symptom,
)

DRAWN, QUICKLY_DRAWN = 40, 6  # cases
READABLE = 30  # logits in an example that is printed
PATH_CELL = 50  # how much longer a cell of a path takes than a term of a divergence
SAME = 1e-4  # nats; what makes no difference
BY_NAME = {convention.name: convention for convention in CONVENTIONS}


def _unjudged(case: Case) -> Case:
    """The case, for which any answer is accepted."""
    return dataclasses.replace(case, status="acceptable")


def _offers(
    accepted: Mapping[Terms, Case], refused: Mapping[Terms, str], claims: Conventions
) -> tuple[dict[str, str], list[Finding]]:
    """What is offered at all, what is refused in combination, and a note on either."""
    values: dict[str, str] = {}
    findings = []
    offered = {name: _choices(name, accepted) for name in OFFERS}
    for name in OFFERS:
        convention = BY_NAME[name]
        asked = convention.parts(claims[name]) if name in claims else tuple(convention.choices)
        lacking = [choice for choice in asked if choice not in offered[name]]
        values[name] = claims.get(
            name, ",".join(choice for choice in asked if choice not in lacking)
        )
        sentences = (
            sentence
            for combination, sentence in refused.items()
            if _choices(name, [combination]) & {*lacking}
        )
        if sentence := next(sentences, ""):
            words = (
                f"{name} that the implementation does not offer: {', '.join(lacking)} ({sentence})"
            )
            findings.append(Finding("", words, "must" if name in claims else "note"))
    known = {name: offered[name] | {*values[name].split(",")} for name in OFFERS}
    values["refused"] = claims.get("refused", described(_within(known, refused), accepted))
    if together := _within(offered, refused):
        words = BY_NAME["refused"].words(described(together, accepted))
        sentence = refused[together[0]]
        findings.append(Finding("", f"refused in combination: {words} ({sentence})", "note"))
    return values, findings


def _within(choices: Mapping[str, set[str]], combinations: Iterable[Terms]) -> list[Terms]:
    """The combinations of nothing but these rules, divergences and options."""
    return [
        combination
        for combination in combinations
        if all(_choices(name, [combination]) <= choices[name] for name in OFFERS)
    ]


def _choices(name: str, combinations: Iterable[Terms]) -> set[str]:
    """The rules, divergences or options among the terms of some combinations."""
    every = set[str]().union(*combinations)
    if name == "rules":
        every = {term.partition("_")[0] for term in every}
    return every & {*BY_NAME[name].choices}


def _pairs(ask: Asker, conventions: Conventions, cases: Sequence[Case]) -> str:
    """In which form pairs come, if they do; the form expected is "rows" if it is neither."""
    plain = [case for case in cases if case.name.endswith("-kl")] or cases[:1]
    unreadable = False
    for pairs in ("rows", "frames"):
        outcomes = ask.outcomes(map(_unjudged, plain), {**conventions, "pairs": pairs})
        answers = [outcome.answer for outcome in outcomes]
        if any("pairs" in (answer.outputs or {}) for answer in answers):
            return pairs
        unreadable |= any(answer.sentence.startswith("pairs:") for answer in answers)
    return "rows" if unreadable else "none"


def _unasked(accepted: Mapping[Terms, Case]) -> Iterator[str]:
    """Conventions whose other value would have given the same answers."""
    every = set[str]().union(*accepted)
    if not every & {"kl", "reverse_kl"}:
        yield "kl"
    scaled = {"scale_t2" in combination for combination in accepted if "temperature" in combination}
    if scaled != {True, False}:
        yield "t2"


def _unused_lengths(ask: Asker, reading: Conventions, like: Case) -> Iterator[str]:
    """The convention of the lengths, if other lengths of the same frames change nothing."""
    pairs = [drawn_pair(seed, frames, grid.K, grid.BLANK) for seed, frames in ((61, 6), (62, 3))]
    student, teacher = zip(*pairs, strict=True)
    inputs = batch(student, teacher, like.inputs["rule"])
    right = Case("lengths", inputs, (), "generated", "acceptable")
    wrong = dataclasses.replace(right, layout={"lengths": (6, 6)})
    if _difference(*ask.outcomes([right, wrong], reading)) < SAME:
        yield "lengths"


def _normalised_inside(ask: Asker, reading: Conventions, case: Case) -> Iterator[Finding]:
    """Whether log-probabilities or probabilities are taken as they come, as was found."""
    if reading["input"] == "logits":
        return
    for name in ("student", "teacher"):
        moved = dataclasses.replace(case, layout={**case.layout, "shifted": name})
        if _difference(*ask.outcomes(map(_unjudged, [case, moved]), reading)) < SAME:
            words = f"the {name}'s distributions are normalised again: a factor changes nothing"
            yield Finding("", words, "note")


def _difference(first: Outcome, second: Outcome) -> float:
    """How far two answers are apart in nats; inf if either is none."""
    if first.answer.outputs is None or second.answer.outputs is None:
        return np.inf
    return largest_difference(first.answer.outputs, second.answer.outputs)


def _flushed(conventions: Conventions) -> bool:
    """Whether small probabilities of the student are sent as 0."""
    return conventions["input"] == "probs" or conventions["grad_of"] == "probs"


def _masked(case: Case) -> bool:
    """Whether a KL in the other direction is infinite."""
    return any(bool(np.isneginf(teacher).any()) for teacher in case.inputs["teacher"])


def remark(outcome: Outcome) -> Symptom | None:
    """Notes on an accepted answer: where either is right, and of NaN in the padding."""
    case, answer = outcome.case, outcome.answer
    bug, name = case.bug_classes[0], case.name.partition("/")[0].replace("_", " ")
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
        return Symptom("", f"{number} in padded frames appears in their gradient")
    return Symptom("", f"{number} in padded frames spreads to the loss or other frames; finite "
                   "padding does not")  # fmt: skip


def reference(case: Case, arguments: Arguments, conventions: Conventions) -> Outputs:
    """Right outputs of a padded batch, computed by hand where the dtype has the digits."""
    if case.status != "must":  # there is no one right answer
        T, N, K = arguments["student"].shape
        shapes = {"loss": N, "grad": (T, N, K), "pairs": (N, T, T), "row_sum": (T, N)}
        return {name: np.zeros(shape) for name, shape in shapes.items()}
    by_hand = conventions["dtype"] in ("float64", "float32") and (
        arguments["rule"] == case.inputs["rule"]  # not in a variant that conventions imply
    )
    return {**reduce.reference(arguments), **((case.expected if by_hand else None) or {})}


def settle(ask: Asker, conventions: Conventions, claims: Conventions) -> Settled:
    """What is offered is what is not refused; every combination is tried."""
    for convention in CONVENTIONS:
        convention.tried(claims)  # an unknown value is an error
    cases = [grid_case(name) for name in grid.combinations()]
    cases = [case for case in cases if is_offered(case.inputs["rule"], claims)]
    reading = {**conventions, "pairs": "none"}
    outcomes = ask.outcomes(map(_unjudged, cases), reading)
    refused: dict[Terms, str] = {}
    accepted: dict[Terms, Case] = {}
    for case, outcome in zip(cases, outcomes, strict=True):
        asked = terms(case.inputs["rule"])
        if outcome.answer.failure == "raised":
            refused[asked] = outcome.answer.sentence
        else:
            accepted[asked] = case
    values, findings = _offers(accepted, refused, claims)
    if not accepted:
        return Settled({**values, "pairs": claims.get("pairs", "none")}, tuple(findings))
    answered = list(accepted.values())
    values["pairs"] = claims.get("pairs") or _pairs(ask, conventions, answered)
    findings += _normalised_inside(ask, reading, answered[0])
    unasked = {*_unasked(accepted), *_unused_lengths(ask, reading, answered[0])}
    return Settled(values, tuple(findings), frozenset(unasked))


def concerns(case: Case, conventions: Conventions) -> bool:
    """Whether an implementation that offers no more than this has to answer a case."""
    return (
        is_offered(case.inputs["rule"], conventions)
        and not (case.layout.get("extreme") and _flushed(conventions))
        and not (conventions["kl"] == "student_teacher" and _masked(case))
    )


def as_rows(outputs: Outputs) -> Outputs:
    """Pairs as rows (utterance, student frame, teacher frame), not as counts."""
    return {**outputs, "pairs": np.argwhere(outputs["pairs"])} if outputs else {}


def cost(arguments: Arguments) -> int:
    """Terms of the divergences between all frames, or cells of a path."""
    rule = arguments["rule"]["rule"]
    cell = PATH_CELL if rule in ("Monotone", "OrderedPath") else arguments["student"].shape[2]
    return int((arguments["lengths"] ** 2).sum()) * cell


def example(arguments: Arguments, conventions: Conventions) -> str:
    """The rule of a case and, if they are few, its numbers as they are sent."""
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


def _make(name: str) -> Case:
    if name in PROBES:
        return PROBES[name]()
    return drawn(name) if name.startswith("drawn-") else grid_case(name)


def _drawn(selection: Selection) -> Iterator[str]:
    yield from grid_names(selection.quick)
    count = QUICKLY_DRAWN if selection.quick else DRAWN
    yield from (f"drawn-{selection.seed}-{n}" for n in range(count))


KIT = Kit(
    name="distill",
    arguments={
        "student": "(T, N, K) float: unnormalised scores, time first, padded at the end",
        "teacher": "(T, N, K) float: the same",
        "lengths": "(N,) int: frames of each utterance",
        "rule": "dict: its keys are in docs/guides/verify-distill.md",
    },
    results={
        "loss": "(N,) float: nats, summed over the frames of each utterance",
        "grad": "(T, N, K) float: derivative of the sum of the losses in the student's logits",
        "pairs": "(n, 3) int: rows (utterance, student frame, teacher frame), or none",
        "teacher_grad": "(T, N, K) float: zeros, or none",
    },
    more_results=("row_sum",),  # of the gradient in the log-probabilities
    forward=("loss",),
    conventions=CONVENTIONS,
    defects=DEFECTS,
    small=WORKED | EDGES,
    large=LARGE,
    large_in_files=False,
    drawn=_drawn,
    make=_make,
    reduced=reduce.reduced,
    shape=reduce.padded_shape,
    probe_cases=lambda: [make() for make in PROBES.values()],
    size=reduce.size,
    reductions=reduce.smaller,
    cost=cost,
    example=example,
    present=translate.present,
    reference=reference,
    translate=translate.translate,
    restore=translate.restore,
    express=translate.express,
    laid_out=translate.laid_out,
    as_rows=as_rows,
    concerns=concerns,
    may_refuse=may_refuse,
    deviation=deviation,
    settle=settle,
    symptoms=symptoms,
    remark=remark,
    traits=traits,
    can_show=can_show,
)

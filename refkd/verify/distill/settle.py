"""What a distillation loss offers, how it reports pairs, and whether it looks at the lengths."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from refkd.verify.compare import largest_difference
from refkd.verify.distill import grid
from refkd.verify.distill.conventions import CONVENTIONS, OFFERS
from refkd.verify.distill.inputs import batch, drawn_pair
from refkd.verify.distill.offers import Terms, described, is_offered, terms
from refkd.verify.kit import Asker
from refkd.verify.records import Case, Conventions, Finding, Outcome, Settled

SAME = 1e-4  # nats; what makes no difference


def settle(ask: Asker, conventions: Conventions, told: Conventions) -> Settled:
    """What is offered is what is not refused; every combination is asked for."""
    for convention in CONVENTIONS:
        convention.tried(told)  # a value that there is not is an error
    cases = [grid.grid_case(name) for name in grid.combinations()]
    cases = [case for case in cases if is_offered(case.inputs["rule"], told)]
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
    values, findings = _offers(accepted, refused, told)
    if not accepted:
        return Settled({**values, "pairs": told.get("pairs", "none")}, tuple(findings))
    answered = list(accepted.values())
    values["pairs"] = told.get("pairs") or _pairs(ask, conventions, answered)
    findings += _normalised_inside(ask, reading, answered[0])
    unasked = {*_unasked(accepted), *_unused_lengths(ask, reading, answered[0])}
    return Settled(values, tuple(findings), frozenset(unasked))


def concerns(case: Case, conventions: Conventions) -> bool:
    """Whether an implementation that offers no more than this has to answer a case."""
    return (
        is_offered(case.inputs["rule"], conventions)
        and not (case.form.get("extreme") and _flushed(conventions))
        and not (conventions["kl"] == "student_teacher" and _masked(case))
    )


def _unjudged(case: Case) -> Case:
    """Only whether it is answered is of interest."""
    return dataclasses.replace(case, status="acceptable")


def _offers(
    accepted: Mapping[Terms, Case], refused: Mapping[Terms, str], told: Conventions
) -> tuple[dict[str, str], list[Finding]]:
    """What is offered at all, what is refused in combination, and a note on either."""
    values: dict[str, str] = {}
    findings = []
    offered = {name: _named(name, accepted) for name in OFFERS}
    for convention in (one for one in CONVENTIONS if one.name in OFFERS):
        name = convention.name
        asked = convention.parts(told[name]) if name in told else tuple(convention.choices)
        lacking = [one for one in asked if one not in offered[name]]
        values[name] = told.get(name, ",".join(one for one in asked if one not in lacking))
        sentence = next((refused[one] for one in refused if _named(name, [one]) & {*lacking}), "")
        if sentence:
            words = f"{name} that are not offered: {', '.join(lacking)} ({sentence})"
            findings.append(Finding("", words, "must" if name in told else "note"))
    known = {name: offered[name] | {*values[name].split(",")} for name in OFFERS}
    values["refused"] = told.get("refused", described(_within(known, refused), accepted))
    if together := _within(offered, refused):
        convention = next(one for one in CONVENTIONS if one.name == "refused")
        words = convention.words(described(together, accepted))
        sentence = refused[together[0]]
        findings.append(Finding("", f"refused in combination: {words} ({sentence})", "note"))
    return values, findings


def _within(known: Mapping[str, set[str]], every: Iterable[Terms]) -> list[Terms]:
    """The combinations of nothing but these rules, divergences and options."""
    return [one for one in every if all(_named(name, [one]) <= known[name] for name in OFFERS)]


def _named(name: str, asked: Iterable[Terms]) -> set[str]:
    """The rules, divergences or options among some terms."""
    every = {term.partition("_")[0] if name == "rules" else term for one in asked for term in one}
    return every & {*next(one.choices for one in CONVENTIONS if one.name == name)}


def _pairs(ask: Asker, conventions: Conventions, cases: Sequence[Case]) -> str:
    """In which form pairs come, if they do; the form expected is "rows" if it is neither."""
    plain = [case for case in cases if case.name.endswith("-kl")] or cases[:1]
    unreadable = False
    for form in ("rows", "frames"):
        outcomes = ask.outcomes(map(_unjudged, plain), {**conventions, "pairs": form})
        if any("pairs" in (one.answer.outputs or {}) for one in outcomes):
            return form
        unreadable |= any(one.answer.sentence.startswith("pairs:") for one in outcomes)
    return "rows" if unreadable else "none"


def _unasked(accepted: Mapping[Terms, Case]) -> Iterator[str]:
    """Conventions whose other value would have given the same answers."""
    every = set[str]().union(*accepted)
    if not every & {"kl", "reverse_kl"}:
        yield "kl"
    scaled = {"scale_t2" in one for one in accepted if "temperature" in one}
    if scaled != {True, False}:
        yield "t2"


def _unused_lengths(ask: Asker, reading: Conventions, like: Case) -> Iterator[str]:
    """The convention of the lengths, if other lengths of the same frames change nothing."""
    pairs = [drawn_pair(seed, frames, grid.K, grid.BLANK) for seed, frames in ((61, 6), (62, 3))]
    student, teacher = zip(*pairs, strict=True)
    inputs = batch(student, teacher, like.inputs["rule"])
    right = Case("lengths", inputs, (), "generated", "acceptable")
    wrong = dataclasses.replace(right, form={"lengths": (6, 6)})
    if _apart(*ask.outcomes([right, wrong], reading)) < SAME:
        yield "lengths"


def _normalised_inside(ask: Asker, reading: Conventions, case: Case) -> Iterator[Finding]:
    """Whether log-probabilities or probabilities are taken as they come, as was found."""
    if reading["input"] == "logits":
        return
    for name in ("student", "teacher"):
        moved = dataclasses.replace(case, form={**case.form, "shifted": name})
        if _apart(*ask.outcomes(map(_unjudged, [case, moved]), reading)) < SAME:
            words = f"the {name}'s distributions are normalised inside: a factor changes nothing"
            yield Finding("", words, "note")


def _apart(one: Outcome, other: Outcome) -> float:
    """How far two answers are apart in nats; inf if either is none."""
    if one.answer.outputs is None or other.answer.outputs is None:
        return np.inf
    return largest_difference(one.answer.outputs, other.answer.outputs)


def _flushed(conventions: Conventions) -> bool:
    """Whether what the student hardly believes is sent as 0."""
    return conventions["input"] == "probs" or conventions["grad_of"] == "probs"


def _masked(case: Case) -> bool:
    """Whether a KL in the other direction is infinite."""
    return bool(min(float(one.min()) for one in case.inputs["teacher"]) == -float("inf"))

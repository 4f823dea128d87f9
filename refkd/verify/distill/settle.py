"""What a distillation loss offers: rules, divergences, options; and how it tells pairs."""

from collections.abc import Iterator, Sequence

from refkd.records.rules import RULES
from refkd.verify.distill.conventions import CONVENTIONS, OFFERS
from refkd.verify.distill.grid import grid_case
from refkd.verify.kit import Asker, Convention
from refkd.verify.records import Case, Conventions, Finding, Outcome

RULE_CASES = {rule: f"{rule}-plain" for rule in RULES}
VARIED = {
    "kl": "plain",
    "reverse_kl": "reverse",
    "js": "js",
    "cross_entropy": "entropy",
    "temperature": "temperature",
    "scale_t2": "scaled",
    "drop_selected": "drop",
    "no_blank_candidates": "invisible",
}


def settle(
    ask: Asker, conventions: Conventions, told: Conventions
) -> tuple[dict[str, str], list[Finding]]:
    """What is offered is what is not refused, asked by one small case each."""
    asking = {**conventions, "pairs": told.get("pairs", "rows")}
    found: dict[str, str] = {}
    findings: list[Finding] = []
    answers: list[Outcome] = []
    for convention in (one for one in CONVENTIONS if one.name in OFFERS):
        names = _questions(convention, found)
        if convention.name in told:
            (found[convention.name],) = convention.tried(told)
            names = {value: names[value] for value in convention.parts(found[convention.name])}
        outcomes = ask.outcomes([grid_case(name) for name in names.values()], asking)
        refused = {
            value: one.answer.sentence
            for value, one in zip(names, outcomes, strict=True)
            if one.answer.failure == "raised"
        }
        offered = ",".join(value for value in names if value not in refused)
        found.setdefault(convention.name, offered)
        findings += _refusals(convention, refused)
        answers += outcomes
        if not offered and convention.name == "rules":
            words = f"all rules are refused: {next(iter(refused.values()))}"
            return dict.fromkeys(OFFERS, "") | {"pairs": "none"}, [Finding("", words, "must")]
    return {**found, "pairs": told.get("pairs") or _pairs(answers)}, findings


def _questions(convention: Convention, found: Conventions) -> dict[str, str]:
    """The case that asks for each value."""
    if convention.name == "rules":
        return RULE_CASES
    rules = found["rules"].split(",")
    rule = next((one for one in rules if one != "OrderedPath"), rules[0])
    return {value: f"{rule}-{VARIED[value]}" for value in convention.choices}


def _refusals(convention: Convention, refused: Conventions) -> Iterator[Finding]:
    if refused:
        names, sentence = ", ".join(refused), next(iter(refused.values()))
        yield Finding("", f"{convention.name} that are not offered: {names} ({sentence})", "note")


def _pairs(outcomes: Sequence[Outcome]) -> str:
    """In which form pairs come, if they do: what can be read as rows is a table by now."""
    for one in outcomes:
        told = (one.answer.outputs or {}).get("pairs")
        if told is not None and told.size:
            return "rows" if told.ndim == 3 else "frames"
    return "none"


def concerns(case: Case, conventions: Conventions) -> bool:
    """Whether an implementation that offers no more than this has to answer a case."""
    rule = case.inputs["rule"]
    offered = {name: conventions[name].split(",") for name in OFFERS}
    wanted = {
        "temperature": rule["temperature"] != 1.0,
        "scale_t2": rule["scale_t2"],
        rule["blank_frames"]: rule["blank_frames"] != "keep",
    }
    return (
        rule["rule"] in offered["rules"]
        and rule["divergence"] in offered["divergences"]
        and all(name in offered["options"] for name, needed in wanted.items() if needed)
        and not (case.form.get("extreme") and _flushed(conventions))
        and not (conventions["kl"] == "student_teacher" and _masked(case))
    )


def _flushed(conventions: Conventions) -> bool:
    """Whether what the student hardly believes is sent as 0."""
    return conventions["input"] == "probs" or conventions["grad_of"] == "probs"


def _masked(case: Case) -> bool:
    """Whether a KL in the other direction is infinite."""
    return bool(min(float(one.min()) for one in case.inputs["teacher"]) == -float("inf"))

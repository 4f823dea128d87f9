"""From wrong numbers to named bugs: known defects first, then symptoms, then a description."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from refkd.verify.bugs import BUGS
from refkd.verify.kit import Kit
from refkd.verify.records import Defect, Outcome, Outputs, Symptom
from refkd.verify.run import outputs_of

AFFORDABLE = 400_000  # cost up to which a case is computed again with every known defect
FORWARD_ONLY = "; its gradient is wrong in a way of its own"
TRIES = 5  # a defect must reproduce one of so many smallest wrong answers
ENOUGH = 2  # cases that must show a symptom before it has a class
PASSING = 3  # cases that must pass before those that fail can be told apart from them


@dataclass(frozen=True, eq=False)
class Explanation:
    """What may be wrong, the outcomes that show it, and how to see it in another outcome.

    Known defects of several classes may give the same numbers: `symptoms` holds one of each class.
    Without any, the deviation is described.
    """

    symptoms: tuple[Symptom, ...]
    outcomes: tuple[Outcome, ...]
    shows: Callable[[Outcome], bool]
    exact: bool = False  # a known defect gives these very numbers, or a refusal was wanted


def diagnose(kit: Kit, outcomes: Sequence[Outcome]) -> list[Explanation]:
    """Explain every failing outcome by as few bugs as possible.

    Parameters
    ----------
    kit : Kit
        With its known defects and symptoms.
    outcomes : sequence of Outcome
        Of all cases that were run: the ones that pass speak against a defect.

    Returns
    -------
    list of Explanation
        Each failing outcome is in exactly one of them; those that explain more come first.
    """
    failing = [outcome for outcome in outcomes if outcome.problem is not None]
    wrong = [outcome for outcome in failing if outcome.deviation is not None]
    passing = [
        outcome
        for outcome in outcomes
        if outcome.problem is None and outcome.answer.outputs is not None
    ]
    explanations: list[Explanation] = []
    memory: dict[tuple[Defect, Outcome], Outputs] = {}
    wrong.sort(key=lambda outcome: kit.cost(outcome.arguments))
    for forward in (False, True) if kit.forward else (False,):
        while wrong and (best := _best_defect(kit, wrong, passing, memory, forward)) is not None:
            explanations.append(best)
            wrong = [outcome for outcome in wrong if outcome not in best.outcomes]
    if explanations:
        most = max(explanations, key=lambda explanation: len(explanation.outcomes))
        large = tuple(outcome for outcome in wrong if _looks_like(kit, outcome, most))
        explanations[explanations.index(most)] = replace(most, outcomes=most.outcomes + large)
        wrong = [outcome for outcome in wrong if outcome not in large]
    explanations += _by_symptom(kit, wrong)
    explanations += _without_numbers([outcome for outcome in failing if outcome.deviation is None])
    return sorted(explanations, key=lambda explanation: -len(explanation.outcomes))


def named(
    kit: Kit,
    explanation: Explanation,
    example: Outcome,
    outcomes: Sequence[Outcome],
    reductions: Iterable[Outcome],
) -> Symptom:
    """The class of a bug as far as there is evidence, else a description of the deviation.

    Parameters
    ----------
    kit : Kit
        Knows what a case can show.
    explanation : Explanation
        What the bug may be.
    example : Outcome
        The smallest one that shows it: a class that it cannot show is not named.
    outcomes : sequence of Outcome
        Of all cases that were run.
    reductions : iterable of Outcome
        Of the steps to the example.

    Returns
    -------
    Symptom
        Its class is empty if nothing, or more than one thing, explains the numbers.
    """
    asked = [*outcomes, *reductions]
    possible = [
        symptom
        for symptom in explanation.symptoms
        if kit.can_show(symptom.bug, example.case, example.conventions)
    ]
    if len(possible) == 1:
        (symptom,) = possible
        shown = sum(outcome.problem is not None and explanation.shows(outcome) for outcome in asked)
        return symptom if explanation.exact or shown >= ENOUGH else replace(symptom, bug="")
    if possible:
        names = "; or ".join(f"{symptom.words} ({symptom.bug})" for symptom in possible)
        return Symptom("", f"several known faults give these numbers: {names}")
    described = _description(explanation.outcomes, outcomes)
    bug = _separating(kit, explanation, example, asked)
    if bug:
        return Symptom(bug, f"{BUGS[bug]}: just the cases that can show it fail; {described}")
    return Symptom("", described)


def reproduces(kit: Kit, defect: Defect, forward: bool, outcome: Outcome) -> bool:
    """Whether an implementation with this defect would have given this very answer.

    With `forward`, its results of the forward pass alone, of which one is wrong.
    """
    if outcome.answer.outputs is None or kit.cost(outcome.arguments) > AFFORDABLE:
        return False
    outputs = outputs_of(defect, kit, outcome.arguments)
    return agrees(kit, outcome, outputs, forward)


def agrees(kit: Kit, outcome: Outcome, outputs: Outputs, forward: bool = False) -> bool:
    """Whether an answer would be right if these canonical outputs were."""
    arguments, how, deviation = outcome.arguments, outcome.conventions, outcome.deviation
    expected = kit.express(arguments, outputs, how)
    if forward:
        if deviation is not None and deviation.output not in kit.forward:
            return False
        expected = {name: value for name, value in expected.items() if name in kit.forward}
    problem, _ = kit.judge(outcome.case, arguments, expected, outcome.answer, how)
    return problem is None


def _looks_like(kit: Kit, outcome: Outcome, explanation: Explanation) -> bool:
    """Whether a case too large for a defect shows nothing that the defect does not show."""
    if kit.cost(outcome.arguments) <= AFFORDABLE:
        return False
    seen = set(kit.symptoms(outcome))
    return not seen or any(seen & set(kit.symptoms(other)) for other in explanation.outcomes)


def _best_defect(
    kit: Kit,
    wrong: Sequence[Outcome],
    passing: Sequence[Outcome],
    memory: dict[tuple[Defect, Outcome], Outputs],
    forward: bool,
) -> Explanation | None:
    """The defect that reproduces most wrong answers, and no right one that it would spoil.

    Where defects of other classes reproduce the very same answers, all of them are kept.
    """

    def shown_by(defect: Defect, outcome: Outcome) -> bool:
        if kit.cost(outcome.arguments) > AFFORDABLE:
            return False
        if (defect, outcome) not in memory:
            memory[defect, outcome] = outputs_of(defect, kit, outcome.arguments)
        return agrees(kit, outcome, memory[defect, outcome], forward)

    affordable = [outcome for outcome in passing if kit.cost(outcome.arguments) <= AFFORDABLE]
    shown: tuple[Outcome, ...] = ()
    defects: list[Defect] = []
    for defect in kit.defects:
        if not any(shown_by(defect, outcome) for outcome in wrong[:TRIES]):
            continue
        these = tuple(outcome for outcome in wrong if shown_by(defect, outcome))
        as_many = len(these) > len(shown) or (defects and these == shown)
        if as_many and all(shown_by(defect, outcome) for outcome in affordable):
            defects = [*defects, defect] if these == shown else [defect]
            shown = these
    if not defects:
        return None
    first_of_class = {defect.bug: defect for defect in reversed(defects)}
    symptoms = tuple(
        Symptom(defect.bug, defect.words + FORWARD_ONLY * forward)
        for defect in sorted(first_of_class.values(), key=defects.index)
    )
    return Explanation(symptoms, shown, partial(reproduces, kit, defects[0], forward), exact=True)


def _by_symptom(kit: Kit, wrong: Sequence[Outcome]) -> list[Explanation]:
    """Give each outcome the most frequent of its symptoms; those without are described by kind.

    Symptoms that are rare beside what has none are taken for chance.
    """
    left = {outcome: seen for outcome in wrong if (seen := kit.symptoms(outcome))}
    strange = [outcome for outcome in wrong if outcome not in left]
    groups = []
    while left:
        counts = Counter(symptom for seen in left.values() for symptom in dict.fromkeys(seen))
        symptom = max(counts, key=lambda each: counts[each])  # the first among equals
        shown = tuple(outcome for outcome, seen in left.items() if symptom in seen)
        left = {outcome: seen for outcome, seen in left.items() if outcome not in shown}
        if 2 * len(shown) < len(strange):
            strange += shown
            continue

        def shows(outcome: Outcome, symptom: Symptom = symptom) -> bool:
            return outcome.deviation is not None and symptom in kit.symptoms(outcome)

        groups.append(Explanation((symptom,), shown, shows))
    return groups + _by_kind(strange)


def _without_numbers(silent: Sequence[Outcome]) -> list[Explanation]:
    """No numbers came, or numbers where a refusal is wanted: that is a fact and has its class."""
    refusals: dict[str, list[Outcome]] = {}
    for outcome in silent:
        if outcome.case.status == "must_reject":
            refusals.setdefault(outcome.case.catches[0], []).append(outcome)
    groups = []
    for bug, shown in refusals.items():

        def shows(outcome: Outcome, bug: str = bug) -> bool:
            return outcome.case.status == "must_reject" and bug in outcome.case.catches

        groups.append(Explanation((Symptom(bug, BUGS[bug]),), tuple(shown), shows, exact=True))
    return groups + _by_kind(outcome for outcome in silent if outcome.case.status != "must_reject")


def _by_kind(outcomes: Iterable[Outcome]) -> list[Explanation]:
    """Outcomes that deviate in the same way, without a name."""
    kinds: dict[tuple[str, ...], list[Outcome]] = {}
    for outcome in outcomes:
        kinds.setdefault(outcome.kind, []).append(outcome)
    return [Explanation((), tuple(shown), _has_deviated) for shown in kinds.values()]


def _has_deviated(outcome: Outcome) -> bool:
    return outcome.problem is not None


def _separating(
    kit: Kit, explanation: Explanation, example: Outcome, outcomes: Sequence[Outcome]
) -> str:
    """The one class that all these failing cases, and no passing one, can show; else empty."""
    failing = {*explanation.outcomes, example}
    passing = [
        outcome
        for outcome in outcomes
        if outcome.problem is None and outcome.case.status == "must" and outcome.answer.outputs
    ]
    if len(passing) < PASSING or len(failing) < ENOUGH:
        return ""
    classes = dict.fromkeys(bug for outcome in failing for bug in outcome.case.catches)
    separating = [
        bug
        for bug in classes
        if all(kit.can_show(bug, outcome.case, outcome.conventions) for outcome in failing)
        and not any(kit.can_show(bug, outcome.case, outcome.conventions) for outcome in passing)
    ]
    return separating[0] if len(separating) == 1 else ""


def _description(shown: Sequence[Outcome], outcomes: Sequence[Outcome]) -> str:
    """Which output is off, how far, and in how many cases."""
    first = shown[0]
    count = f"in {len(shown)} of {len(outcomes)} cases"
    if first.answer.failure == "raised":
        return f"a call is refused where numbers are wanted, {count}"
    if first.deviation is None:
        return f"{first.problem}, {count}"
    output, what = first.kind
    if " for " in what:
        got, _, expected = what.partition(" for ")
        return f"{output} is {got} where {expected} is wanted, {count}"
    sizes = [
        abs(outcome.deviation.got - outcome.deviation.expected)
        for outcome in shown
        if outcome.deviation is not None
    ]
    largest = max((size for size in sizes if math.isfinite(size)), default=math.nan)
    how = {"less": "too small", "more": "too large"}.get(what, "wrong")
    return f"{output} is {how} by up to {largest:.3g}, in a way that is not known here, {count}"

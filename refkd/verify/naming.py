"""What a bug is called: by its class as far as there is evidence, else by what deviates."""

from collections.abc import Sequence

from refkd.verify.diagnose import RARE, TRIES, Explanation, is_rare, kinds, passing_traits
from refkd.verify.kit import Kit
from refkd.verify.records import Outcome, Symptom

ENOUGH = 2  # cases that must show a symptom before it has a class
PASSING = 3  # cases that must pass before those that fail can be distinguished from them
DWARFED = 10  # times as many cases of another fault make a trait too weak for a name
FAILURES = {
    "raised": "a call fails where numbers are expected",
    "unreadable": "the returned value cannot be read",
    "crashed": "the process ends where numbers are expected",
    "not asked": "a call is not made, because earlier ones took too long",
    "timed out": "there is no answer within the time limit (see --time-limit)",
}


def classify(
    kit: Kit,
    explanation: Explanation,
    example: Outcome,
    outcomes: Sequence[Outcome],
    reductions: Sequence[Outcome],
    before: Sequence[tuple[str, int]],
) -> Symptom:
    """The class of a bug as far as there is evidence, else a description of the deviation."""
    # `example` is the smallest outcome that shows the bug, `reductions` the steps to it, `before`
    # the class and number of cases of each bug explained before: beside an unknown one that affects
    # many cases, few cases are weak evidence.
    words, traits, bug = _described(kit, explanation, outcomes)
    unnamed = max((count for other, count in before if not other), default=0)
    largest = max((count for _, count in before), default=0)
    if unnamed or DWARFED * len(explanation.outcomes) < largest:
        bug = ""
    if not explanation.symptoms:
        return Symptom(bug, words + traits)
    possible = [
        symptom
        for symptom in explanation.symptoms
        if kit.can_show(symptom.bug, example.case, example.conventions)
    ]
    if not possible:
        return Symptom("", "; or ".join(symptom.words for symptom in explanation.symptoms))
    if len(possible) > 1:
        names = "; or ".join(f"{symptom.words} ({symptom.bug})" for symptom in possible)
        return Symptom("", f"several known faults give these numbers: {names}")
    (symptom,) = possible
    if explanation.exact:
        smaller = [outcome for outcome in reductions if outcome.answer.outputs is not None]
        chance = len(explanation.outcomes) == 1 and not all(map(explanation.shows, smaller))
        return Symptom("", words + traits) if chance else symptom
    asked = [*outcomes, *reductions]
    shown = [outcome for outcome in asked if outcome.problem and explanation.shows(outcome)]
    wrong = [outcome for outcome in outcomes if outcome.deviation is not None]
    wrong.sort(key=lambda outcome: kit.cost(outcome.arguments))
    if len(shown) < ENOUGH or is_rare(explanation.outcomes, unnamed, wrong[:TRIES]):
        return Symptom("", symptom.words + traits)
    return symptom if symptom.bug else Symptom(bug, symptom.words + traits)


def _described(
    kit: Kit, explanation: Explanation, outcomes: Sequence[Outcome]
) -> tuple[str, str, str]:
    """Words on which output is off, how far and in how many cases; what these cases have in common.

    If these cases are just those that have one trait, it gives the class, which comes last.
    """
    shown = explanation.outcomes
    words = "not a known fault: " * (shown[0].deviation is not None)
    words += "; ".join(f"{_deviation(group)} in {len(group)}" for group in kinds(shown).values())
    words += f" of {len(outcomes)} cases"
    traits = dict(kit.traits(shown[0].case))
    for outcome in shown:
        own = kit.traits(outcome.case)
        traits = {trait: bug for trait, bug in traits.items() if trait in own}
    passing = passing_traits(kit, outcomes)
    total = sum(outcome.problem is None for outcome in outcomes)
    telling = [trait for trait in traits if total >= PASSING and not passing[trait]]
    shared = [trait for trait in traits if RARE * passing[trait] <= total]
    if telling:
        classes = {traits[trait] for trait in telling}
        names = " and ".join(telling)
        alone = not any(outcome.problem for outcome in outcomes if outcome not in shown)
        common = f"; exactly the cases with {names} are wrong"
        common = common if alone else f"; all cases with {names} are wrong"
        return words, common, classes.pop() if len(classes) == 1 else ""
    return words, f"; all of them have {' and '.join(shared)}" * bool(shared), ""


def _deviation(shown: Sequence[Outcome]) -> str:
    """How outcomes of one kind deviate."""
    first = shown[0]
    if first.deviation is None:
        return FAILURES.get(first.kind[0], first.kind[0])
    output, what, _ = first.kind
    if " for " in what:
        got, _, expected = what.partition(" for ")
        return f"{output} is {got} where {expected} is expected"
    deviations = [outcome.deviation for outcome in shown if outcome.deviation is not None]
    largest = max(abs(deviation.got - deviation.expected) for deviation in deviations)
    signs = {outcome.kind[1] for outcome in shown}
    direction = {"less": "too small", "more": "too large"}.get(signs.pop(), "off")
    return f"{output} is {'off' if signs else direction} by up to {largest:.3g}"

"""From wrong numbers to bugs: known defects first, then symptoms, then kinds of deviation."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from refkd.verify.bug_classes import BUGS
from refkd.verify.kit import Kit
from refkd.verify.records import Defect, Outcome, Outputs, Symptom
from refkd.verify.run import judge, outputs_of

AFFORDABLE = 400_000  # cost up to which a case is computed again with every known defect
FORWARD_ONLY = "; the gradient is wrong in a different way"
TRIES = 5  # a defect must reproduce one of so many smallest wrong answers
SEVERAL = 2  # cases with a trait that separates them from others
RARE = 2  # times as many cases that have no name make a symptom a thing of chance


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

    @property
    def classes(self) -> frozenset[str]:
        """Of what it may be."""
        return frozenset(symptom.bug for symptom in self.symptoms)


def diagnose(kit: Kit, outcomes: Sequence[Outcome]) -> list[Explanation]:
    """Explain each failing outcome once, by as few bugs as possible; large explanations first."""
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
    simplest = wrong[:TRIES]
    for forward in (False, True) if kit.forward else (False,):
        while wrong and (best := _best_defect(kit, wrong, passing, memory, forward)) is not None:
            explanations.append(best)
            wrong = [outcome for outcome in wrong if outcome not in best.outcomes]
    by_class: dict[frozenset[str], list[Outcome]] = {}
    for explanation in explanations:
        by_class.setdefault(explanation.classes, []).extend(explanation.outcomes)
    rare = [
        explanation
        for explanation in explanations
        if is_rare(by_class[explanation.classes], len(wrong), simplest)
    ]
    explanations = [explanation for explanation in explanations if explanation not in rare]
    wrong += [outcome for explanation in rare for outcome in explanation.outcomes]
    wrong.sort(key=lambda outcome: kit.cost(outcome.arguments))
    if explanations:
        most = max(explanations, key=lambda explanation: len(explanation.outcomes))
        large = tuple(outcome for outcome in wrong if _looks_like(kit, outcome, most))
        explanations[explanations.index(most)] = replace(most, outcomes=most.outcomes + large)
        wrong = [outcome for outcome in wrong if outcome not in large]
    split = partial(_split_by_traits, kit, passing_traits(kit, outcomes), len(passing))
    explanations += _by_symptom(kit, wrong, split)
    silent = [outcome for outcome in failing if outcome.deviation is None]
    explanations += _without_numbers(silent, split)
    return sorted(explanations, key=lambda explanation: -len(explanation.outcomes))


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
    arguments, conventions, deviation = outcome.arguments, outcome.conventions, outcome.deviation
    expected = kit.express(arguments, outputs, conventions)
    if forward:
        if deviation is not None and deviation.output not in kit.forward:
            return False
        expected = {name: value for name, value in expected.items() if name in kit.forward}
    problem, _ = judge(kit, outcome.case, arguments, expected, outcome.answer, conventions)
    return problem is None


def _looks_like(kit: Kit, outcome: Outcome, explanation: Explanation) -> bool:
    """Whether a case too large for a defect shows nothing that the defect does not show."""
    if kit.cost(outcome.arguments) <= AFFORDABLE:
        return False
    shown = set(kit.symptoms(outcome))
    return not shown or any(shown & set(kit.symptoms(other)) for other in explanation.outcomes)


def _best_defect(
    kit: Kit,
    wrong: Sequence[Outcome],
    passing: Sequence[Outcome],
    memory: dict[tuple[Defect, Outcome], Outputs],
    forward: bool,
) -> Explanation | None:
    """The defect that reproduces most wrong answers, and would corrupt no right one.

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
        reproduced = tuple(outcome for outcome in wrong if shown_by(defect, outcome))
        as_many = len(reproduced) > len(shown) or (defects and reproduced == shown)
        if as_many and all(shown_by(defect, outcome) for outcome in affordable):
            defects = [*defects, defect] if reproduced == shown else [defect]
            shown = reproduced
    if not defects:
        return None
    first_of_class = {defect.bug: defect for defect in reversed(defects)}
    symptoms = tuple(
        Symptom(defect.bug, defect.words + FORWARD_ONLY * forward)
        for defect in sorted(first_of_class.values(), key=defects.index)
    )
    return Explanation(symptoms, shown, partial(reproduces, kit, defects[0], forward), exact=True)


def is_rare(shown: Sequence[Outcome], others: int, simplest: Sequence[Outcome]) -> bool:
    """Whether so few outcomes, beside others without an explanation, show something by chance.

    What all the simplest ones show is none: the other ones may be its consequences.
    """
    return RARE * len(shown) <= others and not set(simplest) <= set(shown)


def _by_symptom(
    kit: Kit, wrong: Sequence[Outcome], split: Callable[[list[Outcome]], list[list[Outcome]]]
) -> list[Explanation]:
    """Give each outcome the most frequent of its symptoms; those without are described by kind.

    Symptoms of few cases beside many that have none belong to the same unknown fault.
    """
    left = {outcome: symptoms for outcome in wrong if (symptoms := list(kit.symptoms(outcome)))}
    strange = [outcome for outcome in wrong if outcome not in left]
    groups = []
    while left:
        counts = Counter(
            symptom for symptoms in left.values() for symptom in dict.fromkeys(symptoms)
        )
        symptom = max(counts, key=lambda symptom: counts[symptom])  # the first among equals
        shown = tuple(outcome for outcome, symptoms in left.items() if symptom in symptoms)
        left = {outcome: symptoms for outcome, symptoms in left.items() if outcome not in shown}
        if is_rare(shown, len(strange), wrong[:TRIES]):
            strange += shown
            continue

        def shows(outcome: Outcome, symptom: Symptom = symptom) -> bool:
            return outcome.deviation is not None and symptom in kit.symptoms(outcome)

        groups.append(Explanation((symptom,), shown, shows))
    return groups + _by_kind(strange, split)


def _without_numbers(
    silent: Sequence[Outcome], split: Callable[[list[Outcome]], list[list[Outcome]]]
) -> list[Explanation]:
    """No numbers were returned, or numbers in place of a refusal: this alone gives the class."""
    refusals: dict[str, list[Outcome]] = {}
    for outcome in silent:
        if outcome.case.status == "must_reject":
            refusals.setdefault(outcome.case.bug_classes[0], []).append(outcome)
    groups = []
    for bug, shown in refusals.items():

        def shows(outcome: Outcome, bug: str = bug) -> bool:
            return outcome.case.status == "must_reject" and bug in outcome.case.bug_classes

        groups.append(Explanation((Symptom(bug, BUGS[bug]),), tuple(shown), shows, exact=True))
    others = [outcome for outcome in silent if outcome.case.status != "must_reject"]
    return groups + _by_kind(others, split)


def _by_kind(
    strange: Iterable[Outcome], split: Callable[[list[Outcome]], list[list[Outcome]]]
) -> list[Explanation]:
    """Outcomes that deviate in the same way, without a name; few beside many are the same fault."""
    groups = [part for shown in kinds(strange).values() for part in split(shown)]
    clusters: list[list[Outcome]] = []
    for shown in sorted(groups, key=lambda shown: -len(shown)):
        numbers = shown[0].deviation is not None
        if (
            numbers
            and clusters
            and RARE * len(shown) <= len(clusters[0])
            and clusters[0][0].deviation
        ):
            clusters[0] += shown
        else:
            clusters.append(shown)
    return [Explanation((), tuple(shown), _has_deviated) for shown in clusters]


def _split_by_traits(
    kit: Kit, passing: Counter[str], passed: int, shown: list[Outcome]
) -> list[list[Outcome]]:
    """These outcomes, parted by traits that several of them have and no passing case has.

    A trait explains nothing where most cases without it fail, too.
    """
    counts = Counter(trait for outcome in shown for trait in kit.traits(outcome.case))
    telling = {
        trait: count
        for trait, count in counts.items()
        if not passing[trait]
        and SEVERAL <= count < len(shown)
        and RARE * (len(shown) - count) <= passed
    }
    if not telling:
        return [shown]
    most = max(telling, key=lambda trait: telling[trait])
    parts: dict[bool, list[Outcome]] = {True: [], False: []}
    for outcome in shown:
        parts[most in kit.traits(outcome.case)].append(outcome)
    return [parts[True], *_split_by_traits(kit, passing, passed, parts[False])]


def kinds(outcomes: Iterable[Outcome]) -> dict[tuple[str, ...], list[Outcome]]:
    """Outcomes by how they deviate, whatever the sign."""
    kinds: dict[tuple[str, ...], list[Outcome]] = {}
    for outcome in outcomes:
        signed = len(outcome.kind) > 1 and " for " not in outcome.kind[1]
        kinds.setdefault(outcome.kind[: 1 if signed else 2], []).append(outcome)
    return kinds


def _has_deviated(outcome: Outcome) -> bool:
    return outcome.problem is not None


def passing_traits(kit: Kit, outcomes: Sequence[Outcome]) -> Counter[str]:
    """How many of the cases that pass have each trait."""
    return Counter(
        trait
        for outcome in outcomes
        if outcome.problem is None and outcome.case.status == "must" and outcome.answer.outputs
        for trait in kit.traits(outcome.case)
    )

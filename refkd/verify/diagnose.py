"""From wrong numbers to named bugs: known defects first, then symptoms, then what cases are for."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from refkd.verify.bugs import BUGS
from refkd.verify.kit import Kit
from refkd.verify.records import Defect, Outcome, Outputs, Symptom
from refkd.verify.run import outputs_of

AFFORDABLE = 400_000  # cost up to which a case is computed again with every known defect
MOST = 0.5  # share of the cases that is nearly all of them: some hardly have anything to compute
FORWARD_ONLY = "; its gradient is wrong in a way of its own"
TRIES = 5  # a defect must reproduce one of so many smallest wrong answers


@dataclass(frozen=True, eq=False)
class Explanation:
    """A bug, the outcomes that show it, and how to see it in another outcome."""

    symptom: Symptom
    outcomes: tuple[Outcome, ...]
    shows: Callable[[Outcome], bool]


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
    failing = [one for one in outcomes if one.problem is not None]
    wrong = [one for one in failing if one.deviation is not None]
    passing = [one for one in outcomes if one.problem is None and one.answer.outputs is not None]
    found: list[Explanation] = []
    memory: dict[tuple[Defect, Outcome], Outputs] = {}
    wrong.sort(key=lambda one: kit.cost(one.arguments))
    for forward in (False, True) if kit.forward else (False,):
        while wrong and (best := _best_defect(kit, wrong, passing, memory, forward)) is not None:
            found.append(best)
            wrong = [one for one in wrong if one not in best.outcomes]
    if found:
        most = max(found, key=lambda one: len(one.outcomes))
        large = tuple(one for one in wrong if _looks_like(kit, one, most))
        found[found.index(most)] = replace(most, outcomes=most.outcomes + large)
        wrong = [one for one in wrong if one not in large]
    found += _in_no_known_way(kit, wrong, outcomes)
    found += _without_numbers(kit, [one for one in failing if one.deviation is None], outcomes)
    return sorted(found, key=lambda one: -len(one.outcomes))


def _looks_like(kit: Kit, outcome: Outcome, explanation: Explanation) -> bool:
    """Whether a case too large for a defect shows nothing that the defect does not show."""
    if kit.cost(outcome.arguments) <= AFFORDABLE:
        return False
    seen = set(kit.symptoms(outcome))
    return not seen or any(seen & set(kit.symptoms(one)) for one in explanation.outcomes)


def _in_no_known_way(
    kit: Kit, wrong: Sequence[Outcome], outcomes: Sequence[Outcome]
) -> list[Explanation]:
    """By symptoms; what has none is one group, and takes in symptoms that are rare beside it."""
    groups = _by_symptom(kit, wrong)
    strange = [one for one in wrong if not any(one in group.outcomes for group in groups)]
    if not strange:
        return groups
    rare = [group for group in groups if len(group.outcomes) < len(strange) / 2]
    strange += [one for group in rare for one in group.outcomes]
    deviations = [one.deviation.output for one in strange if one.deviation is not None]
    usual = max(deviations, key=deviations.count)
    nearly_all = len(strange) > MOST * sum(one.case.status == "must" for one in outcomes)
    if nearly_all and usual in kit.general:
        bug = kit.general[usual]
        words = f"nearly every case is wrong, in no way that is known here; likeliest: {BUGS[bug]}"
    else:
        bug = kit.likeliest(strange, outcomes)
        words = f"wrong in a way that is not known here; likeliest: {BUGS[bug]}"
    symptom = Symptom(bug, words)
    unknown = Explanation(symptom, tuple(strange), lambda one: one.deviation is not None)
    return [unknown, *(group for group in groups if group not in rare)]


def reproduces(kit: Kit, defect: Defect, forward: bool, outcome: Outcome) -> bool:
    """Whether an implementation with this defect would have given this very answer.

    With `forward`, its results of the forward pass alone, of which one is wrong.
    """
    if outcome.answer.outputs is None or kit.cost(outcome.arguments) > AFFORDABLE:
        return False
    return agrees(kit, outcome, outputs_of(defect, kit, outcome.arguments), forward)


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


def _best_defect(
    kit: Kit,
    wrong: Sequence[Outcome],
    passing: Sequence[Outcome],
    memory: dict[tuple[Defect, Outcome], Outputs],
    forward: bool,
) -> Explanation | None:
    """The defect that reproduces most wrong answers, and no right one that it would spoil."""

    def shown_by(defect: Defect, outcome: Outcome) -> bool:
        if kit.cost(outcome.arguments) > AFFORDABLE:
            return False
        if (defect, outcome) not in memory:
            memory[defect, outcome] = outputs_of(defect, kit, outcome.arguments)
        return agrees(kit, outcome, memory[defect, outcome], forward)

    best: Explanation | None = None
    affordable = [one for one in passing if kit.cost(one.arguments) <= AFFORDABLE]
    for defect in kit.defects:
        if not any(shown_by(defect, one) for one in wrong[:TRIES]):
            continue
        shown = tuple(one for one in wrong if shown_by(defect, one))
        more = len(shown) > len(best.outcomes if best else ())
        if more and all(shown_by(defect, one) for one in affordable):
            words = defect.words + FORWARD_ONLY * forward
            shows = partial(reproduces, kit, defect, forward)
            best = Explanation(Symptom(defect.bug, words), shown, shows)
    return best


def _by_symptom(kit: Kit, outcomes: Sequence[Outcome]) -> list[Explanation]:
    """Give each outcome the most frequent of its symptoms."""
    left = {one: seen for one in outcomes if (seen := kit.symptoms(one))}
    groups = []
    while left:
        counts = Counter(symptom for seen in left.values() for symptom in dict.fromkeys(seen))
        symptom = max(counts, key=lambda one: counts[one])  # the first among equals
        shown = tuple(one for one, seen in left.items() if symptom in seen)

        def shows(outcome: Outcome, symptom: Symptom = symptom) -> bool:
            return outcome.deviation is not None and symptom in kit.symptoms(outcome)

        groups.append(Explanation(symptom, shown, shows))
        left = {one: seen for one, seen in left.items() if one not in shown}
    return groups


def _without_numbers(
    kit: Kit, silent: Sequence[Outcome], outcomes: Sequence[Outcome]
) -> list[Explanation]:
    """No numbers came, or of a wrong shape, or where none should: named by what cases are for."""
    groups: dict[str, list[Outcome]] = {}
    for one in silent:
        refusal = one.case.status == "must_reject" and one.case.catches[0]
        groups.setdefault(refusal or one.answer.failure or str(one.problem), []).append(one)
    found = []
    for what, shown in groups.items():
        bug = kit.likeliest(shown, outcomes)
        if what == bug:
            symptom = Symptom(bug, BUGS[bug])
        elif shown[0].answer.outputs is not None or what == "not asked":
            symptom = Symptom("", what)
        else:
            symptom = Symptom(bug, f"{what} where numbers are wanted; likeliest: {BUGS[bug]}")

        def shows(outcome: Outcome, what: str = what) -> bool:
            return what in (outcome.answer.failure, outcome.problem)

        found.append(Explanation(symptom, tuple(shown), shows))
    return found

"""From wrong numbers to named bugs: known defects first, then symptoms, then what cases are for."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from refkd.verify.bugs import BUGS
from refkd.verify.kit import Kit
from refkd.verify.records import Defect, Outcome, Symptom

AFFORDABLE = 400_000  # cost up to which a case is computed again with every known defect
TRIES = 8  # a defect must reproduce one of so many smallest wrong answers


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
    silent = [one for one in failing if one.deviation is None]
    wrong = [one for one in failing if one.deviation is not None]
    passing = [one for one in outcomes if one.problem is None and one.answer.outputs is not None]
    found = _grouped(silent, lambda one: [_without_numbers(one)])
    memory: dict[tuple[Defect, Outcome], bool] = {}
    wrong.sort(key=lambda one: kit.cost(one.arguments))
    while wrong and (best := _best_defect(kit, wrong, passing, memory)) is not None:
        found.append(best)
        wrong = [one for one in wrong if one not in best.outcomes]
    purpose = Counter(bug for one in wrong for bug in one.case.catches)
    found += _grouped(wrong, lambda one: [*kit.symptoms(one)] or [_purpose(one, purpose)])
    return sorted(found, key=lambda one: -len(one.outcomes))


def reproduces(kit: Kit, defect: Defect, outcome: Outcome) -> bool:
    """Whether an implementation with this defect would have given this very answer."""
    if outcome.answer.outputs is None or kit.cost(outcome.arguments) > AFFORDABLE:
        return False
    arguments, how = outcome.arguments, outcome.conventions
    given = defect.compute(*(arguments[name] for name in kit.arguments))
    outputs = dict(zip(kit.results, given, strict=True))
    expected = kit.express(arguments, outputs, how)
    problem, _ = kit.judge(outcome.case, arguments, expected, outcome.answer, how)
    return problem is None


def _best_defect(
    kit: Kit,
    wrong: Sequence[Outcome],
    passing: Sequence[Outcome],
    memory: dict[tuple[Defect, Outcome], bool],
) -> Explanation | None:
    """The defect that reproduces most wrong answers, and no right one that it would spoil."""

    def shown_by(defect: Defect, outcome: Outcome) -> bool:
        if (defect, outcome) not in memory:
            memory[defect, outcome] = reproduces(kit, defect, outcome)
        return memory[defect, outcome]

    best: Explanation | None = None
    affordable = [one for one in passing if kit.cost(one.arguments) <= AFFORDABLE]
    for defect in kit.defects:
        if not any(shown_by(defect, one) for one in wrong[:TRIES]):
            continue
        shown = tuple(one for one in wrong if shown_by(defect, one))
        more = len(shown) > len(best.outcomes if best else ())
        if more and all(shown_by(defect, one) for one in affordable):
            shows = partial(reproduces, kit, defect)
            best = Explanation(Symptom(defect.bug, defect.words), shown, shows)
    return best


def _grouped(
    outcomes: Iterable[Outcome], symptoms: Callable[[Outcome], Sequence[Symptom]]
) -> list[Explanation]:
    """Give each outcome the most frequent of its symptoms."""
    left = {one: symptoms(one) for one in outcomes}
    groups = []
    while left:
        counts = Counter(symptom for seen in left.values() for symptom in dict.fromkeys(seen))
        symptom = max(counts, key=lambda one: counts[one])  # the first among equals
        shown = tuple(one for one, seen in left.items() if symptom in seen)

        def shows(outcome: Outcome, symptom: Symptom = symptom) -> bool:
            return outcome.problem is not None and symptom in symptoms(outcome)

        groups.append(Explanation(symptom, shown, shows))
        left = {one: seen for one, seen in left.items() if one not in shown}
    return groups


def _without_numbers(outcome: Outcome) -> Symptom:
    """No numbers came, or none of the right shape: named by what the case is for."""
    if outcome.case.status == "must_reject":
        return Symptom(outcome.case.catches[0], BUGS[outcome.case.catches[0]])
    if outcome.answer.overwritten or outcome.answer.failure == "not asked":
        return Symptom("", str(outcome.problem))
    bug = outcome.case.catches[0]
    how = outcome.answer.failure or outcome.problem
    return Symptom(bug, f"{how} where numbers are wanted; likeliest: {BUGS[bug]}")


def _purpose(outcome: Outcome, purpose: Counter[str]) -> Symptom:
    """Wrong in no known way: the bug class that most failing cases are after."""
    bug = max(outcome.case.catches, key=lambda one: purpose[one])
    return Symptom(bug, f"wrong in a way that is not known here; likeliest: {BUGS[bug]}")

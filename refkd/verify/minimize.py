"""The smallest case that still shows a bug."""

from refkd.verify.diagnose import Explanation
from refkd.verify.kit import Asker, Kit
from refkd.verify.records import Outcome

STEPS = 20  # rounds of asking


def smallest(kit: Kit, ask: Asker, explanation: Explanation) -> tuple[Outcome, list[Outcome]]:
    """The smallest case that shows the bug in the same way, and all smaller ones that were run."""
    best = min(explanation.outcomes, key=lambda outcome: kit.size(outcome.case))
    asked: list[Outcome] = []
    if best.answer.failure in ("timed out", "not asked"):  # each smaller case may take as long
        return best, asked
    for _ in range(STEPS):
        size = kit.size(best.case)
        smaller = [case for case in kit.reductions(best.case) if kit.size(case) < size]
        outcomes = ask.outcomes(smaller, best.conventions)
        asked += outcomes
        shown = [
            outcome
            for outcome in outcomes
            if outcome.problem is not None
            and outcome.kind == best.kind
            and explanation.shows(outcome)
        ]
        if not shown:
            break
        best = min(shown, key=lambda outcome: kit.size(outcome.case))
    return best, asked

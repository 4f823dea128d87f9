"""The smallest case that still shows a bug."""

from refkd.verify.diagnose import Explanation
from refkd.verify.kit import Asker, Kit
from refkd.verify.records import Outcome

STEPS = 20  # rounds of asking


def smallest(kit: Kit, ask: Asker, explanation: Explanation) -> Outcome:
    """Take away from the smallest failing case as long as the same bug shows.

    Parameters
    ----------
    kit : Kit
        Proposes smaller cases.
    ask : Asker
        Runs them.
    explanation : Explanation
        The bug, and the outcomes that show it.

    Returns
    -------
    Outcome
        Of the smallest case found.
    """
    best = min(explanation.outcomes, key=lambda one: kit.size(one.case))
    for _ in range(STEPS):
        smaller = [one for one in kit.reductions(best.case) if kit.size(one) < kit.size(best.case)]
        outcomes = ask.outcomes(smaller, best.conventions)
        shown = [one for one in outcomes if one.problem is not None and explanation.shows(one)]
        if not shown:
            break
        best = min(shown, key=lambda one: kit.size(one.case))
    return best

"""LSTM conventions that a question of its own decides."""

import numpy as np

from refkd.verify.kit import Asker
from refkd.verify.lstm.cases import CASES
from refkd.verify.lstm.conventions import RESULTS
from refkd.verify.lstm.translate import padded_frames
from refkd.verify.records import Conventions, Finding, Outcome


def settle(ask: Asker, conventions: Conventions) -> tuple[dict[str, str], list[Finding]]:
    """How outputs of the backward direction lie, and what stands in padded frames.

    Parameters
    ----------
    ask : Asker
        Runs cases.
    conventions : mapping of str to str
        Those that are known.

    Returns
    -------
    settled : dict
        `reversed` and `padding`.
    findings : list of Finding
        A note if some outputs are not returned, and hence not looked at.
    """
    settled = {"reversed": _reversed(ask, conventions)}
    (ragged,) = ask.outcomes([CASES["ragged"]()], {**conventions, **settled})
    settled["padding"] = _padding(ragged)
    return settled, _not_returned(ragged, conventions)


def _reversed(ask: Asker, conventions: Conventions) -> str:
    case = CASES["some_frames_reversed"]()
    tried = {}
    for value in ("in_place", "as_walked"):
        (outcome,) = ask.outcomes([case], {**conventions, "reversed": value})
        if outcome.answer.failure == "raised":
            return "refused"
        tried[value] = _wrong_hidden(outcome)
    return min(tried, key=lambda value: tried[value])


def _wrong_hidden(outcome: Outcome) -> int:
    """Entries of the outputs that are wrong."""
    deviation = outcome.deviation
    return deviation.outside if deviation is not None and deviation.output == "hidden" else 0


def _padding(outcome: Outcome) -> str:
    padded = padded_frames(outcome.arguments)
    if outcome.answer.outputs is None or not padded.any():
        return "any"
    hidden = outcome.answer.outputs["hidden"]
    if not hidden[padded].any():
        return "zero"
    last = hidden[outcome.arguments["lengths"] - 1, np.arange(hidden.shape[1])]
    return "held" if (hidden == last)[padded].all() else "any"


def _not_returned(outcome: Outcome, conventions: Conventions) -> list[Finding]:
    outputs = outcome.answer.outputs
    if outputs is None or conventions["returned"] != "some":
        return []
    missing = [name for name in RESULTS if name in outcome.expected and name not in outputs]
    return [Finding("", f"not returned, so not looked at: {', '.join(missing)}", "note")]

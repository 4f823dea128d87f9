"""LSTM conventions that a question of its own decides."""

import numpy as np

from refkd.verify.kit import Asker
from refkd.verify.lstm.cases import CASES
from refkd.verify.lstm.conventions import RESULTS
from refkd.verify.lstm.translate import padded_frames
from refkd.verify.records import Conventions, Finding, Outcome, Settled

BACKWARD = ("some_frames_reversed", "ragged_reversed_the_longest_last", "one_frame_reversed")
ORDERS = ("in_place", "as_walked", "as_walked_padded")


def settle(ask: Asker, conventions: Conventions) -> Settled:
    """How outputs of the backward direction lie, and what stands in padded frames."""
    order, findings = _reversed(ask, conventions)
    (ragged,) = ask.outcomes([CASES["ragged"]()], {**conventions, "reversed": order or ORDERS[0]})
    padding = _padding(ragged)
    return Settled(
        {"reversed": order or ORDERS[0], "padding": padding or "any"},
        (*findings, *_not_returned(ragged, conventions)),
        frozenset(
            name for name, value in (("reversed", order), ("padding", padding)) if value is None
        ),
    )


def _reversed(ask: Asker, conventions: Conventions) -> tuple[str | None, list[Finding]]:
    """The order under which fewest outputs are wrong; None if no answer can be read."""
    wrong = {}
    for order in ORDERS:
        cases = [CASES[name]() for name in BACKWARD]
        outcomes = ask.outcomes(cases, {**conventions, "reversed": order})
        answers = [outcome.answer for outcome in outcomes]
        if all(answer.failure == "raised" for answer in answers):
            words = f"the backward direction is refused: {answers[0].sentence}"
            return "refused", [Finding("", words, "note")]
        if any(answer.outputs is not None for answer in answers):
            wrong[order] = sum(map(_wrong_hidden, outcomes))
    return min(wrong, key=lambda order: wrong[order], default=None), []


def _wrong_hidden(outcome: Outcome) -> int:
    """Entries of the outputs that are wrong."""
    deviation = outcome.deviation
    return deviation.outside if deviation is not None and deviation.output == "hidden" else 0


def _padding(outcome: Outcome) -> str | None:
    """What stands in padded frames of the outputs; None if there are none."""
    padded = padded_frames(outcome.arguments)
    if outcome.answer.outputs is None or not padded.any():
        return None
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

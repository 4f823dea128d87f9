"""CTC conventions that a question of its own decides."""

import numpy as np

from refkd.verify.ctc import cases, hand_cases
from refkd.verify.ctc.judge import LARGE
from refkd.verify.kit import Asker
from refkd.verify.records import Conventions, Finding, Outcome, Settled

ORDER = ("any", "blank", "zero", "minus_one")


def settle(ask: Asker, conventions: Conventions, told: Conventions) -> Settled:
    """How infeasible targets are answered, and what padded labels must hold."""
    infeasible, findings = _infeasible(ask, conventions)
    padding = _label_padding(ask, {**conventions, "infeasible": infeasible})
    if padding != "any" and "label_padding" not in told:
        words = "target lengths are not used: padded labels must hold one certain value"
        findings.append(Finding("V3", words, "must"))
    if conventions["input"] == "log_probs" and conventions["grad_of"] == "logits":
        words = (
            "log-probabilities come in, but the gradient is that in the logits, which is right"
            " only in front of a log_softmax"
        )
        findings.append(Finding("G1", words, "note"))
    return Settled(
        {"infeasible": infeasible, "label_padding": padding},
        tuple(findings),
        frozenset({"label_padding"} if conventions["labels"] == "flat" else ()),
    )


def _infeasible(ask: Asker, conventions: Conventions) -> tuple[str, list[Finding]]:
    """What a target costs that does not fit, and a note where some are refused and some are not."""
    names = ("repeat_in_two_frames", "three_labels_in_two_frames")
    repeat, longer = (
        _cost(outcome)
        for outcome in ask.outcomes(
            [hand_cases.CASES[name]() for name in names], {**conventions, "infeasible": "inf"}
        )
    )
    if (repeat == "raise") == (longer == "raise"):
        return repeat, []
    refused, answered = (
        ("targets longer than their frames", "targets whose repeats do not fit")
        if longer == "raise"
        else ("targets whose repeats do not fit", "targets longer than their frames")
    )
    words = f"{refused} are refused, {answered} are not"
    return (repeat if longer == "raise" else longer), [Finding("", words, "note")]


def _cost(outcome: Outcome) -> str:
    outputs = outcome.answer.outputs
    if outputs is None:
        return "raise" if outcome.answer.failure == "raised" else "inf"
    loss = float(outputs["loss"].ravel()[0])
    if loss == 0.0:
        return "zero"
    return "large" if LARGE <= loss < np.inf else "inf"


def _label_padding(ask: Asker, conventions: Conventions) -> str:
    if conventions["labels"] == "flat":
        return "any"
    case = cases.CASES["labels_padded_with_labels"]()
    for padding in ORDER:
        (outcome,) = ask.outcomes([case], {**conventions, "label_padding": padding})
        if outcome.problem is None:
            return padding
    return "any"

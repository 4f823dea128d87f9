"""Whether an answer of an LSTM is right, and what to remark on one that need not be."""

import numpy as np

from refkd.check import Bools
from refkd.verify.compare import TOLERANCES, combined, worst_deviation
from refkd.verify.lstm.recipe import FRAMES
from refkd.verify.lstm.translate import padded_frames
from refkd.verify.records import Arguments, Case, Conventions, Deviation, Outcome, Outputs, Symptom

PADDED = ("hidden", "d_inputs")  # results that have padded frames


def may_refuse(case: Case, arguments: Arguments, expected: Outputs) -> bool:
    """Whether there is NaN in padded frames."""
    return bool(nan_in_padding(arguments))


def deviation(
    case: Case, arguments: Arguments, expected: Outputs, got: Outputs, conventions: Conventions
) -> Deviation | None:
    """The worst entry of a restored answer; None if the answer is right."""
    with_nan = bool(nan_in_padding(arguments))
    free = {name: np.isnan(values) & with_nan for name, values in got.items()}
    if "hidden" in free:
        free["hidden"] |= free_frames(arguments, conventions)[..., None]
    return worst_deviation(
        got,
        {name: value for name, value in expected.items() if name in got},
        combined(TOLERANCES[conventions["dtype"]], case.tolerance),
        free,
    )


def nan_in_padding(arguments: Arguments) -> list[str]:
    """Arguments whose padded frames hold NaN.

    It may spread as NaN, since 0 times NaN is NaN; that finite padding does not is asked by other
    cases.
    """
    padded = padded_frames(arguments)
    return [name for name in FRAMES if np.isnan(arguments[name][padded]).any()]


def free_frames(arguments: Arguments, conventions: Conventions) -> Bools:
    """(T, N): frames in which hidden may be anything."""
    padding = conventions.get("padding", "any")
    if padding == "any" or (padding == "held" and arguments["reverse"]):
        return padded_frames(arguments)
    return np.zeros(arguments["inputs"].shape[:2], dtype=bool)


def remark(outcome: Outcome) -> Symptom | None:
    """A remark on an acceptable answer, if there is any."""
    if outcome.case.status == "acceptable":
        return _without_frames(outcome)
    with_nan = nan_in_padding(outcome.arguments)
    outputs = outcome.answer.outputs
    if not with_nan:
        return None
    what = f"NaN in padded frames of {' and '.join(with_nan)}"
    if outputs is None:
        return Symptom("", f"{what} is refused")
    lost = {name: np.isnan(values) for name, values in outputs.items() if np.isnan(values).any()}
    there = ~padded_frames(outcome.arguments)
    if any(name not in PADDED or places[there].any() for name, places in lost.items()):
        words = (
            "spreads to other frames, as 0 times NaN is NaN; finite padding is tested separately"
        )
        return Symptom("", f"{what} {words}")
    return (
        Symptom("", f"{what} comes back in padded frames of {' and '.join(lost)}") if lost else None
    )


def _without_frames(outcome: Outcome) -> Symptom:
    """What an implementation makes of an utterance without frames."""
    outputs = outcome.answer.outputs
    if outputs is None:
        return Symptom("L6", "an utterance without frames is refused")
    tolerance = TOLERANCES[outcome.conventions["dtype"]]
    states = {name: outcome.expected[name] for name in ("h_last", "c_last") if name in outputs}
    right = worst_deviation(outputs, states, tolerance) is None
    words = "its first state as its last" if right else "another last state than its first"
    return Symptom("L6", f"an utterance without frames gives {words}")

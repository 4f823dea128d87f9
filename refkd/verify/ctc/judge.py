"""Whether an answer of a CTC loss will do."""

import numpy as np
from numpy.typing import NDArray

from refkd.verify.compare import EPS, TOLERANCES, combined, worst_deviation
from refkd.verify.ctc.conventions import REDUCED
from refkd.verify.ctc.translate import lengths, upstream, valid_frames
from refkd.verify.records import Answer, Arguments, Case, Conventions, Deviation, Outputs

LARGE = 100.0  # nats: where an infeasible target has a large loss, it has at least this
ROUNDINGS = 24.0  # float32 CTCs at hand need up to 16 for 600 frames, and 90 for 20,000


def judge(
    case: Case, arguments: Arguments, expected: Outputs, answer: Answer, conventions: Conventions
) -> tuple[str | None, Deviation | None]:
    """What is wrong with an answer in plain words, and its worst entry; None if nothing is."""
    hopeless = bool(np.isinf(expected["loss"]).any()) or not fits(arguments)
    if answer.outputs is None:
        if answer.failure == "raised" and (hopeless or case.status != "must"):
            return None, None
        return f"{answer.failure}: {answer.sentence}", None
    if case.status == "must_reject":
        return "numbers come where a refusal is wanted", None
    if answer.overwritten:
        return f"the argument {answer.overwritten[0]} is overwritten", None
    if case.status == "acceptable":
        return None, None
    free = _free(arguments, expected, answer.outputs, conventions)
    tolerance = combined(TOLERANCES[conventions["dtype"]], case.tolerance)
    extra = _rounding(arguments, expected, conventions)
    deviation = worst_deviation(answer.outputs, expected, tolerance, free, extra)
    deviation = deviation or _below_zero(
        answer.outputs["loss"], expected["loss"], arguments, conventions
    )
    return (None if deviation is None else "other numbers"), deviation


def nan_for_nan(arguments: Arguments, outputs: Outputs) -> dict[str, NDArray[np.bool_]]:
    """Where outputs are NaN in a call whose padded frames hold NaN."""
    padding = arguments["logits"][~valid_frames(arguments)]
    return {
        name: np.isnan(values) & bool(np.isnan(padding).any()) for name, values in outputs.items()
    }


def fits(arguments: Arguments) -> bool:
    """Whether every target has frames enough."""
    for row, (T, L) in zip(arguments["labels"], lengths(arguments), strict=True):
        target = row[:L]
        if L + int((target[1:] == target[:-1]).sum()) > T:
            return False
    return True


def _free(
    arguments: Arguments, expected: Outputs, outputs: Outputs, conventions: Conventions
) -> dict[str, NDArray[np.bool_]]:
    """Where anything may stand.

    NaN in padded frames may spread, since 0 times NaN is NaN; other cases test that finite padding
    does not. Where a large finite loss stands for an infinite one, its size and its gradient are
    free.
    """
    endless = np.isinf(expected["loss"])
    free = nan_for_nan(arguments, outputs)
    if conventions.get("infeasible") == "zero" and np.isneginf(arguments["logits"]).any():
        free["loss"] |= (expected["loss"] == 0.0) & np.isposinf(outputs["loss"])  # it fits
    if conventions.get("infeasible") == "large":
        free["loss"] |= endless & (outputs["loss"] >= LARGE)
        if "grad" in expected:
            of_batch = conventions["reduction"] in REDUCED
            free["grad"] |= endless.any() if of_batch else endless[:, None]
    return free


def _rounding(
    arguments: Arguments, expected: Outputs, conventions: Conventions
) -> dict[str, NDArray[np.float64]]:
    """An occupancy is e to a difference of logarithms that are about as large as the loss."""
    loss = np.where(np.isfinite(expected["loss"]), np.abs(expected["loss"]), 0.0)
    error = ROUNDINGS * EPS[conventions["dtype"]] * loss * np.abs(upstream(arguments))
    return {"grad": error[:, None]}


def _below_zero(
    loss: NDArray[np.float64],
    right: NDArray[np.float64],
    arguments: Arguments,
    conventions: Conventions,
) -> Deviation | None:
    """A loss is minus the logarithm of a probability, which may round to a little more than 1."""
    slack = below_zero_slack(arguments, conventions)
    loss = np.where((right < 0.0) | np.isnan(loss), 0.0, loss)
    index = int(loss.argmin())
    if loss[index] >= -slack or conventions["dtype"] in ("float16", "bfloat16"):
        return None
    got, expected = float(loss[index]), float(right[index])
    below = int((loss < -slack).sum())
    return Deviation("loss", (index,), expected, got, slack, below, int(loss.size))


def below_zero_slack(arguments: Arguments, conventions: Conventions) -> float:
    """How far a loss may round below 0 (nats): each frame's probabilities are rounded."""
    return 2.0 * EPS[conventions["dtype"]] * len(arguments["logits"])

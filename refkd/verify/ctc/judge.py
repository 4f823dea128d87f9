"""Whether an answer of a CTC loss is right."""

import numpy as np

from refkd.check import Bools, Floats
from refkd.verify.compare import EPS, TOLERANCES, combined, worst_deviation
from refkd.verify.ctc.conventions import REDUCED
from refkd.verify.ctc.translate import lengths, upstream, valid_frames
from refkd.verify.records import Arguments, Case, Conventions, Deviation, Outputs

LARGE = 100.0  # nats: where an infeasible target has a large loss, it has at least this
ROUNDINGS = 24.0  # float32 CTCs at hand need up to 16 for 600 frames, and 90 for 20,000


def may_refuse(case: Case, arguments: Arguments, expected: Outputs) -> bool:
    """Whether a target has no path, or not frames enough."""
    return bool(np.isinf(expected["loss"]).any()) or not fits(arguments)


def deviation(
    case: Case, arguments: Arguments, expected: Outputs, got: Outputs, conventions: Conventions
) -> Deviation | None:
    """The worst entry of an answer; None if the answer is right."""
    return worst_deviation(
        got,
        expected,
        combined(TOLERANCES[conventions["dtype"]], case.tolerance),
        _free(arguments, expected, got, conventions),
        _rounding(arguments, expected, conventions),
    ) or _below_zero(got["loss"], expected["loss"], arguments, conventions)


def nan_for_nan(arguments: Arguments, outputs: Outputs) -> dict[str, Bools]:
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
) -> dict[str, Bools]:
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
) -> dict[str, Floats]:
    """An occupancy is e to a difference of logarithms that are about as large as the loss."""
    loss = np.where(np.isfinite(expected["loss"]), np.abs(expected["loss"]), 0.0)
    error = ROUNDINGS * EPS[conventions["dtype"]] * loss * np.abs(upstream(arguments))
    return {"grad": error[:, None]}


def _below_zero(
    loss: Floats, right: Floats, arguments: Arguments, conventions: Conventions
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

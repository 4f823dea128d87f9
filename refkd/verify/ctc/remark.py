"""What to know from right answers: how a blank in a target is read, and what becomes of NaN."""

import numpy as np
from numpy.typing import NDArray

from refkd.verify.compare import TOLERANCES, worst_deviation
from refkd.verify.ctc.judge import nan_for_nan
from refkd.verify.ctc.plain import Floats, Ints, PlainCTC
from refkd.verify.ctc.translate import express, valid_frames
from refkd.verify.records import Outcome, Symptom


class _OrdinaryLabel(PlainCTC):
    """The blank inside a target is one more label, which only happens to be the blank's class."""

    def skips(self, states: Ints, blank: int) -> NDArray[np.bool_]:
        allowed = np.zeros(len(states), dtype=bool)
        allowed[3::2] = states[3::2] != states[1:-2:2]
        return allowed


class _LeftOut(PlainCTC):
    """The blank is taken out of the target."""

    def collapsed(self, target: Ints, blank: int) -> Ints:
        return np.asarray(target[target != blank])


class _End(PlainCTC):
    """The blank ends the target."""

    def collapsed(self, target: Ints, blank: int) -> Ints:
        return target[: int((target == blank).argmax())]


class _NoPath(PlainCTC):
    """No path spells a blank."""

    def finished(self, loss: float, grad: Floats, target: Ints) -> tuple[float, Floats]:
        return np.inf, np.zeros_like(grad)


READINGS = {
    "counts as a label like any other": _OrdinaryLabel(),
    "counts as a label that needs another blank before it": PlainCTC(),
    "is left out": _LeftOut(),
    "ends the target": _End(),
    "makes the target infeasible": _NoPath(),
}


def remark(outcome: Outcome) -> Symptom | None:
    """What to know from an answer that will do; None if there is nothing."""
    if outcome.case.status == "acceptable":
        return _reading(outcome)
    outputs = outcome.answer.outputs
    if outputs is None:
        return None
    if any(entries.any() for entries in nan_for_nan(outcome.arguments, outputs).values()):
        grad = outputs.get("grad")
        inside = grad is not None and np.isnan(grad[valid_frames(outcome.arguments)]).any()
        if inside or np.isnan(outputs["loss"]).any():
            words = "spreads to losses or gradients of other frames; finite padding does not"
            return Symptom("", f"NaN in padded frames {words}")
        return Symptom("", "NaN in padded frames comes back as NaN in their gradient")
    right = outcome.expected["loss"]
    if "V12" in outcome.case.catches and (outputs["loss"] < np.minimum(right, 0.0)).any():
        least = float(outputs["loss"].min())
        return Symptom("V12", f"the loss of confident inputs rounds below 0, to {least:.3g}")
    return None


def _reading(outcome: Outcome) -> Symptom:
    """How the blank of the target was read."""
    if outcome.answer.outputs is None:
        return Symptom("V5", "a blank inside a target is refused")
    for words, reading in READINGS.items():
        loss, _ = reading(*outcome.arguments.values())
        expected = express(outcome.arguments, {"loss": loss}, outcome.conventions)
        tolerance = TOLERANCES[outcome.conventions["dtype"]]
        if worst_deviation(outcome.answer.outputs, expected, tolerance) is None:
            return Symptom("V5", f"a blank inside a target {words}")
    got = float(outcome.answer.outputs["loss"].ravel()[0])
    return Symptom("V5", f"a blank inside a target gives a loss of {got:.6g}, read in no known way")

"""What wrong numbers of an LSTM show by themselves."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from refkd.verify.compare import TOLERANCES, worst_deviation
from refkd.verify.lstm.conventions import GATE_NAMES, GRADIENTS, RESULTS, STATES
from refkd.verify.lstm.translate import padded_frames
from refkd.verify.records import Outcome, Symptom, Tolerance

LARGE = 100.0  # where an exponential of float32 overflows
DIGITS = Tolerance(1e-2, 1e-3)  # numbers around 1 that are wrong by less have lost digits
ENOUGH = 8  # numbers that have one factor by more than chance
SHARED = 1e-6  # entries of an output have one factor if they agree to this


def symptoms(outcome: Outcome) -> list[Symptom]:
    """Symptoms of one wrong answer, the most telling first."""
    wrong = _wrong(outcome, TOLERANCES[outcome.conventions["dtype"]])
    if not wrong:  # only what stands in padded frames
        return []
    return [
        *_not_finite(outcome, wrong),
        *_digits(outcome, wrong),
        *_padding(outcome),
        *_dropout(outcome),
        *_factors(outcome, wrong),
        *_gradients(outcome, wrong),
    ]


def _wrong(outcome: Outcome, tolerance: Tolerance) -> list[str]:
    """Names of the outputs that are off, in their order; padded outputs are not looked at."""
    free = {"hidden": padded_frames(outcome.arguments)[..., None]}
    got, expected = outcome.answer.outputs or {}, outcome.expected
    return [
        name
        for name in RESULTS
        if name in got
        and name in expected
        and worst_deviation(got, {name: expected[name]}, tolerance, free) is not None
    ]


def _not_finite(outcome: Outcome, wrong: list[str]) -> Iterator[Symptom]:
    got = outcome.answer.outputs or {}
    arguments = outcome.arguments
    if all(np.isfinite(got[name]).all() for name in wrong):
        return
    if np.isnan(arguments["inputs"]).any():
        bug = "L5" if arguments["reverse"] else "L6"
        yield Symptom(bug, "NaN in padded frames comes through: they must be left out, not masked")
    elif any(np.abs(arguments[name]).max() > LARGE for name in ("inputs", "bias", "c0")):
        yield Symptom("L12", "large inputs, biases or cells give NaN or inf")
    else:
        yield Symptom("L13", "some numbers are never set, or not finite")


def _digits(outcome: Outcome, wrong: list[str]) -> Iterator[Symptom]:
    largest = max(float(np.abs(outcome.expected[name]).max()) for name in wrong)
    if largest > 0.1 and not _wrong(outcome, DIGITS):
        yield Symptom("V10", "the last digits are lost; the formulas are right")


def _padding(outcome: Outcome) -> Iterator[Symptom]:
    got = outcome.answer.outputs or {}
    if "d_inputs" in got and got["d_inputs"][padded_frames(outcome.arguments)].any():
        yield Symptom("L6", "the gradient of padded frames is not zero")


def _dropout(outcome: Outcome) -> Iterator[Symptom]:
    """In some frames a part of hidden is 0, and the rest is right or larger by one factor."""
    got, expected = (outcome.answer.outputs or {}).get("hidden"), outcome.expected.get("hidden")
    if got is None or expected is None:
        return
    there = ~padded_frames(outcome.arguments)[..., None] & (np.abs(expected) > SHARED)
    dropped, kept = there & (got == 0.0), there & (got != 0.0)
    mixed = dropped.any(axis=2) & kept.any(axis=2)
    if mixed.any() and _factor(got[kept], expected[kept]) is not None:
        yield Symptom("L9", "some outputs are 0, the others only scaled: dropout is on")


def _factor(got: NDArray[np.float64], expected: NDArray[np.float64]) -> float | None:
    """The one number by which all of these are multiplied, if there is one."""
    there = expected != 0.0
    if not there.any() or got[~there].any() or not np.isfinite(got).all():
        return None
    ratios = got[there] / expected[there]
    middle = float(np.median(ratios))
    return middle if np.allclose(ratios, middle, SHARED, SHARED) and middle != 0.0 else None


def _factors(outcome: Outcome, wrong: list[str]) -> Iterator[Symptom]:
    """All outputs of a kind are off by one factor."""
    got, expected = outcome.answer.outputs or {}, outcome.expected
    factors = {name: _factor(got[name], expected[name]) for name in wrong}
    numbers = sum(int((expected[name] != 0.0).sum()) for name in wrong)
    if numbers < ENOUGH or None in factors.values():
        return
    off = {f"{factor:.6g}" for factor in factors.values()}
    if len(off) > 1:
        return
    bug = "L2" if set(wrong) <= {"d_bias", "d_bias_hidden"} else "L7"
    what = "all gradients" if len(wrong) == len(GRADIENTS) else ", ".join(wrong)
    yield Symptom(bug, f"{what}: off by the factor {off.pop()} exactly")


def _gradients(outcome: Outcome, wrong: list[str]) -> Iterator[Symptom]:
    """The forward pass is right, and some gradients are."""
    if set(wrong) & set(STATES):
        return
    if set(wrong) <= {"d_bias", "d_bias_hidden"} and len(wrong) == 1:
        yield Symptom("L2", f"only {wrong[0]} is wrong")
    gates = _wrong_gates(outcome)
    if len(gates) in (1, 2):
        names = " and ".join(GATE_NAMES[gate] for gate in gates)
        yield Symptom("L8", f"the gradient of the {names} is wrong, that of other gates is right")
    if set(wrong) <= {"d_h0", "d_c0"}:
        yield Symptom("L7", f"of the gradients, only {' and '.join(wrong)} is wrong")
    if set(wrong) <= {"d_w_hidden"}:
        yield Symptom("L7", "of the gradients, only that of the recurrent matrix is wrong")


def _wrong_gates(outcome: Outcome) -> list[str]:
    """Gates whose part of the bias gradient is off."""
    got, expected = (outcome.answer.outputs or {}).get("d_bias"), outcome.expected.get("d_bias")
    if got is None or expected is None:
        return []
    tolerance = TOLERANCES[outcome.conventions["dtype"]]
    atol = tolerance.atol * max(1.0, float(np.abs(expected).max()))
    off = ~np.isclose(got, expected, tolerance.rtol, atol).reshape(4, -1)
    return [gate for gate, wrong in zip(GATE_NAMES, off, strict=True) if wrong.any()]


def likeliest(failing: Sequence[Outcome], outcomes: Sequence[Outcome]) -> str:
    """The bug class that is shown by most of these failing outcomes, and by few that are right.

    If the forward pass is wrong somewhere, gradients say nothing. Lost digits have a symptom.
    """
    forward = [one for one in failing if one.deviation and one.deviation.output in STATES]
    impossible = ("V10", "L8", "L7") if forward else ("V10", "L10", "L3", "L13")
    looked_at = forward or failing
    classes = dict.fromkeys(bug for one in looked_at for bug in one.case.catches)

    def score(bug: str) -> float:
        shown = sum(bug in one.case.catches for one in looked_at)
        return shown / len(looked_at) * shown / sum(bug in one.case.catches for one in outcomes)

    return max([bug for bug in classes if bug not in impossible] or classes, key=score)

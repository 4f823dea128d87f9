"""What wrong numbers of an LSTM show by themselves."""

from collections.abc import Iterator

import numpy as np

from refkd.check import Floats
from refkd.verify.compare import TOLERANCES, worst_deviation
from refkd.verify.lstm.conventions import GATE_NAMES, GRADIENTS, STATES
from refkd.verify.lstm.translate import padded_frames
from refkd.verify.records import Case, Conventions, Outcome, Symptom, Tolerance

MANY = 200  # frames
LARGE = 100.0  # where an exponential of float32 overflows
HALF = Tolerance(1e-2, 1e-3)  # numbers around 1 that are wrong by less may have half precision
ENOUGH = 8  # numbers that share a factor by more than chance
SHARED = 1e-6  # entries of an output have one factor if they agree to this
BIASES = {"d_bias", "d_bias_hidden"}
SUMMED = {"d_w_input", "d_w_hidden", *BIASES}


def symptoms(outcome: Outcome) -> Iterator[Symptom]:
    """Symptoms of one wrong answer, the most telling first."""
    wrong = _wrong(outcome, TOLERANCES[outcome.conventions["dtype"]])
    if not wrong:  # only what stands in padded frames
        what = "held" if outcome.conventions["padding"] == "held" else "0"
        yield Symptom("L6", f"hidden is {what} in some padded frames only")
        return
    yield from _not_finite(outcome, wrong)
    yield from _digits(outcome, wrong)
    yield from _padding(outcome, wrong)
    yield from _another_result(outcome, wrong)
    yield from _dropout(outcome)
    yield from _factors(outcome, wrong)
    yield from _gradients(outcome, wrong)


def _wrong(outcome: Outcome, tolerance: Tolerance) -> list[str]:
    """Names of the outputs that are off, in their order; padded outputs are ignored."""
    free = {"hidden": padded_frames(outcome.arguments)[..., None]}
    got, expected = outcome.answer.outputs or {}, outcome.expected
    return [
        name
        for name in expected
        if name in got and worst_deviation(got, {name: expected[name]}, tolerance, free) is not None
    ]


def _not_finite(outcome: Outcome, wrong: list[str]) -> Iterator[Symptom]:
    got = outcome.answer.outputs or {}
    lost = not all(np.isfinite(got[name]).all() for name in wrong)
    if lost and can_show("L12", outcome.case, outcome.conventions):
        yield Symptom("L12", "large inputs, biases or cells give NaN or inf")


def _digits(outcome: Outcome, wrong: list[str]) -> Iterator[Symptom]:
    largest = max(float(np.abs(outcome.expected[name]).max()) for name in wrong)
    first = (outcome.answer.outputs or {})[wrong[0]]
    with np.errstate(over="ignore"):
        halves = bool((first == first.astype(np.float16)).all())
    if largest > 0.1 and not _wrong(outcome, TOLERANCES["float32"]):
        yield Symptom("V10", "only digits beyond those of float32 are wrong")
    elif largest > 0.1 and halves and not _wrong(outcome, HALF):
        yield Symptom("V10", f"{wrong[0]} has no more digits than float16")


def _padding(outcome: Outcome, wrong: list[str]) -> Iterator[Symptom]:
    """The forward pass is wrong in padded utterances only, or padded frames have a gradient."""
    reverse = outcome.arguments["reverse"]
    got, expected = outcome.answer.outputs or {}, outcome.expected
    frames = padded_frames(outcome.arguments)
    whole = ~frames.any(axis=0)
    states = [name for name in wrong if name in STATES]
    unpadded, right = (
        {name: outputs[name][..., whole, :] for name in states} for outputs in (got, expected)
    )
    dtype = outcome.conventions["dtype"]
    if states and whole.any() and worst_deviation(unpadded, right, TOLERANCES[dtype]) is None:
        bug = "L6" if not reverse else "L5" if "hidden" in states else ""
        yield Symptom(bug, f"{', '.join(states)}: wrong in padded utterances only")
    if not reverse and "d_inputs" in got and got["d_inputs"][frames].any():
        yield Symptom("L6", "the gradient of padded frames is not zero")


def _another_result(outcome: Outcome, wrong: list[str]) -> Iterator[Symptom]:
    """A last state, or the gradient of a first one, is what the other one should be."""
    got, expected = outcome.answer.outputs or {}, outcome.expected
    for pair in ("h_last", "c_last"), ("d_h0", "d_c0"):
        for name, other in (pair, pair[::-1]):
            if name in wrong and other in expected and got[name].shape == expected[other].shape:
                close = np.allclose(got[name], expected[other], SHARED, SHARED)
                if close and expected[other].size > 1:
                    yield Symptom("", f"{name} is what {other} should be")


def _dropout(outcome: Outcome) -> Iterator[Symptom]:
    """In some frames a part of hidden is 0, and the rest is right or larger by one factor."""
    got, expected = (outcome.answer.outputs or {}).get("hidden"), outcome.expected.get("hidden")
    if got is None or expected is None:
        return
    there = ~padded_frames(outcome.arguments)[..., None] & (np.abs(expected) > SHARED)
    dropped, passed = there & (got == 0.0), there & (got != 0.0)
    mixed = dropped.any(axis=2) & passed.any(axis=2)
    if mixed.any() and _factor(got[passed], expected[passed]) is not None:
        words = "in some frames a part of hidden is 0, the rest is right up to a factor"
        yield Symptom("L9", f"{words}, as with dropout")


def _factor(got: Floats, expected: Floats) -> float | None:
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
    off = {f"{factor:.6g}" for factor in factors.values()} - {"1"}
    if len(off) != 1:
        return
    bug = "L2" if set(wrong) <= BIASES else "L7" if set(wrong) & SUMMED else ""
    what = "all gradients" if len(wrong) == len(GRADIENTS) else ", ".join(wrong)
    yield Symptom(bug, f"{what}: off by the factor {off.pop()} exactly")


def _gradients(outcome: Outcome, wrong: list[str]) -> Iterator[Symptom]:
    """The forward pass is right, and some gradients are."""
    if set(wrong) & set(STATES):
        return
    if set(wrong) <= BIASES and len(wrong) == 1:
        yield Symptom("L2", f"only {wrong[0]} is wrong")
    gates = _wrong_gates(outcome)
    if len(gates) in (1, 2):
        bug = "L8" if len(gates) == 1 else ""  # two may have been exchanged
        names = " and ".join(GATE_NAMES[gate] for gate in gates)
        yield Symptom(bug, f"the gradient of the {names} is wrong, that of other gates is right")
    if set(wrong) <= {"d_h0", "d_c0"}:
        yield Symptom("L7", f"of the gradients, only {' and '.join(wrong)} is wrong")
    if set(wrong) <= {"d_w_hidden"}:
        yield Symptom("", "of the gradients, only that of the recurrent matrix is wrong")


def _wrong_gates(outcome: Outcome) -> list[str]:
    """Gates whose part of the bias gradient is off."""
    got, expected = (outcome.answer.outputs or {}).get("d_bias"), outcome.expected.get("d_bias")
    if got is None or expected is None:
        return []
    tolerance = TOLERANCES[outcome.conventions["dtype"]]
    atol = tolerance.atol * max(1.0, float(np.abs(expected).max()))
    off = ~np.isclose(got, expected, tolerance.rtol, atol).reshape(4, -1)
    return [gate for gate, wrong in zip(GATE_NAMES, off, strict=True) if wrong.any()]


def can_show(bug: str, case: Case, conventions: Conventions) -> bool:
    """Whether an example made from this case can show this class at all."""
    inputs = case.inputs
    frames, padded = _frames(case)
    gradients = (*inputs["d_hidden"], inputs["d_h_last"], inputs["d_c_last"])
    upstream = any(array.any() for array in gradients)
    shown: dict[str, bool] = {
        "L3": frames > 1 or inputs["c0"].any(),
        "L4": frames > 1 or inputs["h0"].any() or upstream,
        "L5": inputs["reverse"] and frames > 1,
        "L6": padded,
        "L7": upstream,
        "L8": upstream,
        "L11": frames > 1 and len(inputs["inputs"]) > 1,
        "L12": _largest(case) > LARGE,
        "L13": inputs["h0"].any() or inputs["c0"].any(),
        "G10": bool({"integers", "memory"} & case.layout.keys()),
    }
    return bool(shown.get(bug, True))


def traits(case: Case) -> dict[str, str]:
    """What is special about a case, and the class that it is after; empty if there are several."""
    inputs, layout = case.inputs, case.layout
    frames, padded = _frames(case)
    several, reverse = len(inputs["inputs"]) > 1, bool(inputs["reverse"])
    special = {
        "several frames read backward": ("L5", reverse and frames > 1),
        "padded frames": ("L6", padded),
        "padded frames read forward": ("L6", padded and not reverse),
        "padded frames read backward": ("L5", padded and reverse),
        "several frames": ("", frames > 1),
        "several utterances": ("", several),
        "several utterances of several frames": ("L11", several and frames > 1),
        "many frames": ("", frames >= MANY),
        "a first hidden state": ("L13", inputs["h0"].any()),
        "a first cell state": ("L13", inputs["c0"].any()),
        "a first state": ("L13", inputs["h0"].any() or inputs["c0"].any()),
        "biases": ("", inputs["bias"].any() or inputs["bias_hidden"].any()),
        "large inputs, biases or cells": ("L12", _largest(case) > LARGE),
        "integers of 32 bits": ("G10", "integers" in layout),
        "arrays that are not contiguous": ("G10", "memory" in layout),
    }
    return {trait: bug for trait, (bug, there) in special.items() if there}


def _frames(case: Case) -> tuple[int, bool]:
    """Frames of the padded batch, and whether any is padding."""
    lengths = [*map(len, case.inputs["inputs"])]
    frames = max(lengths) + case.layout.get("extra_frames", 0)
    return frames, min(lengths) < frames


def _largest(case: Case) -> float:
    """The largest input, bias or cell, also in padded frames."""
    inputs = case.inputs
    padding = np.nan_to_num(np.array(case.layout.get("padding", 0.0)))
    arrays = (*inputs["inputs"], padding, inputs["bias"], inputs["bias_hidden"], inputs["c0"])
    return max(float(np.abs(array).max(initial=0.0)) for array in arrays)

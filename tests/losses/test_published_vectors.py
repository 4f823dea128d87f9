"""CTC numbers published by other projects; the file in refkd/verify/vectors names the sources."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from tolerances import Tolerance, assert_close

import refkd

FILE = Path(refkd.__file__).parent / "verify" / "vectors" / "ctc_published.json"
CASES = {case["name"]: case for case in json.loads(FILE.read_text(encoding="utf-8"))["cases"]}


def numbers(nested):
    """Lists of numbers, where nan, inf and -inf are strings."""
    return np.array(nested, dtype=object).astype(np.float64)


def utterances(case):
    """Logits (T_n, K) and labels (L_n,) of each utterance, without padding."""
    frames = numbers(case["input"])
    if case["input_kind"] == "probs":
        frames = np.log(frames)
    for n, labels in enumerate(case["labels"]):
        T, L = case["input_lengths"][n], case["label_lengths"][n]
        yield np.ascontiguousarray(frames[:T, n]), np.array(labels[:L], dtype=np.int64)


def tolerance(case, name="tolerance"):
    return Tolerance(case[name]["rtol"], case[name]["atol"])


def losses_of(case):
    return np.array(
        [refkd.ctc_loss(*utterance, case["blank"])[0] for utterance in utterances(case)]
    )


def agrees(case):
    losses = losses_of(case)
    if case["loss_reduction"] == "sum":
        losses = losses.sum(keepdims=True)
    assert_close(losses, numbers(case["expected_loss"]), tolerance(case), case["name"])


STANDARD = [
    name
    for name, case in CASES.items()
    if case["role"] in ("vector", "regenerated") and not case["zero_infinity"]
]


@pytest.mark.parametrize("name", STANDARD)
def test_loss(name):
    agrees(CASES[name])


@pytest.mark.parametrize("name", [name for name in STANDARD if CASES[name]["expected_grad"]])
def test_gradient(name):
    case = CASES[name]
    expected = numbers(case["expected_grad"])
    for n, (logits, labels) in enumerate(utterances(case)):
        _, grad = refkd.ctc_loss(logits, labels, case["blank"])
        T = len(logits)
        assert_close(grad, expected[:T, n], tolerance(case, "grad_tolerance"), name)
        assert not expected[T:, n].any()


@pytest.mark.parametrize("name", STANDARD)
def test_batch(name):
    case = CASES[name]
    logits, labels = zip(*utterances(case), strict=True)
    losses, grads = refkd.ctc_loss_batch(
        refkd.Ragged.from_list(logits), refkd.Ragged.from_list(labels), case["blank"]
    )
    assert_close(losses, losses_of(case), tolerance(case), name)
    assert len(grads) == len(logits)


def test_forward_variables_of_graves():
    """The source leaves out most states from which the end cannot be reached any more."""
    case = CASES["graves_tf_basic"]
    for n, (logits, labels) in enumerate(utterances(case)):
        trace = refkd.ctc_trace(logits, labels, case["blank"])
        expected = numbers(case["expected_log_alpha"][n])
        published = expected > -math.inf
        assert_close(
            trace.log_alpha[published], expected[published], tolerance(case), f"utterance {n}"
        )
        assert (trace.log_alpha + trace.log_beta)[~published].max() == -math.inf


def test_every_case_is_used():
    """A sample's own length ignored: a correct CTC must differ. What others set to zero, a target
    that cannot fit, is an error here."""
    roles = {case["role"] for case in CASES.values()}
    assert roles == {"vector", "regenerated", "negative_control"}
    assert all(case["sources"] for case in CASES.values())
    assert any(case["zero_infinity"] for case in CASES.values())
    for case in CASES.values():
        if case["role"] == "negative_control":
            with pytest.raises(AssertionError, match="largest deviation"):
                agrees(case)
        elif case["zero_infinity"]:
            with pytest.raises(refkd.InfeasibleTargetError):
                losses_of(case)

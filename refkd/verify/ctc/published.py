"""CTC numbers that other projects published; the file names the source of each."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from refkd.check import Floats
from refkd.verify.ctc.recipe import batch
from refkd.verify.records import Case, Tolerance

FILE = Path(__file__).parents[1] / "vectors" / "ctc_published.json"
BUG_CLASSES = {
    "graves_tf_basic": ("G7", "V4"),
    "graves_mxnet_blank_first": ("G7", "V4"),
    "tf_single_class_empty_after_blank_collapse": ("V7", "V14"),
    "warpctc_empty_label_in_batch": ("V7",),
    "torch_tutorial_batch": ("V2", "G3"),
    "k2_case2": ("V1",),
    "keras_ops_ctc_loss": ("V3", "V2"),
    "burn_min_length_repeat": ("V1", "V8"),
    "burn_unreachable_zero_infinity": ("V8", "G5", "G4"),
}


def _case(facts: dict[str, Any]) -> Case:
    frames = _numbers(facts["input"])
    if facts["input_kind"] == "probs":
        frames = np.log(frames)
    lengths = facts["input_lengths"]
    logits = [np.ascontiguousarray(frames[:T, n]) for n, T in enumerate(lengths)]
    labels = [
        target[:length]
        for target, length in zip(facts["labels"], facts["label_lengths"], strict=True)
    ]
    expected: dict[str, Any] = {}
    if not facts["zero_infinity"]:  # here such a target costs inf
        expected["loss"] = _numbers(facts["expected_loss"])
        if facts["expected_grad"] is not None:
            grad = _numbers(facts["expected_grad"])
            expected["grad"] = [grad[:T, n] for n, T in enumerate(lengths)]
    digits = facts["grad_tolerance"] if "grad" in expected else facts["tolerance"]
    source = "; ".join(f"{origin['repo']} {origin['path']}".strip() for origin in facts["sources"])
    return Case(
        facts["name"],
        batch(logits, labels, facts["blank"]),
        BUG_CLASSES.get(facts["name"], ("G7",)),
        f"published: {source}",
        expected=expected or None,
        tolerance=Tolerance(digits["rtol"], digits["atol"]),
    )


def _numbers(nested: Any) -> Floats:
    """Lists of numbers, where nan, inf and -inf are strings."""
    return np.array(nested, dtype=object).astype(np.float64)


# In the order of the file. Left out are sums over a batch, which say nothing about one utterance,
# and numbers that a right CTC must not match.
PUBLISHED: dict[str, Callable[[], Case]] = {
    facts["name"]: partial(_case, facts)
    for facts in json.loads(FILE.read_text(encoding="utf-8"))["cases"]
    if facts["role"] != "negative_control" and facts["loss_reduction"] == "none"
}

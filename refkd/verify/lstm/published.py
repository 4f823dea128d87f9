"""LSTM numbers that other projects published; the file names the source of each."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from refkd.check import Floats
from refkd.verify.lstm.recipe import NO_UPSTREAM, batch, bug_classes
from refkd.verify.records import Case, Tolerance

FILE = Path(__file__).parents[1] / "vectors" / "lstm_published.json"


def _case(facts: dict[str, Any]) -> Case:
    build = _torch if facts["name"].startswith("torch") else _keras
    inputs, expected = build(facts)
    return Case(
        facts["name"],
        inputs,
        bug_classes(inputs),
        f"published: {facts['source']['repo']} {facts['source']['path']}",
        expected=expected,
        tolerance=Tolerance(0.0, facts["tolerance"]["atol"]),
    )


def _torch(facts: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Every parameter is i / numel, the inputs are (24 - i) / 24."""
    inputs = batch(
        0,
        [3] * 4,
        2,
        2,
        inputs=np.zeros((3, 2)),
        w_input=_counted(8, 2).T,
        w_hidden=_counted(8, 2).T,
        bias=_counted(8),
        bias_hidden=_counted(8),
        h0=0.0,
        c0=0.0,
        **NO_UPSTREAM,
    )
    frames = (1.0 - _counted(24)).reshape(3, 4, 2)
    inputs["inputs"] = [frames[:, n] for n in range(4)]
    expected = {
        "hidden": np.reshape(facts["expected_output_TNH_flat"], (3, 4, 2)),
        "h_last": np.reshape(facts["expected_h_NH_flat"], (4, 2)),
        "c_last": np.reshape(facts["expected_c_NH_flat"], (4, 2)),
    }
    return inputs, expected


def _keras(facts: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """All weights alike, but for the bias of the forget gate; one bias only."""
    forget = 0.03 if "no_unit_forget_bias" in facts["name"] else 1.0
    inputs = batch(
        0,
        [6] * 3,
        4,
        3,
        reverse=int("backwards" in facts["name"]),
        w_input=0.01,
        w_hidden=0.02,
        bias=np.repeat([0.03, forget, 0.03, 0.03], 3),
        bias_hidden=0.0,
        h0=0.0,
        c0=0.0,
        **NO_UPSTREAM,
    )
    inputs["inputs"] = list(np.arange(72.0).reshape(3, 6, 4))
    expected = {"h_last": np.repeat(np.array(facts["expected_last_h"])[:, None], 3, axis=1)}
    return inputs, expected


def _counted(*shape: int) -> Floats:
    """i / numel in rows."""
    count = int(np.prod(shape))
    return np.asarray(np.arange(count).reshape(shape) / count)


PUBLISHED: dict[str, Callable[[], Case]] = {  # in the order of the file; none has gradients
    facts["name"]: partial(_case, facts)
    for facts in json.loads(FILE.read_text(encoding="utf-8"))["cases"]
}

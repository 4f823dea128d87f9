"""Smaller CTC cases from larger ones; each step has a name, so that the result has one."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from refkd import check
from refkd.verify.records import Case


def reduced(case: Case, step: str) -> Case:
    """The case after one step.

    Parameters
    ----------
    case : Case
        To be made smaller.
    step : str
        `only=N`: that utterance alone; `frames=T`, `labels=L`: no utterance has more;
        `classes=K`: the first K; `whole`: logits rounded to whole numbers; `flat`: logits 0.

    Returns
    -------
    Case
        Called `NAME/STEP`; the reference computes what is expected.

    Raises
    ------
    ArgumentError
        If there is no such step.
    """
    kind, _, number = step.partition("=")
    inputs = dict(case.inputs)
    logits, labels = inputs["logits"], inputs["labels"]
    n = int(number) if number.isdecimal() else 0
    if kind == "only" and n < len(logits):
        inputs["logits"], inputs["labels"] = [logits[n]], [labels[n]]
        d_loss = inputs.get("d_loss")
        inputs["d_loss"] = None if d_loss is None else d_loss[n : n + 1]
    elif kind == "frames" and n > 0:
        inputs["logits"] = [one[:n] for one in logits]
    elif kind == "labels":
        inputs["labels"] = [one[:n] for one in labels]
    elif kind == "classes" and n > inputs["blank"]:
        inputs["logits"] = [one[:, :n] for one in logits]
    elif kind == "whole":
        inputs["logits"] = [np.round(one) for one in logits]
    elif kind == "flat":
        inputs["logits"] = [np.zeros_like(one) for one in logits]
    else:
        check.fail("--case", "steps such as only=0, frames=3, labels=1, classes=4, flat", step)
    return dataclasses.replace(
        case, name=f"{case.name}/{step}", inputs=inputs, expected=None, tolerance=None
    )


def steps(case: Case) -> Iterator[str]:
    """The steps that make this case smaller."""
    logits, labels = case.inputs["logits"], case.inputs["labels"]
    if len(logits) > 1:
        yield from (f"only={n}" for n in range(len(logits)))
    longest = max(map(len, logits))
    yield from (f"frames={n}" for n in _fewer(longest, 1))
    yield from (f"labels={n}" for n in _fewer(max(map(len, labels)), 0))
    used = max([case.inputs["blank"], *(max(one, default=0) for one in labels)])
    yield from (f"classes={n}" for n in _fewer(logits[0].shape[1], used + 1))
    if any((one != np.round(one)).any() for one in logits):
        yield "whole"
    if any(one.any() for one in logits):
        yield "flat"


def _fewer(count: int, least: int) -> list[int]:
    """Some numbers from `least` to below `count`: the ends, and halves in between."""
    return sorted({least, (least + count) // 2, count - 1} & set(range(least, count)))


def size(inputs: Any) -> int:
    """Number of logits, of labels and of what is not 0 or whole: what a reader has to look at."""
    logits, labels = inputs["logits"], inputs["labels"]
    odd = sum(int((one != 0).sum() + (one != np.round(one)).sum()) for one in logits)
    return 3 * sum(one.size for one in logits) + sum(map(len, labels)) + odd

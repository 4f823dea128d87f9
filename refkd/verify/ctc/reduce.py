"""Other CTC cases made from one: smaller ones, each step with a name, or one of a few shapes."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from refkd import check
from refkd.check import Floats
from refkd.verify.records import Case

FEW_SHAPES = (  # T, N, K, L
    (8, 4, 6, 6),
    (12, 4, 12, 6),
    (60, 12, 12, 20),
    (400, 2, 30, 60),
    (600, 2, 40, 256),
    (12, 2, 12_000, 5),
    (2_100, 1, 24, 1_025),
    (20_000, 1, 5, 200),
)
UNLIKELY = 60.0  # nats below the least logit of its frame
UTTERANCES = ("only", "without")  # steps that follow one another; of the others the last holds


def reduced(case: Case, step: str) -> Case:
    """The case after one step, called NAME/STEP; the reference computes what is expected.

    `only=N`, `without=N`: that utterance alone, or all others; `frames=T`, `labels=L`: no utterance
    has more; `classes=K`: the first K; `whole`: logits rounded to whole numbers; `flat`: logits 0.
    """
    kind, _, number = step.partition("=")
    inputs = dict(case.inputs)
    logits, labels = inputs["logits"], inputs["labels"]
    n = int(number) if number.isdecimal() else 0
    if kind == "only" and n < len(logits):
        inputs = _utterances(inputs, [n])
    elif kind == "without" and n < len(logits) > 1:
        inputs = _utterances(inputs, [m for m in range(len(logits)) if m != n])
    elif kind == "frames" and n > 0:
        inputs["logits"] = [frames[:n] for frames in logits]
    elif kind == "labels":
        inputs["labels"] = [target[:n] for target in labels]
    elif kind == "classes" and n > inputs["blank"]:
        inputs["logits"] = [frames[:, :n] for frames in logits]
    elif kind == "whole":
        inputs["logits"] = [np.round(frames) for frames in logits]
    elif kind == "flat":
        inputs["logits"] = [np.zeros_like(frames) for frames in logits]
    else:
        check.fail("--case", "steps such as only=0, frames=3, labels=1, classes=4, flat", step)
    before = case.name.split("/")
    if number and kind not in UTTERANCES:
        before = [part for part in before if not part.startswith(kind + "=")]
    name = "/".join([*before, step])
    return dataclasses.replace(case, name=name, inputs=inputs, expected=None, tolerance=None)


def smaller(case: Case) -> list[Case]:
    """Cases that are one step smaller; none of what has to be refused."""
    return [reduced(case, step) for step in steps(case)] if case.status == "must" else []


def steps(case: Case) -> Iterator[str]:
    """The steps that make this case smaller."""
    logits, labels = case.inputs["logits"], case.inputs["labels"]
    N, longest, most = len(logits), max(map(len, logits)), max(map(len, labels))
    used = max([case.inputs["blank"], 1, *(max(target, default=0) for target in labels)])
    if N > 1:
        yield from (f"only={n}" for n in range(N))
    if N > 2:
        yield from (f"without={n}" for n in range(N))
    yield from (f"frames={n}" for n in _fewer(longest, 1))
    yield from (f"labels={n}" for n in _fewer(most, min(most, 1)))
    yield from (f"classes={n}" for n in _fewer(logits[0].shape[1], used + 1))
    if any((frames != np.round(frames)).any() for frames in logits):
        yield "whole"
    if any(frames.any() for frames in logits):
        yield "flat"


def _utterances(inputs: dict[str, Any], utterances: list[int]) -> dict[str, Any]:
    d_loss = inputs.get("d_loss")
    return {
        **inputs,
        "logits": [inputs["logits"][n] for n in utterances],
        "labels": [inputs["labels"][n] for n in utterances],
        "d_loss": None if d_loss is None else d_loss[utterances],
    }


def _fewer(count: int, least: int) -> list[int]:
    """Some numbers from `least` to below `count`."""
    span = count - least
    tried = {least, least + span // 4, least + span // 2, count - span // 8, count - 1}
    return sorted(n for n in tried if least <= n < count)


def size(case: Case) -> int:
    """Number of logits, of labels and of what is not 0 or whole: what a reader has to look at."""
    logits, labels = case.inputs["logits"], case.inputs["labels"]
    odd = sum(int((frames != 0).sum() + (frames != np.round(frames)).sum()) for frames in logits)
    return odd + 3 * sum(int(frames.size) for frames in logits) + sum(map(len, labels))


def padded_shape(case: Case) -> tuple[int, ...]:
    """T, N and K of a call."""
    logits = case.inputs["logits"]
    frames = max(map(len, logits)) + case.layout.get("extra_frames", 0)
    return (frames, len(logits), logits[0].shape[1])


def fitted(case: Case) -> Case | None:
    """The case in the smallest of eight padded shapes; None if it fits into none.

    Utterances are added as copies of the first, classes that nobody needs with tiny probability.
    The reference computes what is expected.
    """
    logits, labels = case.inputs["logits"], case.inputs["labels"]
    K = logits[0].shape[1]
    longest, targets = max(map(len, logits)), max(map(len, labels))
    T = longest + case.layout.get("extra_frames", 0)
    L = targets + case.layout.get("extra_labels", 0)
    needed = (T, len(logits), K, L)
    shape = next((large for large in FEW_SHAPES if all(np.less_equal(needed, large))), None)
    if shape is None:
        return None
    copies = shape[1] - len(logits)
    d_loss = case.inputs.get("d_loss")
    inputs = {
        **case.inputs,
        "logits": [_widened(frames, shape[2]) for frames in [*logits, *[logits[0]] * copies]],
        "labels": [_moved(target, K, shape[2]) for target in [*labels, *[labels[0]] * copies]],
        "d_loss": None if d_loss is None else np.append(d_loss, np.resize(d_loss, copies)),
    }
    layout = {**case.layout, "extra_frames": shape[0] - longest, "extra_labels": shape[3] - targets}
    return dataclasses.replace(case, inputs=inputs, expected=None, tolerance=None, layout=layout)


def _moved(labels: list[int], before: int, after: int) -> list[int]:
    """Labels that were no class stay none."""
    return [label + after - before if label >= before else label for label in labels]


def _widened(logits: Floats, classes: int) -> Floats:
    more = classes - logits.shape[1]
    least = np.where(np.isfinite(logits), logits, np.inf).min(axis=1, keepdims=True)
    return np.concatenate([logits, np.repeat(least - UNLIKELY, more, axis=1)], axis=1)

"""Few padded shapes, for compilers that compile again for each."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from refkd.verify.records import Case

SHAPES = (  # T, N, K, L
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


def fitted(case: Case) -> Case | None:
    """The case in the smallest of eight padded shapes; None if it fits into none.

    Utterances are added as copies of the first, classes that nobody needs with tiny probability.
    The reference computes what is expected.
    """
    logits, labels = case.inputs["logits"], case.inputs["labels"]
    K = logits[0].shape[1]
    longest, targets = max(map(len, logits)), max(map(len, labels))
    T = longest + case.form.get("extra_frames", 0)
    L = targets + case.form.get("extra_labels", 0)
    needed = (T, len(logits), K, L)
    shape = next((one for one in SHAPES if all(np.less_equal(needed, one))), None)
    if shape is None:
        return None
    copies = shape[1] - len(logits)
    d_loss = case.inputs.get("d_loss")
    inputs = {
        **case.inputs,
        "logits": [_widened(one, shape[2]) for one in [*logits, *[logits[0]] * copies]],
        "labels": [_moved(one, K, shape[2]) for one in [*labels, *[labels[0]] * copies]],
        "d_loss": None if d_loss is None else np.append(d_loss, np.resize(d_loss, copies)),
    }
    form = {**case.form, "extra_frames": shape[0] - longest, "extra_labels": shape[3] - targets}
    return dataclasses.replace(case, inputs=inputs, expected=None, tolerance=None, form=form)


def _moved(labels: list[int], before: int, after: int) -> list[int]:
    """Labels that were no class stay none."""
    return [label + after - before if label >= before else label for label in labels]


def _widened(logits: NDArray[np.float64], classes: int) -> NDArray[np.float64]:
    more = classes - logits.shape[1]
    least = np.where(np.isfinite(logits), logits, np.inf).min(axis=1, keepdims=True)
    return np.concatenate([logits, np.repeat(least - UNLIKELY, more, axis=1)], axis=1)

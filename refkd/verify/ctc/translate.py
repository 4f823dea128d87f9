"""Between the canonical form of a CTC call and other conventions.

Canonical: logits (T, N, K), labels (N, L), losses (N,) in nats, gradient in the logits.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refkd.check import Bools, Floats, Ints
from refkd.verify.compare import check_shape, log_softmax, rounded, sendable
from refkd.verify.ctc.conventions import LAYOUTS, REDUCED
from refkd.verify.records import Arguments, Call, Case, Conventions, Outputs

FIRST_FRAMES = 2.0  # padded frames are louder than most true ones
RANGE = 5


def present(case: Case, conventions: Conventions) -> Arguments:
    """Pad whole utterances; padded frames and labels hold arbitrary values that must not matter."""
    logits, labels = case.inputs["logits"], case.inputs["labels"]
    blank, K = case.inputs["blank"], logits[0].shape[1]
    layout = case.layout
    frames = max(map(len, logits)) + layout.get("extra_frames", 0)
    places = max(map(len, labels)) + layout.get("extra_labels", 0)
    arbitrary = FIRST_FRAMES + (7 * np.arange(K)) % RANGE
    padded = np.full((frames, len(logits), K), layout.get("padding", 1.0)) * arbitrary
    labelled = {label for target in labels for label in target}
    others = [k for k in range(K) if k != blank]
    unused = [k for k in others if k not in labelled]  # no label that could be right
    filling = np.array(unused or others or [blank], dtype=np.int64)
    targets = np.resize(filling, (len(labels), places))
    for n, (own, target) in enumerate(zip(logits, labels, strict=True)):
        padded[: len(own), n] = sendable(own, conventions["input"], conventions["dtype"])
        targets[n, : len(target)] = target
    return {
        "logits": padded,
        "labels": targets,
        "input_lengths": np.array([*map(len, logits)]),
        "label_lengths": np.array([*map(len, labels)]),
        "blank": blank,
        "d_loss": _upstream(case.inputs.get("d_loss"), conventions),
    }


def translate(case: Case, arguments: Arguments, conventions: Conventions) -> Call:
    """Canonical arguments as the implementation wants them."""
    dtype = np.dtype(conventions["dtype"].replace("bfloat16", "float32"))
    integers = np.dtype(case.layout.get("integers", "int64"))
    order, blank = classes(arguments, conventions)
    logits = arguments["logits"][:, :, np.argsort(order)]
    if conventions["input"] == "probs":
        with np.errstate(over="ignore"):  # arbitrary values in padded frames
            logits = np.exp(logits)
    labels = np.where(
        _inside(arguments["labels"], order), order[arguments["labels"] % len(order)],
        arguments["labels"],
    )  # fmt: skip
    padding = np.arange(labels.shape[1]) >= arguments["label_lengths"][:, None]
    filling = {"blank": blank, "zero": 0, "minus_one": -1}
    if conventions.get("label_padding", "any") in filling:
        labels = np.where(padding, filling[conventions["label_padding"]], labels)
    if conventions["labels"] == "flat":
        labels = labels[~padding]
    d_loss = arguments["d_loss"]
    with np.errstate(over="ignore"):
        values = {
            "logits": logits.transpose(LAYOUTS[conventions["layout"]]).astype(dtype),
            "labels": labels.astype(integers),
            "input_lengths": arguments["input_lengths"].astype(integers),
            "label_lengths": arguments["label_lengths"].astype(integers),
            "blank": case.layout.get("blank_argument", blank),
            "d_loss": None if d_loss is None else d_loss.astype(dtype),
        }
    return Call(
        values, case.layout.get("memory", "contiguous"), may_corrupt=case.status == "must_reject"
    )


def restore(outputs: Outputs, arguments: Arguments, conventions: Conventions) -> Outputs:
    """The implementation's outputs with axes and classes in the canonical order."""
    N = arguments["logits"].shape[1]
    if "loss" not in outputs:
        raise ValueError(f"loss: expected N = {N} numbers, got nothing")
    loss = outputs["loss"].astype(np.float64)
    reduced = conventions["reduction"] in REDUCED
    if loss.size != (1 if reduced else N):
        size = "one number for the batch" if reduced else f"shape (N,) = ({N},)"
        raise ValueError(f"loss: expected {size}, got {loss.shape}")
    loss = loss.reshape(-1)
    if conventions["grad_of"] == "none" and "grad" in outputs:
        raise ValueError(f"grad: expected none, got {outputs['grad'].shape}")
    if conventions["grad_of"] in ("none", "ignored"):
        return {"loss": loss}
    axes = LAYOUTS[conventions["layout"]]
    shape = tuple(arguments["logits"].shape[axis] for axis in axes)
    check_shape(outputs, "grad", conventions["layout"], shape)
    order, _ = classes(arguments, conventions)
    grad = outputs["grad"].astype(np.float64).transpose(np.argsort(axes))[:, :, order]
    return {"loss": loss, "grad": grad}


def laid_out(
    name: str, values: NDArray[Any], arguments: Arguments, conventions: Conventions
) -> NDArray[Any]:
    """One canonical output in the implementation's axes and classes."""
    if name != "grad":
        return values
    order, _ = classes(arguments, conventions)
    return values[:, :, np.argsort(order)].transpose(LAYOUTS[conventions["layout"]])


def express(arguments: Arguments, outputs: Outputs, conventions: Conventions) -> Outputs:
    """Losses in nats and gradients in the logits, as the conventions want them."""
    base = {"e": 1.0, "2": np.log(2.0), "10": np.log(10.0)}[conventions["log"]]
    share = _shares(arguments, conventions["reduction"]) / base
    loss, infeasible = outputs["loss"], outputs["loss"] == np.inf
    if conventions["input"] != "logits":
        loss = loss - _surplus(arguments)
    if conventions.get("infeasible") == "zero":
        loss = np.where(infeasible, 0.0, loss)
    loss = loss * share
    if conventions["reduction"] in REDUCED:
        loss = loss.sum(keepdims=True)
    if conventions["grad_of"] in ("none", "ignored") or "grad" not in outputs:
        return {"loss": loss}
    grad = outputs["grad"]
    if conventions["grad_of"] != "logits":
        grad = _in_log_probs(arguments, grad, infeasible)
    if conventions["grad_of"] == "probs":
        with np.errstate(divide="ignore", invalid="ignore"):
            prob = np.exp(log_softmax(arguments["logits"]))
            grad = np.where(grad == 0.0, 0.0, grad / prob)
    return {"loss": loss, "grad": grad * share[:, None]}


def valid_frames(arguments: Arguments) -> Bools:
    """(T, N): which frames are not padding."""
    frames = np.arange(arguments["logits"].shape[0])
    return np.asarray(frames[:, None] < arguments["input_lengths"])


def lengths(arguments: Arguments) -> Iterator[tuple[int, int]]:
    """Frames and labels of each utterance."""
    frames, labels = arguments["input_lengths"], arguments["label_lengths"]
    return zip(frames.tolist(), labels.tolist(), strict=True)


def upstream(arguments: Arguments) -> Floats:
    """(N,): d_loss, ones if it is not given."""
    d_loss = arguments["d_loss"]
    return np.ones(arguments["logits"].shape[1]) if d_loss is None else np.asarray(d_loss)


def _upstream(d_loss: Floats | None, conventions: Conventions) -> Floats | None:
    if d_loss is None:
        return None
    if conventions["reduction"] in REDUCED:  # one loss has one upstream gradient
        d_loss = np.full_like(d_loss, d_loss[0])
    return rounded(d_loss, conventions["dtype"])


def classes(arguments: Arguments, conventions: Conventions) -> tuple[Ints, int]:
    """Where each canonical class goes, and the blank there."""
    blank, K = arguments["blank"], arguments["logits"].shape[2]
    place = {"argument": blank, "first": 0, "last": K - 1}[conventions["blank"]]
    others = [k for k in range(K) if k != place]
    order = np.empty(K, dtype=np.int64)
    order[[k for k in range(K) if k != blank]] = others
    order[blank] = place
    return order, place


def sizes(arguments: Arguments, conventions: Conventions) -> str:
    """T, N, K and the blank of a case in the implementation's classes."""
    T, N, K = arguments["logits"].shape
    _, blank = classes(arguments, conventions)
    moved = "" if blank == arguments["blank"] else " (classes in your own numbering)"
    return f"T={T} N={N} K={K} blank={blank}{moved}"


def _inside(labels: Ints, order: Ints) -> Bools:
    return np.asarray((labels >= 0) & (labels < len(order)))


def _shares(arguments: Arguments, reduction: str) -> Floats:
    """(N,): by what each loss is multiplied."""
    N = arguments["logits"].shape[1]
    labels = np.maximum(arguments["label_lengths"], 1)
    by = {
        "mean": np.full(N, N),
        "mean_by_label": labels * N,
        "per_label": labels,
        "per_frame": arguments["input_lengths"],
    }
    return np.asarray(1.0 / by.get(reduction, np.ones(N)))


def _surplus(arguments: Arguments) -> Floats:
    """(N,): logarithm of what the rounded probabilities of all frames sum to."""
    logits = np.where(valid_frames(arguments)[:, :, None], arguments["logits"], 0.0)
    peak = logits.max(axis=2)
    total = peak + np.log(np.exp(logits - peak[:, :, None]).sum(axis=2))
    return np.asarray(np.where(valid_frames(arguments), total, 0.0).sum(axis=0))


def _in_log_probs(arguments: Arguments, grad: Floats, infeasible: Bools) -> Floats:
    """Minus the occupancy: what is left of the gradient without the softmax."""
    there = valid_frames(arguments) & ~infeasible
    prob = np.exp(log_softmax(np.where(there[:, :, None], arguments["logits"], 0.0)))
    return np.asarray(grad - np.where(there[:, :, None], prob, 0.0) * upstream(arguments)[:, None])

"""Between the canonical form of a distillation call and somebody's conventions.

Canonical: logits (T, N, K) of student and teacher, lengths (N,), the rule with all options; losses
(N,) in nats, gradient in the student's logits, pairs as counts (N, T, T), and the row sums (T, N)
of the gradient in log_softmax(student / temperature).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refkd.verify.compare import rounded
from refkd.verify.distill.conventions import LAYOUTS, REDUCED
from refkd.verify.records import Arguments, Call, Case, Conventions, Outputs
from refkd.verify.softmax import log_softmax

Floats = NDArray[np.float64]
KL_NAMES = {"kl": "reverse_kl", "reverse_kl": "kl"}
OFFSETS = {"student": 3, "teacher": 5}  # of the rubbish in their padding


def present(case: Case, conventions: Conventions) -> Arguments:
    """Pad whole utterances; padded frames hold rubbish that nobody may look at."""
    lengths = np.array([len(one) for one in case.inputs["student"]])
    frames = int(lengths.max()) + case.form.get("extra_frames", 0)
    values: dict[str, Any] = {}
    for name in ("student", "teacher"):
        whole = case.inputs[name]
        rubbish = (OFFSETS[name] * np.arange(1, whole[0].shape[1] + 1)) % 7 - 2.0
        rubbish = np.abs(rubbish) + case.form.get("padding", 0.0)
        values[name] = np.full((frames, len(whole), len(rubbish)), rubbish)
        for n, one in enumerate(whole):
            values[name][: len(one), n] = _sendable(one, name, conventions)
    return {**values, "lengths": lengths, "rule": meant(case.inputs["rule"], conventions)}


def meant(rule: Mapping[str, Any], conventions: Conventions) -> dict[str, Any]:
    """The rule as an implementation with these conventions means it."""
    named = conventions["kl"] == "student_teacher"
    scale = {"asked": rule["scale_t2"], "always": True, "never": False}[conventions["t2"]]
    divergence = rule["divergence"]
    return {
        **rule,
        "divergence": KL_NAMES.get(divergence, divergence) if named else divergence,
        "scale_t2": scale,
    }


def _form(name: str, conventions: Conventions) -> str:
    """In which form the values of student or teacher are sent."""
    form = conventions["input"]
    return {"student": "log_probs", "teacher": "probs"}[name] if form == "kl_div" else form


def _sendable(logits: Floats, name: str, conventions: Conventions) -> Floats:
    """Logits (T, K) that are exact in the dtype, in the form in which they are sent."""
    dtype, form = conventions["dtype"], _form(name, conventions)
    if form == "logits":
        return rounded(logits, dtype)
    logp = log_softmax(logits)
    if form == "log_probs":
        return rounded(logp, dtype)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(rounded(np.exp(logp), dtype)))


def translate(case: Case, arguments: Arguments, conventions: Conventions) -> Call:
    """Canonical arguments as the implementation wants them."""
    dtype = np.dtype(conventions["dtype"].replace("bfloat16", "float32"))
    axes = LAYOUTS[conventions["layout"]]
    values: dict[str, Any] = {"rule": dict(case.inputs["rule"])}
    with np.errstate(over="ignore"):
        for name in ("student", "teacher"):
            sent = arguments[name]
            sent = np.exp(sent) if _form(name, conventions) == "probs" else sent
            values[name] = sent.transpose(axes).astype(dtype)
    if conventions["lengths"] == "mask":
        order = [axis for axis in axes if axis < 2]
        values["lengths"] = valid_frames(arguments).transpose(order).astype(dtype)
    else:
        values["lengths"] = arguments["lengths"].astype(case.form.get("integers", "int64"))
    return Call(values, case.form.get("memory", "contiguous"))


def restore(outputs: Outputs, arguments: Arguments, conventions: Conventions) -> Outputs:
    """The implementation's outputs with axes in the canonical order, pairs as counts."""
    N = arguments["student"].shape[1]
    if "loss" not in outputs:
        raise ValueError("returns no loss")
    wanted = 1 if conventions["reduction"] in REDUCED else N
    loss = outputs["loss"].astype(np.float64)
    if loss.size != wanted:
        raise ValueError(f"returns a loss of shape {loss.shape}, expected {wanted} numbers")
    restored = {"loss": loss.reshape(wanted)}
    for name in ("grad", "teacher_grad"):
        if name in outputs:
            restored[name] = _gradient(name, outputs[name], arguments, conventions)
    if (conventions["grad_of"] == "none") == ("grad" in outputs):
        raise ValueError("returns a gradient" if "grad" in outputs else "returns no gradient")
    if "pairs" in outputs and conventions.get("pairs", "none") != "none":
        restored["pairs"] = _counts(outputs["pairs"], arguments, conventions)
    return restored


def _gradient(
    name: str, grad: NDArray[Any], arguments: Arguments, conventions: Conventions
) -> Floats:
    axes = LAYOUTS[conventions["layout"]]
    shape = tuple(arguments["student"].shape[axis] for axis in axes)
    if grad.shape != shape:
        raise ValueError(f"returns a {name} of shape {grad.shape}, expected {shape}")
    return np.asarray(grad.astype(np.float64).transpose(np.argsort(axes)))


def _counts(pairs: NDArray[Any], arguments: Arguments, conventions: Conventions) -> Floats:
    """(N, T, T): how often each pair of frames is told."""
    T, N, _ = arguments["student"].shape
    if conventions["pairs"] == "frames":
        by_frame = pairs if conventions["layout"] != "TNK" else pairs.T
        if by_frame.shape != (N, T):
            raise ValueError(f"returns pairs of shape {pairs.shape}, expected a teacher frame each")
        rows = np.array([(n, i, by_frame[n, i]) for n, i in np.argwhere(by_frame >= 0)])
    else:
        rows = pairs
    rows = rows.reshape(-1, 3) if rows.size == 0 else rows
    if rows.ndim != 2 or rows.shape[1] != 3:
        raise ValueError(f"returns pairs of shape {pairs.shape}, expected rows of 3")
    rows = rows.astype(np.int64)
    if (rows < 0).any() or (rows >= (N, T, T)).any():
        raise ValueError("returns pairs of frames that do not exist")
    counts = np.zeros((N, T, T))
    np.add.at(counts, tuple(rows.T), 1.0)
    return counts


def express(arguments: Arguments, outputs: Outputs, conventions: Conventions) -> Outputs:
    """Losses in nats, gradients and pairs, as the conventions want them."""
    share = _shares(arguments, conventions["reduction"])
    loss = outputs["loss"] * share
    if conventions["reduction"] in REDUCED:
        loss = loss.sum(keepdims=True)
    expressed = {"loss": loss}
    if conventions["grad_of"] != "none":
        grad = outputs["grad"]
        if conventions["grad_of"] != "logits":
            prob = _student_prob(arguments)
            grad = arguments["rule"]["temperature"] * grad + prob * outputs["row_sum"][:, :, None]
            grad = grad / prob if conventions["grad_of"] == "probs" else grad
        expressed["grad"] = grad * share[:, None]
    expressed["pairs"] = outputs["pairs"]
    given = outputs.get("teacher_grad")
    expressed["teacher_grad"] = np.zeros_like(arguments["student"]) if given is None else given
    return expressed


def _student_prob(arguments: Arguments) -> Floats:
    """(T, N, K): the student's distributions at the temperature, of the padding, too."""
    logits = np.where(np.isfinite(arguments["student"]), arguments["student"], 0.0)
    return np.exp(log_softmax(logits / arguments["rule"]["temperature"]))


def valid_frames(arguments: Arguments) -> NDArray[np.bool_]:
    """(T, N): which frames are not padding."""
    frames = np.arange(arguments["student"].shape[0])
    return np.asarray(frames[:, None] < arguments["lengths"])


def _shares(arguments: Arguments, reduction: str) -> Floats:
    """(N,): by what each loss is multiplied."""
    _, N, K = arguments["student"].shape
    lengths = np.asarray(arguments["lengths"], dtype=np.float64)
    by = {
        "batchmean": np.full(N, N),
        "mean": np.full(N, lengths.sum()),
        "mean_elements": np.full(N, lengths.sum() * K),
        "per_frame": lengths,
    }
    return np.asarray(1.0 / by.get(reduction, np.ones(N)))

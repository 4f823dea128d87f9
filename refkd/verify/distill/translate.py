"""Between the canonical form of a distillation call and the conventions of an implementation.

Canonical: logits (T, N, K) of student and teacher, lengths (N,), the rule with all options; losses
(N,) in nats, gradient in the student's logits, pairs as counts (N, T, T), and the row sums (T, N)
of the gradient in log_softmax(student / temperature).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refkd.check import Bools, Floats
from refkd.verify.compare import check_real, check_shape, log_softmax, sendable
from refkd.verify.ctc.conventions import LAYOUTS
from refkd.verify.distill.conventions import REDUCED
from refkd.verify.records import Arguments, Call, Case, Conventions, Outputs

KL_NAMES = {"kl": "reverse_kl", "reverse_kl": "kl"}
OFFSETS = {"student": 3, "teacher": 5}  # of the values in their padding
LARGEST = 10.0  # logarithm of what stands for a probability in padding; float16 holds it
SHIFT = -0.5  # nats, added to the log-probabilities of the side that a case names


def present(case: Case, conventions: Conventions) -> Arguments:
    """Pad whole utterances; padded frames hold values that must not be read."""
    lengths = np.array([len(utterance) for utterance in case.inputs["student"]])
    frames = int(lengths.max()) + case.layout.get("extra_frames", 0)
    values: dict[str, Any] = {}
    for name, other in (("student", "teacher"), ("teacher", "student")):
        utterances = case.inputs[name]
        values[name] = np.empty((frames, len(utterances), utterances[0].shape[1]))
        for n, utterance in enumerate(utterances):
            form = _form(name, conventions)
            values[name][: len(utterance), n] = sendable(utterance, form, conventions["dtype"])
            values[name][len(utterance) :, n] = _padding_frame(name, case.inputs[other][n], case)
    lengths = np.array(case.layout.get("lengths", lengths))
    return {**values, "lengths": lengths, "rule": meant(case.inputs["rule"], conventions)}


def _padding_frame(name: str, other: Floats, case: Case) -> Floats:
    """(K,): a padded frame; a tempting one equals a frame of the other side."""
    padding = case.layout.get("padding", 0.0)
    if padding == "tempting":
        return np.asarray(other[-1])
    step = OFFSETS[name] * np.arange(1, other.shape[1] + 1)
    return np.asarray(np.abs(step % 7 - 2.0) + padding)


def meant(rule: Mapping[str, Any], conventions: Conventions) -> dict[str, Any]:
    """The rule that an implementation with these conventions computes."""
    exchanged = conventions["kl"] == "student_teacher"
    scale = {"asked": rule["scale_t2"], "always": True, "never": False}[conventions["t2"]]
    divergence = rule["divergence"]
    return {
        **rule,
        "divergence": KL_NAMES.get(divergence, divergence) if exchanged else divergence,
        "scale_t2": scale,
    }


def _form(name: str, conventions: Conventions) -> str:
    """In which form the values of student or teacher are sent."""
    form = conventions["input"]
    return {"student": "log_probs", "teacher": "probs"}[name] if form == "kl_div" else form


def sent(values: Floats, name: str, conventions: Conventions) -> Floats:
    """Canonical values of student or teacher in the form in which they are sent."""
    if _form(name, conventions) == "probs":
        return np.asarray(np.exp(np.minimum(values, LARGEST)))
    return values


def translate(case: Case, arguments: Arguments, conventions: Conventions) -> Call:
    """Canonical arguments in the conventions of the implementation."""
    dtype = np.dtype(conventions["dtype"].replace("bfloat16", "float32"))
    axes = LAYOUTS[conventions["layout"]]
    values: dict[str, Any] = {"rule": dict(case.inputs["rule"])}
    with np.errstate(over="ignore"):
        for name in ("student", "teacher"):
            moved = arguments[name] + SHIFT * (case.layout.get("shifted") == name)
            values[name] = sent(moved, name, conventions).transpose(axes).astype(dtype)
    if conventions["lengths"] == "mask":
        order = [axis for axis in axes if axis < 2]
        values["lengths"] = valid_frames(arguments).transpose(order).astype(dtype)
    else:
        values["lengths"] = arguments["lengths"].astype(case.layout.get("integers", "int64"))
    return Call(values, case.layout.get("memory", "contiguous"))


def restore(outputs: Outputs, arguments: Arguments, conventions: Conventions) -> Outputs:
    """The implementation's outputs with axes in the canonical order, pairs as counts."""
    check_real(outputs)
    N = arguments["student"].shape[1]
    reduced = conventions["reduction"] in REDUCED
    if "loss" not in outputs or outputs["loss"].size != (1 if reduced else N):
        expected_shape = "one number for the batch" if reduced else f"shape (N,) = ({N},)"
        got = outputs["loss"].shape if "loss" in outputs else "nothing"
        raise ValueError(f"loss: expected {expected_shape}, got {got}")
    restored = {"loss": outputs["loss"].astype(np.float64).reshape(-1)}
    layout = conventions["layout"]
    shape = tuple(arguments["student"].shape[axis] for axis in LAYOUTS[layout])
    returned = {"grad": conventions["grad_of"] != "none", "teacher_grad": "teacher_grad" in outputs}
    for name, expected in returned.items():
        if not expected and name in outputs:
            raise ValueError(f"{name}: expected none, got {outputs[name].shape}")
        if expected:
            check_shape(outputs, name, layout, shape)
            back = np.argsort(LAYOUTS[layout])
            restored[name] = outputs[name].astype(np.float64).transpose(back)
    if "pairs" in outputs and conventions.get("pairs", "none") != "none":
        restored["pairs"] = _counts(outputs["pairs"], arguments, conventions)
    return restored


def laid_out(
    name: str, values: NDArray[Any], arguments: Arguments, conventions: Conventions
) -> NDArray[Any]:
    """A canonical output in the implementation's own axes; pairs stay counts (N, T, T)."""
    if name not in ("grad", "teacher_grad"):
        return values
    return values.transpose(LAYOUTS[conventions["layout"]])


def _counts(pairs: NDArray[Any], arguments: Arguments, conventions: Conventions) -> Floats:
    """(N, T, T): how often each pair of frames is returned."""
    T, N, _ = arguments["student"].shape
    if conventions["pairs"] == "frames":
        by_frame = pairs if conventions["layout"] != "TNK" else pairs.T
        if by_frame.shape != (N, T):
            expected_shape = f"(T, N) = {(T, N)}" if by_frame is not pairs else f"(N, T) = {(N, T)}"
            raise ValueError(f"pairs: expected shape {expected_shape}, got {pairs.shape}")
        rows = np.array([(n, i, by_frame[n, i]) for n, i in np.argwhere(by_frame >= 0)])
    else:
        rows = pairs
    rows = rows.reshape(-1, 3) if rows.size == 0 else rows
    if rows.ndim != 2 or rows.shape[1] != 3:
        raise ValueError(f"pairs: expected rows of 3 numbers, got {pairs.shape}")
    rows = rows.astype(np.int64)
    if (rows < 0).any() or (rows >= (N, T, T)).any():
        limits = f"N, T, T = {N}, {T}, {T}"
        raise ValueError(f"pairs: expected frames of the batch (below {limits}), got others")
    counts = np.zeros((N, T, T))
    np.add.at(counts, tuple(rows.T), 1.0)
    return counts


def express(arguments: Arguments, outputs: Outputs, conventions: Conventions) -> Outputs:
    """Losses in nats, gradients and pairs, in the conventions of the implementation."""
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
    teacher_grad = outputs.get("teacher_grad")
    expressed["teacher_grad"] = (
        np.zeros_like(arguments["student"]) if teacher_grad is None else teacher_grad
    )
    return expressed


def _student_prob(arguments: Arguments) -> Floats:
    """(T, N, K): the student's distributions at the temperature, of the padding, too."""
    logits = np.where(np.isfinite(arguments["student"]), arguments["student"], 0.0)
    return np.exp(log_softmax(logits / arguments["rule"]["temperature"]))


def valid_frames(arguments: Arguments) -> Bools:
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

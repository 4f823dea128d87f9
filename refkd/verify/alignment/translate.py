"""Between the canonical form of a forced alignment and other conventions.

Canonical: the arguments of CTC; the class of each frame (T, N), -1 in the padding, and its
log-probability. Spans are painted onto the frames, so that both forms can be compared.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refkd.check import Floats, Ints
from refkd.verify.alignment.plain import PADDING
from refkd.verify.compare import check_real, check_shape, log_softmax
from refkd.verify.ctc import translate as ctc
from refkd.verify.records import Arguments, Call, Case, Conventions, Outputs

LAST = "last_"  # begins the names of what a plain aligner gives otherwise where ways are equal
# Classes of a frame: in two spans; in a span that should not be; first of a span of the same label
TWICE, BLANK_SPAN, TOUCHING = -2, -3, -4


def present(case: Case, conventions: Conventions) -> Arguments:
    """Arguments as of CTC, without an upstream gradient."""
    arguments = ctc.present(case, conventions)
    return {name: value for name, value in arguments.items() if name != "d_loss"}


def translate(case: Case, arguments: Arguments, conventions: Conventions) -> Call:
    """Canonical arguments as the implementation wants them."""
    return ctc.translate(case, {**arguments, "d_loss": None}, conventions)


def restore(outputs: Outputs, arguments: Arguments, conventions: Conventions) -> Outputs:
    """Classes and scores of frames, those of spans painted onto their frames."""
    check_real(outputs)
    if "alignment" not in outputs:
        raise ValueError("alignment: expected an array of integers, got nothing")
    if not (np.mod(outputs["alignment"], 1) == 0).all():
        raise ValueError("alignment: expected whole numbers, got others")
    by_frame = conventions["alignment"] == "frames"
    path = outputs["alignment"].astype(np.int64)
    if by_frame:
        path = _by_frame("alignment", path, arguments, conventions)
    if (conventions["scores"] == "none") == ("scores" in outputs):
        expected, got = "numbers", "nothing"
        if "scores" in outputs:
            expected, got = "none", str(outputs["scores"].shape)
        raise ValueError(f"scores: expected {expected}, got {got}")
    if "scores" not in outputs:
        return {"alignment": _of_frames(path, arguments, conventions)[0]}
    scores = outputs["scores"].astype(np.float64)
    if conventions["scores"] == "total":
        check_shape(outputs, "scores", "N", (arguments["logits"].shape[1],))
        return {"alignment": _of_frames(path, arguments, conventions)[0], "scores": scores}
    if by_frame:
        scores = _by_frame("scores", scores, arguments, conventions)
    else:
        check_shape(outputs, "scores", "n", (len(path),))
    path, scores = _of_frames(path, arguments, conventions, scores)
    return {"alignment": path, "scores": scores}


def _by_frame(
    name: str, values: NDArray[Any], arguments: Arguments, conventions: Conventions
) -> NDArray[Any]:
    T, N, _ = arguments["logits"].shape
    time_first = conventions["layout"] == "TNK"
    check_shape({name: values}, name, *(("TN", (T, N)) if time_first else ("NT", (N, T))))
    return values if time_first else values.T


def laid_out(
    name: str, values: NDArray[Any], arguments: Arguments, conventions: Conventions
) -> NDArray[Any]:
    """A canonical output in the implementation's axes; spans stay painted onto frames."""
    by_frame = conventions["alignment"] == "frames" and values.ndim == 2
    return values.T if by_frame and conventions["layout"] != "TNK" else values


def canonical(path: Ints, arguments: Arguments, conventions: Conventions) -> Ints:
    """Classes of the implementation in the canonical order; what is none stays."""
    order, _ = ctc.classes(arguments, conventions)
    return _renamed(path, np.argsort(order))


def _renamed(path: Ints, names: Ints) -> Ints:
    inside = (path >= 0) & (path < len(names))
    return np.asarray(np.where(inside, names[np.clip(path, 0, len(names) - 1)], path))


def _of_frames(
    path: Ints, arguments: Arguments, conventions: Conventions, scores: Floats | None = None
) -> tuple[Ints, Floats]:
    """(T, N): class and score of each frame, those of spans painted onto their frames."""
    T, N, _ = arguments["logits"].shape
    there = ctc.valid_frames(arguments)
    if conventions["alignment"] == "frames":
        scores = np.zeros((T, N)) if scores is None else scores
        return np.where(there, path, PADDING), np.where(there, scores, 0.0)
    scores = np.zeros(len(path)) if scores is None else scores
    rows = path.reshape(-1, 4) if path.size == 0 else path
    if rows.ndim != 2 or rows.shape[1] != 4:
        raise ValueError(f"alignment: expected rows of 4 numbers, got shape {rows.shape}")
    _, blank = ctc.classes(arguments, conventions)
    blank_spans = conventions["blanks"] == "kept"
    path = np.where(there, PADDING if blank_spans else blank, PADDING)
    painted, taken = np.zeros((T, N)), np.zeros((T, N), dtype=int)
    ends = set()
    for (n, label, start, end), score in zip(rows.tolist(), scores.tolist(), strict=True):
        if not 0 <= n < N:
            raise ValueError(f"alignment: expected utterances below N = {N}, got {n}")
        after = end + (conventions["end"] == "inclusive")
        frames = slice(max(start, 0), max(after, 0))
        path[frames, n] = BLANK_SPAN if label == blank and not blank_spans else label
        if (n, label, start) in ends and 0 <= start < min(after, T):
            path[start, n] = TOUCHING
        ends.add((n, label, after))
        taken[frames, n] += 1
        painted[frames, n] = score
    path[taken > 1] = TWICE
    return path, painted


def express(arguments: Arguments, outputs: Outputs, conventions: Conventions) -> Outputs:
    """Paths and scores as the conventions want them, in the implementation's classes."""
    order, _ = ctc.classes(arguments, conventions)
    scores = conventions["scores"]
    expressed = {}
    for which in ("", LAST):
        if which + "alignment" not in outputs:
            continue
        path, logp = outputs[which + "alignment"], outputs[which + "scores"]
        expressed[which + "alignment"] = _renamed(path, order)
        if scores == "none":
            continue
        values = np.where(path == PADDING, 0.0, np.exp(logp) if scores == "prob" else logp)
        if scores == "total":
            values = values.sum(axis=0)
        elif conventions["alignment"] == "spans":
            values = _of_spans(path, values, arguments, conventions)
        expressed[which + "scores"] = values
    return expressed


def _of_spans(path: Ints, values: Floats, arguments: Arguments, conventions: Conventions) -> Floats:
    """Each frame has the score of its span; frames outside of spans have 0."""
    scores = np.zeros(path.shape)
    for n in range(path.shape[1]):
        edges = np.flatnonzero(np.diff(path[:, n], prepend=TWICE - 1, append=TWICE - 1))
        for start, end in pairwise(edges):
            label = path[start, n]
            if label == PADDING or (
                label == arguments["blank"] and conventions["blanks"] == "left_out"
            ):
                continue
            span = values[start:end, n]
            scores[start:end, n] = span.sum() if conventions["scores"] == "sum" else span.mean()
    return scores


def log_probs(arguments: Arguments) -> Floats:
    """(T, N, K): log-probabilities, those of the padding, too."""
    logits = np.where(ctc.valid_frames(arguments)[:, :, None], arguments["logits"], 0.0)
    return log_softmax(logits)

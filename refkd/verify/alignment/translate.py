"""Between the canonical form of a forced alignment and somebody's conventions.

Canonical: the arguments of CTC; the class of each frame (T, N), -1 in the padding, and its
log-probability. Spans are painted onto the frames, so that both forms can be compared.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refkd.verify.alignment.plain import PADDING, Floats, Ints
from refkd.verify.ctc import translate as ctc
from refkd.verify.records import Arguments, Call, Case, Conventions, Outputs
from refkd.verify.softmax import log_softmax

TWICE = -2  # class of a frame that lies in two spans


def present(case: Case, conventions: Conventions) -> Arguments:
    """Arguments as of CTC, without an upstream gradient."""
    given = ctc.present(case, conventions)
    return {name: value for name, value in given.items() if name != "d_loss"}


def translate(case: Case, arguments: Arguments, conventions: Conventions) -> Call:
    """Canonical arguments as the implementation wants them."""
    return ctc.translate(case, {**arguments, "d_loss": None}, conventions)


def restore(outputs: Outputs, arguments: Arguments, conventions: Conventions) -> Outputs:
    """Classes and scores of frames, those of spans painted onto their frames."""
    if "alignment" not in outputs:
        raise ValueError("returns no alignment")
    if (conventions["scores"] == "none") == ("scores" in outputs):
        raise ValueError("returns scores" if "scores" in outputs else "returns no scores")
    given = outputs["alignment"]
    scores = outputs.get("scores")
    if conventions["alignment"] == "frames":
        path = _by_frame("an alignment", given, arguments, conventions).astype(np.int64)
        path = np.where(valid_frames(arguments), _classes(path, arguments, conventions), PADDING)
        painted = {"alignment": path}
        if scores is not None and conventions["scores"] != "total":
            frames = _by_frame("scores", scores, arguments, conventions)
            scores = np.where(valid_frames(arguments), frames, 0.0)
    else:
        painted = _painted(given, scores, arguments, conventions)
        scores = painted.pop("scores", scores)
    if scores is not None:
        if conventions["scores"] == "total" and scores.shape != (arguments["logits"].shape[1],):
            raise ValueError(f"returns scores of shape {scores.shape}, expected one each")
        painted["scores"] = scores.astype(np.float64)
    return painted


def _by_frame(
    name: str, given: NDArray[Any], arguments: Arguments, conventions: Conventions
) -> NDArray[Any]:
    T, N, _ = arguments["logits"].shape
    time_first = conventions["layout"] == "TNK"
    shape = (T, N) if time_first else (N, T)
    if given.shape != shape:
        raise ValueError(f"returns {name} of shape {given.shape}, expected {shape}")
    return given if time_first else given.T


def _classes(path: Ints, arguments: Arguments, conventions: Conventions) -> Ints:
    """Classes of the implementation in the canonical order; what is none stays."""
    order, _ = ctc.classes(arguments, conventions)
    back = np.argsort(order)
    inside = (path >= 0) & (path < len(back))
    return np.asarray(np.where(inside, back[np.clip(path, 0, len(back) - 1)], path))


def _painted(
    rows: NDArray[Any],
    scores: NDArray[Any] | None,
    arguments: Arguments,
    conventions: Conventions,
) -> dict[str, NDArray[Any]]:
    T, N, _ = arguments["logits"].shape
    rows = rows.reshape(-1, 4) if rows.size == 0 else rows
    if rows.ndim != 2 or rows.shape[1] != 4:
        raise ValueError(f"returns spans of shape {rows.shape}, expected rows of 4")
    if scores is not None and conventions["scores"] != "total" and scores.shape != (len(rows),):
        raise ValueError(f"returns scores of shape {scores.shape}, expected one for each span")
    there, blank = valid_frames(arguments), arguments["blank"]
    kept = conventions["blanks"] == "kept"
    path = np.where(there, PADDING if kept else blank, PADDING)
    painted, taken = np.zeros((T, N)), np.zeros((T, N), dtype=int)
    for at, (n, label, start, end) in enumerate(rows.astype(np.int64)):
        if not 0 <= n < N:
            raise ValueError(f"returns a span of utterance {n}, and there are {N}")
        frames = slice(max(start, 0), max(end + (conventions["end"] == "inclusive"), 0))
        (label,) = _classes(np.array([label]), arguments, conventions)
        if label == blank and not kept:
            raise ValueError("returns spans of the blank")
        path[frames, n] = label
        taken[frames, n] += 1
        if scores is not None and conventions["scores"] != "total":
            painted[frames, n] = scores[at]
    path[taken > 1] = TWICE
    result = {"alignment": path}
    if scores is not None and conventions["scores"] != "total":
        result["scores"] = painted
    return result


def express(arguments: Arguments, outputs: Outputs, conventions: Conventions) -> Outputs:
    """Path and scores as the conventions want them."""
    path, logp = outputs["alignment"], outputs["scores"]
    expressed = {"alignment": path}
    how = conventions["scores"]
    if how == "none":
        return expressed
    values = np.where(path == PADDING, 0.0, np.exp(logp) if how == "prob" else logp)
    if how == "total":
        values = values.sum(axis=0)
    elif conventions["alignment"] == "spans":
        values = _of_spans(path, values, arguments, conventions)
    return {**expressed, "scores": values}


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
            one = values[start:end, n]
            scores[start:end, n] = one.sum() if conventions["scores"] == "sum" else one.mean()
    return scores


def valid_frames(arguments: Arguments) -> NDArray[np.bool_]:
    """(T, N): which frames are not padding."""
    return ctc.valid_frames(arguments)


def log_probs(arguments: Arguments) -> Floats:
    """(T, N, K): log-probabilities, those of the padding, too."""
    logits = np.where(valid_frames(arguments)[:, :, None], arguments["logits"], 0.0)
    return log_softmax(logits)

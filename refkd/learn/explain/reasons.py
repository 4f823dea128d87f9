"""Why a rule has selected a pair, in a few words."""

from collections.abc import Callable
from typing import Any

import numpy as np

from refkd.losses import rules
from refkd.losses.traces import DistillTrace


def reason(trace: DistillTrace, n: int) -> str:
    """Why a pair of a trace was selected.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> from refkd.learn.explain.reasons import reason
    >>> frames = np.log([[0.8, 0.2], [0.8, 0.2]])
    >>> trace = refkd.distill_trace(frames, frames, refkd.Hard(refkd.Window(1)))
    >>> reason(trace, 0), reason(trace, 1)
    ('the only one', 'tie of 2: nearest')
    """
    return _REASONS[type(trace.rule)](trace, n)


def _place(trace: DistillTrace, n: int) -> tuple[int, int]:
    """Row and column in the band."""
    t, u = trace.pairs[n]
    return int(t), int(u - t) + trace.window.left


def _most_similar(trace: DistillTrace, n: int) -> str:
    t, column = _place(trace, n)
    row = trace.divergence[t]
    return _least(row[row < np.inf], row[column])


def _least(seen: Any, chosen: float) -> str:
    if len(seen) == 1:
        return "the only one"
    ties = int(np.count_nonzero(seen == chosen))
    return "least" if ties == 1 else f"tie of {ties}: nearest"


def _among_k(trace: DistillTrace, n: int) -> str:
    t, column = _place(trace, n)
    row = trace.divergence[t]
    below, equal = int(np.sum(row < row[column])), int(np.sum(row == row[column]))
    return f"no. {below + 1}" if equal == 1 else f"no. {below + 1}, tie of {equal}"


def _in_order(trace: DistillTrace, n: int) -> str:
    t, column = _place(trace, n)
    row = trace.divergence[t]
    return "path, least" if row[column] == row.min() else "path, not least"


def _on_path(trace: DistillTrace, n: int) -> str:
    step = tuple(trace.pairs[n] - trace.pairs[n - 1]) if n > 0 else None
    moves = {(1, 1): "both go on", (1, 0): "student goes on", (0, 1): "teacher goes on"}
    return moves.get(step, "path") if step else "path"


def _for_teacher(trace: DistillTrace, n: int) -> str:
    t, column = _place(trace, n)
    u = t + column - trace.window.left
    frames = np.arange(len(trace.divergence))
    columns = u - frames + trace.window.left
    inside = (columns >= 0) & (columns < trace.divergence.shape[1])
    seen = trace.divergence[frames[inside], columns[inside]]
    return _least(seen[seen < np.inf], trace.divergence[t, column])


_REASONS: dict[type, Callable[[DistillTrace, int], str]] = {
    rules.FrameWise: lambda trace, n: "its own time",
    rules.Shift: lambda trace, n: f"{trace.offset[n]} earlier",
    rules.Blend: lambda trace, n: "weight is given",
    rules.Hard: _most_similar,
    rules.TopK: _among_k,
    rules.Soft: lambda trace, n: "seen",
    rules.Monotone: _in_order,
    rules.OrderedPath: _on_path,
    rules.PerTeacher: _for_teacher,
}

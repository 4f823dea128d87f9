"""Why a rule has selected a pair, in a few words: the functions that the table of rules names."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from refkd.losses.traces import DistillTrace

# Words for every pair, or a function of a trace and the number of a pair.
Reason: TypeAlias = "str | Callable[[DistillTrace, int], str]"


def _place(trace: "DistillTrace", n: int) -> tuple[int, int]:
    """Row and column in the band."""
    t, u = trace.pairs[n]
    return int(t), int(u - t) + trace.window.left


def frames_earlier(trace: "DistillTrace", n: int) -> str:
    """The lag of the pair."""
    return f"{trace.offset[n]} earlier"


def least_of_teacher_frames(trace: "DistillTrace", n: int) -> str:
    """Whether the pair has the smallest divergence in the student frame's window; ties."""
    t, column = _place(trace, n)
    row = trace.divergence[t]
    return _least(row[row < np.inf], row[column])


def _least(seen: Any, chosen: float) -> str:
    if len(seen) == 1:
        return "the only one"
    ties = int(np.count_nonzero(seen == chosen))
    return "least" if ties == 1 else f"tie of {ties}: nearest"


def place_among_teacher_frames(trace: "DistillTrace", n: int) -> str:
    """The rank of its divergence among the teacher frames in the student frame's window."""
    t, column = _place(trace, n)
    row = trace.divergence[t]
    below, equal = int(np.sum(row < row[column])), int(np.sum(row == row[column]))
    return f"no. {below + 1}" if equal == 1 else f"no. {below + 1}, tie of {equal}"


def least_or_path(trace: "DistillTrace", n: int) -> str:
    """Whether the ordered path uses the most similar frame of the window."""
    t, column = _place(trace, n)
    row = trace.divergence[t]
    return "path, least" if row[column] == row.min() else "path, not the least"


def move_of_path(trace: "DistillTrace", n: int) -> str:
    """Which of the two sequences advances to this pair."""
    step = tuple(trace.pairs[n] - trace.pairs[n - 1]) if n > 0 else None
    moves = {(1, 1): "both advance", (1, 0): "student advances", (0, 1): "teacher advances"}
    return moves.get(step, "path") if step else "path"


def least_of_student_frames(trace: "DistillTrace", n: int) -> str:
    """Whether the pair has the smallest divergence of those with its teacher frame."""
    t, column = _place(trace, n)
    u = t + column - trace.window.left
    frames = np.arange(len(trace.divergence))
    columns = u - frames + trace.window.left
    inside = (columns >= 0) & (columns < trace.divergence.shape[1])
    seen = trace.divergence[frames[inside], columns[inside]]
    return _least(seen[seen < np.inf], trace.divergence[t, column])

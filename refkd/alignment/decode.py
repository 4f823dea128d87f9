"""From posteriors to label sequences and their times."""

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from refkd import check
from refkd.check import Floats, Ints
from refkd.kernels.numeric import log_softmax

At: TypeAlias = Literal["start", "peak"]


def greedy_decode(logits: ArrayLike, blank: int = 0) -> Ints:
    """Take the best label of every frame, merge repeats, drop blanks.

    Parameters
    ----------
    logits : (T, K) array
        -inf is allowed. At a tie the lower label is taken.
    blank : int
        0 <= blank < K.

    Returns
    -------
    (L,) int64 array
        L <= T labels, without blanks.

    Raises
    ------
    ArgumentError
        If the logits contain NaN, +inf or a frame of only -inf, or if blank is not a class.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> frames = [1, 1, 0, 1, 2, 0]
    >>> refkd.greedy_decode(np.eye(3)[frames])
    array([1, 1, 2])
    """
    return spikes(logits, blank)[0]


def best_labels(logits: ArrayLike, blank: int = 0) -> Ints:
    """The label (T,) of highest posterior at every frame of logits (T, K), the lower one of equals.

    Examples
    --------
    >>> from refkd.alignment.decode import best_labels
    >>> best_labels([[0.0, 1.0], [2.0, 1.0]])
    array([1, 0])
    """
    values = check.logits("logits", logits)
    check.integer("blank", blank, low=0, high=values.shape[1] - 1)
    return np.asarray(values.argmax(axis=1), dtype=np.int64)


def spikes(logits: ArrayLike, blank: int = 0, at: At = "start") -> tuple[Ints, Ints]:
    """Find the spikes (labels, frames), both (n,), of logits (T, K): the runs of one best label.

    The blank has none; `at` chooses the first frame of the run, or the first of highest posterior.

    Examples
    --------
    >>> from refkd.alignment.decode import spikes
    >>> logits = [[3, 0], [0, 1], [0, 2], [3, 0]]
    >>> spikes(logits)
    (array([1]), array([1]))
    >>> spikes(logits, at="peak")
    (array([1]), array([2]))
    """
    check.one_of("at", at, ("start", "peak"))
    labels, starts, ends = runs(best_labels(logits, blank), blank)
    if at == "start":
        return labels, starts
    logp = log_posteriors(logits)
    spans = zip(labels, starts, ends, strict=True)
    peaks = [start + logp[start:end, label].argmax() for label, start, end in spans]
    return labels, np.array(peaks, dtype=np.int64)


def runs(best: Ints, blank: int) -> tuple[Ints, Ints, Ints]:
    """Find the runs of one label other than the blank in (T,): labels, starts and exclusive ends.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.decode import runs
    >>> runs(np.array([0, 2, 2, 1, 0]), blank=0)
    (array([2, 1]), array([1, 3]), array([3, 4]))
    """
    changes = np.flatnonzero(best[1:] != best[:-1]) + 1
    starts, ends = np.append(0, changes), np.append(changes, best.size)
    spiking = best[starts] != blank
    starts, ends = starts[spiking], ends[spiking]
    return best[starts], starts, ends


def log_posteriors(logits: ArrayLike) -> Floats:
    """Normalise every frame of logits (T, K) to log-probabilities in nats.

    Examples
    --------
    >>> from refkd.alignment.decode import log_posteriors
    >>> log_posteriors([[0.0, 0.0]]).round(3)
    array([[-0.693, -0.693]])
    """
    values = check.logits("logits", logits)
    logp = np.empty_like(values)
    log_softmax(values, logp)
    return logp


def same_classes(teacher_logits: ArrayLike, student_logits: ArrayLike) -> tuple[Floats, Floats]:
    """Logits of two models over the same classes, as float64."""
    teacher = check.logits("teacher_logits", teacher_logits)
    student = check.logits("student_logits", student_logits)
    check.same_length("teacher_logits", teacher.shape[1], "student_logits", student.shape[1], "K")
    return teacher, student

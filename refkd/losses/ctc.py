"""CTC: loss, gradient, tables and alignment of one utterance, and the loss of a batch."""

from itertools import pairwise

import numba
import numpy as np
from numpy.typing import ArrayLike

from refkd import check
from refkd.check import Floats, Ints
from refkd.kernels import ctc as kernels
from refkd.kernels import ctc_rescaled
from refkd.kernels.compile import in_parallel
from refkd.kernels.numeric import log_softmax
from refkd.losses.traces import Alignment, CTCTrace, Span
from refkd.ragged import Ragged


def ctc_trace(logits: ArrayLike, labels: ArrayLike, blank: int = 0) -> CTCTrace:
    """Compute every table of the CTC loss in log space; the gradient is in the logits.

    Parameters
    ----------
    logits : (T, K) array
        Unnormalised scores, T >= 1, K >= 1; -inf is allowed where a frame has finite ones too.
    labels : (L,) array of int
        0 <= label < K, none of them the blank; may be empty.
    blank : int
        Index of the blank, 0 <= blank < K.

    Returns
    -------
    CTCTrace
        states (S,), log_alpha (T, S), log_beta (T, S), occupancy (T, K), loss in nats, grad (T, K).
        If no path has any probability the loss is inf and the gradient 0.

    Raises
    ------
    ArgumentError
        If the logits contain NaN, inf or a frame of only -inf, or a label is out of range.
    InfeasibleTargetError
        If the labels need more frames than there are.

    Notes
    -----
    Equations (C1) to (C10) of docs/course/ctc.md.

    Examples
    --------
    Two frames, two classes of probability 1/2: three of the four paths spell "1".

    >>> import numpy as np, refkd
    >>> trace = refkd.ctc_trace(np.zeros((2, 2)), [1])
    >>> round(float(np.exp(-trace.loss)), 12)
    0.75
    >>> trace.states
    array([0, 1, 0])
    >>> trace.occupancy.round(4)
    array([[0.3333, 0.6667],
           [0.3333, 0.6667]])
    """
    logits, labels, blank = _checked(logits, labels, blank)
    logp = _log_softmax(logits)
    states, skip = _states(labels, blank)
    log_alpha = np.empty((len(logp), len(states)))
    log_beta = np.empty_like(log_alpha)
    occupancy, grad = np.empty_like(logp), np.zeros_like(logp)
    padded, row = np.empty(len(states) + 2), np.empty(len(states))
    kernels.ctc_alpha(logp, states, skip, log_alpha, padded, row)
    kernels.ctc_beta(logp, states, skip, log_beta, padded, row)
    kernels.ctc_occupancy(log_alpha, log_beta, states, row, occupancy)
    loss = float(kernels.ctc_total(log_alpha))
    if loss < np.inf:
        kernels.ctc_gradient(logp, occupancy, grad)
    return CTCTrace(states, log_alpha, log_beta, occupancy, loss, grad)


def ctc_loss(logits: ArrayLike, labels: ArrayLike, blank: int = 0) -> tuple[float, Floats]:
    """Compute the CTC loss of one utterance and its gradient in the logits.

    Parameters
    ----------
    logits : (T, K) array
        Unnormalised scores, T >= 1, K >= 1; -inf is allowed where a frame has finite ones too.
    labels : (L,) array of int
        0 <= label < K, none of them the blank; may be empty.
    blank : int
        Index of the blank, 0 <= blank < K.

    Returns
    -------
    loss : float
        Minus the log-probability of the label sequence, in nats, >= 0; inf if it has none.
    grad : (T, K) array
        Gradient in the logits; 0 where the loss is inf.

    Raises
    ------
    ArgumentError
        If the logits contain NaN, inf or a frame of only -inf, or a label is out of range.
    InfeasibleTargetError
        If the labels need more frames than there are.

    Notes
    -----
    Equations (C7) and (C10) of docs/course/ctc.md.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> loss, grad = refkd.ctc_loss(np.zeros((2, 2)), [1])
    >>> round(loss, 4)                       # -log 3/4
    0.2877
    >>> grad.round(4)
    array([[ 0.1667, -0.1667],
           [ 0.1667, -0.1667]])
    """
    trace = ctc_trace(logits, labels, blank)
    return trace.loss, trace.grad


def ctc_align(logits: ArrayLike, labels: ArrayLike, blank: int = 0) -> Alignment:
    """Find the most probable single path of the labels (forced alignment).

    Parameters
    ----------
    logits : (T, K) array
        Unnormalised scores, T >= 1, K >= 1; -inf is allowed where a frame has finite ones too.
    labels : (L,) array of int
        0 <= label < K, none of them the blank; may be empty.
    blank : int
        Index of the blank, 0 <= blank < K.

    Returns
    -------
    Alignment
        frames (T,), spans (label, start, end, score) without the blanks, log_prob in nats.

    Raises
    ------
    ArgumentError
        If the logits contain NaN, inf or a frame of only -inf, or a label is out of range.
    InfeasibleTargetError
        If the labels need more frames than there are, or no path has any probability.

    Notes
    -----
    Equations (C11) and (C12) of docs/course/ctc.md. Of equally probable paths the result is the one
    that stays longer in later states.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> logits = np.log([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.7, 0.2], [0.1, 0.1, 0.8]])
    >>> path = refkd.ctc_align(logits, [1, 2])
    >>> path.frames
    array([0, 1, 1, 2])
    >>> [(span.label, span.start, span.end) for span in path.spans]
    [(1, 1, 3), (2, 3, 4)]
    """
    logits, labels, blank = _checked(logits, labels, blank)
    logp = _log_softmax(logits)
    states, skip = _states(labels, blank)
    score = np.empty((len(logp), len(states)))
    step = np.zeros(score.shape, dtype=np.int8)
    path = np.empty(len(logp), dtype=np.int64)
    log_prob = float(kernels.viterbi(logp, states, skip, score, step, path))
    if log_prob == -np.inf:
        raise check.InfeasibleTargetError(
            "labels: expected a path of probability > 0 in the logits, got none"
        )
    spans = []
    edges = np.flatnonzero(np.diff(path, prepend=-1, append=-1))
    for start, end in pairwise(edges):
        label = int(states[path[start]])
        if path[start] % 2 == 1:
            spans.append(Span(label, int(start), int(end), float(logp[start:end, label].mean())))
    return Alignment(states[path], tuple(spans), log_prob)


def ctc_loss_batch(logits: Ragged, labels: Ragged, blank: int = 0) -> tuple[Floats, Ragged]:
    """Compute the CTC loss of each utterance of a batch and its gradient in the logits.

    Parameters
    ----------
    logits : Ragged of (T_n, K)
        Unnormalised scores, the utterances end to end.
    labels : Ragged of (L_n,) int
        Their label sequences, some possibly empty.
    blank : int
        Index of the blank, 0 <= blank < K.

    Returns
    -------
    losses : (N,) array
        Loss of each utterance in nats, >= 0; inf where no path has any probability.
    grads : Ragged of (T_n, K)
        Gradient of each loss in its own logits; 0 where the loss is inf.

    Raises
    ------
    ArgumentError
        As `ctc_loss`, and if the numbers of utterances differ.
    InfeasibleTargetError
        If the labels of an utterance need more frames than it has.

    Notes
    -----
    Equations (C13) to (C17) of docs/course/ctc.md: probabilities are rescaled at each frame, so the
    inner loops need no logarithm. Utterances for which this could lose digits are computed again
    in log space.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> logits = refkd.Ragged.from_list([np.zeros((2, 2)), np.zeros((1, 2))])
    >>> losses, grads = refkd.ctc_loss_batch(logits, refkd.Ragged.from_list([[1], []]))
    >>> losses.round(4)
    array([0.2877, 0.6931])
    """
    check.instance("logits", logits, Ragged)
    check.instance("labels", labels, Ragged)
    check.same_length("labels", len(labels), "logits", len(logits), "N")
    values = check.logits_shape("logits", logits.values)
    K = values.shape[1]
    blank = check.integer("blank", blank, low=0, high=K - 1)
    targets = check.labels("labels", labels.values, K, blank)
    lengths, N = logits.lengths, len(logits)
    if not lengths.all():
        check.fail(f"logits[{int(np.argmin(lengths))}]", "T >= 1", "T=0")

    shares = min(N, numba.get_num_threads())
    S = 2 * labels.lengths + 1
    states = np.empty((shares, S.max()), np.int64)
    scratch = np.empty((shares, ((lengths + 2) * (2 * S + 3)).max()))
    losses, grads = np.empty(N), np.empty_like(values)
    batch = values, logits.offsets, targets, labels.offsets, blank, states, scratch, losses, grads
    in_parallel(ctc_rescaled.ctc_share, shares, batch)
    result = Ragged(grads, logits.offsets)
    again = np.flatnonzero(np.isnan(losses)).tolist()
    if again:  # digits were lost, or the input is invalid, of which the loss is NaN as well
        check.logits_values("logits", values)
    for n in again:
        check.feasible(f"labels[{n}]", labels[n], int(lengths[n]))
    for n in again:
        trace = ctc_trace(logits[n], labels[n], blank)
        losses[n] = trace.loss
        result[n][:] = trace.grad
    return losses, result


def _checked(logits: ArrayLike, labels: ArrayLike, blank: int) -> tuple[Floats, Ints, int]:
    checked_logits = check.logits("logits", logits)
    frames, K = checked_logits.shape
    blank = check.integer("blank", blank, low=0, high=K - 1)
    checked_labels = check.labels("labels", labels, K, blank)
    check.feasible("labels", checked_labels, frames)
    return checked_logits, checked_labels, blank


def _log_softmax(logits: Floats) -> Floats:
    logp = np.empty_like(logits)
    log_softmax(logits, logp)
    return logp


def _states(labels: Ints, blank: int) -> tuple[Ints, Floats]:
    S = 2 * len(labels) + 1
    states, skip = np.empty(S, dtype=np.int64), np.empty(S + 2)
    kernels.extend_labels(labels, blank, states, skip)
    return states, skip

"""CTC by writing out every path: slow, obvious, and for tiny T and K only.

A path is one class for each frame, K^T in all. It spells the labels that are left when repeats
are merged and blanks removed. The loss is -log of the summed probability of all paths that spell
the target. Nothing here is shared with the recursions under test, but for `decimal_loss`, which is
the textbook forward recursion in 60 decimal digits, itself held against the enumeration.
"""

import itertools
from collections.abc import Sequence
from decimal import Decimal, localcontext
from functools import cache
from typing import Any

import numpy as np


def log_softmax(logits: Any) -> np.ndarray:
    """(T, K) log-probabilities; complex logits allowed, single -inf allowed."""
    logits = np.asarray(logits)
    shifted = logits - logits.real.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def collapse(path: Sequence[int], blank: int) -> tuple[int, ...]:
    """Merge repeats, then remove blanks."""
    return tuple(label for label, _ in itertools.groupby(path) if label != blank)


@cache
def _paths(T: int, K: int) -> np.ndarray:
    return np.array(list(itertools.product(range(K), repeat=T)), dtype=np.int64)


@cache
def _spelling(T: int, K: int, blank: int, labels: tuple[int, ...]) -> np.ndarray:
    return np.array([collapse(path, blank) == labels for path in _paths(T, K).tolist()])


def _path_logp(logits: Any) -> np.ndarray:
    logp = log_softmax(logits)
    T, K = logp.shape
    return logp[np.arange(T), _paths(T, K)].sum(axis=1)


def _spelling_of(logits: Any, labels: Any, blank: int) -> np.ndarray:
    T, K = np.shape(logits)
    return _spelling(T, K, blank, tuple(int(label) for label in labels))


def loss(logits: Any, labels: Any, blank: int = 0) -> Any:
    """-log p(labels), in nats; analytic, so a complex step may go through it."""
    logp = _path_logp(logits)
    right = _spelling_of(logits, labels, blank)
    if not (logp.real[right] > -np.inf).any():
        return np.inf
    wrong_prob = np.exp(logp[~right]).sum()
    if wrong_prob.real < 0.5:
        return -np.log1p(-wrong_prob)  # keeps the last digits of a loss near 0
    peak = logp.real[right].max()
    return -(peak + np.log(np.exp(logp[right] - peak).sum()))


def occupancy(logits: Any, labels: Any, blank: int = 0) -> np.ndarray:
    """(T, K) probability that a path emits k at t, given that it spells the labels."""
    T, K = np.shape(logits)
    right = _spelling_of(logits, labels, blank)
    logp = _path_logp(logits)[right]
    prob = np.exp(logp - logp.max())
    emitted = _paths(T, K)[right][:, :, None] == np.arange(K)
    return (prob[:, None, None] * emitted).sum(axis=0) / prob.sum()


def state_sequence(path: Sequence[int], blank: int) -> list[int]:
    """The states 0 .. 2L of a path: even ones are blanks, 2 n + 1 is label n."""
    states, begun, previous = [], 0, blank
    for label in path:
        if label == blank:
            states.append(2 * begun)
        else:
            begun += label != previous
            states.append(2 * begun - 1)
        previous = label
    return states


def state_logp(logits: Any, labels: Any, blank: int = 0) -> np.ndarray:
    """(T, S) log of the summed probability of all right paths that are in state s at t."""
    T, K = np.shape(logits)
    right = _spelling_of(logits, labels, blank)
    prob = np.exp(_path_logp(logits)[right])
    total = np.zeros((T, 2 * len(labels) + 1))
    for path, path_prob in zip(_paths(T, K)[right].tolist(), prob, strict=True):
        total[np.arange(T), state_sequence(path, blank)] += path_prob
    with np.errstate(divide="ignore"):
        return np.log(total)


def best_path(logits: Any, labels: Any, blank: int = 0) -> tuple[np.ndarray, float]:
    """The most probable path that spells the labels, and its log-probability."""
    T, K = np.shape(logits)
    right = _spelling_of(logits, labels, blank)
    logp = _path_logp(logits)[right]
    best = int(logp.argmax())
    return _paths(T, K)[right][best], float(logp[best])


def decimal_loss(logits: Any, labels: Sequence[int], blank: int = 0) -> float:
    """-log p(labels) by the forward recursion over probabilities of 60 digits."""
    with localcontext() as context:
        context.prec = 60
        context.Emin, context.Emax = -999_999_999, 999_999_999
        prob = []
        for frame in np.asarray(logits, dtype=np.float64).tolist():
            e = [Decimal(z).exp() for z in frame]
            total = sum(e, Decimal(0))
            prob.append([weight / total for weight in e])
        states = [blank]
        for label in labels:
            states += [int(label), blank]
        alpha = [Decimal(0)] * len(states)
        alpha[0] = Decimal(1)  # before the first frame: about to enter state 0 or 1
        for t, frame_prob in enumerate(prob):
            entered = []
            for s, label in enumerate(states):
                total = alpha[s] + (alpha[s - 1] if s >= 1 else 0)
                if s >= 2 and label not in (blank, states[s - 2]) and t > 0:
                    total += alpha[s - 2]
                entered.append(total * frame_prob[label])
            alpha = entered
        return float(-(alpha[-1] + (alpha[-2] if len(alpha) > 1 else 0)).ln())

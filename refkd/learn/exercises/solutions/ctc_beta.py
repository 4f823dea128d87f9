"""The backward variable of CTC."""

import math

import numpy as np


def ctc_beta(logp, labels, blank):
    """Fill log_beta: the sum over all ways to continue from a state, the emission at t excluded.

    Parameters
    ----------
    logp : (T, K) array
        Log-probabilities log y[t, k]; some may be -inf.
    labels : (L,) array of int
        The label sequence, without blanks; may be empty. There are S = 2L + 1 states.
    blank : int
        Class of the blank.

    Returns
    -------
    log_beta : (T, S) array
        It is -inf where a path cannot be completed.

    Equations
    ---------
    log_add(a, b, c) = log(e^a + e^b + e^c); a term whose index falls outside is left out.

    (C1)
    (C2)
    (C5)
    (C6)

    Examples
    --------
    One label of probability 0.2, 0.5, 0.4. From the label at frame 1: 0.4 to stay, 0.6 to move on,
    together 1. From the first blank: 0.4, because the path must move on.

    >>> logp = np.log([[0.8, 0.2], [0.5, 0.5], [0.6, 0.4]])
    >>> np.exp(ctc_beta(logp, np.array([1]), 0)).round(4)
    array([[0.7, 0.8, 0.3],
           [0.4, 1. , 0.6],
           [0. , 1. , 1. ]])
    """
    T, S = len(logp), 2 * len(labels) + 1
    states = [labels[s // 2] if s % 2 == 1 else blank for s in range(S)]
    log_beta = np.full((T, S), -np.inf)
    for s in range(max(S - 2, 0), S):
        log_beta[T - 1, s] = 0.0
    for t in range(T - 2, -1, -1):
        for s in range(S):
            ways = []
            for to in range(s, min(s + 3, S)):
                skips = to == s + 2
                if not skips or (states[to] != blank and states[to] != states[s]):
                    ways.append(log_beta[t + 1, to] + logp[t + 1, states[to]])
            log_beta[t, s] = log_add(ways)
    return log_beta


def log_add(terms):
    """log of the sum of e^term, the largest taken out."""
    largest = max(terms)
    if largest == -math.inf:
        return largest
    return largest + math.log(sum(math.exp(term - largest) for term in terms))

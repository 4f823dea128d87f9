"""The forward variable of CTC, and the loss."""

import math

import numpy as np


def ctc_alpha(logp, labels, blank):
    """Fill log_alpha: the sum over all beginnings that end at a state, the emission at t included.

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
    log_alpha : (T, S) array
        It is -inf where there is no such beginning.
    loss : float
        In nats; inf if no path collapses to the labels.

    Equations
    ---------
    log_add(a, b, c) = log(e^a + e^b + e^c); a term whose index falls outside is left out.

    (C1)
    (C2)
    (C3)
    (C4)
    (C7)

    Examples
    --------
    One label of probability 0.2, 0.5, 0.4. At frame 1: 0.8 x 0.5 = 0.4, (0.2 + 0.8) x 0.5 = 0.5
    and 0.2 x 0.5 = 0.1. At the end 0.36 + 0.36 = 0.72.

    >>> logp = np.log([[0.8, 0.2], [0.5, 0.5], [0.6, 0.4]])
    >>> log_alpha, loss = ctc_alpha(logp, np.array([1]), 0)
    >>> np.exp(log_alpha).round(4)
    array([[0.8 , 0.2 , 0.  ],
           [0.4 , 0.5 , 0.1 ],
           [0.24, 0.36, 0.36]])
    >>> round(math.exp(-loss), 4)
    0.72
    """
    T, S = len(logp), 2 * len(labels) + 1
    states = [labels[s // 2] if s % 2 == 1 else blank for s in range(S)]
    log_alpha = np.full((T, S), -np.inf)
    for s in range(min(S, 2)):
        log_alpha[0, s] = logp[0, states[s]]
    for t in range(1, T):
        for s in range(S):
            ways = [log_alpha[t - 1, s]]
            if s >= 1:
                ways.append(log_alpha[t - 1, s - 1])
            if s >= 2 and states[s] != blank and states[s] != states[s - 2]:
                ways.append(log_alpha[t - 1, s - 2])
            log_alpha[t, s] = logp[t, states[s]] + log_add(ways)
    return log_alpha, -log_add(log_alpha[T - 1, max(S - 2, 0) :])


def log_add(terms):
    """log of the sum of e^term, the largest taken out."""
    largest = max(terms)
    if largest == -math.inf:
        return largest
    return largest + math.log(sum(math.exp(term - largest) for term in terms))

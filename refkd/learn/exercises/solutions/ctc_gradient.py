"""Occupancies and the gradient of CTC."""

import math

import numpy as np


def ctc_gradient(logp, labels, blank, log_alpha, log_beta):
    """Compute the occupancies and the gradient in the logits from log_alpha and log_beta.

    Parameters
    ----------
    logp : (T, K) array
        Log-probabilities log y[t, k]; some may be -inf.
    labels : (L,) array of int
        The label sequence, without blanks; may be empty. There are S = 2L + 1 states.
    blank : int
        Class of the blank.
    log_alpha, log_beta : (T, S) array
        The forward and the backward variable; they are correct.

    Returns
    -------
    occupancy : (T, K) array
        Probability that class k is emitted at frame t, given the labels.
    grad : (T, K) array
        Gradient of the loss in the logits.
        Both are 0 if no path collapses to the labels.

    Equations
    ---------
    loss = -log P, and P is the sum over all paths of the product of their y[t, k]. The softmax
    makes the probabilities from the logits: y[t, k] = e^z[t, k] / sum_k' e^z[t, k'].

    (C1)
    (C8)
    (C9)
    (C10) Derive: dz[t, k], first through P to log y, then through the softmax to the logits.

    Examples
    --------
    One label of probability 0.2, 0.5, 0.4. At frame 0 its paths have 0.2 x 0.8 = 0.16 of
    the 0.72 of all paths, so its occupancy is 0.2222.

    >>> logp = np.log([[0.8, 0.2], [0.5, 0.5], [0.6, 0.4]])
    >>> impossible = -np.inf
    >>> log_alpha = np.array([[math.log(0.8), math.log(0.2), impossible],
    ...                       np.log([0.4, 0.5, 0.1]), np.log([0.24, 0.36, 0.36])])
    >>> log_beta = np.array([np.log([0.7, 0.8, 0.3]), np.log([0.4, 1.0, 0.6]),
    ...                      [impossible, 0.0, 0.0]])
    >>> occupancy, grad = ctc_gradient(logp, np.array([1]), 0, log_alpha, log_beta)
    >>> occupancy.round(4)
    array([[0.7778, 0.2222],
           [0.3056, 0.6944],
           [0.5   , 0.5   ]])
    >>> grad[:, 1].round(4)
    array([-0.0222, -0.1944, -0.1   ])
    """
    T, S = log_alpha.shape
    states = [labels[s // 2] if s % 2 == 1 else blank for s in range(S)]
    occupancy, grad = np.zeros(logp.shape), np.zeros(logp.shape)
    for t in range(T):
        through = log_alpha[t] + log_beta[t]
        largest = max(through)
        if largest == -math.inf:
            continue
        weight = [math.exp(state - largest) for state in through]
        for s in range(S):
            occupancy[t, states[s]] += weight[s] / sum(weight)
        for k in range(logp.shape[1]):
            grad[t, k] = math.exp(logp[t, k]) - occupancy[t, k]
    return occupancy, grad

"""The forward variable of CTC in probabilities, rescaled frame by frame."""

import math

import numpy as np


def ctc_rescaled(prob, labels, blank):
    """Fill alpha^ without logarithms, and compute the loss from the scales.

    Each row of alpha^ is divided by its own sum, scale_t, so it never underflows. At frame 0 the
    row before the division is y[0, state_s] for s = 0, 1, and 0 for the other states.

    Parameters
    ----------
    prob : (T, K) array
        Probabilities y[t, k]; some may be 0, but no row of alpha^ is 0 throughout.
    labels : (L,) array of int
        The label sequence, without blanks; may be empty. There are S = 2L + 1 states.
    blank : int
        Class of the blank.

    Returns
    -------
    alpha : (T, S) array
        alpha^. Each row sums to 1.
    scale : (T,) array
        The sum of each row before the division.
    loss : float
        -log P in nats; inf if no path collapses to the labels.

    Equations
    ---------
    A term whose index falls outside is left out; end is the sum of alpha^[T-1, s] over the last
    two states.

    (C1)
    (C2)
    (C13)
    (C17) Derive: the loss, from all scale_t and from end. What is alpha^[t, s] divided by alpha?

    Examples
    --------
    One label of probability 0.2, 0.5, 0.4. The unscaled rows sum to 1, 1 and 0.96; of the last
    row, 0.36 + 0.36 belong to whole paths.

    >>> prob = np.array([[0.8, 0.2], [0.5, 0.5], [0.6, 0.4]])
    >>> alpha, scale, loss = ctc_rescaled(prob, np.array([1]), 0)
    >>> alpha.round(4)
    array([[0.8  , 0.2  , 0.   ],
           [0.4  , 0.5  , 0.1  ],
           [0.25 , 0.375, 0.375]])
    >>> scale.round(4), round(math.exp(-loss), 4)
    (array([1.  , 1.  , 0.96]), 0.72)
    """
    T, S = len(prob), 2 * len(labels) + 1
    states = [labels[s // 2] if s % 2 == 1 else blank for s in range(S)]
    alpha, scale = np.zeros((T, S)), np.zeros(T)
    loss = 0.0
    for t in range(T):
        for s in range(S):
            if t == 0:
                arrive = 1.0 if s <= 1 else 0.0
            else:
                arrive = alpha[t - 1, s]
                if s >= 1:
                    arrive += alpha[t - 1, s - 1]
                if s >= 2 and states[s] != blank and states[s] != states[s - 2]:
                    arrive += alpha[t - 1, s - 2]
            alpha[t, s] = arrive * prob[t, states[s]]
        scale[t] = sum(alpha[t])
        for s in range(S):
            alpha[t, s] /= scale[t]
        loss -= math.log(scale[t])
    end = sum(alpha[T - 1, max(S - 2, 0) :])
    return alpha, scale, loss - math.log(end) if end > 0.0 else math.inf

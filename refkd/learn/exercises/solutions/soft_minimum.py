"""Weights and loss of the rule Soft."""

import math

import numpy as np


def soft_minimum(divergence, tau):
    """Weigh the teacher frames by their similarity, and say what each student frame pays.

    Parameters
    ----------
    divergence : (T, W) array
        D(t, u), a column for each u in sight; inf where there is no such teacher frame.
    tau : float
        Temperature in nats, > 0; inf is allowed.

    Returns
    -------
    weight : (T, W) array
        w(t, u) at the same columns; they sum to 1 in each frame. 0 where D is inf.
    softmin : (T,) array
        What each student frame pays, in nats; the loss of the rule is their sum. 0 for a frame that
        sees nothing. At tau = inf it is the mean of D.

    Equations
    ---------
    Sum and mean are over the u with D < inf.

    (S10)
    (S11)

    Examples
    --------
    D is 0 and 0.6 ln 4, so at tau = 0.6 e^(-D / tau) is 1 and 1/4: weights 0.8 and 0.2, and
    softmin = -0.6 ln(5/8) = 0.2820.

    >>> weight, softmin = soft_minimum(np.array([[0.0, 0.6 * math.log(4.0)]]), 0.6)
    >>> weight.round(4), softmin.round(4)
    (array([[0.8, 0.2]]), array([0.282]))
    """
    T, W = divergence.shape
    weight, softmin = np.zeros((T, W)), np.zeros(T)
    for t in range(T):
        seen = [w for w in range(W) if divergence[t, w] < np.inf]
        if not seen:
            continue
        low = min(divergence[t])
        for w in seen:
            weight[t, w] = math.exp(-(divergence[t, w] - low) / tau)
        total = sum(weight[t])
        if tau < np.inf:
            softmin[t] = low - tau * math.log(total / len(seen))
        else:
            softmin[t] = sum(divergence[t, w] for w in seen) / len(seen)
        for w in seen:
            weight[t, w] /= total
    return weight, softmin

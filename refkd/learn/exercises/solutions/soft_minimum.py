"""Weights and loss of the rule Soft."""

import math

import numpy as np


def soft_minimum(divergence, tau):
    """Compute the soft minimum of each student frame, and its derivative in each divergence.

    Parameters
    ----------
    divergence : (T, W) array
        D(t, u), a column for each u in the window; inf where there is no such teacher frame.
    tau : float
        Temperature in nats, > 0; inf is allowed.

    Returns
    -------
    weight : (T, W) array
        weight(t, u) at the same columns: the derivative of softmin_t in D(t, u). 0 where D is inf.
    softmin : (T,) array
        The soft minimum of each student frame, in nats; the loss of the rule is their sum. It is 0
        for a frame that sees nothing, and the mean of D at tau = inf.

    Equations
    ---------
    The sum is over the u with D < inf; count_t is the number of these.

    (S11)
    (S10) Derive: weight(t, u), the derivative of softmin_t in D(t, u).

    Examples
    --------
    D is 0 and 0.6 ln 4, so e^(-D / tau) is 1 and 1/4 at tau = 0.6, and softmin is
    -0.6 ln(5/8) = 0.2820.

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

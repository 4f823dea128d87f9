"""The selection of Monotone: one teacher frame each, never stepping back."""

import numpy as np


def monotone(divergence, left, max_step):
    """Choose a teacher frame for each student frame, in order, with the least sum of D.

    Parameters
    ----------
    divergence : (T, W) array
        D(t, u) at column w = u - t + left; inf where there is no such teacher frame.
    left : int
        How many earlier teacher frames a student frame sees.
    max_step : int
        maxstep: by how many teacher frames the choice may move on from one student frame to the
        next.

    Returns
    -------
    cost : (T, W) array
        cost(t, u) at the same columns: the cheapest choice that ends with the pair (t, u). It is D
        at the first student frame that sees anything. It is inf where there is no choice, and
        throughout a student frame that sees nothing.
    chosen : (T,) array of int
        The teacher frame (not the column) of each student frame on the cheapest path, of equal ones
        always the earlier; -1 where a frame sees nothing, and everywhere if there is no path.

    Equations
    ---------
    t' is the last student frame before t that sees anything, u' its teacher frame. The u' of (S5)
    and (S6) are those of (S4).

    (S4)
    (S5)
    (S6)

    Examples
    --------
    For frame 1 the cheapest is u = 0, with 0.75 + 0. For frame 2 u = 1 and u = 2 then add nothing.

    >>> divergence = np.array([[np.inf, 0.75], [0.0, 0.75], [0.0, 0.0]])
    >>> cost, chosen = monotone(divergence, 1, 2)
    >>> cost
    array([[ inf, 0.75],
           [0.75, 1.5 ],
           [0.75, 0.75]])
    >>> chosen
    array([0, 0, 1])
    """
    T, W = divergence.shape
    cost = np.full((T, W), np.inf)
    origin = np.zeros((T, W), dtype=int)
    frames = [t for t in range(T) if min(divergence[t]) < np.inf]
    for n, t in enumerate(frames):
        for w in range(W):
            if n == 0:
                cost[t, w] = divergence[t, w]
                continue
            before = frames[n - 1]
            best = np.inf
            for column in range(W):
                step = (t + w) - (before + column)
                if 0 <= step <= max_step and cost[before, column] < best:
                    best = cost[before, column]
                    origin[t, w] = column
            cost[t, w] = divergence[t, w] + best
    chosen = np.full(T, -1)
    if frames and min(cost[frames[-1]]) < np.inf:
        w = cost[frames[-1]].argmin()
        for t in reversed(frames):
            chosen[t] = t + w - left
            w = origin[t, w]
    return cost, chosen

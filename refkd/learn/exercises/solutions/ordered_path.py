"""The selection of OrderedPath: the cheapest path through both sequences, no frame skipped."""

import numpy as np


def ordered_path(divergence, left):
    """Find the cheapest path from the first pair of frames to the last.

    Each move of the path advances both sequences by one frame, or the student alone, or the
    teacher alone. Each pair on the path counts once.

    Parameters
    ----------
    divergence : (T, W) array
        D(t, u) at column w = u - t + left; inf where there is no such teacher frame. The pairs
        (t, t) exist.
    left : int
        How many earlier teacher frames a student frame sees.

    Returns
    -------
    cost : (T, W) array
        cost(t, u) at the same columns: the cheapest path that ends with the pair (t, u). It is inf
        where there is none.
    first, last : (T,) array of int
        The path pairs student frame t with the teacher frames first[t] to last[t]: these are
        teacher frames and not columns.

    Equations
    ---------
    A term whose frames fall outside is left out. Of equally cheap pairs before (t, u), take the one
    named first below.

    (S7)
    (S8)

    Examples
    --------
    The cheapest path is (0, 0), (0, 1), (1, 2), (2, 2) with the cost 0.5 + 0.25 + 0 + 0.25 = 1.

    >>> divergence = np.array([[np.inf, 0.5, 0.25], [0.0, 0.75, 0.0], [0.5, 0.25, np.inf]])
    >>> cost, first, last = ordered_path(divergence, 1)
    >>> cost
    array([[ inf, 0.5 , 0.75],
           [0.5 , 1.25, 0.75],
           [1.  , 1.  ,  inf]])
    >>> first, last
    (array([0, 2, 2]), array([1, 2, 2]))
    """
    T, W = divergence.shape
    cost, before = np.full((T, W), np.inf), {}
    for t in range(T):
        for w in range(W):
            best = 0.0 if (t, w) == (0, left) else np.inf
            for at in ((t - 1, w), (t - 1, w + 1), (t, w - 1)):
                if at[0] >= 0 and 0 <= at[1] < W and cost[at] < best:
                    best, before[t, w] = cost[at], at
            cost[t, w] = divergence[t, w] + best
    path = [(T - 1, left)]
    while path[-1] in before:
        path.append(before[path[-1]])
    first, last = np.full(T, T), np.full(T, -1)
    for t, w in path:
        u = t + w - left
        first[t], last[t] = min(first[t], u), max(last[t], u)
    return cost, first, last

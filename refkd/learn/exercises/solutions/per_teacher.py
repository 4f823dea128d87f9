"""The selection of PerTeacher: the most similar student frame for each teacher frame."""

import numpy as np


def per_teacher(divergence, left):
    """Choose for each teacher frame, among the student frames that see it, the most similar one.

    Parameters
    ----------
    divergence : (T, W) array
        D(t, u) at column w = u - t + left; inf where there is no such teacher frame. There are T
        teacher frames, too.
    left : int
        How many earlier teacher frames a student frame sees.

    Returns
    -------
    chosen : (T,) array of int
        t(u), a student frame, at index u; -1 for a teacher frame that no student frame sees. Of
        equal ones the t nearest to u is chosen; of two equally near ones, the earlier.

    Equations
    ---------
    (S9)

    Examples
    --------
    Teacher frame 0 is seen by the student frames 0 and 1, and frame 1 resembles it. Teacher frame 1
    is seen by 1 and 2. Teacher frame 2 is seen by student frame 2 alone.

    >>> divergence = np.array([[np.inf, 0.8318], [0.0, 0.8318], [0.0, 0.0]])
    >>> per_teacher(divergence, 1)
    array([1, 2, 2])
    """
    T, W = divergence.shape
    chosen = np.full(T, -1)
    for u in range(T):
        best = None
        for t in range(T):
            w = u - t + left
            if 0 <= w < W and divergence[t, w] < np.inf:
                rank = (divergence[t, w], abs(t - u), t)
                if best is None or rank < best:
                    best = rank
                    chosen[u] = t
    return chosen

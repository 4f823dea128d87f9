"""The selection of Hard: the most similar teacher frame."""

import numpy as np


def hard(divergence, left):
    """Choose for each student frame the teacher frame that is most similar to it.

    Parameters
    ----------
    divergence : (T, W) array
        D(t, u) at column w = u - t + left; inf where there is no such teacher frame.
    left : int
        How many earlier teacher frames a student frame sees.

    Returns
    -------
    chosen : (T,) array of int
        u(t), a teacher frame and not a column; -1 for a student frame that sees none. Of equal
        ones the u nearest to t is chosen; of two equally near ones, the earlier.

    Equations
    ---------
    (S2)

    Examples
    --------
    Each student frame sees one earlier teacher frame and its own. Frame 0 sees only its own, frame
    1 is most similar to teacher frame 0, and frame 2 is equally similar to 1 and 2; 2 is nearer.

    >>> divergence = np.array([[np.inf, 0.8318], [0.0, 0.8318], [0.0, 0.0]])
    >>> hard(divergence, 1)
    array([0, 0, 2])
    """
    T, W = divergence.shape
    chosen = np.full(T, -1)
    for t in range(T):
        best = None
        for w in range(W):
            u = t + w - left
            rank = (divergence[t, w], abs(u - t), u)
            if divergence[t, w] < np.inf and (best is None or rank < best):
                best = rank
                chosen[t] = u
    return chosen

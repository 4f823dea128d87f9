"""The selection rules: which teacher frames a student frame learns from (docs/course/selection.md).

divergence (T, W)  D(t, u) at column w = u - t + left, +inf where there is no such pair
selected   (T, W)  booleans, all False on entry; the kernel marks the pairs it chooses
"""

import math

import numpy as np

from refkd.kernels.compile import kernel
from refkd.kernels.numeric import exp_64, expm1_64


@kernel
def nearer(w, other, left):
    """Column w is nearer to the student's own frame than `other`, or as near and earlier."""
    return abs(w - left) < abs(other - left) or (abs(w - left) == abs(other - left) and w < other)


@kernel
def select_visible(divergence, selected):
    """Every pair that exists."""
    T, W = divergence.shape
    for t in range(T):
        for w in range(W):
            selected[t, w] = divergence[t, w] < np.inf  # (S1)


@kernel
def select_hard(divergence, left, selected):
    """For each student frame the most similar teacher frame; ties: the nearest, then earlier."""
    T, W = divergence.shape
    for t in range(T):
        best = -1
        for w in range(W):
            d = divergence[t, w]
            if d < np.inf and (
                best < 0
                or d < divergence[t, best]  # (S2)
                or (d == divergence[t, best] and nearer(w, best, left))
            ):
                best = w
        if best >= 0:
            selected[t, best] = True


@kernel
def select_top_k(divergence, left, k, selected):
    """For each student frame the k most similar teacher frames; ties as in `select_hard`."""
    T, W = divergence.shape
    for t in range(T):
        for _ in range(min(k, W)):
            best = -1
            for w in range(W):
                d = divergence[t, w]
                if (
                    d < np.inf
                    and not selected[t, w]
                    and (
                        best < 0
                        or d < divergence[t, best]  # (S3)
                        or (d == divergence[t, best] and nearer(w, best, left))
                    )
                ):
                    best = w
            if best < 0:
                break
            selected[t, best] = True


@kernel
def sees_any(divergence, t):
    """Whether student frame t has any pair at all."""
    for d in divergence[t]:
        if d < np.inf:
            return True
    return False


@kernel
def select_monotone(divergence, max_step, cost, origin, selected):
    """One teacher frame for each student frame, never stepping back: the path of least cost.

    max_step       largest step of the teacher frame between neighbouring student frames
    cost (T, W)    scratch: the cheapest path that ends with this pair
    origin (T, W)  scratch: its column in the student frame before
    Student frames that see nothing are passed over. Returns the cost; inf, and nothing selected,
    if there is no path.
    """
    T, W = divergence.shape
    before = -1  # the last student frame that sees anything
    for t in range(T):
        if not sees_any(divergence, t):
            continue
        best, fresh, gap = -1, 0, t - before
        for w in range(W):
            cost[t, w] = divergence[t, w]
            if before < 0:
                continue
            first, last = max(0, w + gap - max_step), min(W - 1, w + gap)  # (S4)
            if best < first:  # too far back by now: look again at all that may come before
                best, fresh = first, first
            for c in range(fresh, last + 1):
                if cost[before, c] < cost[before, best]:
                    best = c
            fresh = last + 1
            origin[t, w] = best
            cost[t, w] += cost[before, best] if first <= last else np.inf  # (S5)
        before = t
    if before < 0:
        return 0.0
    w = cost[before].argmin()
    total = cost[before, w]
    for t in range(before, -1, -1):
        if total < np.inf and sees_any(divergence, t):
            selected[t, w] = True  # (S6)
            w = origin[t, w]
    return total


@kernel
def select_ordered_path(divergence, left, cost, step, selected):
    """The cheapest warping path from the first pair of frames to the last, none skipped.

    cost (T, W)  scratch: the cheapest path that ends with this pair
    step (T, W)  scratch: 0 both sequences advance, 1 the student alone, 2 the teacher alone
    """
    T, W = divergence.shape
    for t in range(T):
        for w in range(W):
            best = 0.0 if t == 0 and w == left else np.inf
            step[t, w] = 0
            if t > 0 and cost[t - 1, w] < best:
                best = cost[t - 1, w]
            if t > 0 and w + 1 < W and cost[t - 1, w + 1] < best:
                best = cost[t - 1, w + 1]
                step[t, w] = 1
            if w > 0 and cost[t, w - 1] < best:
                best = cost[t, w - 1]
                step[t, w] = 2
            cost[t, w] = divergence[t, w] + best  # (S7)
    t, w = T - 1, left
    selected[t, w] = True
    while t > 0 or w != left:  # (S8)
        move = step[t, w]
        t -= 0 if move == 2 else 1
        w += 1 if move == 1 else (-1 if move == 2 else 0)
        selected[t, w] = True


@kernel
def select_per_teacher(divergence, left, selected):
    """For each teacher frame the student frame that resembles it most; ties as in `select_hard`."""
    T, W = divergence.shape
    for u in range(T):
        best = -1
        for t in range(max(0, u - W + 1 + left), min(T, u + left + 1)):
            d = divergence[t, u - t + left]
            if d < np.inf and (
                best < 0
                or d < divergence[best, u - best + left]  # (S9)
                or (d == divergence[best, u - best + left] and abs(t - u) < abs(best - u))
            ):
                best = t
        if best >= 0:
            selected[best, u - best + left] = True


@kernel
def similarity_weights(divergence, selected, tau, weight):
    """softmax(-D / tau) among the selected pairs of each student frame; equal at tau = inf."""
    T, W = divergence.shape
    for t in range(T):
        low = np.inf
        for w in range(W):
            if selected[t, w]:
                low = min(low, divergence[t, w])
        total = 0.0
        for w in range(W):
            weight[t, w] = 0.0
            if selected[t, w]:
                weight[t, w] = exp_64(-(divergence[t, w] - low) / tau)
                total += weight[t, w]
        for w in range(W):
            if selected[t, w]:
                weight[t, w] /= total  # (S10)


@kernel
def soft_minimum(divergence, selected, tau, cost):
    """-tau log mean exp(-D / tau) over the selected pairs of each student frame; 0 without any.

    cost (T,)  filled; the plain mean at tau = inf
    """
    T, W = divergence.shape
    for t in range(T):
        low, count = np.inf, 0
        for w in range(W):
            if selected[t, w]:
                low = min(low, divergence[t, w])
                count += 1
        mean = 0.0
        for w in range(W):
            if selected[t, w]:
                excess = divergence[t, w] - low
                mean += (excess if tau == np.inf else expm1_64(-excess / tau)) / count
        if count == 0:
            cost[t] = 0.0
        elif tau == np.inf:
            cost[t] = low + mean
        else:
            cost[t] = low - tau * math.log1p(mean)  # (S11)

"""Exponentials and their relatives, in forms that the compiler can vectorise.

Numba calls the scalar functions of the C library one at a time. These are plain arithmetic
without branches, so a loop over them is one over vectors. Equations: docs/course/numeric.md.
"""

import math

import numpy as np

from refkd.kernels.compile import kernel

LOG2_E = 1.4426950408889634
LN2_HIGH = 0.6931471803691238  # ln 2 = LN2_HIGH + LN2_LOW, and n * LN2_HIGH is exact
LN2_LOW = 1.9082149292705877e-10
TAYLOR = tuple(1.0 / math.factorial(order) for order in range(14))

LN2 = 0.6931471805599453
SQRT2 = 1.4142135623730951
ODD = tuple(1.0 / (2 * order + 1) for order in range(11))

LOG2_E_32 = np.float32(LOG2_E)
LN2_HIGH_32 = np.float32(0.693359375)
LN2_LOW_32 = np.float32(-2.12194440e-4)
TAYLOR_32 = tuple(np.float32(1.0 / math.factorial(order)) for order in range(8))
HALF_32 = np.float32(0.5)
ONE_32 = np.float32(1.0)
TWO_32 = np.float32(2.0)


@kernel
def power_of_two(n):
    """2^n in float64, for -1022 <= n <= 1023: n becomes the bits of the exponent."""
    return np.int64((n + 1023) << 52).view(np.float64)


@kernel
def power_of_two_32(n):
    """2^n in float32, for -126 <= n <= 127."""
    return np.int32((n + 127) << 23).view(np.float32)


@kernel(contract=True)
def exp_64(x):
    x = -746.0 if x < -746.0 else x  # beyond these it is 0 or inf; NaN passes
    x = 710.0 if x > 710.0 else x
    n = np.floor(x * LOG2_E + 0.5)  # (N1)
    r = (x - n * LN2_HIGH) - n * LN2_LOW  # (N1)
    series = TAYLOR[13]
    for order in range(12, -1, -1):
        series = series * r + TAYLOR[order]  # (N2)
    n = np.int64(n)
    half = n >> 1  # in two steps, for results below the smallest normal number
    return series * power_of_two(half) * power_of_two(n - half)  # (N3)


@kernel(contract=True)
def exp_32(x):
    x = np.float32(-104.0) if x < np.float32(-104.0) else x
    x = np.float32(89.0) if x > np.float32(89.0) else x
    n = np.floor(x * LOG2_E_32 + HALF_32)  # (N1)
    r = (x - n * LN2_HIGH_32) - n * LN2_LOW_32  # (N1)
    series = TAYLOR_32[7]
    for order in range(6, -1, -1):
        series = series * r + TAYLOR_32[order]  # (N2)
    n = np.int32(n)
    half = n >> np.int32(1)
    return series * power_of_two_32(half) * power_of_two_32(n - half)  # (N3)


@kernel
def exp(x):
    """e^x to 2 units in the last place, in the precision of x."""
    if isinstance(x, np.float32):
        return exp_32(x)
    else:
        return exp_64(x)


@kernel(contract=True)
def expm1_64(x):
    x = -60.0 if x < -60.0 else x
    n = np.floor(x * LOG2_E + 0.5)
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    series = TAYLOR[13]
    for order in range(12, 0, -1):
        series = series * r + TAYLOR[order]
    scale = power_of_two(np.int64(n))
    return scale * (series * r) + (scale - 1.0)  # (N4)


@kernel(contract=True)
def expm1_32(x):
    x = np.float32(-30.0) if x < np.float32(-30.0) else x
    n = np.floor(x * LOG2_E_32 + HALF_32)
    r = (x - n * LN2_HIGH_32) - n * LN2_LOW_32
    series = TAYLOR_32[7]
    for order in range(6, 0, -1):
        series = series * r + TAYLOR_32[order]
    scale = power_of_two_32(np.int32(n))
    return scale * (series * r) + (scale - ONE_32)  # (N4)


@kernel
def expm1(x):
    """e^x - 1 without cancellation near 0, for x <= 80, in the precision of x."""
    if isinstance(x, np.float32):
        return expm1_32(x)
    else:
        return expm1_64(x)


@kernel
def sigmoid(x):
    """1 / (1 + e^-x)."""
    if isinstance(x, np.float32):
        return ONE_32 / (ONE_32 + exp_32(-x))  # (N5)
    else:
        return 1.0 / (1.0 + exp_64(-x))  # (N5)


@kernel
def tanh(x):
    """(e^2x - 1) / (e^2x + 1), accurate near 0 too."""
    if isinstance(x, np.float32):
        x = np.float32(10.0) if x > np.float32(10.0) else x  # tanh(10) rounds to 1
        m = expm1_32(TWO_32 * x)
        return m / (m + TWO_32)  # (N6)
    else:
        x = 20.0 if x > 20.0 else x
        m = expm1_64(2.0 * x)
        return m / (m + 2.0)  # (N6)


@kernel(contract=True)
def log1p(x):
    """log(1 + x) for 0 <= x <= 2, in float64."""
    once = x > SQRT2 - 1.0  # 1 + x is halved until it is near 1
    twice = x > 2.0 * SQRT2 - 1.0
    halvings = 1.0 if once else 0.0
    halvings = 2.0 if twice else halvings
    f = 0.5 * (x - 1.0) if once else x
    f = 0.25 * (x - 3.0) if twice else f
    z = f / (2.0 + f)
    series = ODD[10]
    for order in range(9, -1, -1):
        series = series * (z * z) + ODD[order]
    return halvings * LN2 + 2.0 * z * series  # (N7)


@kernel
def log_add(a, b, c, total):
    """Fill total[s] = log(e^a[s] + e^b[s] + e^c[s]), where any of them may be -inf.

    A whole row at once: the compiler vectorises this loop, but not one that calls it.
    """
    for s in range(len(total)):
        high = max(a[s], b[s])
        low = min(a[s], b[s])
        top = max(high, c[s])
        middle = min(high, c[s])
        anchor = max(top, -1e300)  # finite: -inf - anchor stays -inf
        rest = exp_64(low - anchor) + exp_64(middle - anchor)  # all but the largest, which is e^0
        total[s] = top + log1p(rest)  # (N8)


@kernel
def log_softmax(logits, logp):
    """Normalise each frame to log-probabilities.

    logits (T, K)  at least one finite entry in every frame, the others may be -inf
    logp   (T, K)  filled, float64
    """
    T, K = logits.shape
    for t in range(T):
        top = 0
        for k in range(1, K):
            if logits[t, k] > logits[t, top]:
                top = k
        peak = logits[t, top]
        for k in range(K):
            logp[t, k] = exp_64(logits[t, k] - peak)
        rest = 0.0  # all but the peak, so that a confident frame keeps its last digits
        for k in range(K):
            if k != top:
                rest += logp[t, k]
        log_sum = math.log1p(rest)
        for k in range(K):
            logp[t, k] = (logits[t, k] - peak) - log_sum  # (N9)


@kernel
def largest(row):
    """The largest number of a row, in four chains of comparisons that need not wait."""
    a, b, c, d = -np.inf, -np.inf, -np.inf, -np.inf
    for k in range(len(row) // 4):
        a = max(a, row[4 * k])
        b = max(b, row[4 * k + 1])
        c = max(c, row[4 * k + 2])
        d = max(d, row[4 * k + 3])
    for k in range(len(row) // 4 * 4, len(row)):
        a = max(a, row[k])
    return max(max(a, b), max(c, d))


@kernel
def alternate_sums(row):
    """The sums over the even and over the odd places of a row, in two chains of additions each."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    for k in range(len(row) // 4):
        a += row[4 * k]
        b += row[4 * k + 1]
        c += row[4 * k + 2]
        d += row[4 * k + 3]
    for k in range(len(row) // 4 * 4, len(row)):
        if k % 2 == 0:
            a += row[k]
        else:
            b += row[k]
    return a + c, b + d


@kernel
def softmax(logits, prob):
    """Normalise each frame to probabilities; NaN in a frame with NaN or inf, or of only -inf.

    Of short rows, one loop takes the exponentials of several frames, which are still in cache.
    """
    T, K = logits.shape
    step = max(1, 1024 // K)
    for begin in range(0, T, step):
        block = prob[begin : begin + step]
        for t in range(len(block)):
            row, out = logits[begin + t], block[t]
            peak = largest(row)
            if step > 1:
                for k in range(K):
                    out[k] = row[k] - peak
            else:
                for k in range(K):
                    out[k] = exp_64(row[k] - peak)
        if step > 1:
            flat = block.reshape(block.size)
            for k in range(len(flat)):
                flat[k] = exp_64(flat[k])
        for t in range(len(block)):
            out = block[t]
            even, odd = alternate_sums(out)
            share = 1.0 / (even + odd)
            for k in range(K):
                out[k] *= share

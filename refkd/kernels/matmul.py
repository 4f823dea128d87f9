"""Matrix products as loops. Equations: docs/course/matmul.md.

Every output starts from what `out` holds and adds its terms one after the other, so its bits depend
neither on the number of rows in the call nor on the number of threads. A transposed factor is
passed as a view: `add_matmul(a.T, b, out)` sums over the frames.
"""

from numba import prange

from refkd.kernels.compile import kernel


@kernel
def eight(x, k):
    """x[k] to x[k + 7], to be held in registers."""
    return x[k], x[k + 1], x[k + 2], x[k + 3], x[k + 4], x[k + 5], x[k + 6], x[k + 7]


@kernel
def eight_down(b, k, n):
    """Column n of b from row k to row k + 7."""
    return (
        b[k, n],
        b[k + 1, n],
        b[k + 2, n],
        b[k + 3, n],
        b[k + 4, n],
        b[k + 5, n],
        b[k + 6, n],
        b[k + 7, n],
    )


@kernel(contract=True)
def add_eight(total, x, y):
    """total + x . y over eight terms, one after the other."""
    total = total + x[0] * y[0] + x[1] * y[1] + x[2] * y[2] + x[3] * y[3]  # (M2)
    return total + x[4] * y[4] + x[5] * y[5] + x[6] * y[6] + x[7] * y[7]  # (M2)


@kernel(contract=True)
def add_last_terms(x, b, out, first):
    """Add the terms from `first` on, which are too few to go by eight."""
    K, N = b.shape
    for k in range(first, K):
        for n in range(N):
            out[n] += x[k] * b[k, n]  # (M1)


@kernel
def add_vector_matmul(x, b, out):
    """out += x b for one row.

    x (K,)  b (K, N)  out (N,)
    """
    K, N = b.shape
    whole = K - K % 8
    for k in range(0, whole, 8):
        x8 = eight(x, k)
        for n in range(N):
            out[n] = add_eight(out[n], x8, eight_down(b, k, n))
    add_last_terms(x, b, out, whole)


@kernel
def add_four_rows(x, b, out):
    """out += x b for four rows, which share each number read from b.

    x, out  four rows (K,) and four rows (N,)
    b       (K, N)
    """
    K, N = b.shape
    whole = K - K % 8
    x0, x1, x2, x3 = x
    out0, out1, out2, out3 = out
    for k in range(0, whole, 8):
        p, q, r, s = eight(x0, k), eight(x1, k), eight(x2, k), eight(x3, k)
        for n in range(N):
            b8 = eight_down(b, k, n)
            sum0, sum1 = add_eight(out0[n], p, b8), add_eight(out1[n], q, b8)  # (M3)
            sum2, sum3 = add_eight(out2[n], r, b8), add_eight(out3[n], s, b8)  # (M3)
            out0[n], out1[n], out2[n], out3[n] = sum0, sum1, sum2, sum3
    for row in range(4):
        add_last_terms(x[row], b, out[row], whole)


@kernel
def add_matmul(a, b, out):
    """out += a b.

    a (M, K)  b (K, N)  out (M, N)
    """
    M = len(a)
    whole = M - M % 4
    for m in range(0, whole, 4):
        rows = a[m], a[m + 1], a[m + 2], a[m + 3]
        add_four_rows(rows, b, (out[m], out[m + 1], out[m + 2], out[m + 3]))
    for m in range(whole, M):
        add_vector_matmul(a[m], b, out[m])


@kernel(parallel=True)
def parallel_add_matmul(a, b, out):
    """out += a b, eight rows of `out` after the other, the eights in parallel."""
    for part in prange((len(a) + 7) // 8):
        add_matmul(a[8 * part : 8 * part + 8], b, out[8 * part : 8 * part + 8])

"""Matrix products as loops. Equations: docs/matmul.md.

Every output starts from what `out` holds and adds its terms one after the other, so its bits depend
neither on the number of rows in the call nor on the number of threads. A transposed factor is
passed as a view: `add_matmul(a.T, b, out)` sums over the frames.
"""

from numba import prange

from refkd.kernels.compile import kernel

TILE = 384  # columns of b and of four rows of out that stay in the nearest cache


@kernel
def eight(x, k):
    """Eight entries of x, from k on."""
    return x[k], x[k + 1], x[k + 2], x[k + 3], x[k + 4], x[k + 5], x[k + 6], x[k + 7]


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
        b0, b1, b2, b3 = b[k], b[k + 1], b[k + 2], b[k + 3]
        b4, b5, b6, b7 = b[k + 4], b[k + 5], b[k + 6], b[k + 7]
        for n in range(N):
            column = b0[n], b1[n], b2[n], b3[n], b4[n], b5[n], b6[n], b7[n]
            out[n] = add_eight(out[n], x8, column)
    add_last_terms(x, b, out, whole)


@kernel
def add_four_rows(x, b, out):
    """out += x b for four rows, which share each number read from b.

    x, out  four rows (K,) and four rows (N,)
    b       (K, N)
    """
    K, N = b.shape
    whole = K - K % 8
    for left in range(0, N, TILE):
        c = slice(left, min(left + TILE, N))
        out0, out1, out2, out3 = out[0][c], out[1][c], out[2][c], out[3][c]
        for k in range(0, whole, 8):
            w8, x8, y8, z8 = eight(x[0], k), eight(x[1], k), eight(x[2], k), eight(x[3], k)
            b0, b1, b2, b3 = b[k, c], b[k + 1, c], b[k + 2, c], b[k + 3, c]
            b4, b5, b6, b7 = b[k + 4, c], b[k + 5, c], b[k + 6, c], b[k + 7, c]
            for n in range(len(out0)):
                column = b0[n], b1[n], b2[n], b3[n], b4[n], b5[n], b6[n], b7[n]
                sum0, sum1 = add_eight(out0[n], w8, column), add_eight(out1[n], x8, column)
                sum2, sum3 = add_eight(out2[n], y8, column), add_eight(out3[n], z8, column)
                out0[n], out1[n], out2[n], out3[n] = sum0, sum1, sum2, sum3  # (M3)
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

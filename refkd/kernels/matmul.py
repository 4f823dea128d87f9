"""Matrix products as loops. Equations: docs/matmul.md.

Every output starts from what `out` holds and adds its terms one after the other, so its bits depend
neither on the number of rows in the call nor on the number of threads. A transposed factor is
passed as a view: `add_matmul(a.T, b, out)` sums over the frames.
"""

from numba import prange

from refkd.kernels.compile import kernel

BLOCK = 64
TILE_ROWS = 16  # rows of b, and
TILE_COLUMNS = 256  # columns, that stay in the nearest cache while every row of a passes by


@kernel(contract=True)
def add_vector_matmul(x, w, out):
    """out += x w for one row.

    x (K,)  w (K, N)  out (N,)
    """
    K, N = w.shape
    whole = K - K % 8
    for k in range(0, whole, 8):  # eight rows of w for each pass over out
        x0, x1, x2, x3 = x[k], x[k + 1], x[k + 2], x[k + 3]
        x4, x5, x6, x7 = x[k + 4], x[k + 5], x[k + 6], x[k + 7]
        w0, w1, w2, w3 = w[k], w[k + 1], w[k + 2], w[k + 3]
        w4, w5, w6, w7 = w[k + 4], w[k + 5], w[k + 6], w[k + 7]
        for n in range(N):
            total = out[n] + x0 * w0[n] + x1 * w1[n] + x2 * w2[n] + x3 * w3[n]  # (M2)
            out[n] = total + x4 * w4[n] + x5 * w5[n] + x6 * w6[n] + x7 * w7[n]  # (M2)
    for k in range(whole, K):
        for n in range(N):
            out[n] += x[k] * w[k, n]  # (M1)


@kernel(contract=True)
def add_four_rows(a, b, out, i, rows, columns):
    """out[i : i + 4] += a b over a tile of b: a 4 x 4 block of a stays in registers along n.

    a (M, K)  b (K, N)  out (M, N)  rows, columns  first and last of the tile
    """
    left, right = columns
    r0, r1, r2, r3 = (
        out[i, left:right],
        out[i + 1, left:right],
        out[i + 2, left:right],
        out[i + 3, left:right],
    )
    for k in range(rows[0], rows[1], 4):
        a00, a01, a02, a03 = a[i, k], a[i, k + 1], a[i, k + 2], a[i, k + 3]
        a10, a11, a12, a13 = a[i + 1, k], a[i + 1, k + 1], a[i + 1, k + 2], a[i + 1, k + 3]
        a20, a21, a22, a23 = a[i + 2, k], a[i + 2, k + 1], a[i + 2, k + 2], a[i + 2, k + 3]
        a30, a31, a32, a33 = a[i + 3, k], a[i + 3, k + 1], a[i + 3, k + 2], a[i + 3, k + 3]
        b0, b1, b2, b3 = (
            b[k, left:right],
            b[k + 1, left:right],
            b[k + 2, left:right],
            b[k + 3, left:right],
        )
        for n in range(right - left):
            x0, x1, x2, x3 = b0[n], b1[n], b2[n], b3[n]
            s0 = r0[n] + a00 * x0 + a01 * x1 + a02 * x2 + a03 * x3  # (M3)
            s1 = r1[n] + a10 * x0 + a11 * x1 + a12 * x2 + a13 * x3  # (M3)
            s2 = r2[n] + a20 * x0 + a21 * x1 + a22 * x2 + a23 * x3  # (M3)
            s3 = r3[n] + a30 * x0 + a31 * x1 + a32 * x2 + a33 * x3  # (M3)
            r0[n], r1[n], r2[n], r3[n] = s0, s1, s2, s3


@kernel(contract=True)
def add_matmul(a, b, out):
    """out += a b.

    a (M, K)  b (K, N)  out (M, N)
    """
    M, K = a.shape
    N = b.shape[1]
    whole_i, whole_k = M - M % 4, K - K % 4
    for first in range(0, whole_i, BLOCK):
        for left in range(0, N, TILE_COLUMNS):
            columns = left, min(left + TILE_COLUMNS, N)
            for top in range(0, whole_k, TILE_ROWS):  # ascending: every output adds in order of k
                rows = top, min(top + TILE_ROWS, whole_k)
                for i in range(first, min(first + BLOCK, whole_i), 4):
                    add_four_rows(a, b, out, i, rows, columns)
    for i in range(whole_i):
        add_vector_matmul(a[i, whole_k:], b[whole_k:], out[i])
    for i in range(whole_i, M):
        add_vector_matmul(a[i], b, out[i])


@kernel(parallel=True)
def parallel_add_matmul(a, b, out):
    """out += a b, eight rows of `out` after the other, the eights in parallel."""
    M = a.shape[0]
    for part in prange((M + 7) // 8):
        add_matmul(a[8 * part : 8 * part + 8], b, out[8 * part : 8 * part + 8])

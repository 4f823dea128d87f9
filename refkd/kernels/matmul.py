"""Matrix products as loops. Equations: docs/matmul.md.

Every output starts from what `out` holds and adds its terms one after the other, so its bits depend
neither on the number of rows in the call nor on the number of threads. A transposed factor is
passed as a view: `add_matmul(a.T, b, out)` sums over the frames.
"""

from numba import prange

from refkd.kernels.compile import kernel

TILE_ROWS = 16  # rows of b, and
TILE_COLUMNS = 384  # columns, that stay in the nearest cache while rows of a pass by
BLOCK = 64  # rows of a that pass before the next tile


@kernel
def eight(x, k):
    """Eight entries of x, or eight rows, from k on."""
    return x[k], x[k + 1], x[k + 2], x[k + 3], x[k + 4], x[k + 5], x[k + 6], x[k + 7]


@kernel
def entries(rows, n):
    """Entry n of eight rows."""
    r0, r1, r2, r3, r4, r5, r6, r7 = rows
    return r0[n], r1[n], r2[n], r3[n], r4[n], r5[n], r6[n], r7[n]


@kernel
def parts(rows, left, right):
    """The same columns of eight rows."""
    r0, r1, r2, r3, r4, r5, r6, r7 = rows
    c = slice(left, right)
    return r0[c], r1[c], r2[c], r3[c], r4[c], r5[c], r6[c], r7[c]


@kernel(contract=True)
def add_eight(total, x, y):
    """total + x . y over eight terms, one after the other."""
    total = total + x[0] * y[0] + x[1] * y[1] + x[2] * y[2] + x[3] * y[3]  # (M2)
    return total + x[4] * y[4] + x[5] * y[5] + x[6] * y[6] + x[7] * y[7]  # (M2)


@kernel(contract=True)
def add_vector_matmul(x, b, out):
    """out += x b for one row.

    x (K,)  b (K, N)  out (N,)
    """
    K, N = b.shape
    whole = K - K % 8
    for k in range(0, whole, 8):
        x8, b8 = eight(x, k), eight(b, k)
        for n in range(N):
            out[n] = add_eight(out[n], x8, entries(b8, n))
    for k in range(whole, K):
        for n in range(N):
            out[n] += x[k] * b[k, n]  # (M1)


@kernel(contract=True)
def add_four_rows(x, b, out, rows, columns):
    """out += x b for four rows over a tile of b, which is read once for all four.

    x, out         four rows (K,) and four rows (N,)
    b              (K, N)
    rows, columns  of the tile: from, to
    """
    left, right = columns
    part = slice(left, right)
    out0, out1, out2, out3 = out[0][part], out[1][part], out[2][part], out[3][part]
    whole = rows[1] - (rows[1] - rows[0]) % 8
    for k in range(rows[0], whole, 8):
        w8, x8, y8, z8 = eight(x[0], k), eight(x[1], k), eight(x[2], k), eight(x[3], k)
        b8 = parts(eight(b, k), left, right)
        for n in range(right - left):
            column = entries(b8, n)
            sum0 = add_eight(out0[n], w8, column)  # (M3)
            sum1 = add_eight(out1[n], x8, column)
            sum2 = add_eight(out2[n], y8, column)
            sum3 = add_eight(out3[n], z8, column)
            out0[n], out1[n], out2[n], out3[n] = sum0, sum1, sum2, sum3
    for j in range(4):
        for k in range(whole, rows[1]):
            for n in range(left, right):
                out[j][n] += x[j][k] * b[k, n]  # (M1)


@kernel(contract=True)
def add_matmul(a, b, out):
    """out += a b.

    a (M, K)  b (K, N)  out (M, N)
    """
    M, K = a.shape
    N = b.shape[1]
    whole = M - M % 4
    for first in range(0, whole, BLOCK):
        for left in range(0, N, TILE_COLUMNS):
            columns = left, min(left + TILE_COLUMNS, N)
            for top in range(0, K, TILE_ROWS):  # ascending: every output adds in the order of k
                rows = top, min(top + TILE_ROWS, K)
                for m in range(first, min(first + BLOCK, whole), 4):
                    x = a[m], a[m + 1], a[m + 2], a[m + 3]
                    y = out[m], out[m + 1], out[m + 2], out[m + 3]
                    add_four_rows(x, b, y, rows, columns)
    for m in range(whole, M):
        add_vector_matmul(a[m], b, out[m])


@kernel(parallel=True)
def parallel_add_matmul(a, b, out):
    """out += a b, eight rows of `out` after the other, the eights in parallel."""
    M = a.shape[0]
    for part in prange((M + 7) // 8):
        add_matmul(a[8 * part : 8 * part + 8], b, out[8 * part : 8 * part + 8])

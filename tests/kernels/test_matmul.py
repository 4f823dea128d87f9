"""Matrix products: value, order of additions, and bits that do not depend on the number of rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.strategies import SEEDS
from tolerances import assert_close, product_error

from refkd.kernels.matmul import add_matmul, add_vector_matmul, parallel_add_matmul

SIZES = [st.integers(1, size) for size in (11, 21, 12)]


def factors(seed, rows, inner, columns, dtype):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(rows, inner)).astype(dtype)
    b = rng.normal(size=(inner, columns)).astype(dtype)
    start = rng.normal(size=(rows, columns)).astype(dtype)
    return a, b, start


def test_by_hand():
    out = np.array([[100.0, 0.0], [0.0, 0.0]])
    add_matmul(
        np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]),
        out,
    )
    assert out.tolist() == [[104.0, 5.0], [10.0, 11.0]]


def assert_product_row_by_row(a, b, start):
    """The product, and the same bits from each row alone and from rows in parallel."""
    out = np.zeros_like(start)
    add_matmul(a, b, out)
    assert_close(out, a.astype(np.float64) @ b, product_error(a, b))
    together, alone, parallel = start.copy(), start.copy(), start.copy()
    add_matmul(a, b, together)
    parallel_add_matmul(a, b, parallel)
    for row in range(len(a)):
        add_vector_matmul(a[row], b, alone[row])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(parallel, alone)


@given(SEEDS, *SIZES, st.sampled_from([np.float32, np.float64]))
def test_adds_the_product_and_a_row_alone_has_the_same_bits(seed, rows, inner, columns, dtype):
    assert_product_row_by_row(*factors(seed, rows, inner, columns, dtype))


@pytest.mark.compiled_only
@pytest.mark.parametrize("sizes", [(150, 90, 600), (151, 93, 601)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_beyond_every_tile(sizes, dtype):
    assert_product_row_by_row(*factors(0, *sizes, dtype))


@given(SEEDS, *[st.integers(2, size) for size in (11, 21, 12)])
def test_a_transposed_factor_is_a_view(seed, rows, inner, columns):
    a, b, start = factors(seed, rows, inner, columns, np.float64)
    expected, out = start.copy(), start.copy()
    add_matmul(a, b, expected)
    add_matmul(np.ascontiguousarray(a.T).T, b, out)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize("place", [*range(1, 7), 8])
def test_terms_are_added_one_after_the_other(rows, place):
    """A one that meets 2^60 is lost, unless it is added after that has gone again."""
    a = np.ones((rows, 9))
    b = np.zeros((9, 1))
    b[0], b[7], b[place] = 2.0**60, -(2.0**60), 1.0
    out = np.zeros((rows, 1))
    add_matmul(a, b, out)
    assert (out == (1.0 if place == 8 else 0.0)).all()


@pytest.mark.parametrize(("rows", "inner", "columns"), [(0, 3, 2), (3, 0, 2), (3, 2, 0)])
def test_nothing_to_add(rows, inner, columns):
    out = np.full((rows, columns), 7.0)
    add_matmul(np.ones((rows, inner)), np.ones((inner, columns)), out)
    assert (out == 7.0).all()

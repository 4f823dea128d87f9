"""exp and its relatives, log_add, log_softmax against 50 decimal digits; softmax and its sums."""

import math
import os
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import ctc as ctc_oracle
from tolerances import (
    COMPILED_ULP,
    EXP_ULP,
    RELATED_ULP,
    VALUE,
    assert_close,
    assert_within_ulp,
)

from refkd.kernels import numeric

compiled = os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")

LOG_MAX = math.log(np.finfo(np.float64).max)
POINTS = sorted(
    {
        *(float(x) for x in np.linspace(-745.0, 709.0, 400)),
        *(float(x) for x in np.linspace(-1.0, 1.0, 101)),
        *(sign * 2.0**-n for n in range(0, 60, 3) for sign in (-1, 1)),
        *(n * math.log(2.0) / 2.0 for n in range(-9, 10)),  # where the range is cut
        *(float(np.nextafter(n * math.log(2.0) / 2.0, 1e9)) for n in range(-9, 10)),
        -745.1332191019411,  # the last result that is not 0
        -744.44,
        -740.0,
        -720.3,
        -708.4,  # subnormal results begin below -708.396
        -708.3,
        0.0,
        LOG_MAX,
    }
)
# Of the float32 results, those below 2^-126 are subnormal: x < -87.34.
POINTS_32 = np.unique(np.float32([x / 8.2 for x in POINTS] + [-103.9, -95.5, -87.4, -87.3, 88.7]))


def decimals(function, points):
    """The function of each point, computed with 60 digits and rounded once."""
    with localcontext() as context:
        context.prec = 60
        return [float(function(Decimal(float(x)))) for x in points]


def by_decimal(name):
    unit, two = Decimal(1), Decimal(2)
    return {
        "exp": lambda x: x.exp(),
        "expm1": lambda x: x.exp() - unit,
        "sigmoid": lambda x: unit / (unit + (-x).exp()),
        "tanh": lambda x: ((two * x).exp() - unit) / ((two * x).exp() + unit),
    }[name]


def over(kernel, points):
    """The kernel of each point, in the precision of the points."""
    return np.array([kernel(x) for x in points], dtype=points.dtype)


@pytest.mark.parametrize("points", [np.array(POINTS), POINTS_32], ids=["float64", "float32"])
def test_exp_is_within_two_ulp_of_decimal(points):
    expected = np.array(decimals(by_decimal("exp"), points)).astype(points.dtype)
    assert_within_ulp(over(numeric.exp, points), expected, EXP_ULP)


@pytest.mark.parametrize("name", ["expm1", "sigmoid", "tanh"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_relatives_of_exp_against_decimal(name, dtype):
    points = np.array([x for x in POINTS if abs(x) <= 80.0], dtype=dtype)
    if dtype is np.float32 and name == "sigmoid":
        points = points[points > -80.0]
    expected = np.array(decimals(by_decimal(name), points)).astype(dtype)
    assert_within_ulp(over(getattr(numeric, name), points), expected, RELATED_ULP, name)


@pytest.mark.compiled_only
@given(st.floats(-745.0, 709.0))
def test_exp_agrees_with_the_c_library(x):
    assert_within_ulp(numeric.exp(x), math.exp(x), EXP_ULP + 1)


@pytest.mark.compiled_only
@pytest.mark.parametrize("name", ["exp_64", "expm1_64", "sigmoid", "tanh"])
@given(x=st.floats(-80.0, 80.0))
def test_compiled_agrees_with_python(name, x):
    kernel = getattr(numeric, name)
    assert_within_ulp(kernel(x), float(kernel.py_func(x)), COMPILED_ULP)


@pytest.mark.compiled_only
@pytest.mark.parametrize("name", ["exp_32", "expm1_32", "sigmoid", "tanh"])
@given(x=st.floats(-80.0, 80.0, width=32))
def test_compiled_agrees_with_python_in_float32(name, x):
    kernel, x = getattr(numeric, name), np.float32(x)
    assert_within_ulp(np.float32(kernel(x)), np.float32(kernel.py_func(x)), COMPILED_ULP)


def test_float32_stays_float32():
    for name in ("exp", "expm1", "sigmoid", "tanh"):
        assert over(getattr(numeric, name), np.float32([0.5])).dtype == np.float32
        if not compiled:
            assert isinstance(getattr(numeric, name)(np.float32(0.5)), np.float32)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_limits(dtype):
    inf = dtype(np.inf)
    assert numeric.exp(-inf) == 0.0
    assert numeric.exp(inf) == np.inf
    assert numeric.exp(dtype(1000.0)) == np.inf
    assert numeric.exp(dtype(-1000.0)) == 0.0
    assert numeric.exp(dtype(0.0)) == 1.0
    assert numeric.expm1(dtype(0.0)) == 0.0
    assert numeric.expm1(-inf) == -1.0
    assert numeric.sigmoid(-inf) == 0.0
    assert numeric.sigmoid(inf) == 1.0
    assert numeric.sigmoid(dtype(0.0)) == 0.5
    assert numeric.tanh(-inf) == -1.0
    assert numeric.tanh(inf) == 1.0
    assert numeric.tanh(dtype(0.0)) == 0.0
    assert numeric.tanh(dtype(1e-30)) == dtype(1e-30)
    assert numeric.expm1(dtype(-1e-30)) == dtype(-1e-30)


def test_log1p_against_decimal():
    cuts = [math.sqrt(2.0) - 1.0, 2.0 * math.sqrt(2.0) - 1.0]  # where the range is reduced
    small = [0.0, 5e-324, 1e-300, 1e-17, *(2.0**-n for n in range(1, 60))]
    beyond = [math.nextafter(cut, 2.0) for cut in cuts]
    points = np.array([*small, *np.linspace(0.0, 2.0, 301), *cuts, *beyond])
    expected = np.array(decimals(lambda x: (1 + x).ln() if x > Decimal("1e-50") else x, points))
    assert_within_ulp(over(numeric.log1p, points), expected, RELATED_ULP)


def log_add(*columns):
    """Rows of three through the kernel, which fills a row of sums."""
    a, b, c = (np.atleast_1d(np.float64(column)) for column in columns)
    total = np.full(a.shape, np.nan)
    numeric.log_add(a, b, c, total)
    return total


ROWS = st.lists(
    st.tuples(*[st.one_of(st.just(-math.inf), st.floats(-1e5, 700.0), st.floats(-40.0, 0.0))] * 3),
    min_size=1,
    max_size=9,
)


@given(ROWS)
def test_log_add(rows):
    a, b, c = np.array(rows).T
    expected = np.logaddexp(np.logaddexp(a, b), c)
    for order in ((a, b, c), (b, c, a), (c, a, b), (c, b, a)):
        assert_close(log_add(*order), expected, VALUE)


def test_log_add_of_impossible_events():
    impossible = -np.inf
    assert log_add(impossible, impossible, impossible)[0] == -np.inf
    for order in ((impossible, -3.0, impossible), (-3.0, impossible, impossible)):
        assert log_add(*order)[0] == -3.0
    assert log_add(impossible, impossible, -3.0)[0] == -3.0
    assert log_add(-1e300, -2e300, impossible)[0] == -1e300
    assert log_add(-1000.0, 1000.0, 0.0)[0] == 1000.0
    assert_close(log_add(-7.0, -7.0, -7.0), [math.log(3.0) - 7.0], VALUE)


def test_log_add_keeps_what_is_far_below():
    """0 and log(1e-17): the sum is 1e-17, not 0."""
    assert_within_ulp(log_add(0.0, math.log(1e-17), -np.inf), [1e-17], 40)


def log_softmax(logits):
    logits = np.array(logits, dtype=np.float64, ndmin=2)
    logp = np.full(logits.shape, np.nan)
    numeric.log_softmax(logits, logp)
    return logp


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 8), st.sampled_from([1, 9, 99]))
def test_log_softmax_equals_the_plain_formula(seed, T, K, scale):
    logits = scale * np.random.default_rng(seed).normal(size=(T, K))
    logp = log_softmax(logits)
    assert_close(logp, ctc_oracle.log_softmax(logits), VALUE)
    assert (logp <= 0.0).all()
    assert_close(log_softmax(logits + 1000.0), logp, VALUE)


@pytest.mark.parametrize(
    ("logits", "expected"),
    [
        ([0.0, math.log(3.0)], [[-math.log(4.0), math.log(0.75)]]),
        ([[7.0], [-2.0]], [[0.0], [0.0]]),
        ([2.0, 2.0, 2.0, 2.0], [[-math.log(4.0)] * 4]),
        ([-np.inf, 0.0, 0.0], [[-np.inf, -math.log(2), -math.log(2)]]),
        ([1000.0, -1000.0], [[0.0, -2000.0]]),
        ([-1e30, -1e30], [[-math.log(2), -math.log(2)]]),
    ],
)
def test_log_softmax_by_hand(logits, expected):
    assert_close(log_softmax(logits), expected, VALUE)


def test_log_softmax_keeps_the_last_digits_of_a_confident_frame():
    rest = math.exp(-35.0)  # the peak's log-probability is -log1p(e^-35), about -6.3e-16
    logp = log_softmax([0.0, -35.0])
    assert_within_ulp(logp[0, 0], -math.log1p(rest), COMPILED_ULP)
    assert logp[0, 0] < 0.0


# --- sums and maxima in chains, and the softmax made of them --------------------------------------


@pytest.mark.parametrize("length", range(10))
def test_chains_leave_nothing_out(length):
    row = np.random.default_rng(length).permutation(length) - 3.0
    assert numeric.alternate_sums(row) == (row[::2].sum(), row[1::2].sum())
    assert numeric.largest(row) == row.max(initial=-np.inf)


def softmax(logits):
    prob = np.full(logits.shape, np.nan)
    numeric.softmax(logits, prob)
    return prob


@pytest.mark.parametrize(
    "shape", [(1, 1), (3, 1), (5, 7), (50, 28), (3, 1023), (2, 1024), (2, 1100)]
)
def test_softmax_equals_the_plain_formula(shape):
    """Frames of up to 1,023 classes share a loop; 50 of 28 classes are one block and a part."""
    logits = 9.0 * np.random.default_rng(2).normal(size=shape)
    expected = np.exp(ctc_oracle.log_softmax(logits))
    assert_close(softmax(logits), expected, VALUE)
    assert_close(softmax(logits - 1000.0), expected, VALUE)


@pytest.mark.parametrize("classes", [9, 1030])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_frame_that_has_no_softmax_is_nan_and_no_other(classes, value):
    for k in (*range(9), classes - 1):
        logits = np.zeros((3, classes))
        logits[1, k] = value
        assert np.isnan(softmax(logits)).all(axis=1).tolist() == [False, True, False]
        assert_close(softmax(logits)[::2], 1.0 / classes, VALUE)
    assert np.isnan(softmax(np.full((1, classes), -np.inf))).all()
    masked = np.where(np.arange(classes) == 4, -3.0, -np.inf)
    assert softmax(masked[None])[0].tolist() == (masked == -3.0).tolist()

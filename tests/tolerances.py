"""How close is close enough. No other file of the tests names an rtol or an atol."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Tolerance:
    """|actual - expected| <= atol + rtol |expected|, entry by entry."""

    rtol: float
    atol: Any  # a number, or an array of the shape compared


VALUE = Tolerance(1e-12, 1e-12)  # float64 sums of at most a few thousand terms in another order
GRADIENT = Tolerance(1e-9, 1e-12)  # complex step is exact; cancellation q - p is not
RESCALED = Tolerance(1e-9, 1e-10)  # the fast CTC falls back at 1e-10 departure from its constant
LONG = Tolerance(1e-9, 1e-9)  # T = 20,000: rounding of as many additions in log space
FLOAT32_NETWORK = Tolerance(1e-4, 1e-5)  # float32 through stacked layers against float64
MICROSECONDS = Tolerance(0.0, 1e-6)  # a CTM holds starts and durations to the microsecond
PRINTED_2 = Tolerance(0.0, 5.1e-3)  # numbers printed with two decimals
PRINTED_3 = Tolerance(0.0, 5e-4)  # numbers printed with three decimals
PRINTED_4 = Tolerance(0.0, 5.1e-5)  # numbers printed with four decimals
EXP_ULP = 2  # the polynomial's error, rounding of the last multiplication included
RELATED_ULP = 4  # expm1, sigmoid and tanh: exp's error and two or three more roundings
COMPILED_ULP = 4  # two elementwise functions, each within 2 ulp of the truth


def foreign_float32(reference: Any) -> Tolerance:
    """Somebody else's float32: small entries carry the rounding of the largest one."""
    return Tolerance(1e-4, 1e-5 * float(np.max(np.abs(reference))))


def scaled_sum(scale: float, terms: int) -> Tolerance:
    """So many differences of logarithms, each off by eps, times a scale that magnifies both."""
    rounding = terms * np.finfo(np.float64).eps * scale
    return Tolerance(VALUE.rtol, max(VALUE.atol, rounding))


def product_error(a: Any, b: Any) -> Tolerance:
    """a @ b in any order of additions: two sums of n terms, each off by n eps sum |a b|."""
    eps = np.finfo(np.result_type(a, b)).eps
    bound = np.abs(a).astype(np.float64) @ np.abs(b).astype(np.float64)
    return Tolerance(0.0, 2 * np.shape(a)[-1] * eps * bound)


def assert_close(actual: Any, expected: Any, tolerance: Tolerance, what: str = "") -> None:
    """Fail with the largest deviation and its index.

    NaN and infinities are compared first and must agree exactly, because every finite number
    is close to an infinite one by rtol. A scalar `expected` stands for a whole array of it.
    """
    actual = np.asarray(actual)
    expected = np.asarray(expected)
    if expected.ndim == 0:
        expected = np.broadcast_to(expected, actual.shape)
    assert actual.shape == expected.shape, f"{what} shape {actual.shape}, not {expected.shape}"
    same = (actual == expected) | (np.isnan(actual) & np.isnan(expected))
    wrong = ~same & ~(np.isfinite(actual) & np.isfinite(expected))
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise AssertionError(
            f"{what} {actual[index]!r} is not {expected[index]!r} at {index}"
            f" ({wrong.sum()} entries of {wrong.size} differ in NaN or infinity)"
        )
    deviation = np.zeros(actual.shape)
    deviation[~same] = np.abs(actual[~same] - expected[~same])
    allowed = tolerance.atol + tolerance.rtol * np.where(same, 0.0, np.abs(expected))
    outside = deviation > allowed
    if outside.any():
        index = tuple(int(i) for i in np.unravel_index(deviation.argmax(), deviation.shape))
        raise AssertionError(
            f"{what} largest deviation {deviation[index]:.3g} at {index}:"
            f" {actual[index]!r}, expected {expected[index]!r};"
            f" {outside.sum()} entries of {outside.size} outside"
            f" rtol={tolerance.rtol:g} and atol={np.max(tolerance.atol):g}"
        )


def assert_within_ulp(actual: Any, expected: Any, ulp: float, what: str = "") -> None:
    """Fail with the largest distance in units in the last place of `expected`, and its index."""
    actual = np.atleast_1d(actual)
    expected = np.atleast_1d(expected)
    assert actual.dtype == expected.dtype, f"{what} {actual.dtype}, not {expected.dtype}"
    same = (actual == expected) | (np.isnan(actual) & np.isnan(expected))
    wrong = ~same & ~(np.isfinite(actual) & np.isfinite(expected))
    assert not wrong.any(), f"{what} NaN or infinity differs at {np.argwhere(wrong)[0]}"
    distance = np.zeros(actual.shape)
    distance[~same] = np.abs(actual[~same] - expected[~same]) / np.spacing(np.abs(expected[~same]))
    index = np.unravel_index(distance.argmax(), distance.shape)
    assert distance[index] <= ulp, (
        f"{what} {distance[index]:.3g} ulp at {tuple(int(i) for i in index)}:"
        f" {actual[index]!r}, expected {expected[index]!r}"
    )

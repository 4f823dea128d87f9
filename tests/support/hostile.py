"""Arguments that nobody should hand over, and the same arguments written plainly."""

import copy
import dataclasses
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import refkd
from refkd.verify.case_set import without_constants


class NeedsGradient:
    """What a tensor of torch is to NumPy while it requires a gradient."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.\nUse detach().")


class Unshowable:
    """Neither text nor a number can be made of it."""

    def __repr__(self):
        raise RuntimeError("no")

    __str__ = __float__ = __index__ = __repr__


# Functions that make them: a generator serves once, and a call may change what it was handed.
FOREIGN = [
    *(lambda value=value: value for value in (
        None, True, False, np.True_, np.False_, 0, -1, 2, 2**63, -(2**70), 10**400, 10**5000,
        -0.0, 0.5, 5e-324, 1.7e308, -1.7e308, math.nan, math.inf, -math.inf, 1j,
        Fraction(1, 3), Decimal("0.5"), np.datetime64("2026-01-01"), np.timedelta64(3, "s"),
        np.longdouble(2) ** 1000, np.complex64(2), np.void(b"ab"), np.nan, np.ma.masked,
        "", "2", "kl", "nan", "a\nb", "\0", "\ud800", "x" * 100_000, b"2", np.str_("kl"),
        (), (1,), (2, 0), range(3), int, len, Ellipsis, object(), frozenset({1}),
    )),
    *(lambda value=value: copy.deepcopy(value) for value in (
        [], [[]], [[], [1]], [[[1.0]]], [None], ["a", "\ud800"], [True], [1, 2.5], [math.nan],
        [10**400], [[1.0, 2.0], [3.0, 4.0]], {}, {"a": 1}, {1}, bytearray(b"12"),
        np.zeros(0), np.zeros((0, 3)), np.zeros((3, 0)), np.zeros((4, 3)), np.zeros((1, 4, 3)),
        np.array(1), np.array(1.0), np.array(True), np.array("a"), np.array(None), np.array([True]),
        np.array(["a"]), np.array([{}]), np.array([1j]), np.array([b"a"]),
        np.zeros(2, dtype=[("a", "f8")]), np.zeros(3, dtype="M8[s]"), np.full((4, 3), np.nan),
        np.ma.masked_array([1, 2], [True, False]), np.zeros((4, 3)).view(np.matrix),
        np.array([2**64 - 1], dtype=np.uint64), np.array([-(2**63)]),
    )),
    lambda: (number for number in (1, 2)),
    lambda: iter([[1.0, 2.0]]),
    lambda: memoryview(b"12"),
    NeedsGradient,
    Unshowable,
    lambda: [NeedsGradient()],
]  # fmt: skip

SCALARS = [np.dtype(code).type for code in "?bhilqBHILQefdgFDGU"]


def _strided(array):
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def _locked(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def _unaligned(array):
    packed = np.zeros(array.shape, dtype=[("skip", "i1"), ("value", array.dtype)])
    packed["value"] = array
    return packed["value"]


def _put(value):
    def damaged(array):
        array = array.copy()
        array.flat[array.size // 2] = value
        return array

    return damaged


# Of an array: other forms of the same numbers, and other numbers in the same form.
DISGUISES = [
    np.ndarray.tolist, lambda array: tuple(array.tolist()), _strided, _locked, _unaligned,
    np.asfortranarray, lambda array: array[::-1].copy()[::-1],
    lambda array: array.astype(array.dtype.newbyteorder(">")),
    *(lambda array, code=code: array.astype(code) for code in "efgbBhHiIlLOUFD?"),
    lambda array: np.ma.masked_array(array), lambda array: array.view(np.recarray),
    lambda array: array.view(np.matrix) if array.ndim == 2 else array,
    lambda array: list(array), lambda array: iter(array.tolist()), memoryview,
    lambda array: array.astype([("value", array.dtype)]),
    *(_put(value) for value in (-0.0, 1.0, 2.0, -1.0)),
    lambda array: array[None], lambda array: array[:0], lambda array: array[:1],
    lambda array: array[..., :0], lambda array: array[..., 0], lambda array: array.T,
]  # fmt: skip
WILD = [
    *(_put(value) for value in (math.nan, math.inf, -math.inf, 5e-324, -1.7e308, 1.7e308, 1e30)),
    *(lambda array, by=by: array * by for by in (1e300, -1e300, 1e-320)),
    lambda array: np.full_like(array, -math.inf),
]


def _of_array(draw, array):
    change = draw(st.sampled_from(DISGUISES + WILD * (array.dtype.kind == "f")))
    return lambda: change(array)


def _of_number(draw, number):
    other = draw(st.one_of(st.just(number), st.integers(-3, 300), st.floats()))
    kind = draw(st.sampled_from([*SCALARS, np.array, str, lambda value: [value]]))
    try:
        with np.errstate(all="ignore"):
            changed = kind(other)
    except (OverflowError, ValueError):  # does not fit into this dtype
        changed = other
    return lambda: changed


def _of_text(draw, text):
    kind = draw(st.sampled_from([np.str_, str.upper, str.encode, np.array, lambda value: [value]]))
    other = draw(st.one_of(st.just(text), st.text(max_size=5)))
    try:
        changed = kind(other)
    except UnicodeEncodeError:
        changed = other
    return lambda: changed


def _of_ragged(draw, batch):
    if draw(st.booleans()):
        values = _of_array(draw, batch.values)
        return lambda: refkd.Ragged(values(), batch.offsets)
    offsets = _of_array(draw, batch.offsets)
    return lambda: refkd.Ragged(batch.values, offsets())


def _of_several(draw, values):
    keys = list(values) if isinstance(values, dict) else range(len(values))
    key = draw(st.sampled_from(keys))
    changed_part = hostile(draw, values[key])

    def changed():
        again = dict(values) if isinstance(values, dict) else list(values)
        again[key] = changed_part()
        return again

    return changed


def hostile(draw, valid):
    """A function that makes something in the place of a valid argument."""
    if draw(st.integers(0, 2)) == 0:
        return draw(st.sampled_from(FOREIGN))
    if isinstance(valid, np.ndarray) and valid.ndim and valid.size:
        return _of_array(draw, valid)
    if isinstance(valid, refkd.Ragged):
        return _of_ragged(draw, valid)
    if isinstance(valid, str):
        return _of_text(draw, valid)
    if isinstance(valid, bool | int | float):
        return _of_number(draw, valid)
    if isinstance(valid, list | tuple | dict) and valid:
        return _of_several(draw, valid)
    return draw(st.sampled_from(FOREIGN))


def plain(value):
    """The same in Python's own numbers and lists, where that can be said."""
    if isinstance(value, memoryview) and value.format == "B":
        return value  # of bytes: a symbol like any other, which a list of numbers is not
    if isinstance(value, np.generic | memoryview):
        array = np.asarray(value)
        return plain(array) if array.dtype.kind in "biufU" else value
    if isinstance(value, np.ndarray) and value.size == 0:
        return np.zeros(value.shape)  # a list forgets the other axes
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufU":
        return (value.astype(np.float64) if value.dtype.kind == "f" else value).tolist()
    if isinstance(value, refkd.Ragged):
        kind = np.float64 if value.values.dtype.kind == "f" else None
        return refkd.Ragged(np.array(value.values.tolist(), kind), value.offsets)
    if isinstance(value, list | tuple):
        return type(value)(plain(part) for part in value)
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    return value


def parts(result):
    """Everything that a result consists of, with its place: numbers, arrays, text."""
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        result = vars(result)
    elif hasattr(result, "_asdict"):
        result = result._asdict()
    if isinstance(result, dict):
        pairs = result.items()
    elif isinstance(result, list | tuple):
        pairs = enumerate(result)
    else:
        yield (), result
        return
    for name, value in pairs:
        for place, part in parts(value):
            yield (name, *place), part


def judged(count, strategy, judge):
    """How many cases of a strategy were judged: at least `count`, the same each time."""
    cases = 0

    @settings(
        max_examples=count, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def judged_case(case):
        nonlocal cases
        judge(case)
        cases += 1

    with without_constants():  # the draws follow from the table, not from what is loaded
        judged_case()
    return cases

"""The sentences of error: one form, the argument first."""

import math

import numpy as np
import pytest
from support.hostile import NeedsGradient
from support.refusals import refusals, sentence_of

import refkd
from refkd import check

INF, NAN = math.inf, math.nan


def test_every_error_is_a_value_error():
    assert issubclass(refkd.InfeasibleTargetError, refkd.ArgumentError)
    assert issubclass(refkd.ArgumentError, ValueError)
    assert issubclass(check.DataError, ValueError)


def test_numbers():
    assert check.finite_number("x", 3) == 3.0
    assert check.finite_number("x", np.float32(0.5)) == 0.5
    assert check.positive("x", 2) == 2.0
    assert check.positive("x", INF, infinite=True) == INF
    assert check.non_negative("x", 0) == 0.0
    assert type(check.positive("x", np.int64(2))) is float


def test_whole_numbers():
    assert check.integer("x", np.uint8(7), low=7, high=7) == 7
    assert type(check.integer("x", np.int32(7))) is int
    assert sentence_of(check.integer, "x", 6, low=7) == "x: expected a whole number >= 7, got 6"
    assert sentence_of(check.integer, "x", 8, high=7) == "x: expected a whole number <= 7, got 8"


def test_choices():
    assert check.one_of("x", "b", ("a", "b")) == "b"
    assert check.one_of("x", "b", {"a": 1, "b": 2}) == "b"
    assert type(check.one_of("x", np.str_("b"), ("a", "b"))) is str
    assert check.instance("x", "text", str) == "text"


def test_arrays():
    strided = np.arange(12.0).reshape(3, 4)[:, ::2]
    assert check.array("x", strided, ("T", 2)).flags.c_contiguous
    assert check.array("x", [[1, 2]], ("T", "K")).dtype == np.float64
    assert check.array("x", np.float32([[1, 2]]), ("T", "K")).dtype == np.float32
    assert check.array("x", np.float16([1]), ("n",)).dtype == np.float64
    assert check.array("x", 3.0, ()).shape in ((), (1,))


MASKED = np.ma.masked_array([1.0, 2.0], [True, False])
NINES = "9" * 119
REFUSED = {
    check.fail: {"x: expected K=3, got K=2": ("K=3", "K=2")},
    check.finite_number: {
        "x: expected a number, got 'a'": ("a",),
        "x: expected a number, got None": (None,),
        "x: expected a number, got [1.0, 2.0]": ([1.0, 2.0],),
        "x: expected a number, got '1.5'": ("1.5",),
        "x: expected a number, got True": (True,),
        "x: expected a number, got np.complex64(1+0j)": (np.complex64(1),),
        "x: expected a number up to 1.8e308, got a larger one": (10**400,),
        "x: expected a finite number, got inf": (INF,),
        "x: expected a finite number, got nan": (NAN,),
    },
    check.positive: {
        "x: expected a number > 0, got 0": (0,),
        "x: expected a number > 0, got -1.5": (-1.5,),
        "x: expected a finite number, got inf": (INF,),
    },
    check.non_negative: {"x: expected a number >= 0, got -1e-09": (-1e-9,)},
    check.integer: {
        f"x: expected a whole number, got '{NINES} ... {NINES}'": ("9" * 500,),
        "x: expected a whole number, got 1.0": (1.0,),
        "x: expected a whole number, got '1'": ("1",),
        "x: expected a whole number, got True": (True,),
        "x: expected a whole number, got np.float64(2.0)": (np.float64(2.0),),
    },
    check.one_of: {
        "x: expected one of 'a', got array(['a'], dtype='<U1')": (np.array(["a"]), ("a",)),
        "x: expected one of 'a', 'b', got 'c'": ("c", ("a", "b")),
    },
    check.instance: {"x: expected a str, got int": (3, str)},
    check.array: {
        "x: expected shape (T,), got shape (2, 3)": (np.zeros((2, 3)), ("T",)),
        "x: expected shape (T, 4), got shape (2, 3)": (np.zeros((2, 3)), ("T", 4)),
        "x: expected shape (1, D), got shape (2, 3)": (np.zeros((2, 3)), (1, "D")),
        "x: expected shape (T, K), got rows of different lengths": ([[1], [1, 2]], ("T", "K")),
        "x: expected real numbers, got dtype <U1": (["a"], ("T",)),
        "x: expected real numbers, got dtype complex128": ([1j], ("T",)),
        "x: expected real numbers, got dtype bool": ([True], ("T",)),
        "x: expected real numbers, got dtype object": ([None], ("T",)),
        "x: expected shape (T,), got a NeedsGradient that raises: Can't call numpy() on Tensor that"
        " requires grad. Use detach().":
            (NeedsGradient(), ("T",)),
        "x: expected an array without a mask, got a masked array": (MASKED, ("T",)),
    },
    check.finite_array: {
        "x: expected finite numbers, got -inf at (1, 1)": ([[0.0, 1.0], [0.0, -INF]], ("T", "K")),
        "x: expected finite numbers, got nan at (0,)": ([NAN], ("n",)),
    },
    check.labels: {
        "x: expected whole numbers of shape (L,), got shape (0, 2), dtype int64":
            (np.zeros((0, 2), dtype=int), 3, 0),
        "x: expected an array without a mask, got a masked array": (MASKED, 3, 0),
    },
    check.feasible: {
        "x: expected at most 4 frames to be needed, got 3 labels with 2 repeats, which need 5":
            (np.array([1, 1, 1]), 4),
    },
    check.same_length: {"x: expected T=4 to match y, got T=3": (3, "y", 4, "T")},
}  # fmt: skip


@refusals(REFUSED)
def test_refusals(function, arguments, sentence):
    error = refkd.InfeasibleTargetError if function is check.feasible else refkd.ArgumentError
    assert sentence_of(function, "x", *arguments, error=error) == sentence


def test_a_list_of_masked_arrays_is_refused_as_one():
    got = sentence_of(check.array, "x", [MASKED, MASKED], ("T",))
    assert got == "x: expected an array without a mask, got a masked array"


def test_arrays_for_kernels_are_native_aligned_and_writeable():
    numbers = np.arange(6.0).reshape(2, 3)
    packed = np.zeros((2, 3), dtype=[("skip", "i1"), ("value", "f8")])
    packed["value"] = numbers
    locked = numbers.copy()
    locked.flags.writeable = False
    for value in (packed["value"], locked, numbers.astype(">f8"), numbers.T.copy().T):
        checked = check.array("x", value, (2, 3))
        assert checked.flags.carray
        assert checked.dtype.isnative
        assert checked.tolist() == numbers.tolist()


def test_a_long_double_that_no_float_holds_is_refused():
    large = np.longdouble("1e400")
    if np.isinf(large):
        pytest.skip("long double is double here")
    got = "x: expected numbers up to 1.8e308, got a larger"
    assert sentence_of(check.array, "x", [large], ("n",)).startswith(got)


def test_sentences_stay_short_and_in_one_line():
    for value in ("a" * 10**6, "a\nb" * 10**5, "\ud800" * 10**5, 10**5000, [1.5] * 10**5):
        sentence = sentence_of(check.fail, "x", "less", value)
        assert len(sentence.splitlines()) == 1
        assert len(sentence) < 300
    assert len(str(check.DataError(f"{'a' * 10**6}.npz: expected a file"))) < 400


def test_finite_arrays():
    assert check.finite_array("x", [1, 2], ("n",)).tolist() == [1.0, 2.0]


def test_logits():
    single = np.float32([[0.0, -INF]])
    checked = check.logits("x", single)
    assert checked.dtype == np.float64
    assert checked.tolist() == [[0.0, -INF]]


def test_labels():
    assert check.labels("x", [], 1, 0).dtype == np.int64
    assert check.labels("x", np.uint8([2, 1]), 3, 0).dtype == np.int64


def test_what_fits():
    check.feasible("x", np.array([1, 1, 2]), 4)
    check.feasible("x", np.array([], dtype=np.int64), 1)
    check.same_length("x", 3, "y", 3, "T")

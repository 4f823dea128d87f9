"""Comparison, exchange, calls and draws: what every kit of `refkd verify` stands on."""

import importlib

import numpy as np
import pytest

from refkd.verify.compare import (
    Tolerance,
    combined,
    largest_difference,
    rounded,
    worst_deviation,
)
from refkd.verify.ctc.recipe import by_hypothesis
from refkd.verify.exchange import read_npz, read_raw, write_npz, write_raw
from refkd.verify.worker import answer

CLOSE = Tolerance(1e-6, 1e-6)


def worst(got, wanted, **more):
    return worst_deviation({"x": np.array(got)}, {"x": np.array(wanted)}, CLOSE, **more)


# Comparison


def test_what_is_close_has_no_deviation():
    assert worst([1.0, -np.inf, np.nan], [1.0 + 1e-8, -np.inf, np.nan]) is None


@pytest.mark.parametrize("got", [7.0, -np.inf, np.nan])
def test_nothing_else_is_close_to_an_infinity(got):
    assert worst([got], [np.inf]).index == (0,)


def test_nan_is_worse_than_any_number():
    deviation = worst([[1.0, 2.0], [np.nan, 9.0]], [[1.0, 0.0], [0.0, 0.0]])
    assert (deviation.output, deviation.index) == ("x", (1, 0))
    assert (deviation.outside, deviation.entries) == (3, 4)
    assert deviation.expected == 0.0
    assert np.isnan(deviation.got)


def test_small_entries_carry_the_rounding_of_the_largest():
    assert worst([1e3, 5e-4], [1e3, 0.0]) is None
    assert worst([1.0, 5e-4], [1.0, 0.0]).index == (1,)


def test_free_entries_and_what_is_allowed_besides():
    assert worst([1.0, 2.0], [1.0, 0.0], free={"x": np.array([False, True])}) is None
    assert worst([1.0, 2.0], [1.0, 0.0], extra={"x": np.array([0.0, 3.0])}) is None
    assert worst([1.0, 2.0], [1.0, 0.0], extra={"x": np.array([3.0, 0.0])}).index == (1,)


def test_tolerances_add_up():
    assert combined(Tolerance(1.0, 2.0), None, Tolerance(3.0, 4.0)) == Tolerance(4.0, 6.0)


def test_rounding_to_dtypes():
    values = np.array([1.0 + 2**-7, 1.0 + 2**-8, 1.0 + 3 * 2**-8, -np.inf, np.nan, 1e39])
    expected = [1.0 + 2**-7, 1.0, 1.0 + 2**-6, -np.inf, np.nan, np.inf]
    np.testing.assert_array_equal(rounded(values, "bfloat16"), expected)
    assert rounded(np.array([1.0 + 2**-20]), "float16") == 1.0
    assert rounded(np.array([1e-300]), "float64") == 1e-300


def test_difference_of_repeats():
    outputs = {"x": np.array([1.0, np.nan])}
    assert largest_difference(outputs, {"x": np.array([1.5, np.nan])}) == 0.5
    assert largest_difference(outputs, {"x": np.array([1.0, 2.0])}) == np.inf
    assert largest_difference(outputs, {}) == np.inf
    assert largest_difference(outputs, outputs) == 0.0


# Exchange

VALUES = {
    "logits": np.arange(12.0).reshape(3, 2, 2)[:, ::-1],
    "labels": np.array([[1, 2]], dtype=np.int32),
    "blank": 0,
    "rule": {"name": "Hard", "window": [5, 0]},
    "error": "no such class: ä",
    "nothing": None,
}


@pytest.mark.parametrize(
    ("write", "read"), [(write_npz, read_npz), (write_raw, read_raw)], ids=["npz", "raw"]
)
def test_values_come_back(tmp_path, write, read):
    place = tmp_path / "call.npz" if write is write_npz else tmp_path
    write(place, VALUES)
    back = read(place)
    assert set(back) == set(VALUES) - {"nothing"}
    np.testing.assert_array_equal(back["logits"], VALUES["logits"])
    assert back["labels"].dtype == np.int32
    assert back["blank"] == 0
    assert (back["rule"], back["error"]) == (VALUES["rule"], VALUES["error"])


def test_raw_arrays_are_little_endian(tmp_path):
    write_raw(tmp_path, {"x": np.array([1, 2], dtype=">i4")})
    assert (tmp_path / "x").read_bytes() == b"\1\0\0\0\2\0\0\0"


# What a worker does with one call


def called(function, **values):
    values = {"x": np.arange(6.0).reshape(2, 3), "call.memory": "contiguous", **values}
    return answer(function, ["x", "blank", "d"], ["loss", "grad"], values)


def test_a_list_may_be_the_one_result():
    for returned in ([0.0, 1.0], ([0.0, 1.0],), np.array([0.0, 1.0])):
        got = answer(
            lambda x, returned=returned: returned,
            ["x"],
            ["y"],
            {"x": 0, "call.memory": "contiguous"},
        )
        np.testing.assert_array_equal(got["y"], [0.0, 1.0])


def test_results_get_their_names():
    got = called(lambda x, blank, d: (x.sum(), None), blank=np.array(2))
    assert got == {"loss": 15.0, "overwritten": ""}
    assert called(lambda x, blank, d: x)["loss"].shape == (2, 3)


def test_numbers_come_as_numbers_and_what_is_missing_as_none():
    def function(x, blank, d):
        assert type(blank) is int
        assert d is None
        return x

    assert "error" not in called(function, blank=np.array(2))


def test_strided_arrays_hold_the_same_numbers():
    def function(x, blank, d):
        assert not x.flags.c_contiguous
        return x.copy()

    got = called(function, **{"call.memory": "strided"})
    np.testing.assert_array_equal(got["loss"], np.arange(6.0).reshape(2, 3))


def test_an_argument_that_is_changed_is_told():
    def function(x, blank, d):
        x *= 2.0
        return x

    assert called(function)["overwritten"] == "x"


@pytest.mark.parametrize("returned", [{}, "text", [[1, 2], [3]]])
def test_what_is_no_array_cannot_be_read(returned):
    got = called(lambda x, blank, d: (returned,))
    assert got["unreadable"].startswith("loss: expected an array of numbers, got ")


def test_an_exception_is_one_sentence():
    def function(x, blank, d):
        raise ValueError("labels: too many\nsecond line")

    assert called(function)["error"] == "ValueError: labels: too many"


# Draws


def test_what_is_drawn_depends_on_the_seed_alone(tmp_path):
    """Neither on constants in modules that are loaded, nor on a profile."""
    before = by_hypothesis(60, 0)
    source = "\n".join(f"x{n} = {n}" for n in range(5000, 5040))
    (tmp_path / "constants_of_somebody.py").write_text(source, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(tmp_path))
        importlib.import_module("constants_of_somebody")
    assert by_hypothesis(60, 0) == before
    assert by_hypothesis(60, 1) != before

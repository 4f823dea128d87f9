"""Comparison, exchange, doors and questions: what every kit of `refkd verify` stands on."""

import hashlib
import importlib
import json
import sys
import textwrap

import numpy as np
import pytest

from refkd.check import ArgumentError
from refkd.verify.compare import (
    Tolerance,
    combined,
    largest_difference,
    rounded,
    worst_deviation,
)
from refkd.verify.ctc.recipe import by_hypothesis
from refkd.verify.exchange import read_npz, read_raw, write_npz, write_raw
from refkd.verify.kits import KITS, kit_named
from refkd.verify.program_runner import ProgramRunner
from refkd.verify.python_runner import PATIENCE, PythonRunner
from refkd.verify.records import Call
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
    one = worst([[1.0, 2.0], [np.nan, 9.0]], [[1.0, 0.0], [0.0, 0.0]])
    assert (one.output, one.index, one.outside, one.entries) == ("x", (1, 0), 3, 4)
    assert one.expected == 0.0
    assert np.isnan(one.got)


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
    one, other = {"x": np.array([1.0, np.nan])}, {"x": np.array([1.5, np.nan])}
    assert largest_difference(one, other) == 0.5
    assert largest_difference(one, {"x": np.array([1.0, 2.0])}) == np.inf
    assert largest_difference(one, {}) == np.inf
    assert largest_difference(one, one) == 0.0


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


# Doors


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, from where adapters are imported."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def adapter(folder, body, **options):
    (folder / "mine.py").write_text(textwrap.dedent(body), encoding="utf-8")
    return PythonRunner("mine:f", ["x"], ["loss"], **{"time_limit": 60.0, **options})


def calls(*numbers):
    return [Call({"x": np.array([float(number)])}) for number in numbers]


def failures(answers):
    return [one.failure for one in answers]


def test_the_worker_survives_what_the_adapter_does(folder):
    door = adapter(
        folder,
        """
        import os, sys
        def f(x):
            print("noise", flush=True)
            if x[0] == 1: sys.exit("refused")
            if x[0] == 2: os._exit(3)
            return 2 * x
        """,
    )
    answers = door.ask(calls(0, 1, 2, 5))
    door.close()
    assert failures(answers) == [None, "raised", "crashed", None]
    assert answers[1].sentence == "SystemExit: refused"
    assert answers[2].sentence == "ended with code 3: noise"
    assert answers[3].outputs["loss"] == 10.0


def test_calls_that_hang_end_and_then_no_more_is_asked(folder):
    door = adapter(folder, "import time\ndef f(x): time.sleep(60)", time_limit=0.3)
    answers = door.ask(calls(*range(PATIENCE + 2)))
    door.close()
    assert failures(answers) == ["timed out"] * PATIENCE + ["not asked"] * 2


def test_a_call_that_may_spoil_comes_last_and_its_process_ends(folder):
    door = adapter(
        folder,
        """
        import itertools, os
        import numpy as np
        count = itertools.count(1)
        def f(x): return np.array([os.getpid(), next(count)])
        """,
    )
    spoiling = Call({"x": np.zeros(1)}, may_corrupt=True)
    answers = door.ask([*calls(0), spoiling, *calls(0), spoiling]) + door.ask(calls(0))
    door.close()
    processes, order = np.array([each.outputs["loss"] for each in answers]).T
    assert order.tolist() == [1.0, 3.0, 2.0, 1.0, 1.0]
    assert processes[0] == processes[1] == processes[2]
    assert len(set(processes)) == 3


@pytest.mark.parametrize("target", ["mine:g", "nowhere:f", "mine:f.g"])
def test_an_adapter_that_is_not_there_is_an_argument_error(folder, target):
    (folder / "mine.py").write_text("def f(x): return x", encoding="utf-8")
    door = PythonRunner(target, ["x"], ["loss"], 60.0)
    with pytest.raises(ArgumentError, match=r"expected a function that can be imported, got"):
        door.ask(calls(0))


PROGRAM = """
import os, sys, time
from pathlib import Path
from refkd.verify.exchange import read_npz, write_npz
for place in sorted(Path(sys.argv[1]).iterdir()):
    x = read_npz(place / "call.npz")["x"]
    if x[0] == 1: write_npz(place / "answer.npz", {"error": "refused"}); continue
    if x[0] == 2: sys.exit("cannot go on")
    if x[0] == 3: time.sleep(60)
    if x[0] == 4: (place / "answer.npz").write_bytes(b"PK??"); continue
    write_npz(place / "answer.npz", {"loss": 2 * x})
"""


def program(folder, **options):
    (folder / "mine.py").write_text(PROGRAM, encoding="utf-8")
    options = {"time_limit": 60.0, "exchange": "npz", **options}
    return ProgramRunner([sys.executable, str(folder / "mine.py")], ["loss"], **options)


def test_a_program_answers_many_calls_and_its_crash_costs_one(folder):
    answers = program(folder).ask(calls(5, 1, 2, 6, 4))
    assert failures(answers) == [None, "raised", "crashed", None, "crashed"]
    assert answers[0].outputs["loss"] == 10.0
    assert answers[1].sentence == "refused"
    assert answers[2].sentence == "ended with code 1, no answer: cannot go on"
    assert answers[3].outputs["loss"] == 12.0
    assert answers[4].sentence.startswith("its answer cannot be read")


def test_a_program_that_hangs_is_stopped(folder):
    answers = program(folder, time_limit=2.0).ask(calls(3))
    assert failures(answers) == ["timed out"]


def test_a_program_that_is_not_there_is_an_argument_error(folder):
    door = ProgramRunner(["./nowhere"], ["loss"], 60.0, "npz")
    with pytest.raises(ArgumentError, match=r"expected a program that can be started"):
        door.ask(calls(0))


def test_each_answer_is_counted_and_timed(folder):
    for make in (adapter, program):
        count = []
        body = {"body": "def f(x): return x"} if make is adapter else {}
        door = make(folder, **body, on_answer=lambda count=count: count.append(1))
        answers = door.ask(calls(5, 6, 7))
        door.close()
        assert len(count) == 3
        assert all(0.0 < answer.seconds < 60.0 for answer in answers)


# Questions


def test_what_is_drawn_depends_on_the_seed_alone(folder):
    """Neither on constants in modules that are loaded, nor on a profile."""
    before = by_hypothesis(60, 0)
    source = "\n".join(f"x{n} = {n}" for n in range(5000, 5040))
    (folder / "constants_of_somebody.py").write_text(source, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(folder))
        importlib.import_module("constants_of_somebody")
    assert by_hypothesis(60, 0) == before
    assert by_hypothesis(60, 1) != before


QUESTIONS = {  # SHA-256 of what is asked in the written cases; other cases, other digests
    "ctc": "7cb07f5ec7b40d75297335a841f6d77fc1950b6dac5d930ee3ac773602c7e18c",
    "lstm": "94664d6b45670322751904f04ab829e0fe3954ee164f5379ac1de8675b528df9",
    "distill": "a6adad24e07e405698c8fa3c27a1de2aa8349c56e8c5efdb7bd5dae6829a4db6",
    "align": "041d849f3d6af6d64226564797044a7e3fe31620807a9a3fedab0dca1cddef21",
}


@pytest.mark.compiled_once
@pytest.mark.parametrize("name", KITS)
def test_the_same_version_asks_the_same_everywhere(name):
    """The last digits of logarithms are left out: they are those of the math library."""
    kit = kit_named(name)
    usual = {one.name: next(iter(one.choices)) for one in kit.conventions}
    digest = hashlib.sha256()
    for case in kit.vectors():
        for argument, value in kit.present(case, usual).items():
            facts = value.shape if isinstance(value, np.ndarray) else value
            digest.update(json.dumps([case.name, argument, facts], sort_keys=True).encode("utf-8"))
            if isinstance(value, np.ndarray):
                digest.update(np.round(value.astype("<f8"), 9).tobytes())
    assert digest.hexdigest() == QUESTIONS[name]

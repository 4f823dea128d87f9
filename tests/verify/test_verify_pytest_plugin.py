"""The pytest plugin: cases are items, known faults are expected, one diagnosis at the end."""

import json
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from support.verify import ADAPTERS, KNOWN_FAULTS

import refkd.verify.pytest_items  # noqa: F401  kept by the inner runs, which would load it again
from refkd.verify.kits import KITS, kit_named
from refkd.verify.records import Selection
from refkd.verify.session import in_order

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.compiled_once

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = "refkd.verify.pytest_plugin"
RAISES = """
def raises(*arguments):
    raise NameError("name 'logits' is not defined")
"""
RIGHT = ["--refkd-ctc", "mine:right", "--refkd-quick"]
EMPTY = ["--refkd-ctc", "mine:empty", "--refkd-quick"]


@pytest.fixture
def run(pytester):
    """Run pytest in a folder with adapters."""
    (pytester.path / "mine.py").write_text(ADAPTERS + RAISES, encoding="utf-8")
    return lambda *words: pytester.runpytest_inprocess(
        "-p", PLUGIN, "-p", "no:cacheprovider", *words
    )


@pytest.fixture
def known(pytester):
    """Write a file of known faults, each a class and its cases."""

    def known(findings, **changes):
        faults = [{"bug": bug, "cases": cases} for bug, cases in findings.items()]
        text = json.dumps({**KNOWN_FAULTS, "target": "mine:empty", "findings": faults, **changes})
        (pytester.path / "known.json").write_text(text, encoding="utf-8")
        return ["--refkd-expect", "known.json"]

    return known


def items(done):
    """Names of the items that --collect-only has listed."""
    lines = [line.partition("::") for line in done.outlines]
    return [name for kit, _, name in lines if kit == "refkd-ctc"]


# Items


def test_each_case_is_an_item_in_the_order_of_a_run(run):
    done = run(*RIGHT, "--collect-only", "-q")
    cases = in_order(kit_named("ctc").cases(Selection(quick=True)))
    assert items(done) == ["conventions", *(case.name for case in cases)]


def test_items_are_selected_by_k_and_the_conventions_are_printed(run):
    done = run(*RIGHT, "-v", "-k", "repeated_ or conventions")
    assert done.parseoutcomes()["passed"] == 3
    done.stdout.fnmatch_lines(
        [
            "refkd-ctc::conventions PASSED*",
            "refkd-ctc::repeated_label PASSED*",
            "refkd-ctc::repeated_thrice PASSED*",
            "*refkd verify ctc: mine:right*",
            "  layout * time first (found)",
            "2 cases, 2 as expected",
        ]
    )


def test_node_ids_are_arguments(run):
    done = run(*RIGHT, "refkd-ctc::one_frame", "refkd-ctc::ragged", "--collect-only", "-q")
    assert items(done) == ["one_frame", "ragged"]
    done = run(*RIGHT, "refkd-ctc", "--collect-only", "-q")
    assert {"conventions", "one_frame", "ragged"} < set(items(done))
    done = run(*RIGHT, "refkd-ctc::no_such_case")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*refkd-ctc::no_such_case: expected a case*"])


def test_the_tests_of_the_user_run_as_well(run, pytester):
    pytester.makepyfile(test_own="def test_own(): pass")
    pytester.makeini("[pytest]\ntestpaths = .")
    run(*RIGHT, "-k", "test_own or one_frame").assert_outcomes(passed=2)


@pytest.mark.proof
def test_cases_of_two_kits(run):
    lines = run("--refkd-lstm", "mine:f", *RIGHT, "--collect-only", "-q").outlines
    kits = {line.partition("::")[0] for line in lines if "::" in line}
    assert kits == {"refkd-ctc", "refkd-lstm"}


def test_without_an_option_nothing_is_collected(run):
    assert run().ret == pytest.ExitCode.NO_TESTS_COLLECTED


# Verdicts


def test_a_fault_fails_its_items_and_is_diagnosed_once(run):
    done = run(*EMPTY, "-k", "repeated_label or all_empty or empty_target")
    done.assert_outcomes(failed=2, passed=1)
    done.stdout.fnmatch_lines(
        [
            "*_ empty_target _*",
            "loss[[]0]: expected *, got 0",
            "again: refkd verify ctc mine:empty --case empty_target",
            "*refkd verify ctc: mine:empty*",
            "3 cases, 1 as expected",
            "FAIL  * (V7)",
            "      in 2 cases; smallest: *",
            "FAILED refkd-ctc::empty_target - Failed: loss[[]0]: expected *",
        ]
    )
    assert done.stdout.str().count("(V7)") == 1


@pytest.mark.proof
def test_x_stops_at_the_first_fault_with_a_diagnosis(run):
    done = run(*EMPTY, "-x", "-k", "empty_target or all_empty or empty_in_batch")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["1 cases, 0 as expected", "FAIL  * (V7)"])


def test_a_told_convention_that_is_not_there_is_a_fault_of_the_conventions(run):
    done = run(*RIGHT, "--refkd-told", "layout=NTK", "-k", "conventions or one_frame")
    done.assert_outcomes(failed=1, passed=1)
    done.stdout.fnmatch_lines(["--layout NTK was given*", "*given*but detected: (T, N, K)*"])


def test_an_adapter_that_always_raises_is_one_error(run):
    done = run("--refkd-ctc", "mine:raises", "--refkd-quick", "-k", "three_frames or conventions")
    done.assert_outcomes(failed=1, skipped=2)
    done.stdout.fnmatch_lines(["*_ conventions _*", "*NameError: name 'logits' is not defined"])
    assert "refkd verify ctc: mine:raises" not in done.stdout.str()


def test_an_adapter_that_cannot_be_imported_is_one_error(run):
    done = run("--refkd-ctc", "nowhere:f", "--refkd-quick", "-k", "one_frame or conventions")
    done.assert_outcomes(failed=1, skipped=1)
    done.stdout.fnmatch_lines(["nowhere:f: expected a function that can be imported, *"])


# Expected faults


def test_known_faults_are_expected_to_fail(run, known):
    done = run(*EMPTY, *known({"V7": ["empty_target", "all_empty"]}), "-rx", "-k", "empty_target")
    done.assert_outcomes(xfailed=1)
    done.stdout.fnmatch_lines(["known * (V7)", "XFAIL refkd-ctc::empty_target - *V7, expected by*"])
    assert done.ret == 0


@pytest.mark.proof
def test_another_fault_is_new(run, known):
    done = run(*EMPTY, *known({"V7": ["empty_target"]}), "-k", "empty_target or all_empty")
    done.assert_outcomes(xfailed=1, failed=1)
    done.stdout.fnmatch_lines(["FAIL  * (V7)", "FAILED refkd-ctc::all_empty - *"])


def test_a_fault_that_is_gone_fails(run, known):
    done = run(*RIGHT, *known({"V7": ["one_frame", "a_case_of_yore"]}), "-k", "one_frame or yore")
    done.assert_outcomes(failed=2)
    done.stdout.fnmatch_lines(["gone: V7, expected by known.json"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kit": "lstm"}, "known.json: kit: expected one of 'ctc', got 'lstm'"),
        ({"told": {"blank": "first"}}, "known.json: expected `refkd verify ctc --blank first *"),
        ({"schema": "another"}, "known.json: expected a file written by --write-expected*"),
    ],
)
def test_another_file_is_wrong_usage(run, known, changes, sentence):
    done = run(*RIGHT, *known({}, **changes))
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"ERROR: {sentence}"])


@pytest.mark.proof
def test_known_faults_of_another_dtype_are_one_error(run, known):
    done = run(*RIGHT, *known({}, dtype="float32"), "-k", "one_frame or ragged")
    done.assert_outcomes(failed=1, skipped=2)
    done.stdout.fnmatch_lines(["known.json: expected an implementation in float32, got float64"])


@pytest.mark.parametrize(
    ("flag", "sentence"),
    [
        ("blank=firs", "--blank: expected one of 'argument', 'first', 'last', got 'firs'"),
        ("blnk=first", "--refkd-told NAME=VALUE: expected one of *, got 'blnk'"),
    ],
)
def test_a_wrong_convention_is_wrong_usage(run, flag, sentence):
    done = run(*RIGHT, "--refkd-told", flag)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"ERROR: {sentence}"])


# The plugin itself


def test_pytest_finds_the_plugin_by_its_entry_point():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {PLUGIN: PLUGIN}
    assert import_module(PLUGIN).pytest_addoption
    assert "pytest" not in " ".join(project["dependencies"])


def test_the_options_of_the_page_are_there(run):
    page = (ROOT / "docs" / "guides" / "verify.md").read_text(encoding="utf-8")
    options = set(re.findall(r"--refkd-[a-z]+", page))
    assert len(options) == 4 + 3
    assert options <= set(re.findall(r"--refkd-[a-z]+", run("--help").stdout.str()))


def test_there_is_an_option_for_every_kit():
    assert list(KITS) == list(import_module(PLUGIN).KITS)


def test_the_plugin_imports_nothing_that_is_slow():
    code = f"""
import sys, pytest
before = set(sys.modules)
import {PLUGIN}
print(*sorted(set(sys.modules) - before))
"""
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refkd", "refkd.verify", PLUGIN]

"""Known faults in a file, JUnit XML, names of failing cases, slow calls and the progress line."""

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.verify import ADAPTERS, KNOWN_FAULTS, FunctionRunner, Verifier

import refkd
from refkd.check import ArgumentError
from refkd.cli import main
from refkd.verify.bug_classes import BUGS
from refkd.verify.expected import Setting, as_lines, compare, read_expected, write_expected
from refkd.verify.kits import kit_named
from refkd.verify.records import Finding, Report, Selection, Trial
from refkd.verify.report import as_json, as_text, write_junit
from refkd.verify.session import verify

pytestmark = pytest.mark.compiled_once

KIT = kit_named("ctc")
QUICK = Setting("ctc", {}, Selection(quick=True))


def fault(bug, *cases):
    case = cases[0] if cases else ""
    return Finding(bug, f"words of {bug}", "must", case, "wrong", cases, again=f"again {case}")


NOTE = Finding("V5", "to know", "note", "d", failing=("d",))
USUAL = {name: (value, "found") for name, value in Verifier(KIT).usual.items()}


def report(*findings, cases="abcde", seconds=0.0):
    failing = {case for finding in findings for case in finding.failing}
    trials = [Trial(case, ("loss[0]: wrong",) * (case in failing), seconds) for case in cases]
    agreed = sum(not trial.problem for trial in trials)
    findings = (*findings, NOTE)
    return Report("ctc", "mine:f", USUAL, findings, len(trials), agreed, trials=tuple(trials))


BEFORE = report(fault("V7", "b", "a"), fault("G4", "c"))


@pytest.fixture
def expected(tmp_path):
    """The known faults of the report BEFORE."""
    write_expected(tmp_path / "known.json", BEFORE, QUICK)
    return read_expected(tmp_path / "known.json")


# The file


def test_the_file_says_what_it_is_for_and_lists_failing_cases(expected):
    value = json.loads(Path(expected.file).read_text(encoding="utf-8"))
    assert (value["schema"], value["version"]) == ("refkd-verify-expected", 1)
    assert value["refkd"] == refkd.__version__
    assert (value["kit"], value["target"], value["dtype"]) == ("ctc", "mine:f", "float64")
    assert value["selection"] == {"quick": True, "shapes": "all", "seed": 0, "case": None}
    assert value["findings"] == [{"bug": "G4", "cases": ["c"]}, {"bug": "V7", "cases": ["a", "b"]}]


@pytest.mark.parametrize(
    "setting",
    [
        QUICK,
        Setting("lstm", {"gates": "ifgo"}, Selection(few_shapes=True, seed=7), "one_frame"),
        Setting("ctc", {"blank": "last", "grad_of": "none"}, Selection()),
    ],
)
def test_a_setting_comes_back(tmp_path, setting):
    write_expected(tmp_path / "known.json", BEFORE, setting)
    assert read_expected(tmp_path / "known.json").setting == setting


@pytest.mark.parametrize(
    "setting",
    [
        replace(QUICK, kit="lstm"),
        replace(QUICK, claims={"blank": "first"}),
        replace(QUICK, selection=Selection()),
        replace(QUICK, selection=Selection(quick=True, seed=1)),
        replace(QUICK, selection=Selection(quick=True, few_shapes=True)),
        replace(QUICK, case="a"),
    ],
)
def test_another_setting_cannot_be_compared(expected, setting):
    expected.check_setting(QUICK)
    with pytest.raises(ArgumentError, match="expected `refkd verify ctc --quick`, for which"):
        expected.check_setting(setting)


def test_another_dtype_cannot_be_compared(expected):
    narrow = replace(BEFORE, conventions={**USUAL, "dtype": ("float32", "found")})
    with pytest.raises(ArgumentError, match="expected an implementation in float64, got float32"):
        compare(expected, narrow)


def test_what_the_damaged_files_are_made_of_is_right(tmp_path):
    (tmp_path / "known.json").write_text(json.dumps(KNOWN_FAULTS), encoding="utf-8")
    assert read_expected(tmp_path / "known.json").faults == {("V7", "a")}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"null",
        b"[]",
        b'{"schema": "refkd-verify-vectors", "version": 1}',
        json.dumps({**KNOWN_FAULTS, "version": 2}).encode(),
        *(
            json.dumps({key: value for key, value in KNOWN_FAULTS.items() if key != name}).encode()
            for name in KNOWN_FAULTS
        ),
        *(
            json.dumps({**KNOWN_FAULTS, **change}).encode()
            for change in (
                {"kit": 3},
                {"told": {"blank": 0}},
                {"selection": {**KNOWN_FAULTS["selection"], "quick": 1}},
                {"selection": {**KNOWN_FAULTS["selection"], "seed": True}},
                {"selection": {**KNOWN_FAULTS["selection"], "shapes": "some"}},
                {"findings": {}},
                {"findings": ["V7"]},
                {"findings": [{"bug": "V7", "cases": "a"}]},
                {"findings": [{"bug": "V7", "cases": [1]}]},
                {"findings": [{"bug": None, "cases": []}]},
            )
        ),
    ],
)
def test_a_damaged_or_foreign_file_is_one_sentence(tmp_path, capsys, content):
    file = tmp_path / "known.json"
    file.write_bytes(content)
    assert main(["verify", "ctc", "mine:f", "--quick", "--expect", str(file)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"refkd: {file}: ")
    assert error.count("\n") == 1


def test_a_missing_file_or_folder_is_one_sentence(tmp_path, capsys):
    missing = str(tmp_path / "nowhere" / "file")
    for option in ("--expect", "--write-expected", "--junit"):
        assert main(["verify", "ctc", "mine:f", option, missing]) == 2
        assert capsys.readouterr().err.count("\n") == 1


# The comparison


def test_the_same_faults_are_expected(expected):
    same = compare(expected, report(fault("G4", "c"), fault("V7", "a", "b")))
    assert same.exit_code == 0
    [line] = as_lines(same)
    assert line.endswith("known.json: exactly the expected faults, in 3 cases")
    text = as_text(BEFORE, KIT, same)
    assert "known words of V7 (V7)" in text
    assert "FAIL" not in text


def test_what_is_new_and_what_is_gone_is_told(expected):
    changed = compare(expected, report(fault("V7", "a", "b", "d")))
    assert changed.exit_code == 1
    assert list(as_lines(changed)) == [
        f"new: {BUGS['V7']} (V7), in 1 case: d",
        f"gone: {BUGS['G4']} (G4), in 1 case: c",
    ]
    assert "FAIL  words of V7 (V7)" in as_text(report(fault("V7", "a", "d")), KIT, changed)


def test_a_fault_of_another_class_is_new_and_the_old_one_gone(expected):
    changed = compare(expected, report(fault("V7", "a", "b"), fault("", "c")))
    assert changed.new == {("", "c")}
    assert changed.gone == {("G4", "c")}
    assert "new: a fault without a class, in 1 case: c" in as_lines(changed)


def test_an_expected_case_that_is_not_asked_is_not_gone(expected):
    changed = compare(expected, report(fault("V7", "a", "b"), cases="abd"))
    assert (changed.gone, changed.unasked, changed.exit_code) == (set(), {"c"}, 1)
    assert "not run: 1 expected case: c" in as_lines(changed)


def test_other_versions_are_told_where_something_has_changed(expected):
    older = replace(expected, refkd="0.0.1")
    assert len(list(as_lines(compare(older, BEFORE)))) == 1
    lines = list(as_lines(compare(older, report())))
    assert lines[-1].endswith(f"was written with refkd 0.0.1, this run has {refkd.__version__}")


def test_a_fault_of_the_conventions_is_compared_too(tmp_path):
    write_expected(tmp_path / "known.json", report(fault("V4")), QUICK)
    expected = read_expected(tmp_path / "known.json")
    assert expected.faults == {("V4", "conventions")}
    assert compare(expected, report(fault("V4"))).exit_code == 0
    assert compare(expected, report()).gone == {("V4", "conventions")}


def test_notes_are_no_faults(expected):
    assert not any(case == "d" for _, case in expected.faults)


def test_many_names_are_cut_in_words_and_whole_in_json(expected):
    changed = compare(expected, report(fault("V1", *"hijklmno"), cases="abchijklmno"))
    assert any(line.endswith("in 8 cases: h, i, j, k, l and 3 more") for line in as_lines(changed))
    value = json.loads(as_json(BEFORE, changed))
    assert value["expected"]["new"] == [{"bug": "V1", "cases": list("hijklmno")}]
    assert value["expected"]["gone"] == [
        {"bug": "G4", "cases": ["c"]},
        {"bug": "V7", "cases": ["a", "b"]},
    ]
    assert value["exit_code"] == 1


# JSON and text


def test_json_names_failing_cases():
    value = json.loads(as_json(BEFORE))
    assert value["schema"] == 2
    assert value["failing"] == ["a", "b", "c"]
    assert [finding["failing"] for finding in value["findings"]] == [["b", "a"], ["c"], ["d"]]
    assert value["expected"] is None


def test_the_slowest_calls_are_named_if_they_are_slow():
    assert "slowest" not in as_text(report(seconds=0.9), KIT)
    trials = tuple(Trial(case, (), n / 2) for n, case in enumerate("abcdefg"))
    slow = replace(report(), trials=trials)
    assert "slowest: g 3.0 s, f 2.5 s, e 2.0 s\n" in as_text(slow, KIT)
    slowest = json.loads(as_json(slow))["slowest"]
    assert slowest[0] == {"case": "g", "seconds": 3.0}
    assert len(slowest) == 3
    two = replace(report(), trials=trials[:4])
    assert "slowest: d 1.5 s\n" in as_text(two, KIT)


def test_a_trial_carries_its_problem_and_its_time():
    adapters = {}
    exec(ADAPTERS, adapters)

    class SlowRunner(FunctionRunner):
        def ask(self, calls):
            return [replace(answer, seconds=2.0) for answer in super().ask(calls)]

    runner = SlowRunner(adapters["empty"], KIT)
    for case, problem in (("one_frame", []), ("empty_target", ["loss[0", "off by"])):
        [trial] = verify(KIT, runner, {"dtype": "float64"}, case=case).trials
        assert (trial.case, trial.seconds) == (case, 2.0)
        assert [line[:6] for line in trial.problem] == problem


# JUnit


def junit(tmp_path, *arguments):
    write_junit(tmp_path / "junit.xml", *arguments)
    [suite] = ElementTree.parse(tmp_path / "junit.xml").getroot()
    return suite, {case.get("name"): case for case in suite.iter("testcase")}


def test_junit_has_a_test_case_for_each_case(tmp_path):
    suite, cases = junit(
        tmp_path, replace(BEFORE, trials=report(*BEFORE.findings[:2], seconds=0.25).trials)
    )
    assert list(cases) == ["conventions", *"abcde"]
    assert [suite.get(name) for name in ("tests", "failures", "skipped", "errors", "time")] == [
        "6",
        "3",
        "0",
        "0",
        "1.250",
    ]
    failure = cases["a"].find("failure")
    assert failure.get("message") == "loss[0]: wrong"
    assert failure.get("type") == "V7"
    assert failure.text.splitlines() == [
        "words of V7 (V7)",
        "loss[0]: wrong",
        "smallest: b",
        "again: again b",
    ]
    assert list(cases["d"]) == []
    assert cases["a"].get("time") == "0.250"


def test_junit_skips_known_faults_and_fails_for_new_and_gone_ones(tmp_path, expected):
    after = report(fault("V7", "a", "b", "d"), cases="abcd")
    suite, cases = junit(tmp_path, after, compare(expected, after))
    assert cases["a"].find("skipped").get("message") == "known: loss[0]: wrong"
    assert cases["d"].find("failure").get("type") == "V7"
    assert cases["c"].find("failure").get("message") == "gone: G4, which was expected"
    assert (suite.get("failures"), suite.get("skipped")) == ("2", "2")
    _, cases = junit(tmp_path, report(cases="ab"), compare(expected, report(cases="ab")))
    assert cases["c"].find("failure").get("message") == "an expected case that was not run"


def test_a_fault_of_the_conventions_fails_its_own_test_case(tmp_path):
    _, cases = junit(tmp_path, report(fault("V4")))
    assert cases["conventions"].find("failure").get("message") == "words of V4"


def test_junit_holds_any_text(tmp_path):
    strange = "<&>\"' ä \n\x00\x1b[31m\x0b \ud800 \ufffe 𝄞"
    finding = Finding("", strange, "must", strange, strange, ("a",), again=strange)
    trials = (Trial("a", (strange, strange)),)
    wild = replace(report(), target=strange, findings=(finding,), trials=trials)
    _, cases = junit(tmp_path, wild)
    failure = cases["a"].find("failure")
    escaped = "<&>\"' ä \n\\x00\\x1b[31m\\x0b \\ud800 \\ufffe 𝄞"
    assert failure.get("message") == escaped
    assert failure.text.count(escaped) == 5
    assert cases["a"].get("classname") == f"refkd-ctc: {escaped}"


# The command


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Verify an adapter of the current folder on one case."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(ADAPTERS, encoding="utf-8")
    return lambda name, *words: main(
        ["verify", "ctc", f"mine:{name}", "--case", "empty_target", *words]
    )


def test_faults_that_are_written_are_expected_from_then_on(command, tmp_path, capsys):
    assert command("empty") == 1
    assert command("empty", "--write-expected", "known.json") == 0
    capsys.readouterr()
    assert command("empty", "--expect", "known.json", "--junit", "junit.xml", "--json") == 0
    value = json.loads(capsys.readouterr().out)
    assert value["exit_code"] == 0
    assert value["expected"] == {"file": "known.json", "new": [], "gone": [], "unasked": []}
    assert ElementTree.parse(tmp_path / "junit.xml").getroot()[0].get("skipped") == "1"
    assert command("right", "--expect", "known.json") == 1
    assert "\ngone: a fault without a class, in 1 case: empty_target\n" in capsys.readouterr().out
    assert command("right", "--expect", "known.json", "--blank", "first") == 2
    assert "expected `refkd verify ctc --case empty_target`" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_shown_on_a_terminal_only(command, monkeypatch):
    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stderr", stream)
            assert command("right") == 0
        assert ("conventions: 0call" in stream.getvalue()) == shown
        assert ("cases:   0%" in stream.getvalue()) == shown

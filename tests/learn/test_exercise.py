"""`refkd exercise`: stubs are not done, solutions right, wrong cells named; hints are graded."""

import ast
import inspect
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from tolerances import PRINTED_3, VALUE, assert_close

from refkd.check import ArgumentError
from refkd.cli import main
from refkd.learn.exercises.catalogue import EXERCISES, exercises_named
from refkd.learn.exercises.exercise import Table
from refkd.learn.exercises.hints import HINTS
from refkd.learn.exercises.mark import marked
from refkd.learn.exercises.report import as_hint, as_json, as_python, as_text
from refkd.learn.exercises.write import solution_text, stub_text
from refkd.learn.explain.equations import EQUATIONS
from refkd.verify.python_runner import answered
from refkd.verify.worker import answer

pytestmark = pytest.mark.compiled_once
PAGES = Path(__file__).resolve().parents[2]
PAGE = PAGES / "docs" / "guides" / "exercises.md"
NAMES = [task.name for task in EXERCISES]
OWN_SLIPS = [(task.name, slip.words) for task in EXERCISES for slip in task.slips() if not slip.bug]
every_exercise = pytest.mark.parametrize("name", NAMES)


def exercise(name):
    return exercises_named([name])[0]


def function_of(name, source):
    made = {}
    exec(source, made)
    return made[name]


def altered(name, *changes):
    """The solution with fragments of its text replaced."""
    source = exercise(name).source
    for was, becomes in changes:
        assert source.count(was) == 1, was
        source = source.replace(was, becomes)
    return function_of(name, source)


def mark_of(name, function):
    """The mark of a function of this process."""
    task = exercise(name)
    answers = []
    for case in task.cases:
        call = {key: np.asarray(value) for key, value in case.inputs.items()}
        call["call.memory"] = "contiguous"
        results = answer(function, task.arguments, task.results, call)
        answers.append(answered(results, task.results))
    return marked(task, answers)


def tags_of(task):
    """The equations that a mark may refer to."""
    return {tag for table in task.tables for tag in (*table.first, *table.others)}


def written(folder, name, text):
    (folder / exercise(name).file).write_text(text, encoding="utf-8")


# Files


def test_stubs_and_a_page_are_written(tmp_path, capsys):
    assert main(["exercise", "new", str(tmp_path / "new" / "folder")]) == 0
    files = sorted(path.name for path in (tmp_path / "new" / "folder").iterdir())
    assert files == [*(task.file for task in EXERCISES), "README.md"]
    assert files[3] == "04_ctc_alpha.py"
    page = (tmp_path / "new" / "folder" / "README.md").read_text(encoding="utf-8")
    for task in EXERCISES:
        assert f"| `{task.file}` |" in page
        assert task.page in page
    assert page.count("refkd exercise check") == 3
    assert page.count("refkd exercise hint") == 2
    assert capsys.readouterr().out.count("\n") == 14


def test_nothing_is_overwritten(tmp_path, capsys):
    written(tmp_path, "hard", "mine")
    assert main(["exercise", "new", str(tmp_path)]) == 0
    assert "Nothing was overwritten" in capsys.readouterr().out
    assert (tmp_path / "09_hard.py").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "12_monotone.py").is_file()


@every_exercise
def test_a_stub_is_the_solution_up_to_its_docstring(name):
    """But for the equations that are to be derived."""
    stub, solution = stub_text(exercise(name)), solution_text(exercise(name))
    head, _, tail = stub.rpartition("\n    raise NotImplementedError\n")
    assert tail == ""
    asked = re.compile(r"^    \((\w+)\) Derive: .*\n", re.MULTILINE)
    for part in asked.split(head)[::2]:
        assert part in solution
    assert set(asked.findall(head)) == exercise(name).derived
    assert ") Derive: " not in solution
    [function] = [node for node in ast.parse(stub).body if isinstance(node, ast.FunctionDef)]
    assert function.name == name
    assert len(function.body) == 2
    assert max(map(len, stub.splitlines())) <= 100


@every_exercise
def test_a_stub_says_every_equation_that_the_marker_refers_to(name):
    """Or asks for it, and then neither the stub nor the page of the folder has it."""
    task = exercise(name)
    stub, solution = (" ".join(text(task).split()) for text in (stub_text, solution_text))
    for tag in tags_of(task):
        assert (f"({tag}) {EQUATIONS[tag]}" in stub) == (tag not in task.derived)
        assert EQUATIONS[tag] not in stub or tag not in task.derived
        assert f"({tag}) {EQUATIONS[tag]}" in solution
        assert re.search(rf"\({tag}\)|tag{{{tag}}}", (PAGES / task.page).read_text("utf-8"))


def test_gradients_are_derived():
    derived = {task.name: task.derived for task in EXERCISES if task.derived}
    assert derived == {
        "lstm_backward": {f"L{n}" for n in range(8, 19)},
        "ctc_gradient": {"C10"},
        "ctc_rescaled": {"C17"},
        "kl_gradient": {"D6"},
        "soft_minimum": {"S10"},
    }


@every_exercise
def test_hints_lead_on_in_three_steps(name, capsys):
    task = exercise(name)
    assert list(HINTS) == NAMES
    question, idea, code = task.hints
    assert "?" in question
    assert len(question) < len(code)
    [function] = [n for n in ast.parse(task.source).body if getattr(n, "name", "") == name]
    body = task.source.splitlines()[function.body[0].end_lineno : function.end_lineno]
    for line in body:
        for side in line.strip().rstrip(":").split(" = ", 1):
            assert len(side) < 12 or side in stub_text(task) or side not in question + idea
    for tag in task.derived:
        assert EQUATIONS[tag].partition(" = ")[2] not in question + idea
    for step, following in ((None, 2), (2, 3), (3, None)):
        assert main(["exercise", "hint", name, *([str(step)] if step else [])]) == 0
        printed = capsys.readouterr().out
        assert printed.startswith(f"{name}, hint {step or 1} of 3\n\n")
        assert " ".join(task.hints[(step or 1) - 1].split()) in " ".join(printed.split())
        last = f"Next hint: refkd exercise hint {name} {following}" if following else task.page
        assert printed.rstrip().endswith(last)
        assert max(map(len, printed.splitlines())) <= 80


def test_a_hint_of_a_file_is_that_of_its_function(capsys):
    assert main(["exercise", "hint", "09_hard.py"]) == 0
    assert capsys.readouterr().out.startswith("hard, hint 1 of 3")


@every_exercise
def test_the_cases_fit_the_function(name):
    task = exercise(name)
    function = function_of(name, task.source)
    assert task.arguments == tuple(inspect.signature(function).parameters)
    returned = re.search(r"Returns\n-+\n(.*?)\n\n", inspect.getdoc(function), re.DOTALL)[1]
    documented = re.findall(r"^(\w.*?) : ", returned, re.MULTILINE)
    assert ", ".join(documented) == ", ".join(task.results)
    names = [case.name for case in task.cases]
    assert names[0].startswith("three frames by hand")
    assert len(set(names)) == len(names)


# Marks of whole folders


def test_stubs_are_not_done_yet(tmp_path, capsys):
    main(["exercise", "new", str(tmp_path)])
    (tmp_path / "01_tanh_step.py").unlink()
    capsys.readouterr()
    assert main(["exercise", "check", str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "01_tanh_step.py: there is no such file"
    assert lines[1:13] == [f"{task.file}: not done yet" for task in EXERCISES[1:]]
    assert lines[13:] == ["0 of 13 right"]


def test_solutions_are_right(tmp_path, capsys):
    main(["exercise", "new", str(tmp_path), "--solutions"])
    capsys.readouterr()
    assert main(["exercise", "check", str(tmp_path), "--json"]) == 0
    marks = json.loads(capsys.readouterr().out)
    assert (marks["schema"], marks["right"], marks["exit_code"]) == (1, 13, 0)
    assert [row["name"] for row in marks["exercises"]] == NAMES
    assert {row["status"] for row in marks["exercises"]} == {"right"}
    assert not any(count for row in marks["exercises"] for count in row["wrong"].values())


def test_only_what_is_named_is_marked(tmp_path, capsys):
    written(tmp_path, "hard", exercise("hard").source)
    assert main(["exercise", "check", str(tmp_path), "hard"]) == 0
    assert capsys.readouterr().out == "09_hard.py: right\n  chosen  right\n1 of 1 right\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check", "nowhere"], "DIR: expected a folder written by `refkd exercise new`"),
        (["check", ".", "softmax"], "exercise: expected one of 'tanh_step', 'lstm_step'"),
        (["check", ".", "--time-limit", "0"], "--time-limit: expected a number > 0"),
        (["hint", "softmax"], "exercise: expected one of 'tanh_step', 'lstm_step'"),
        (["hint", "hard", "4"], "STEP: expected a whole number <= 3, got 4"),
        (["new", "file"], "DIR: expected a folder that can be written to, got the file file"),
    ],
)
def test_wrong_usage(tmp_path, monkeypatch, capsys, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    assert main(["exercise", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_exercises_are_named_by_function_or_file():
    assert [task.name for task in exercises_named(["09_hard.py", "ctc_beta"])] == [
        "ctc_beta",
        "hard",
    ]
    with pytest.raises(ArgumentError, match="exercise: expected one of"):
        exercises_named(["hard.py"])


# Whatever a file does, there is a mark

TROUBLE = {
    "while True:\n        pass": "It takes too long: no answer in 0.5 s",
    "import os\n    os._exit(3)": "It crashes: ended with code 3",
    "print('hello')\n    return divergence[99]": "It raises IndexError: index 99 is out of bounds",
    "pass": "chosen is not returned.",
    "return np.zeros((2, 2))": "chosen has shape (2, 2), expected (3,).",
    "return 'frame 1'": "It returns an unreadable value: chosen: expected an array of numbers,",
}


@pytest.mark.parametrize("body", TROUBLE)
def test_trouble_is_told(tmp_path, capsys, body):
    text = stub_text(exercise("hard")).replace("raise NotImplementedError", body)
    written(tmp_path, "hard", text)
    limit = "0.5" if "while" in body else "60"
    assert main(["exercise", "check", str(tmp_path), "hard", "--time-limit", limit]) == 1
    printed = capsys.readouterr().out
    assert TROUBLE[body] in printed
    assert "chosen  WRONG in 11 of 11 cases" in printed
    assert "come out when" not in printed


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def hard(:", "SyntaxError"),
        ("import nothing_of_this_name", "ModuleNotFoundError"),
        ("def Hard(): pass", "AttributeError: module '09_hard' has no attribute 'hard'"),
        ("import os; os._exit(4)", "ended with code 4"),
        ("raise SystemExit('got away')", "SystemExit: got away"),
    ],
)
def test_a_file_that_cannot_be_imported(tmp_path, capsys, text, sentence):
    written(tmp_path, "hard", text)
    assert main(["exercise", "check", str(tmp_path), "hard"]) == 1
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith("09_hard.py: the file cannot be imported: ")
    assert sentence in line


def test_files_of_two_folders_are_told_apart(tmp_path, monkeypatch):
    """A module of the current folder never stands for that of DIR."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    written(tmp_path, "hard", exercise("hard").source)
    written(tmp_path / "other", "hard", stub_text(exercise("hard")))
    assert main(["exercise", "check", ".", "hard"]) == 0
    assert main(["exercise", "check", "other", "hard"]) == 1


# The first wrong cell, worked by hand

EQUAL_LABELS_SKIP = ("ctc_alpha", (" and states[s] != states[s - 2]", ""))
PLANTED = {
    # tanh(0.7616 / 2), and tanh 0 when the state before is left out
    ("tanh_step", ("h[i] * w_hidden[i, j]", "0.0")): (
        ("hidden", (0,), 0.3634, 0.0),
        "three frames by hand, the second",
        "the hidden state before is left out",
    ),
    # f c with f = 1/2, or all of c = 0.3808
    ("lstm_step", ("f[j] * c[j]", "c[j]")): (
        ("cell", (0,), 0.1904, 0.3808),
        "three frames by hand, the second",
        "the forget gate is left out: c = c + i g",
    ),
    # the part of c_1 through h_1 and the gates of frame 2 is missing
    (
        "lstm_backward",
        ("d_h[t, j] * o[j] * (1.0 - tanh_c**2)", "d_hidden[t, j] * o[j] * (1.0 - tanh_c**2)"),
    ): (
        ("d_c", (1, 0), 0.3483, 0.2395),
        "three frames by hand",
        "dc_t is computed before dh_t has received its part from frame t + 1",
    ),
    # the second label cannot be reached by frame 1, unless it skips: 0.2 x 0.5
    EQUAL_LABELS_SKIP: (
        ("log_alpha", (1, 3), -math.inf, math.log(0.1)),
        "a repeated label",
        "repeated labels may skip the blank between them",
    ),
    # beta begins with 1; 0.4 is the label's probability in the last frame
    ("ctc_beta", ("    return log_beta\n", "    return log_beta + logp[:, states]\n")): (
        ("log_beta", (2, 1), 0.0, math.log(0.4)),
        "three frames by hand",
        "beta includes the emission at frame t, which alpha already includes",
    ),
    # the blanks hold 0.56 of 0.72 before the label and nothing after it
    ("ctc_gradient", ("] += weight", "] = weight")): (
        ("occupancy", (0, 0), 7 / 9, 0.0),
        "three frames by hand",
        "of the states of one class, the blank included, only the last is counted",
    ),
    # P is 0.72; the scales multiply to 0.96
    ("ctc_rescaled", ("loss - math.log(end) if end > 0.0 else math.inf", "loss")): (
        ("loss", (), -math.log(0.72), -math.log(0.96)),
        "three frames by hand",
        "the loss leaves out end, the sum over the last two states",
    ),
    # 0.5 - 0.8
    ("kl_gradient", ("math.exp(log_q) - p", "-p")): (
        ("grad", (0, 0), -0.3, -0.8),
        "three frames by hand",
        "the gradient is that in log q: it does not pass through the softmax",
    ),
    # frames 1 and 2 are as similar, and 2 is nearer
    ("hard", ("abs(u - t), u)", "u)")): (
        ("chosen", (2,), 2, 1),
        "three frames by hand",
        "ties go to the earliest frame, not to the nearest",
    ),
    # e^(-D / tau) is 1 and 4^-1.2
    ("soft_minimum", ("total / len(seen)", "total")): (
        ("softmin", (1,), -0.5 * math.log((1 + 4**-1.2) / 2), -0.5 * math.log(1 + 4**-1.2)),
        "three frames by hand, tau=0.5",
        "the soft minimum uses the sum over the window in place of the mean",
    ),
    # the student frames 0 and 2 are as similar to teacher frame 1, and as near
    ("per_teacher", ("abs(t - u), t)", "abs(t - u), -t)")): (
        ("chosen", (1,), 0, 2),
        "equally near",
        "ties between equally near frames go to the later",
    ),
    # to end in u = 0 costs 0.5 after u = 0 (1.0), not after u = 1 (0.5)
    ("monotone", ("0 <= step <= max_step", "step <= max_step")): (
        ("cost", (1, 0), 1.5, 1.0),
        "equally near, max_step=1",
        "a path may step back",
    ),
    # the pair (0, 0) is at column 1, one more than (1, 0)
    (
        "ordered_path",
        ("((t - 1, w), (t - 1, w + 1), (t, w - 1))", "((t - 1, w - 1), (t - 1, w), (t, w - 1))"),
    ): (
        ("cost", (1, 0), 0.8318, math.inf),
        "three frames by hand",
        "the band is read like a table of all pairs: in the row before, the same column w is the "
        "pair (t - 1, u - 1), not (t - 1, u)",
    ),
}


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted[0])
def test_the_first_wrong_cell(planted):
    name, change = planted
    (table, index, expected, got), case, slip = PLANTED[planted]
    mark = mark_of(name, altered(name, change))
    assert mark.status == "wrong"
    assert (mark.fault.table.name, mark.fault.case.name) == (table, case)
    assert mark.fault.deviation.index == index
    assert_close(mark.fault.deviation.expected, expected, PRINTED_3)
    assert_close(mark.fault.deviation.got, got, PRINTED_3)
    assert mark.slip == slip


def test_every_exercise_has_a_planted_slip():
    assert [name for name, _ in PLANTED] == NAMES


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted[0])
def test_a_mark_has_no_equation_that_is_to_be_derived(planted):
    name, change = planted
    text = " ".join(as_text(mark_of(name, altered(name, change))).split())
    task = exercise(name)
    assert task.page in text
    for tag in task.derived:
        assert EQUATIONS[tag] not in text
    assert any(f"({tag})" in text for tag in tags_of(task))


COLUMNS = "the column w is returned in place of the teacher frame u = t + w - left"
OF_THE_BAND = {
    ("hard", ("chosen[t] = u", "chosen[t] = w")): COLUMNS,
    ("monotone", ("chosen[t] = t + w - left", "chosen[t] = w")): COLUMNS,
    ("ordered_path", ("u = t + w - left", "u = w")): COLUMNS,
    ("monotone", ("0 <= step <= max_step and", "column == w and")): (
        "a path keeps its column w of the band: the same column one frame earlier is another "
        "teacher frame"
    ),
    ("monotone", ("            w = origin[t, w]\n", "")): (
        "the choice is read back along one column w of the band, not along the columns that gave "
        "the minimum"
    ),
}


@pytest.mark.parametrize("planted", OF_THE_BAND, ids=lambda planted: planted[0])
def test_columns_taken_for_teacher_frames(planted):
    """The column of the band, and the same column as the predecessor."""
    name, change = planted
    assert mark_of(name, altered(name, change)).slip == OF_THE_BAND[planted]


def test_gates_exchanged():
    """i and f are swapped, and so every table that needs them; g and o stay right."""
    change = ("i[j] = sigma(a[j])\n        f[j] = ", "f[j] = sigma(a[j])\n        i[j] = ")
    mark = mark_of("lstm_step", altered("lstm_step", change))
    assert mark.fault.table.name == "i"
    assert mark.wrong["g"] == mark.wrong["o"] == 0
    assert mark.slip == "the gates are in a different order: forget and input gates exchanged"


def test_softmax_minus_the_logarithm():
    change = ("math.exp(logp[t, k]) - ", "logp[t, k] - ")
    mark = mark_of("ctc_gradient", altered("ctc_gradient", change))
    assert mark.wrong["occupancy"] == 0
    assert mark.fault.deviation.index == (0, 0)
    assert_close(mark.fault.deviation.got, math.log(0.8) - 7 / 9, VALUE)
    assert mark.slip == "the gradient uses log y in place of y"


def test_what_is_filled_backwards_is_read_backwards():
    """Cells of frames 0 and 1 are wrong; frame 1 is filled first, and in it the lower state."""

    def wrong(logp, labels, blank):
        log_beta = exercise("ctc_beta").right(logp, labels, blank)[0]
        if len(log_beta) == 3:
            log_beta[0, 0] += 1.0
            log_beta[1, 1:] -= 2.0
        return log_beta

    mark = mark_of("ctc_beta", wrong)
    assert mark.fault.deviation.index == (1, 1)
    assert mark.fault.table.equations((1, 1), 3) == ("C6",)
    assert mark.slip == ""


def test_the_order_of_filling():
    wrong = np.array([[0, 1], [1, 1], [0, 0]], dtype=bool)
    forward = Table("A", "ts", ("C3",), ("C4",))
    backward = Table("B", "ts", ("C5",), ("C6",), backward=True)
    assert forward.first_cell(wrong) == (0, 1)
    assert backward.first_cell(wrong) == (1, 0)
    assert forward.equations((0, 1), 3) == ("C3",)
    assert forward.equations((2, 1), 3) == ("C4",)
    assert backward.equations((2, 0), 3) == ("C5",)
    assert forward.place((0, 1)) == "A[t=0, s=1]"
    assert Table("loss", "", ("C7",)).first_cell(np.array(True)) == ()


# Known slips


@every_exercise
def test_every_known_slip_answers_every_case(name):
    """A slip may change nothing here, but none goes down."""
    task = exercise(name)
    for slip in task.slips():
        for case in task.cases:
            assert set(task.slipped(slip, case)) <= set(task.results)


@pytest.mark.parametrize(("name", "words"), OWN_SLIPS)
def test_a_slip_is_told_from_its_numbers(name, words):
    """What it says nothing about is right."""
    task = exercise(name)
    [slip] = [slip for slip in task.slips() if slip.words == words]
    cases = iter(task.cases)

    def slipped(*arguments):
        case = next(cases)
        return tuple((task.expected(case) | task.slipped(slip, case)).values())

    mark = mark_of(name, slipped)
    assert (mark.status, mark.slip) == ("wrong", words)


# Reports


def test_inputs_can_be_copied():
    for task in EXERCISES:
        for case in task.cases:
            made = {"np": np}
            text = as_python(case)
            if "# shape" in text:
                continue
            with np.errstate(divide="ignore"):
                exec(text, made)
            for name, value in case.inputs.items():
                assert np.shape(made[name]) == np.shape(value)
                assert_close(made[name], value, PRINTED_3)


def test_json_holds_infinities_as_texts():
    name, change = EQUAL_LABELS_SKIP
    marks = json.loads(as_json([mark_of(name, altered(name, change))]))
    assert (marks["right"], marks["exit_code"]) == (0, 1)
    [row] = marks["exercises"]
    assert row["wrong"] == {"log_alpha": 5, "loss": 5}
    assert row["first"]["deviation"]["expected"] == "-inf"
    assert row["first"]["deviation"]["index"] == [1, 3]
    assert row["first"]["case"] == "a repeated label"
    assert "labels = np.array([1, 1])" in row["first"]["inputs"]


def test_the_guide_lists_all_exercises():
    guide = PAGE.read_text(encoding="utf-8")
    rows = [line for line in guide.splitlines() if re.match(r"\| `\d", line)]
    for task, row in zip(EXERCISES, rows, strict=True):
        _, file, _, derived, page, _ = row.split("|")
        assert file.strip(" `") == task.file
        assert f"(../{task.page.removeprefix('docs/')})" in page
        between = {f"L{n}" for n in range(8, 19)} if " to " in derived else set()
        assert set(re.findall(r"\((\w+)\)", derived)) | between == task.derived
    hint = as_hint(exercise("ctc_alpha"), 1)
    assert hint in guide


def test_the_guide_shows_what_is_printed():
    name, change = EQUAL_LABELS_SKIP
    text = as_text(mark_of(name, altered(name, change)))
    assert text in PAGE.read_text(encoding="utf-8")

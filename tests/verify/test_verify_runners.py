"""Runners of adapters and programs: calls, crashes, damaged answers, and children left behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from refkd.check import ArgumentError
from refkd.verify.exchange import MOST, write_npz
from refkd.verify.process import KEPT, LastWords, end, first_line, started
from refkd.verify.program_runner import ProgramRunner
from refkd.verify.python_runner import PATIENCE, PythonRunner
from refkd.verify.records import Call

posix_only = pytest.mark.skipif(os.name != "posix", reason="process groups and pipes by name")
CALL = Call({"blank": 0})
LIMIT = 20.0  # seconds, for a machine that is busy


def asked(program, exchange="npz", limit=LIMIT):
    """The answer of a program in Python to which FOLDER is the folder of the first call."""
    head = "import os, sys, time; from pathlib import Path; FOLDER = Path(sys.argv[1], '0000')\n"
    command = [sys.executable, "-c", head + textwrap.dedent(program)]
    [answer] = ProgramRunner(command, ["loss"], limit, exchange).ask([CALL])
    return answer


def written(path, **values):
    write_npz(path, values)
    return f"os.replace({str(path)!r}, FOLDER / 'answer.npz')"


RAW = "answer = FOLDER / 'answer'\n"
MANIFEST = (
    RAW + "(answer / 'loss').write_bytes(bytes(8)); (answer / 'manifest.txt').write_text({!r})"
)


@pytest.mark.parametrize(
    ("program", "exchange", "sentence"),
    [
        ("(FOLDER / 'answer.npz').write_bytes(b'PK, no more')", "npz", "File is not a zip file"),
        ("(FOLDER / 'answer.npz').write_bytes(b'')", "npz", "no npz"),
        ("(FOLDER / 'answer.npz').mkdir()", "npz", "a folder"),
        pytest.param(
            "os.mkfifo(FOLDER / 'answer.npz')", "npz", "a device or a pipe", marks=posix_only
        ),
        (MANIFEST.format("loss float64"), "raw", "got 'loss float64'"),
        (MANIFEST.format("loss float99 1 1"), "raw", "got 'loss float99 1 1'"),
        (MANIFEST.format("loss object 1 1"), "raw", "got 'loss object 1 1'"),
        (MANIFEST.format("loss float64 1 -1"), "raw", "got 'loss float64 1 -1'"),
        (MANIFEST.format(f"loss float64 1 {10**30}"), "raw", "got 'loss float64 1 1000"),
        (MANIFEST.format("../call/blank int64 0"), "raw", "got '../call/blank int64 0'"),
        (MANIFEST.format("loss float64 1 1\nloss float64 1 1"), "raw", "got 'loss float64 1 1'"),
        (RAW + "(answer / 'error.txt').write_bytes(b'\\xff')", "raw", "'utf-8' codec can't decode"),
        (
            RAW + "(answer / 'error.txt').touch(); (answer / 'x.json').write_text('[' * 100_000)",
            "raw",
            "x.json, which is nested too deep",
        ),
        (
            RAW + f"(answer / 'error.txt').touch(); os.truncate(answer / 'error.txt', {MOST + 1})",
            "raw",
            f"files of more than {MOST} bytes",
        ),
        pytest.param(
            RAW + "(answer / 'error.txt').touch(); os.mkfifo(answer / 'loss')",
            "raw",
            "loss, which is not a regular file",
            marks=posix_only,
        ),
    ],
)
def test_a_damaged_answer_is_a_crash_of_one_sentence(program, exchange, sentence):
    answer = asked(program, exchange)
    assert answer.failure == "crashed"
    assert answer.sentence.startswith("the answer cannot be read: ")
    assert sentence in answer.sentence
    assert "\n" not in answer.sentence


def test_an_answer_that_is_no_number_is_unreadable(tmp_path):
    path = tmp_path / "answer.npz"
    for value, got in (("1.5", "a text"), (np.array([b"1.5"]), "|S3 entries"), (1j, "complex128")):
        answer = asked(written(path, loss=np.asarray(value)))
        assert answer.failure == "unreadable"
        assert answer.sentence.startswith(f"loss: expected an array of numbers, got {got}")


def test_a_long_refusal_is_cut(tmp_path):
    answer = asked(written(tmp_path / "answer.npz", error="no " * 9999))
    assert (answer.failure, answer.sentence) == ("raised", ("no " * 9999)[:300] + " ...")


def test_a_program_may_say_more_than_a_pipe_holds_and_its_last_line_is_told():
    answer = asked(
        """
        sys.stderr.write("x" * 5_000_000 + "\\n")
        sys.stdout.write("y" * 5_000_000 + "\\nall went wrong\\n\\n")
        sys.exit(3)
        """
    )
    assert answer.sentence == "ended with code 3, no answer: all went wrong"


def test_a_program_that_never_ends_to_complain_is_stopped():
    answer = asked("while True: sys.stderr.write('no ' * 9999)", limit=0.3)
    assert (answer.failure, answer.sentence) == ("timed out", "no answer in 0.3 s")


def test_of_what_is_said_only_the_end_is_kept():
    script = f"print('x' * {20 * KEPT}); print('the end')"
    process = started([sys.executable, "-c", script], stdout=subprocess.PIPE)
    words = LastWords(process.stdout)
    process.wait()
    assert words.line() == "the end"
    assert len(words._tail) == KEPT
    end(process)


def is_gone(pid):
    """Whether no such process runs; one that is dead and not waited for does not."""
    for _ in range(200):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
@pytest.mark.parametrize("ends", ["sys.exit(0)", "time.sleep(600)"])
def test_no_child_of_a_program_survives(tmp_path, ends):
    child = f"{sys.executable!r}, '-c', 'import time; time.sleep(600)'"
    pid = tmp_path / "pid"
    answer = asked(
        f"""
        import subprocess
        child = subprocess.Popen([{child}])
        Path({str(pid)!r}).write_text(str(child.pid))
        {ends}
        """,
        limit=1.0,
    )
    assert answer.failure == ("crashed" if "exit" in ends else "timed out")
    assert is_gone(int(pid.read_text()))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_no_child_of_an_adapter_survives(tmp_path):
    pid = tmp_path / "pid"
    adapter = tmp_path / "adapter.py"
    adapter.write_text(
        "import subprocess, sys\n"
        "def loss(blank):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"    open({str(pid)!r}, 'w').write(str(child.pid))\n"
        "    sys.stderr.write('x' * 5_000_000)\n"
        "    return 1.5\n",
        encoding="utf-8",
    )
    runner = PythonRunner(f"{adapter}:loss", ["blank"], ["loss"], LIMIT)
    [answer] = runner.ask([CALL])
    assert answer.outputs is not None, answer
    assert float(answer.outputs["loss"]) == 1.5
    runner.close()
    assert is_gone(int(pid.read_text()))


@posix_only
def test_an_adapter_that_is_killed_is_a_crash(tmp_path):
    adapter = tmp_path / "adapter.py"
    adapter.write_text(
        "import os, sys\n"
        "def loss(blank):\n"
        "    sys.stderr.write('going\\n')\n"
        "    sys.stderr.flush()\n"
        "    os.kill(os.getpid(), 9)\n",
        encoding="utf-8",
    )
    runner = PythonRunner(f"{adapter}:loss", ["blank"], ["loss"], LIMIT)
    [answer] = runner.ask([CALL])
    runner.close()
    assert (answer.failure, answer.sentence) == (
        "crashed",
        f"ended by signal {signal.SIGKILL:d}: going",
    )


def test_a_program_that_cannot_be_started_is_one_sentence():
    for name, got in (("no-such-program", "No such file"), ("a\0b", "embedded null byte")):
        with pytest.raises(ArgumentError, match=f"a program that can be started, got {got}"):
            ProgramRunner([name], ["loss"], LIMIT, "npz").ask([CALL])


def test_the_first_line_of_a_text():
    assert first_line("") == first_line(" \n ") == ""
    assert first_line("\none\ntwo") == "one"


# Many calls


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
    return [answer.failure for answer in answers]


def test_the_worker_survives_what_the_adapter_does(folder):
    runner = adapter(
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
    answers = runner.ask(calls(0, 1, 2, 5))
    runner.close()
    assert failures(answers) == [None, "raised", "crashed", None]
    assert answers[1].sentence == "SystemExit: refused"
    assert answers[2].sentence == "ended with code 3: noise"
    assert answers[3].outputs["loss"] == 10.0


def test_calls_that_hang_end_and_then_no_more_is_asked(folder):
    runner = adapter(folder, "import time\ndef f(x): time.sleep(60)", time_limit=0.3)
    answers = runner.ask(calls(*range(PATIENCE + 2)))
    runner.close()
    assert failures(answers) == ["timed out"] * PATIENCE + ["not asked"] * 2


def test_a_call_that_may_spoil_comes_last_and_its_process_ends(folder):
    runner = adapter(
        folder,
        """
        import itertools, os
        import numpy as np
        count = itertools.count(1)
        def f(x): return np.array([os.getpid(), next(count)])
        """,
    )
    spoiling = Call({"x": np.zeros(1)}, may_corrupt=True)
    answers = runner.ask([*calls(0), spoiling, *calls(0), spoiling]) + runner.ask(calls(0))
    runner.close()
    processes, order = np.array([each.outputs["loss"] for each in answers]).T
    assert order.tolist() == [1.0, 3.0, 2.0, 1.0, 1.0]
    assert processes[0] == processes[1] == processes[2]
    assert len(set(processes)) == 3


@pytest.mark.parametrize("target", ["mine:g", "nowhere:f", "mine:f.g"])
def test_an_adapter_that_is_not_there_is_an_argument_error(folder, target):
    (folder / "mine.py").write_text("def f(x): return x", encoding="utf-8")
    runner = PythonRunner(target, ["x"], ["loss"], 60.0)
    with pytest.raises(ArgumentError, match=r"expected a function that can be imported, got"):
        runner.ask(calls(0))


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
    assert answers[4].sentence.startswith("the answer cannot be read")


@pytest.mark.proof
def test_a_program_that_hangs_is_stopped(folder):
    answers = program(folder, time_limit=2.0).ask(calls(3))
    assert failures(answers) == ["timed out"]


def test_a_program_that_is_not_there_is_an_argument_error(folder):
    runner = ProgramRunner(["./nowhere"], ["loss"], 60.0, "npz")
    with pytest.raises(ArgumentError, match=r"expected a program that can be started"):
        runner.ask(calls(0))


def test_each_answer_is_counted_and_timed(folder):
    for make in (adapter, program):
        count = []
        body = {"body": "def f(x): return x"} if make is adapter else {}
        runner = make(folder, **body, on_answer=lambda count=count: count.append(1))
        answers = runner.ask(calls(5, 6, 7))
        runner.close()
        assert len(count) == 3
        assert all(0.0 < answer.seconds < 60.0 for answer in answers)

"""Doors to programs that answer rubbish, say too much, wait for ever, or leave children behind."""

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
from refkd.verify.python_runner import PythonRunner
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
            "loss, which is no regular file",
            marks=posix_only,
        ),
    ],
)
def test_a_damaged_answer_is_a_crash_of_one_sentence(program, exchange, sentence):
    answer = asked(program, exchange)
    assert answer.failure == "crashed"
    assert answer.sentence.startswith("its answer cannot be read: ")
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
    said = f"print('x' * {20 * KEPT}); print('the end')"
    process = started([sys.executable, "-c", said], stdout=subprocess.PIPE)
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
    told = tmp_path / "pid"
    answer = asked(
        f"""
        import subprocess
        child = subprocess.Popen([{child}])
        Path({str(told)!r}).write_text(str(child.pid))
        {ends}
        """,
        limit=1.0,
    )
    assert answer.failure == ("crashed" if "exit" in ends else "timed out")
    assert is_gone(int(told.read_text()))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_no_child_of_an_adapter_survives(tmp_path):
    told = tmp_path / "pid"
    adapter = tmp_path / "adapter.py"
    adapter.write_text(
        "import subprocess, sys\n"
        "def loss(blank):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"    open({str(told)!r}, 'w').write(str(child.pid))\n"
        "    sys.stderr.write('x' * 5_000_000)\n"
        "    return 1.5\n",
        encoding="utf-8",
    )
    door = PythonRunner(f"{adapter}:loss", ["blank"], ["loss"], LIMIT)
    [answer] = door.ask([CALL])
    assert answer.outputs is not None, answer
    assert float(answer.outputs["loss"]) == 1.5
    door.close()
    assert is_gone(int(told.read_text()))


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
    door = PythonRunner(f"{adapter}:loss", ["blank"], ["loss"], LIMIT)
    [answer] = door.ask([CALL])
    door.close()
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

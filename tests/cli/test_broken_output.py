"""Full disks, closed pipes and over-long names: one short sentence, and never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from refkd.cli import main
from refkd.cli.commands import LONGEST, shortened

ROOT = Path(__file__).resolve().parents[2]
posix_only = pytest.mark.skipif(os.name != "posix", reason="Windows has no such devices and pipes")


def ended(command, stdout, head=()):
    """Exit code and what was said on the error stream."""
    done = subprocess.run(
        [*head, sys.executable, "-m", "refkd", *command],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


COMMANDS = pytest.mark.parametrize(
    "command", [["--help"], ["verify", "ctc", "--quick", "--list"]], ids=str
)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@COMMANDS
def test_a_full_disk_behind_the_output_is_one_sentence(command):
    with open("/dev/full", "w") as full:
        assert ended(command, full) == (
            1,
            "refkd: output: expected to read or write there, got No space left on device\n",
        )


@posix_only
@COMMANDS
def test_who_reads_may_end_first(command):
    read, write = os.pipe()
    os.close(read)
    assert ended(command, write) == (1, "")
    os.close(write)


@posix_only
@COMMANDS
def test_the_output_may_be_closed(command):
    closed = ["sh", "-c", 'exec "$@" >&-', "sh"]
    assert ended(command, None, closed) == (0, "")


def test_what_cannot_be_written_is_named(tmp_path, capsys):
    out = tmp_path / "no folder" / "ctc.txt"
    assert main(["explain", "ctc", "--out", str(out)]) == 1
    assert "Errno" not in (error := capsys.readouterr().err)
    assert str(out) in error


@posix_only
def test_numbers_are_never_written_to_a_device_or_a_pipe(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/full"), Path("/dev/zero")):
        words = ["plot", "--toy", "--out", str(tmp_path / "toy"), "--numbers", str(path)]
        assert main(words) == 2
        assert "numbers: expected a new file or one of this command" in capsys.readouterr().err
        assert not path.is_file()


def test_memory_that_is_not_there_is_one_sentence(monkeypatch, capsys):
    def fail(error):
        def allocate(*arguments):
            raise error

        monkeypatch.setattr("refkd.verify.kits.kit_named", allocate)
        assert main(["verify", "ctc", "--list"]) == 1
        return capsys.readouterr().err

    unable = "Unable to allocate 377. GiB for an array"
    assert fail(MemoryError(unable)) == f"refkd: {unable}\n"
    assert fail(MemoryError()) == "refkd: expected more free memory, got none\n"


@pytest.mark.parametrize(
    "command",
    [
        ["run", "--rules"],
        ["run", "--data"],
        ["plot", "--toy", "--by"],
        ["verify", "ctc", "--dtype"],
        ["verify"],
    ],
    ids=" ".join,
)
def test_an_over_long_name_is_not_echoed_whole(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        sys.exit(main([*command, "x" * 9999]))
    assert ended.value.code in (1, 2)
    sentence = capsys.readouterr().err.splitlines()[-1]
    assert "... " in sentence
    assert len(sentence) < LONGEST + 100


def test_a_sentence_is_cut_in_its_middle():
    sentence = "xxxx " * (LONGEST // 5 - 1) + "xxxxx"
    assert shortened(sentence) == sentence
    assert shortened(sentence + "y") == f"{sentence[:500]} ... {sentence[-499:]}y"


def test_a_sentence_stays_in_one_line():
    assert shortened("expected a name, got\r\n  'a\u2028b'") == "expected a name, got 'a b'"

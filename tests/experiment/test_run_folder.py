"""A folder belongs to one command at a time."""

import os

import pytest

from refkd.check import ArgumentError
from refkd.cli import main
from refkd.experiment.run_folder import LOCK, locked_folder


@pytest.mark.parametrize(
    "command",
    [
        ["run", "--quick", "--out"],
        ["plot", "--toy", "--out"],
        ["plot", "--gallery"],
        ["align", "model.npz", "data", "--format", "textgrid", "--out"],
        ["verify", "--write"],
        ["exercise", "new"],
    ],
    ids=lambda words: words[0],
)
def test_a_second_command_stops_at_once_and_touches_nothing(tmp_path, capsys, command):
    folder = tmp_path / "out"
    with locked_folder(folder):
        half_written = folder / f"run.json.{os.getpid()}.part"
        half_written.write_bytes(b"of the first")
        assert main([*command, str(folder)]) == 2
        assert capsys.readouterr().err.endswith(
            f": expected a folder that no other command is using, got {folder}\n"
        )
        assert {file.name for file in folder.iterdir()} == {LOCK, half_written.name}
        assert half_written.read_bytes() == b"of the first"


def test_a_folder_that_stays_empty_is_not_left_behind(tmp_path):
    with locked_folder(tmp_path / "new" / "run"):
        pass
    assert list(tmp_path.iterdir()) == []
    with locked_folder(tmp_path / "new" / "run") as folder:
        (folder / "results").touch()
    assert [file.name for file in folder.iterdir()] == ["results"]


def test_the_lock_of_a_command_that_was_killed_is_no_obstacle(tmp_path, capsys):
    (tmp_path / LOCK).touch()
    assert main(["plot", "--toy", "--out", str(tmp_path)]) == 0
    assert not (tmp_path / LOCK).exists()
    capsys.readouterr()


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "file").touch()
    for path in ("file", "file/run"):
        expected = "out: expected a folder that can be written to"
        with pytest.raises(ArgumentError, match=expected), locked_folder(tmp_path / path):
            pass

"""One tiny run as its command leaves it: tests read it, and none of them changes it."""

import contextlib
import io
from pathlib import Path
from typing import NamedTuple

import pytest
from support.trainings import complaints

from refkd.cli import main

TINY = """
rules = ["CTC", "Hard", "RandomChoice"]
seeds = 2
[network]
hidden = 6
layers = 2
[training]
epochs = 2
dropout = 0.2
[speech]
train = 8
validation = 1
test = 3
[distill.Hard]
weight = [0.1, 0.3]
"""


class FinishedRun(NamedTuple):
    """A run that nobody interrupted."""

    folder: Path
    command: list[str]
    printed: str
    errors: str  # what it printed on standard error


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("settings") / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def whole(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "run"
    command = ["run", "--config", str(tiny), "--out", str(folder)]
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        assert main(command) == 0
    assert complaints(errors.getvalue()) == ""  # everything was drawn
    return FinishedRun(folder, command, output.getvalue(), errors.getvalue())

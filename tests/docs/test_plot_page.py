"""docs/guides/plot.md: what its first block makes, its commands read and print what it shows."""

import itertools
import re
import shlex
from pathlib import Path

import pytest

from refkd.cli import main

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "plot.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
COMMANDS = [text for kind, text in BLOCKS if kind == "sh"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With the files of the page."""
    (made,) = [text for kind, text in BLOCKS if kind == "python"]
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        exec(compile(made, str(PAGE), "exec"), {})
    return folder


def test_the_page_has_commands_and_shows_what_they_print():
    kinds = [kind for kind, _ in BLOCKS]
    assert kinds.count("python") == 1
    assert kinds.count("text") > kinds.count("sh") >= 4


@pytest.mark.proof
@pytest.mark.compiled_only
@pytest.mark.parametrize("n", range(len(COMMANDS)))
def test_commands_print_what_the_page_shows(n, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    program, *arguments = shlex.split(COMMANDS[n])
    assert program == "refkd"
    assert main(arguments) == 0
    printed = [text.replace("\\", "/") for text in capsys.readouterr()]
    begin = [place for place, (kind, _) in enumerate(BLOCKS) if kind == "sh"][n]
    shown = [text for _, text in itertools.takewhile(is_text, BLOCKS[begin + 1 :])]
    assert shown
    for text in shown:
        assert text in printed


def is_text(block):
    return block[0] == "text"

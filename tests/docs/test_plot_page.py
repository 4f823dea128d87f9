"""docs/guides/plot.md: what its first block makes, its commands read and print what it shows."""

import itertools
import shlex

import pytest
from support.pages import DOCS, blocks

from refkd.cli import main

PAGE = DOCS / "guides" / "plot.md"
BLOCKS = blocks(PAGE)
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
    after = BLOCKS[begin + 1 :]
    shown = [text for _, text in itertools.takewhile(lambda block: block[0] == "text", after)]
    assert shown
    for text in shown:
        assert text in printed

"""Commands and code on the pages: options exist, Python compiles, and what can run runs."""

import shlex
import subprocess
import sys

import pytest
from support.pages import DOCS, PAGES, ROOT, blocks

from refkd.cli import command_line
from refkd.cli.verify import kit_parser
from refkd.verify.kits import kit_named


def texts_of(page, kind):
    return [text for name, text in blocks(page) if name == kind]


def commands(page):
    """Every refkd command of the shell blocks, as a list of words."""
    for text in texts_of(page, "sh"):
        for line in text.replace("\\\n", " ").splitlines():
            words = shlex.split(line.replace("$(", "").replace(")", ""), comments=True)
            while "refkd" in words:
                words = words[words.index("refkd") + 1 :]
                ends = [n for n, word in enumerate(words) if word in ("&&", "|", ">", ";")]
                yield words[: ends[0] if ends else None]


COMMANDS = [
    pytest.param(words, id=f"{page.stem}: {shlex.join(words)[:60]}")
    for page in PAGES
    for words in commands(page)
]
CODE = [(page, text) for page in PAGES for text in texts_of(page, "python")]


@pytest.mark.parametrize("words", COMMANDS)
def test_commands_have_the_options_that_pages_say(words):
    options = command_line().parse_args(words)
    if words[0] == "verify" and options.kit is not None:
        kit_parser(kit_named(options.kit)).parse_args(options.rest)


def test_a_wrong_option_would_be_seen():
    with pytest.raises(SystemExit):
        command_line().parse_args(["run", "--no-such-option"])


@pytest.mark.parametrize(("page", "text"), CODE, ids=lambda value: getattr(value, "stem", ""))
def test_python_compiles(page, text):
    compile(text, str(page), "exec")


def test_the_example_of_the_readme_runs():
    [text] = texts_of(ROOT / "README.md", "python")
    names = {}
    exec(compile(text, "README.md", "exec"), names)
    assert names["trace"].grad.shape == (50, 30)


@pytest.mark.compiled_once
@pytest.mark.proof
def test_the_test_of_the_page_on_verification_runs(tmp_path):
    adapter = "from refkd.verify.adapters.refkd_ctc import ctc_loss as ctc_loss\n"
    (tmp_path / "mine.py").write_text(adapter, encoding="utf-8")
    *_, test = texts_of(DOCS / "guides" / "verify.md", "python")
    (tmp_path / "test_mine.py").write_text(test, encoding="utf-8")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout

"""Commands, code, examples and kernels on the pages: they exist, run, and are the sources."""

import doctest
import re
import shlex
import subprocess
import sys

import pytest
from support.pages import DOCS, PAGES, ROOT, blocks, module_of, read, stem

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


WITH_EXAMPLES = ("notation", "numeric", "ctc", "similarity", "selection", "decoding")


class MarkdownParser(doctest.DocTestParser):
    """Reads past the fences, which doctest would take for expected output."""

    def parse(self, string, name="<string>"):
        return super().parse(re.sub(r"^ *```.*$", "", string, flags=re.MULTILINE), name)


def run_examples(path):
    return doctest.testfile(str(path), False, encoding="utf-8", parser=MarkdownParser())


@pytest.mark.parametrize("path", PAGES, ids=stem)
def test_examples_run_examples(path):
    result = run_examples(path)
    assert result.failed == 0
    assert result.attempted > 0 or path.stem not in WITH_EXAMPLES


def test_a_wrong_example_is_seen(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("```pycon\n>>> 1 + 1\n3\n```\n\n```pycon\n>>> 1 + 2\n3\n```\n")
    assert run_examples(page) == (1, 2)
    assert "Expected:\n    3" in capsys.readouterr().out


EMBEDDING = module_of(DOCS / "embedded.py")


@pytest.mark.parametrize("path", EMBEDDING.PAGES, ids=stem)
def test_the_kernels_of_a_page_are_their_sources(path):
    assert EMBEDDING.embedded(read(path)) == read(path)


def test_another_text_is_replaced_by_the_source():
    head = "<!-- kernel: refkd/kernels/numeric.py log_add -->\n```python\n"
    made = EMBEDDING.embedded(head + "an older text\n```\nand more")
    assert made.startswith(head)
    assert "def log_add(" in made
    assert "an older text" not in made
    assert made.endswith("```\nand more")


def test_a_kernel_that_is_gone_is_told():
    with pytest.raises(LookupError, match=r"numeric.py has no function gone"):
        EMBEDDING.source_of("refkd/kernels/numeric.py", "gone")

"""The pages under docs/: every example on them runs and prints what the page says."""

import doctest
import re

import pytest
from support.pages import PAGES, stem

WITH_EXAMPLES = ("notation", "numeric", "ctc", "similarity", "selection", "decoding")


class MarkdownParser(doctest.DocTestParser):
    """Reads past the fences, which doctest would take for expected output."""

    def parse(self, string, name="<string>"):
        return super().parse(re.sub(r"^ *```.*$", "", string, flags=re.MULTILINE), name)


def run(path):
    return doctest.testfile(str(path), False, encoding="utf-8", parser=MarkdownParser())


@pytest.mark.parametrize("path", PAGES, ids=stem)
def test_examples_run(path):
    result = run(path)
    assert result.failed == 0
    assert result.attempted > 0 or path.stem not in WITH_EXAMPLES


def test_a_wrong_example_is_seen(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("```pycon\n>>> 1 + 1\n3\n```\n\n```pycon\n>>> 1 + 2\n3\n```\n")
    assert run(page) == (1, 2)
    assert "Expected:\n    3" in capsys.readouterr().out

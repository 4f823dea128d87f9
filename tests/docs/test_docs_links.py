"""Links in the README and in docs/: every file that one points to is there."""

import re

import pytest
from support.pages import PAGES, read, stem

LINK = re.compile(r"\]\(([^)\s]+)\)")


def broken(page):
    """The relative links of a page that lead nowhere."""
    links = LINK.findall(read(page))
    paths = [link.partition("#")[0] for link in links if "://" not in link]
    return [path for path in paths if path and not (page.parent / path).exists()]


@pytest.mark.parametrize("page", PAGES, ids=stem)
def test_links_lead_somewhere(page):
    assert broken(page) == []


def test_a_broken_link_is_seen(tmp_path):
    (tmp_path / "here.md").write_text("[a](here.md#part) [b](gone.md) [c](https://x.org/y.md)\n")
    assert broken(tmp_path / "here.md") == ["gone.md"]

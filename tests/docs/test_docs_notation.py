"""The symbols of the course: each is on the notation page; an equation has one tag."""

import re

import pytest
from support.tex import DISPLAYED, DOCS, TAG, equations, prose_of, symbols

COURSE = sorted((DOCS / "course").glob("*.md"))
PAGES = sorted(DOCS.rglob("*.md"))
NOTATION = (DOCS / "course" / "notation.md").read_text(encoding="utf-8")
KNOWN = set().union(*map(symbols, equations(NOTATION)))


@pytest.mark.parametrize("page", COURSE, ids=lambda page: page.stem)
def test_every_symbol_is_on_the_notation_page(page):
    used = {}
    for tex in equations(page.read_text(encoding="utf-8")):
        used |= dict.fromkeys(symbols(tex) - KNOWN, tex.strip())
    assert used == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_an_equation_has_one_tag_which_stands_last(page):
    for tex in DISPLAYED.findall(prose_of(page.read_text(encoding="utf-8"))):
        assert len(TAG.findall(tex)) == len(re.findall(r"\\tag\{\w+\}\s*$", tex)), tex

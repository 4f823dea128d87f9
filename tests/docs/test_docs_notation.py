"""The symbols of the course: each is on the notation page; an equation has one tag."""

import re

import pytest
from support.pages import DOCS, PAGES, read, stem
from support.tex import COURSE, DISPLAYED, TAG, equations, prose_of, symbols

NOTATION = read(DOCS / "course" / "notation.md")
KNOWN = set().union(*map(symbols, equations(NOTATION)))


@pytest.mark.parametrize("page", COURSE, ids=stem)
def test_every_symbol_is_on_the_notation_page(page):
    used = {}
    for tex in equations(read(page)):
        used |= dict.fromkeys(symbols(tex) - KNOWN, tex.strip())
    assert used == {}


@pytest.mark.parametrize("page", PAGES, ids=stem)
def test_an_equation_has_one_tag_which_stands_last(page):
    for tex in DISPLAYED.findall(prose_of(read(page))):
        assert len(TAG.findall(tex)) == len(re.findall(r"\\tag\{\w+\}\s*$", tex)), tex

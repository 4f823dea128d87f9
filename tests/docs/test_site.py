"""The site in a browser: `REFKD_SITE=SITE pytest tests/docs/test_site.py`, once it is built."""

import io
import json
import os
import re
from pathlib import Path

import matplotlib.image
import pytest
from support.browser import Browser
from support.explorer import needs_browser
from support.tex import COURSE

SITE = Path(os.environ.get("REFKD_SITE", "")).resolve()
if "REFKD_SITE" not in os.environ:
    pytest.skip("REFKD_SITE names no site", allow_module_level=True)
pytestmark = needs_browser
TELEPHONE = 390  # pixels
CENTRE = """
const image = document.querySelector('img[src$=".svg"]');
image.scrollIntoView({block: "center"});
const box = image.getBoundingClientRect();
return [box.x + 4, box.y + 4];
"""


@pytest.fixture(scope="module")
def browser():
    with Browser() as window:
        yield window


def is_dark(browser, x, y):
    picture = matplotlib.image.imread(io.BytesIO(browser.picture()))
    return picture[round(y), round(x), :3].mean() < 0.5


@pytest.mark.parametrize("name", [page.stem for page in COURSE])
def test_a_page_fits_a_telephone_and_loads_without_an_error(browser, name):
    browser.open(SITE / "course" / f"{name}.html", width=TELEPHONE)
    assert browser.run("return document.documentElement.scrollWidth") <= TELEPHONE
    assert browser.messages() == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_figures_follow_the_theme(browser, theme):
    browser.open(SITE / "course" / "numeric.html")
    browser.run("document.body.dataset.theme = arguments[0]", theme)
    assert is_dark(browser, *browser.run(CENTRE)) == (theme == "dark")


@pytest.mark.parametrize("words", ["alpha", "occupancy", "log_add", "softmin", "C4", "omega"])
def test_the_search_finds_symbols(browser, words):
    browser.open(SITE / "search.html")
    browser.run("location.search = '?q=' + arguments[0]", words)
    first = "document.querySelector('#search-results ul.search li a')"
    browser.wait(lambda: browser.run(f"return {first} !== null"))
    assert browser.run(f"return {first}.textContent") != ""


def test_equations_are_drawn_and_may_be_linked_to(browser):
    browser.open(SITE / "course" / "ctc.html")
    assert (
        browser.run("return document.querySelector('#C4 math').getBoundingClientRect().width") > 99
    )
    assert browser.run("return document.querySelectorAll('merror').length") == 0


def test_identifiers_break_only_between_their_words():
    page = (SITE / "course" / "ctc.html").read_text(encoding="utf-8")
    assert re.search(r'<span class="pre">refkd/<wbr>kernels/<wbr>ctc\.py</span>', page)


@pytest.mark.parametrize("name", [page.stem for page in COURSE])
def test_a_page_leads_to_its_notebook_which_has_been_run(name):
    page = (SITE / "course" / f"{name}.html").read_text(encoding="utf-8")
    assert f'href="../notebooks/{name}.ipynb"' in page
    cells = json.loads((SITE / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    assert all(cell["execution_count"] for cell in cells if cell["cell_type"] == "code")


def test_pages_that_move_are_where_the_course_links_to_them():
    for page in (SITE / "course").glob("*.html"):
        for link in re.findall(r'href="(\.\./interactive/[\w-]+\.html)', page.read_text("utf-8")):
            assert (page.parent / link).is_file(), (page.name, link)

"""The course: its pages are in order, and those on algorithms have the same parts."""

import re
from itertools import pairwise

import pytest
from support.pages import DOCS, read

from refkd.learn.exercises.catalogue import EXERCISES

COURSE = re.findall(r"\]\(course/([a-z-]+)\.md\)", read(DOCS / "README.md"))
INTERACTIVE = read(DOCS / "interactive" / "make_interactive.py")
MOVING = re.findall(r'^        \("([a-z-]+)", "([^"]+)"\),$', INTERACTIVE, re.M)
ALGORITHMS = ["rnn", "lstm", "lstm-backward", "bidirectional", "ctc", "similarity"]
ALGORITHMS += ["frame-wise", "selection", "silent-optimum", "order", "rivals"]
PARTS = {
    "the code": r"^Code: ",
    "what comes before": r"^Prerequisites: .* Reading time: about \d+ minutes",
    "symbols and identifiers": r"^\| here \| in the code \| shape \|$",
    "tagged equations": r"\([NMLRCDSGEFVB][0-9]+\)",
    "typeset equations": r"^\$\$$",
    "three frames": r"^## Three frames by hand$",
    "an example that runs": r"^>>> ",
    "the kernel": r"^<!-- kernel: ",
    "a figure": r"^!\[[^\]]+\]\(\.\./figures/[a-z-]+\.svg\)$",
    "what goes wrong": r"^## What goes wrong",
    "exercises with answers": r"^## Exercises$(?s:.*)^<details>$",
    "the next page": r"^Next: \[",
}


def page(name):
    return read(DOCS / "course" / f"{name}.md")


def test_the_first_page_lists_every_page_once():
    assert sorted(COURSE) == sorted(path.stem for path in (DOCS / "course").glob("*.md"))


def test_the_first_page_and_the_pages_that_move_name_a_page_by_its_title():
    text = read(DOCS / "README.md")
    names = dict(re.findall(r"\| \[([^\]]+)\]\(course/([a-z-]+)\.md\)", text))
    names |= {title: name for name, title in MOVING}
    assert {title: page(name).split("\n")[0] for title, name in names.items()} == {
        title: f"# {title}" for title in names
    }


@pytest.mark.parametrize("name", sorted({name for name, _ in MOVING}))
def test_a_page_leads_to_the_page_that_moves_it(name):
    assert re.search(r"^Try it: \[[^\]]+\]\(\.\./interactive/[a-z-]+\.html\)", page(name), re.M)


def test_every_exercise_is_named_on_the_page_that_derives_it():
    for exercise in EXERCISES:
        marked = re.search(
            r"^Marked: (.*) of ", (DOCS.parent / exercise.page).read_text("utf-8"), re.M
        )
        assert f"`{exercise.name}`" in marked[1], exercise.name


def test_the_site_has_the_pages_in_the_same_order():
    site = re.findall(r"^   course/(.+)$", read(DOCS / "index.rst"), re.M)
    assert site == COURSE


@pytest.mark.parametrize(("here", "after"), list(pairwise(COURSE)))
def test_each_page_leads_to_the_next(here, after):
    assert re.search(rf"^Next: \[[^\]]+\]\({after}\.md\)", page(here), re.M)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_page_on_an_algorithm_has_every_part(name):
    text = page(name)
    missing = [part for part, pattern in PARTS.items() if not re.search(pattern, text, re.M)]
    assert missing == []


@pytest.mark.parametrize("path", sorted((DOCS / "gallery").glob("plot_*.py")), ids=str)
def test_every_figure_of_the_gallery_is_on_a_page(path):
    name = path.stem.removeprefix("plot_").replace("_", "-")
    assert (DOCS / "figures" / f"{name}.svg").is_file()
    assert any(f"figures/{name}.svg" in read(page) for page in DOCS.rglob("*.md"))

r"""Equations: the tag of a line of code is defined in docs/, and the other way round.

An equation is displayed on a page and ends in its tag, as in `$$ a = b \tag{C3} $$`.
"""

import io
import re
import tokenize
from collections import defaultdict

from support.pages import DOCS, ROOT, read
from support.tex import prose_of

TAG = re.compile(r"\(([NMLRCDSGEFVB][0-9]+)\)")
DEFINITION = re.compile(r"\\tag\{([NMLRCDSGEFVB][0-9]+)\}")


def found_in(texts):
    """For each tag the names of the sources that hold it, as often as they do."""
    places = defaultdict(list)
    for pattern, name, text in texts:
        for tag in pattern.findall(text):
            places[tag].append(name)
    return places


def comments(path):
    source = io.StringIO(read(path))
    tokens = tokenize.generate_tokens(source.readline)
    return "\n".join(token.string for token in tokens if token.type == tokenize.COMMENT)


MODULES = sorted((ROOT / "refkd").rglob("*.py"))
PAGES = {path.name: prose_of(read(path)) for path in DOCS.rglob("*.md")}
TAGGED = found_in((TAG, path.relative_to(ROOT).as_posix(), comments(path)) for path in MODULES)
DEFINED = found_in((DEFINITION, name, text) for name, text in PAGES.items())
MENTIONED = found_in((TAG, name, text) for name, text in PAGES.items())


def test_every_letter_is_in_use():
    assert {tag[0] for tag in TAGGED} == set("NMLRCDSGEFVB")


def test_every_tagged_line_is_defined():
    assert sorted(set(TAGGED) - set(DEFINED)) == []


def test_every_equation_is_computed_somewhere():
    assert sorted(set(DEFINED) - set(TAGGED)) == []


def test_every_equation_that_is_referred_to_exists():
    assert sorted(set(MENTIONED) - set(DEFINED)) == []


def test_an_equation_is_defined_once():
    assert {tag: pages for tag, pages in DEFINED.items() if len(pages) > 1} == {}


def test_the_equations_of_a_letter_are_on_one_page_and_numbered_through():
    for letter in "NMLRCDSGEFVB":
        page_of_tag = {tag: pages[0] for tag, pages in DEFINED.items() if tag[0] == letter}
        assert len(set(page_of_tag.values())) == 1, (letter, page_of_tag)
        assert set(page_of_tag) == {f"{letter}{n}" for n in range(1, len(page_of_tag) + 1)}


def test_a_tag_belongs_to_one_module_and_what_is_beside_it_for_speed():
    modules = {tag: {re.sub(r"_(batch|rescaled|long)\.py$", ".py", name) for name in names}
               for tag, names in TAGGED.items()}  # fmt: skip
    assert {tag: names for tag, names in modules.items() if len(names) > 1} == {}

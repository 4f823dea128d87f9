"""Equations: the tag of a line of code is found in docs/, and the other way round."""

import io
import re
import tokenize
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TAG = re.compile(r"\(([A-Z][0-9]+[a-z]?)\)")


def code_tags():
    """The tags in the comments of each module."""
    tags = defaultdict(set)
    for path in sorted((ROOT / "refkd").rglob("*.py")):
        source = io.StringIO(path.read_text(encoding="utf-8"))
        for token in tokenize.generate_tokens(source.readline):
            if token.type == tokenize.COMMENT:
                for tag in TAG.findall(token.string):
                    tags[tag].add(path.name)
    return tags


def docs_tags():
    """The tags on each page."""
    tags = defaultdict(set)
    for path in sorted((ROOT / "docs").glob("*.md")):
        for tag in TAG.findall(path.read_text(encoding="utf-8")):
            tags[tag].add(path.name)
    return tags


def test_there_are_tags():
    assert {tag[0] for tag in code_tags()} >= set("NMLCDS")


def test_every_tagged_line_is_explained():
    assert sorted(set(code_tags()) - set(docs_tags())) == []


def test_every_equation_is_computed_somewhere():
    assert sorted(set(docs_tags()) - set(code_tags())) == []


def test_a_tag_belongs_to_one_module():
    assert {tag: files for tag, files in code_tags().items() if len(files) > 1} == {}


def test_the_letter_names_the_page():
    """Every page that defines equations of a letter is the only one: (C1) to (Cn) on one page."""
    for letter in sorted({tag[0] for tag in code_tags()}):
        pages = defaultdict(int)
        for tag, names in docs_tags().items():
            if tag[0] == letter:
                for name in names:
                    pages[name] += 1
        complete = [page for page, count in pages.items() if count == max(pages.values())]
        assert len(complete) == 1, (letter, dict(pages))

"""The table of claims: every function, test and figure that it names is there."""

import ast
import re
from importlib import import_module

import pytest
from support.pages import DOCS, ROOT, read

PAGE = DOCS / "reference" / "claims.md"
TEXT = read(PAGE)
FUNCTION = re.compile(r"`(refkd(?:\.\w+)+)`")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
FIGURE = re.compile(r"\]\((\.\./figures/[^)]+)\)")


def rows(text):
    """The cells of each row of the tables, headings left out."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] not in ("claim", "step", "what")]


ROWS = rows(TEXT)


def missing(row):
    """The names in a row that nothing answers to."""
    *_, functions, tests, figures = row
    gone = [name for name in FUNCTION.findall(functions) if not is_function(name)]
    gone += [f"{path}::{name}" for path, name in TEST.findall(tests) if not is_test(path, name)]
    gone += [path for path in FIGURE.findall(figures) if not (PAGE.parent / path).is_file()]
    return gone


def is_function(name):
    module, _, attribute = name.rpartition(".")
    return callable(getattr(import_module(module), attribute, None))


def is_test(path, name):
    if not (ROOT / path).is_file():
        return False
    tree = ast.parse(read(ROOT / path))
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}: {row[1]}")
def test_every_row_names_what_there_is_and_quotes_little(row):
    assert FUNCTION.search(row[3])
    assert TEST.search(row[4])
    assert FIGURE.search(row[5])
    assert missing(row) == []
    for words in re.findall(r'"([^"]+)"', row[2]):
        assert len(words.replace("...", "").split()) <= 10  # quotations


def test_every_claim_has_one_row():
    table, _ = TEXT.split("## The four steps")
    assert [int(row[0]) for row in rows(table)] == list(range(1, 26))


def test_frame_wise_is_outside():
    assert "`refkd.FrameWise`" in TEXT[TEXT.index("## Outside the claims") :]


def test_a_wrong_name_is_seen():
    names = "refkd.Harder", "tests/losses/test_distill.py::test_x", "../figures/x.svg"
    function, test, figure = names
    assert missing(["1", "", "", f"`{function}`", f"`{test}`", f"[x]({figure})"]) == list(names)

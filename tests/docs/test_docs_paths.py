"""Files and modules that the pages name are there."""

import inspect
import re
from importlib import import_module
from importlib.util import find_spec

import pytest
from support.pages import DOCS, FENCED, PAGES, ROOT, read, stem

PATH = re.compile(r"`((?:refkd|visualize|tests|docs)/[\w./-]*)(?:::\w+)?`")
BESIDE = re.compile(r"^(\w+\.py)$")
MODULE = re.compile(r"`((?:refkd|visualize)(?:\.\w+)+)[`(]")
IN_FILE = re.compile(r"((?:`\w+`(?:, | and ))*`\w+`) in `((?:refkd|visualize)/[\w/]+\.py)`")
MOVED = "## Modules that moved"


def words_of(page):
    """The text without code; what the changes tell of older versions is left out."""
    return FENCED.sub("", read(page)).partition(MOVED)[0]


def missing_paths(text):
    """Paths that lead nowhere; on a line `Code:` a bare name lies beside the path before it."""
    gone = [path for path in PATH.findall(text) if not exists(path)]
    for line in re.findall(r"^Code: .*$", text, re.M):
        folder = ROOT
        for word in re.findall(r"`([^`]+)`", line):
            if "/" in word:
                folder = (ROOT / word).parent
            elif BESIDE.match(word) and not (folder / word).is_file():
                gone.append(word)
    return gone


def exists(path):
    """Whether a path leads somewhere; one with NAME in it is a pattern."""
    return "NAME" in path or (ROOT / path).exists()


def is_there(name):
    """Whether a dotted name is a module, or what one holds."""
    first, *rest = name.split(".")
    thing, place = import_module(first), first
    for attribute in rest:
        place = f"{place}.{attribute}"
        fields = getattr(thing, "__dataclass_fields__", {}) or getattr(thing, "__annotations__", {})
        if hasattr(thing, attribute) or attribute in fields:
            thing = getattr(thing, attribute, None)
        elif inspect.ismodule(thing) and module_exists(place):
            thing = import_module(place)
        else:
            return False
    return True


def module_exists(name):
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("page", PAGES, ids=stem)
def test_what_a_page_names_is_there(page):
    text = words_of(page)
    assert missing_paths(text) == []
    assert [name for name in MODULE.findall(text) if not is_there(name)] == []
    for names, path in IN_FILE.findall(text):
        source = read(ROOT / path)
        for name in re.findall(r"\w+", names.replace(" and ", " ")):
            assert re.search(rf"\b{name}\b", source), f"{name} in {path}"


def test_what_is_gone_is_seen():
    assert missing_paths("Code: `refkd/losses/ctc.py`, `gone.py`.\n`tests/none.py`") == [
        "tests/none.py",
        "gone.py",
    ]
    assert is_there("refkd.networks.stream.Stream")
    assert not is_there("refkd.gone.Stream")
    assert not is_there("refkd.networks.stream.Gone")


CHANGES = read(DOCS / "reference" / "changes.md")
MOVES = re.findall(r"^\| `([\w.*]+)` \| `([\w.*]+)` \|$", CHANGES, re.M)


@pytest.mark.parametrize(("before", "now"), MOVES)
def test_a_module_that_moved_is_where_the_changes_say(before, now):
    old = ROOT / before.removesuffix(".*").replace(".", "/")
    assert not old.with_suffix(".py").exists()
    assert is_there(now.removesuffix(".*"))
    assert before.endswith(".*") == now.endswith(".*")


def test_a_module_moved_once():
    assert len({before for before, _ in MOVES}) == len(MOVES) > 100

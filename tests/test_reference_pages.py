"""The reference: every public name is there, exists, and has an example."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import refkd
import visualize

PAGES = sorted((Path(__file__).resolve().parents[1] / "docs" / "reference").glob("*.rst"))
RETURNED = ("refkd.records.",)  # made by functions whose examples show them
NAMES = [
    name
    for path in PAGES
    for name in re.findall(r"^\.\. auto\w+:: (\S+)$", path.read_text(encoding="utf-8"), re.M)
]


def thing(name):
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)


def test_every_public_name_of_the_library_is_there():
    assert {f"refkd.{name}" for name in refkd.__all__} <= set(NAMES)


def test_every_public_name_of_the_figures_is_there():
    public = {
        f"visualize.{name}"
        for name, value in vars(visualize).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public <= set(NAMES)


def test_no_name_is_there_twice():
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_each_has_an_example(name):
    text = inspect.getdoc(thing(name))
    assert ">>> " in text or name.startswith(RETURNED)

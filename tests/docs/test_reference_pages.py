"""The reference: every public name is there, exists, and has an example."""

import inspect

import pytest
from support.reference_pages import NAMES, RETURNED, look_up

import refkd
import visualize


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
    text = inspect.getdoc(look_up(name))
    assert ">>> " in text or name.startswith(RETURNED)

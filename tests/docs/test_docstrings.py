"""Docstrings: documented parameters are the signature, and every example runs."""

import doctest
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator

import pytest
from support.reference_pages import NAMES, RETURNED, look_up

import refkd
import visualize

MODULES = ["refkd", "visualize"] + [
    module.name
    for package in (refkd, visualize)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if not module.name.endswith("__main__")
]


def documented_parameters(thing):
    """Names on the lines of the Parameters section that are not indented; None without one."""
    lines = (inspect.getdoc(thing) or "").splitlines()
    for n, line in enumerate(lines):
        if line == "Parameters" and lines[n + 1] == "-" * len(line):
            break
    else:
        return None
    names = []
    for line, after in zip(lines[n + 2 :], [*lines[n + 3 :], ""], strict=True):
        if line and set(after) == {"-"}:
            break
        if line and not line.startswith(" "):
            names += line.split(" : ")[0].split(", ")
    return names


def parameters(thing):
    return [
        {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}.get(parameter.kind.name, "") + name
        for name, parameter in inspect.signature(thing).parameters.items()
        if name not in ("self", "cls")
    ]


def described():
    """Every public function, class and method of every module, with its full name."""
    for module in map(importlib.import_module, MODULES):
        for name, thing in vars(module).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(thing) or inspect.isclass(thing):
                yield f"{module.__name__}.{name}", thing
            if inspect.isclass(thing):
                for method, value in vars(thing).items():
                    function = getattr(value, "__func__", value)
                    if not method.startswith("_") and inspect.isfunction(function):
                        yield f"{module.__name__}.{name}.{method}", function


DESCRIBED = dict(described())
MARKS = {
    "refkd.data.dataset": [pytest.mark.compiled_only],  # its examples synthesize speech
    "refkd.experiment.train": [pytest.mark.compiled_only],
    "refkd.experiment.experiment": [pytest.mark.compiled_only],
}
EXAMPLES = [pytest.param(name, marks=MARKS.get(name, ())) for name in MODULES]


# What a user calls is described in full; the functions below it have one sentence.
REFERENCE = [name for name in NAMES if not name.endswith("Error")]
CALLED = [name for name in REFERENCE if not name.startswith(RETURNED)]


def sections(thing):
    """The headings of a docstring."""
    return re.findall(r"^(\w+)\n-+$", inspect.getdoc(thing) or "", re.MULTILINE)


@pytest.mark.parametrize("name", CALLED)
def test_reference_names_document_parameters_results_and_an_example(name):
    thing = look_up(name)
    assert (documented_parameters(thing) or []) == parameters(thing)
    assert "Examples" in sections(thing)
    nothing = (None, Iterator[None])  # the second is that of a `with` without `as`
    if inspect.isfunction(thing) and inspect.signature(thing).return_annotation not in nothing:
        assert {"Returns", "Yields"} & {*sections(thing)}


def test_what_is_documented_is_the_signature():
    for name, thing in DESCRIBED.items():
        documented = documented_parameters(thing)
        assert documented is None or documented == parameters(thing), name


@pytest.mark.parametrize("module", EXAMPLES)
def test_examples_run(module):
    result = doctest.testmod(importlib.import_module(module))
    assert result.failed == 0


def test_the_parser_sees_what_differs():
    def function(a, b):
        """Add.

        Parameters
        ----------
        a, b : int
            Numbers.
        c : int
            Not there.

        Returns
        -------
        d : int
            The sum.
        """

    assert documented_parameters(function) == ["a", "b", "c"]
    assert parameters(function) == ["a", "b"]
    assert documented_parameters(parameters) is None

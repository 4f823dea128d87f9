"""The adapters to copy: each can be imported without its library, and takes what its kit gives."""

import ast
import inspect
import sys
from importlib import import_module
from pathlib import Path

import pytest

from refkd.verify.kits import KITS, kit_named

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "refkd" / "verify" / "adapters").glob("[!_]*.py"))


def kit_of(module):
    """The kit that a module's name ends in."""
    return kit_named(module.stem.rpartition("_")[2])


def functions(module):
    """The names of its public functions."""
    body = ast.parse(module.read_text(encoding="utf-8")).body
    names = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    return [name for name in names if not name.startswith("_")]


ADAPTERS = [pytest.param(module, name, id=name) for module in MODULES for name in functions(module)]


def test_there_are_adapters_for_every_kit():
    assert {module.stem.rpartition("_")[2] for module in MODULES} == set(KITS)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_library_is_imported_only_when_it_is_called(module):
    outside = ast.parse(module.read_text(encoding="utf-8")).body
    names = {alias.name for node in outside if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in outside if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= {
        *sys.stdlib_module_names,
        "numpy",
        "refkd",
    }


@pytest.mark.parametrize(("module", "name"), ADAPTERS)
def test_an_adapter_takes_the_arguments_of_its_kit(module, name):
    adapter = getattr(import_module(f"refkd.verify.adapters.{module.stem}"), name)
    inspect.signature(adapter).bind(*kit_of(module).arguments)

"""Rules of the layout that a reader relies on, read from the sources."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ORACLES = sorted((ROOT / "tests" / "oracles").glob("*.py"))
KERNELS = sorted(
    path
    for path in (ROOT / "refkd" / "kernels").glob("*.py")
    if path.name not in ("__init__.py", "compile.py")
)


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def functions_of(path):
    return [node for node in tree_of(path).body if isinstance(node, ast.FunctionDef)]


def imported(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def named(paths):
    return pytest.mark.parametrize("path", paths, ids=[path.name for path in paths])


def test_the_sources_are_found():
    assert {path.name for path in ORACLES} >= {"ctc.py", "distill.py", "derivative.py", "lstm.py"}
    assert {path.name for path in KERNELS} >= {"ctc.py", "lstm.py", "select.py", "similarity.py"}


@named(ORACLES)
def test_oracles_never_import_what_they_judge(path):
    assert set(imported(path)) <= {*sys.stdlib_module_names, "numpy", "oracles"} - {"importlib"}
    assert "refkd" not in path.read_text(encoding="utf-8").lower()


@named(KERNELS)
def test_kernels_import_only_numpy_numba_and_kernels(path):
    assert set(imported(path)) <= {"math", "numpy", "numba", "refkd"}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("refkd"):
            assert node.module.startswith("refkd.kernels.")


@named(KERNELS)
def test_kernels_never_raise_and_hold_no_classes(path):
    for node in ast.walk(tree_of(path)):
        assert not isinstance(node, ast.Raise | ast.Assert | ast.Try | ast.ClassDef), node.lineno


@named(KERNELS)
def test_every_function_wears_the_decorator_and_has_no_defaults(path):
    for function in functions_of(path):
        decorators = [ast.unparse(one).split("(")[0] for one in function.decorator_list]
        assert decorators == ["kernel"], function.name
        arguments = function.args
        assert not arguments.defaults + arguments.kw_defaults, function.name
        assert arguments.vararg is arguments.kwarg is None, function.name


@named(KERNELS)
def test_kernels_hold_no_strings(path):
    for function in functions_of(path):
        body = function.body[1:] if ast.get_docstring(function) else function.body
        for statement in body:
            for node in ast.walk(statement):
                assert not isinstance(getattr(node, "value", None), str), (function.name, node)


@named(KERNELS)
def test_kernels_are_short(path):
    """Its own lines, without the docstring and the signature, fit on a screen."""
    for function in functions_of(path):
        body = function.body[1:] if ast.get_docstring(function) else function.body
        assert body[-1].end_lineno - body[0].lineno < 40, function.name


@pytest.mark.parametrize("package", ["refkd", "visualize"])
def test_modules_can_be_finished(package):
    for path in (ROOT / package).rglob("*.py"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 300, f"{path.relative_to(ROOT)} has {lines} lines"

"""Rules of the layout that a reader relies on, read from the sources."""

import ast
import re
import sys
import tokenize
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

LAYOUT = {
    tokenize.ENCODING, tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE, tokenize.NL,
}  # fmt: skip
ROOT = Path(__file__).resolve().parents[1]
ORACLES = sorted((ROOT / "tests" / "oracles").glob("*.py"))
KERNELS = sorted({*(ROOT / "refkd" / "kernels").glob("[a-z]*.py")})
KERNELS = [path for path in KERNELS if path.stem != "compile"]


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


def by_file(paths):
    return pytest.mark.parametrize("path", paths, ids=[path.name for path in paths])


def test_the_sources_are_found():
    assert {path.name for path in ORACLES} >= {"ctc.py", "distill.py", "derivative.py", "lstm.py"}
    assert {path.stem for path in KERNELS} >= {"ctc", "lstm", "selection", "divergences"}


@by_file(ORACLES)
def test_oracles_never_import_what_they_judge(path):
    assert set(imported(path)) <= {*sys.stdlib_module_names, "numpy", "oracles"} - {"importlib"}
    assert "refkd" not in path.read_text(encoding="utf-8").lower()


@by_file(KERNELS)
def test_kernels_import_only_numpy_numba_and_kernels(path):
    assert set(imported(path)) <= {"math", "typing", "numpy", "numba", "refkd"}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("refkd"):
            assert node.module.startswith("refkd.kernels.")


@by_file(KERNELS)
def test_kernels_never_raise_and_hold_no_classes_but_records(path):
    for node in ast.walk(tree_of(path)):
        assert not isinstance(node, ast.Raise | ast.Assert | ast.Try), node.lineno
        if isinstance(node, ast.ClassDef):
            assert [ast.unparse(base) for base in node.bases] == ["NamedTuple"], node.lineno
            assert all(isinstance(field, ast.AnnAssign) for field in node.body[1:]), node.lineno


@by_file(KERNELS)
def test_every_function_wears_the_decorator_and_has_no_defaults(path):
    for function in functions_of(path):
        decorators = [ast.unparse(decorator).split("(")[0] for decorator in function.decorator_list]
        assert decorators == ["kernel"], function.name
        arguments = function.args
        assert not arguments.defaults + arguments.kw_defaults, function.name
        assert arguments.vararg is arguments.kwarg is None, function.name


@by_file(KERNELS)
def test_kernels_are_short_and_hold_no_strings(path):
    """Its own lines, without the docstring and the signature, fit on a screen."""
    for function in functions_of(path):
        body = function.body[1:] if ast.get_docstring(function) else function.body
        assert body[-1].end_lineno - body[0].lineno < 40, function.name
        nodes = (node for statement in body for node in ast.walk(statement))
        for node in nodes:
            assert not isinstance(getattr(node, "value", None), str), (function.name, node)


def code_lines(path):
    """Lines that hold code: no blank ones, comments or docstrings."""
    with path.open("rb") as file:
        tokens = list(tokenize.tokenize(file.readline))
    lines = set()
    for before, token in pairwise(tokens):
        documents = token.type == tokenize.STRING and before.type in LAYOUT
        if token.type not in {*LAYOUT, tokenize.COMMENT, tokenize.ENDMARKER} and not documents:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines)


@pytest.mark.parametrize("package", ["refkd", "visualize"])
def test_a_file_is_one_idea(package):
    for path in (ROOT / package).rglob("*.py"):
        assert code_lines(path) <= 350, path.relative_to(ROOT)


def test_lines_of_code_are_counted_without_words(tmp_path):
    file = tmp_path / "small.py"
    file.write_text(
        '"""Words."""\n\nA = (  # one\n    1,\n)\n\n\ndef f():\n    """Words."""\n    return A\n'
    )
    assert code_lines(file) == 5


FOLDERS = [path for package in ("refkd", "visualize") for path in (ROOT / package).rglob("*/")]


@pytest.mark.parametrize(
    "folder",
    [path for path in FOLDERS if any(path.glob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_folder_says_in_one_sentence_what_lives_there(folder):
    sentence = ast.get_docstring(tree_of(folder / "__init__.py"))
    assert re.fullmatch(r"[A-Z][^.\n]+(\.[^.\n ]+)*\.", sentence)


def test_nothing_but_the_ground_lies_outside_the_rooms():
    files = {path.stem for path in (ROOT / "refkd").glob("*.py")}
    assert files == {"__init__", "__main__", "check", "ragged"}
    assert {path.name for path in (ROOT / "visualize").glob("*.py")} == {"__init__.py"}


def test_every_room_stands_on_a_layer_of_the_import_contract():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = project["tool"]["importlinter"]["contracts"][0]
    layers = [layer.split(" | ") for layer in contract["layers"]]
    sources = [path.relative_to(ROOT / "refkd") for path in (ROOT / "refkd").rglob("[a-z]*.py")]
    rooms = {path.parts[0].removesuffix(".py") for path in sources}
    assert {room for layer in layers for room in layer} == {f"refkd.{room}" for room in rooms} | {
        "visualize"
    }
    assert len(layers) == 9


# --- names that name nothing ----------------------------------------------------------------------

BANNED = {"one", "told", "said", "found", "given"}
GENERATED = ROOT / "docs" / "drawn"  # copies of docs/gallery from the last build of the site


def defined_names(tree):
    """Every name that a file gives to a variable, argument, attribute, function or class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.lineno, node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((node.lineno, alias.asname) for alias in node.names if alias.asname)


def banned_names(folder):
    for path in sorted((ROOT / folder).rglob("*.py")):
        if path.is_relative_to(GENERATED):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for line, name in sorted(defined_names(tree)):
            if name.strip("_") in BANNED:
                yield f"{path.relative_to(ROOT)}:{line}: {name}"


@pytest.mark.parametrize("folder", ["refkd", "visualize", "docs", "tests"])
def test_names_are_nouns_and_verbs_of_the_field(folder):
    left = list(banned_names(folder))
    assert not left, f"{len(left)} names that name nothing:\n" + "\n".join(left)


def test_names_are_seen_wherever_they_are_defined():
    source = """
import numpy as one
class said: ...
async def told(given, *found): ...
for one, (told, _) in []: self.said = [found for found in given]
with open() as given: ...
try: ...
except OSError as found: ...
match 0:
    case [one, *told]: ...
lambda said: other.one(told=given)
"""
    names = [name for _, name in sorted(defined_names(ast.parse(source))) if name in BANNED]
    assert names == [
        "one", "said", "found", "given", "told", "found", "one", "said", "told", "given", "found",
        "one", "told", "said",
    ]  # fmt: skip

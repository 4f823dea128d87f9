"""Names that name nothing: a list of what is left of them, with file and line."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
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

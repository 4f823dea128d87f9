"""Kernels on pages: the block below `<!-- kernel: FILE FUNCTION -->` is that function's source.

`python docs/embedded.py` writes it anew into all pages; the build and a test do the same and
the page must not change.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
BLOCK = re.compile(r"(<!-- kernel: (\S+) (\S+) -->\n)```python\n.*?```", re.DOTALL)


def source_of(file: str, function: str) -> str:
    """The lines of a function, decorators included."""
    text = (ROOT / file).read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    raise LookupError(f"{file} has no function {function}")


def embedded(page: str) -> str:
    """The text of a page with every kernel as its source has it."""
    return BLOCK.sub(lambda m: f"{m[1]}```python\n{source_of(m[2], m[3])}\n```", page)


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(embedded(path.read_text(encoding="utf-8")), encoding="utf-8")

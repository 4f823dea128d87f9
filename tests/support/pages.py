"""The pages of the documentation, their blocks of code, and scripts beside them."""

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"```.*?```", re.DOTALL)


def read(path):
    return path.read_text(encoding="utf-8")


def stem(path):
    """The id of a page in a parametrised test."""
    return path.stem


def blocks(page):
    """The kind and the text of each block of code."""
    return BLOCK.findall(read(page))


def module_of(path):
    """A script as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

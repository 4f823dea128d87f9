"""Kernels on pages are their sources, and the tool that puts them there does."""

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


def embedding():
    spec = importlib.util.spec_from_file_location("embedded", DOCS / "embedded.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EMBEDDING = embedding()


@pytest.mark.parametrize("path", EMBEDDING.PAGES, ids=lambda path: path.stem)
def test_the_kernels_of_a_page_are_their_sources(path):
    page = path.read_text(encoding="utf-8")
    assert EMBEDDING.embedded(page) == page


def test_another_text_is_replaced_by_the_source():
    head = "<!-- kernel: refkd/kernels/numeric.py log_add -->\n```python\n"
    made = EMBEDDING.embedded(head + "an older text\n```\nand more")
    assert made.startswith(head)
    assert "def log_add(" in made
    assert "an older text" not in made
    assert made.endswith("```\nand more")


def test_a_kernel_that_is_gone_is_told():
    with pytest.raises(LookupError, match=r"numeric.py has no function gone"):
        EMBEDDING.source_of("refkd/kernels/numeric.py", "gone")

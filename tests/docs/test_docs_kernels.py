"""Kernels on pages are their sources, and the tool that puts them there does."""

import pytest
from support.pages import DOCS, module_of, read, stem

EMBEDDING = module_of(DOCS / "embedded.py")


@pytest.mark.parametrize("path", EMBEDDING.PAGES, ids=stem)
def test_the_kernels_of_a_page_are_their_sources(path):
    assert EMBEDDING.embedded(read(path)) == read(path)


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

"""The pages of the course as notebooks: `python docs/make_notebooks.py FOLDER` runs and writes.

Text stays text; an example becomes a cell, and so does the script of a figure. A figure that must
be trained for is an image.
"""

import base64
import doctest
import logging
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from jupyter_client import KernelManager
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

DOCS = Path(__file__).resolve().parent
COURSE = sorted((DOCS / "course").glob("*.md"))
EXAMPLE = re.compile(r"^```pycon\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
FIGURE = re.compile(r"^!\[([^\]]*)\]\(\.\./figures/([\w-]+)\.svg\)\n", re.MULTILINE)
COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE)
LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#)([^)#\s]*)(#[^)\s]*)?\)")
BLOCK = re.compile(f"{EXAMPLE.pattern}|{FIGURE.pattern}", re.DOTALL | re.MULTILINE)
TRAINS = "refkd.experiment", "small_run", "future_needed"


def notebook(page: Path):
    """A page as a notebook that has not been run."""
    text = COMMENT.sub("", page.read_text(encoding="utf-8"))
    cells, place = [new_code_cell("%matplotlib inline")], 0
    for block in BLOCK.finditer(text):
        cells += words(text[place : block.start()])
        cells += examples(block[1]) if block[1] is not None else figure(block[2], block[3])
        place = block.end()
    return new_notebook(cells=cells + words(text[place:]), metadata=KERNEL)


KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def words(text: str) -> list:
    """A cell of text; links lead to the notebooks of other pages, or are only words."""
    text = LINK.sub(_link, text).strip()
    return [new_markdown_cell(text)] if text else []


def _link(link: re.Match[str]) -> str:
    shown, page, place = link.groups()
    inside = "/" not in page and page.endswith(".md")
    return f"[{shown}]({page[:-3]}.ipynb{place or ''})" if inside else shown


def examples(block: str) -> list:
    """Cells of a block of examples: each ends where something is printed."""
    cells, lines = [], []
    for example in doctest.DocTestParser().get_examples(block):
        lines.append(example.source.rstrip("\n"))
        if example.want:
            tags = ["raises-exception"] if example.exc_msg else []
            cells.append(new_code_cell("\n".join(lines), metadata={"tags": tags}))
            lines = []
    return cells + ([new_code_cell("\n".join(lines))] if lines else [])


def figure(description: str, name: str) -> list:
    """The script that draws a figure, or the figure itself where drawing it takes a training."""
    script = DOCS / "gallery" / f"plot_{name.replace('-', '_')}.py"
    source = script.read_text(encoding="utf-8") if script.exists() else TRAINS[0]
    if any(module in source for module in TRAINS):
        image = base64.b64encode((DOCS / "figures" / f"{name}.svg").read_bytes()).decode("ascii")
        cell = new_markdown_cell(f"![{description}](attachment:{name}.svg)")
        cell["attachments"] = {f"{name}.svg": {"image/svg+xml": image}}
        return [cell]
    code = source.split('"""', 2)[2].strip()
    return [new_markdown_cell(description + "."), new_code_cell(f"{code}\nfigure")]


def run(pages: list[Path], folder: Path) -> None:
    """Write notebooks with their outputs, in one process that forgets all names between them; the
    error of a cell ends it.
    """
    kernel = KernelManager()
    kernel.start_kernel(cwd=str(folder), extra_arguments=["--IPKernelApp.log_level=ERROR"])
    try:
        for page in pages:
            made = notebook(page)
            NotebookClient(new_notebook(cells=[new_code_cell(FORGET)]), km=kernel).execute()
            NotebookClient(made, km=kernel, timeout=300).execute()
            nbformat.write(made, folder / f"{page.stem}.ipynb")
    finally:
        kernel.shutdown_kernel(now=True)


FORGET = "%reset -f\nget_ipython().execution_count = 0"


def main(folder: Path) -> None:
    """Run all pages in two processes."""
    logging.getLogger("traitlets").setLevel(logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda pages: run(pages, folder), (COURSE[::2], COURSE[1::2])))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

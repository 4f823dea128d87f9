"""Pages of the course that move, each one HTML file that needs no other and no network.

`python docs/interactive/make_interactive.py` writes them beside this script. For the build of the
site this module is an extension of Sphinx: `setup` adds the pages, and the links to them.

Sources are in sources/: ctc.js, lstm.js and selection.js compute the numbers of a page; axes,
colours and the explorer are those of the report (visualize/report/assets).
"""

import json
import re
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from visualize.report.colours import colour_rules
from visualize.report.page import SCRIPTS

# Scripts of the report's page that make its explorer.
EXPLORER = tuple(name for name in SCRIPTS if name not in ("page", "start"))
HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources"
REPORT = files("visualize.report") / "assets"
TESTED = (
    "<p>The page computes all numbers itself, in float64 and with the equations whose tags it "
    "shows; tests hold them equal to those of the library. It needs no other file and no "
    "network.</p>"
)
FOOTER = (
    "<p>Keys: <kbd>Tab</kbd> goes from strip to strip, <kbd>&larr;</kbd> <kbd>&rarr;</kbd> from "
    "frame to frame, <kbd>&uarr;</kbd> <kbd>&darr;</kbd> change the number where it can be "
    "changed. A finger drags as a mouse does.</p>" + TESTED
)


@dataclass(frozen=True)
class Page:
    """One page: NAME.html, .js and .css of the sources, and what they use."""

    name: str
    title: str
    lead: str  # what to do, in a sentence
    course: tuple[str, str]  # the page of the course: its file and its title
    report: tuple[str, ...] = ("data", "strips", "axes", "band", "panel")  # scripts of the report
    scripts: tuple[str, ...] = ()  # those of the sources, in order
    data: str = ""  # a file of this folder
    footer: str = FOOTER
    explorer: bool = False  # the body holds the explorer of the report


PAGES = (
    Page(
        "ctc-lattice",
        "The CTC lattice",
        "Drag the posteriors up and down, or type other labels. Each circle is a state of the "
        "lattice: choose one to see its equation with numbers.",
        ("ctc", "CTC: how probable is a label sequence?"),
        scripts=("numeric", "ctc", "board"),
    ),
    Page(
        "lstm-gates",
        "One LSTM unit over time",
        "Drag the gates of one unit, frame by frame. Watch what the cell keeps, and how much of "
        "the gradient reaches the first frames.",
        ("lstm-backward", "The LSTM backward"),
        scripts=("numeric", "lstm", "board"),
    ),
    Page(
        "selection-rules",
        "The selection rules",
        "Drag the student's spikes later, or down to silence. Then choose another rule: the bars "
        "compare the loss of your student with that of a silent one.",
        ("selection", "Selection"),
        scripts=("numeric", "ctc", "selection", "board"),
    ),
    Page(
        "front",
        "Error and delay of every student",
        "Each point is a student of the studies: click one to open it. Fewer errors are further "
        "down, and earlier spikes further left.",
        ("results", "Results"),
        scripts=("numeric", "selection", "board"),
        data="front.json",
        footer="<p>Keys, while the chart has the focus: <kbd>&larr;</kbd> <kbd>&rarr;</kbd> open "
        "the next student. Where points lie on each other, another click opens the next one.</p>"
        "<p>The numbers are those of the tables of Results; a test holds them equal.</p>",
    ),
    Page(
        "alignment-explorer",
        "Spikes of one run, frame by frame",
        "A teacher, six students and the teacher frames that their rules selected, in four "
        "utterances. Move over the strips, and choose another student above them.",
        ("measures", "Measures"),
        report=EXPLORER,
        data="explorer.txt",
        footer="<p>The run is <code>refkd run</code> with all its defaults, seed 0: the first "
        "table of Results. Posteriors are rounded to 4 decimals, divergences (nats) and "
        "weights to 3. The page needs no other file and no network; any run leaves such an "
        "explorer in its <code>report.html</code>.</p>",
        explorer=True,
    ),
)


def build(target: Path, course: str = "") -> list[Path]:
    """Write all pages into a folder; `course` is the address of a page of the course, with {} for
    its name, and without it the pages name their course page but do not link to it.
    """
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for page in PAGES:
        path = target / f"{page.name}.html"
        path.write_text(html_of(page, course), encoding="utf-8", newline="\n")
        written.append(path)
    return written


def html_of(page: Page, course: str = "") -> str:
    """The text of a page."""
    file, title = page.course
    address = course.format(file)
    style = _report("page.css") + _source("moving.css") + _source(f"{page.name}.css")
    body = _source(f"{page.name}.html")
    if page.explorer:
        style += _report("explorer.css") + colour_rules()
        body = Template(body).substitute(explorer=_report("explorer.html"))
    return Template(_source("page.html")).substitute(
        title=page.title,
        lead=page.lead,
        address=course,
        course=f'<a href="{address}">{title}</a>' if address else title,
        style=style,
        body=body,
        footer=page.footer,
        data=_data(page.data),
        script="\n".join(
            [
                *(_report(f"{name}.js") for name in page.report),
                *(_source(f"{name}.js") for name in (*page.scripts, page.name)),
            ]
        ),
    )


def _data(name: str) -> str:
    """A data file as an element of the page, of which no character means anything to HTML."""
    if not name:
        return ""
    text = (HERE / name).read_text(encoding="utf-8")
    if name.endswith(".txt"):  # deflated, in base64
        return f'<script type="text/plain" id="explorer-data">{text}</script>'
    data = json.dumps(json.loads(text), separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="data">{data}</script>'


def _source(name: str) -> str:
    return (SOURCES / name).read_text(encoding="utf-8")


def _report(name: str) -> str:
    return (REPORT / name).read_text(encoding="utf-8")


LINK = re.compile(
    rf"\[([^\]]*)\]\(([\w./-]*(?:{'|'.join(page.name for page in PAGES)})\.html[#\w-]*)\)"
)


def linked(text: str) -> str:
    """Markdown with links to the pages as HTML: Sphinx would offer them as files to be saved.

    >>> linked("[the lattice](../interactive/ctc-lattice.html#try-2)")
    '<a href="../interactive/ctc-lattice.html#try-2">the lattice</a>'
    """
    return LINK.sub(r'<a href="\2">\1</a>', text)


def setup(app: Any) -> dict[str, bool]:
    """Let Sphinx link to the pages, and write them beside its own."""

    def read(app: Any, name: str, source: list[str]) -> None:
        source[0] = linked(source[0])

    def finished(app: Any, error: Exception | None) -> None:
        if error is None and app.builder.format == "html":
            build(Path(app.outdir) / "interactive", "../course/{}.html")

    app.connect("source-read", read)
    app.connect("build-finished", finished)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    for path in build(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE):
        print(path)

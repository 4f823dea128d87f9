"""report.html: a table, the explorer, figures, and how they were made, as one file."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Template

from refkd.files.atomic import replacing
from visualize.report.colours import colour_rules
from visualize.report.explorer import Explored, explorer_data
from visualize.report.figures import contents_of, embedded_figures

USUAL, MOST = 1_950_000, 3_800_000  # bytes of a page, audio aside
SCRIPTS = (
    *("data", "strips", "links", "band", "axes", "cursor", "panel", "sound", "controls"),
    *("explorer", "page", "start"),
)


def write_page(
    parts: Mapping[str, str], explored: Explored, figures: Mapping[str, Path], path: Path
) -> None:
    """Write a page that needs no other file and no network: `parts` are HTML for the places of
    page.html, and the same input gives the same bytes.
    """
    whole = {
        **parts,
        "style": _asset("page.css") + _asset("explorer.css") + colour_rules(),
        "script": "\n".join(_asset(f"{name}.js") for name in SCRIPTS),
        "explorer": _asset("explorer.html"),
        "contents": contents_of(figures),
        "figures": embedded_figures(figures),
    }
    used = len(Template(_asset("page.html")).safe_substitute(whole).encode())
    whole["data"], shown = explorer_data(explored, USUAL - used, MOST - used)
    whole["shown"] = _shown(shown, explored.total)
    page = Template(_asset("page.html")).substitute(whole)
    with replacing(path) as file:
        file.write(page.encode())


def _shown(shown: int, total: int) -> str:
    """How many of the utterances the explorer holds, and which."""
    if shown == total:
        return f"Shown here: all {total} utterances."
    return (
        f"Shown here: {shown} of {total} utterances, of median length, the longest, the shortest, "
        "then those whose spikes are furthest from the teacher's."
    )


@cache
def _asset(name: str) -> str:
    return (files("visualize.report") / "assets" / name).read_text(encoding="utf-8")

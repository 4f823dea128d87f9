"""Figures inside the page: each an image of its own, so that no id of one meets that of another."""

import base64
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from urllib.parse import quote

from visualize.titles import TITLES

FIGURES = 2_200_000  # bytes of all figures in a page
PNG_DPI = 200
KEPT = ' /:=;,()!*+@?-._~"$[]{}|^`'  # inside a data URI in single quotes, where & begins an entity


def figures_of(folder: Path) -> dict[str, Path]:
    """Find the SVG files of a folder, in the order in which the page shows them.

    Parameters
    ----------
    folder : Path
        Where `visualize.run.draw_run` wrote.

    Returns
    -------
    dict of str to Path
        By the names of the figures: those that the page knows first, then others by name.
    """
    found = {path.stem: path for path in sorted(folder.glob("*.svg"))}
    known = [name for name in TITLES if name in found]
    return {name: found[name] for name in (*known, *found)}


def embedded_figures(figures: Mapping[str, Path]) -> str:
    """Write figures as HTML that needs no other file.

    Parameters
    ----------
    figures : mapping of str to Path
        SVG files by name; where one is too large for the page and a PNG of the same name is
        smaller, that one is taken.

    Returns
    -------
    str
        A figure element for each; one that finds no room is named by its file.
    """
    written, room = [], FIGURES
    for name, path in figures.items():
        title, caption = TITLES.get(name, (name, ""))
        images = (
            _image(one, f"{title}. {caption}".strip()) for one in (path, path.with_suffix(".png"))
        )
        image = next((one for one in images if one and len(one) <= room), None)
        room -= len(image or "")
        shown = image or f"<p>Too large for this page: {escape(path.name)}</p>"
        words = f"<strong>{escape(title)}.</strong> {escape(caption)}"
        written.append(
            f'<figure id="figure-{escape(name)}"><div>{shown}</div>'
            f"<figcaption>{words}</figcaption></figure>"
        )
    return "\n".join(written)


def _image(path: Path, text: str) -> str | None:
    """An image as wide as it was drawn, at 96 pixels an inch."""
    if not path.exists():
        return None
    if path.suffix == ".png":
        content = path.read_bytes()
        width = round(96 / PNG_DPI * int.from_bytes(content[16:20], "big"))
        data = f"image/png;base64,{base64.b64encode(content).decode('ascii')}"
    else:
        svg = _small(path.read_text(encoding="utf-8"))
        width = round(96 / 72 * float(svg.split(' width="')[1].split("pt")[0]))
        data = f"image/svg+xml,{quote(svg, safe=KEPT)}"
    return f'<img alt="{escape(text)}" width="{width}" src=\'data:{data}\'>'


def _small(svg: str) -> str:
    """The same drawing to 1/100 point, without what only editors read."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r'(?<= [dxy]=")[^"]*|translate\([^)]*\)', _rounded, body)
    return re.sub(r"\s*\n\s*", " ", body)


def _rounded(numbers: re.Match[str]) -> str:
    return re.sub(r"-?\d+\.\d{3,}", lambda one: f"{float(one[0]):.2f}", numbers[0])

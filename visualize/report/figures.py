"""Figures inside the page: each an image of its own, so that no id of one meets that of another."""

import base64
import re
import zlib
from collections.abc import Mapping
from html import escape
from pathlib import Path
from urllib.parse import quote

from visualize.layout.style import (
    EARLY,
    FAINT,
    STUDENTS,
    STUDENTS_ON_DARK,
    TEACHER,
    TEXT,
    UNITS,
    UNITS_ON_DARK,
)
from visualize.output.figures import FIGURES

FIGURE_BYTES = 2_200_000  # bytes of all figures in a page
NUMBER_BYTES = 400_000  # bytes of their numbers
PNG_DPI = 200
KEPT = ' /:=;,()!*+@?-._~"$[]{}|^`'  # inside a data URI in single quotes, where & begins an entity


def _dark() -> str:
    """Rules that give the colours of `visualize.layout.style` their counterparts on a dark ground.

    Matplotlib writes colours into style attributes, so a rule finds them there. The ground becomes
    transparent, and open circles and rectangles that are white like it become dark; other white,
    as around dots, stays.
    """
    rules = [
        f'[style*="{side}: {light}"]{{{side}:{dark}!important}}'
        for light, dark in ON_DARK.items()
        for side in ("fill", "stroke")
    ]
    rules += ["#patch_1 path{fill:none!important}"]
    rules += ["g:not([style*=fill])>use:not([style]),text{fill:#ececec}"]  # letters in no colour
    rules += [f'[id^="patch_"]>[style*="fill: {WHITE}"]{{fill:#16181b!important}}']
    rules += [f'use[style*="fill: {WHITE}; stroke"]{{fill:#16181b!important}}']  # open circles
    return f"@media (prefers-color-scheme:dark){{{' '.join(rules)}}}"


WHITE = "#ffffff"
ON_DARK = {
    **{TEACHER.lower(): "#56b4e9", EARLY.lower(): "#2fc39a"},
    **{
        light.lower(): dark.lower()
        for light, dark in zip(STUDENTS + UNITS, STUDENTS_ON_DARK + UNITS_ON_DARK, strict=True)
        if light != dark
    },
    **{TEXT.lower(): "#ececec", "#000000": "#ececec", FAINT.lower(): "#4a4e54"},
    "#efefef": "#2a2d31",  # every other phone
}
DARK = _dark()


def figures_of(folder: Path) -> dict[str, Path]:
    """Find the SVG files of a folder by the names of the figures: those that the page knows first,
    then others by name.
    """
    paths = {path.stem: path for path in sorted(folder.glob("*.svg"))}
    known = [name for name in FIGURES if name in paths]
    return {name: paths[name] for name in (*known, *paths)}


def contents_of(figures: Mapping[str, Path]) -> str:
    """Write links to figures, for the contents of the page."""
    return "".join(
        f'<li><a href="#figure-{quote(name)}">{escape(_title(name)[0])}</a></li>'
        for name in figures
    )


def embedded_figures(figures: Mapping[str, Path]) -> str:
    """Write SVG figures as HTML that needs no other file: a PNG of the same name where it is
    smaller and the SVG is too large, with the numbers of a CSV of the same name.
    """
    written, room, room_of_numbers = [], FIGURE_BYTES, NUMBER_BYTES
    for name, path in figures.items():
        title, caption = _title(name)
        images = (
            _image(file, f"{title}. {caption}".strip()) for file in (path, path.with_suffix(".png"))
        )
        image = next((image for image in images if image and len(image) <= room), None)
        room -= len(image or "")
        numbers = _numbers(path.with_suffix(".csv"), name)
        embedded = numbers if len(numbers) <= room_of_numbers else ""
        room_of_numbers -= len(embedded)
        ending = "PNG" if image and "src='data:image/png" in image else "SVG"
        file = f"{path.stem}.{ending.lower()}"
        links = [f'<a data-image="figure-{escape(name)}" download="{escape(file)}">{ending}</a>']
        if embedded:
            links.append(
                f'<a data-numbers="numbers-{escape(name)}" download="{escape(path.stem)}.csv">'
                "numbers as CSV</a>"
            )
        shown = image or f"<p>Too large for this page: {escape(path.name)}</p>"
        files = f'<span class="files">{" ".join(links[not image :])}</span>'
        words = f"<strong>{escape(title)}.</strong> {escape(caption)}"
        written.append(
            f'<figure id="figure-{escape(name)}"><figcaption>{words} {files}</figcaption>'
            f"<div>{shown}</div>{embedded}</figure>"
        )
    return "\n".join(written)


def _title(name: str) -> tuple[str, str]:
    """What a figure is called, also one of a certain utterance or student, and what it shows."""
    kind, _, of = name.partition("-")
    if kind not in FIGURES:
        return name, ""
    row = FIGURES[kind]
    return f"{row.title}: {of}" if of else row.title, row.caption


def _numbers(path: Path, name: str) -> str:
    """The numbers of a figure, deflated, for a script to unpack; none without a file."""
    if not path.exists():
        return ""
    coded = base64.b64encode(zlib.compress(path.read_bytes(), 9)).decode("ascii")
    return f'<script type="text/plain" id="numbers-{escape(name)}">{coded}</script>'


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
    """The same drawing to 1/100 point, dark where the page is, without what only editors read."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r'(?<= [dxy]=")[^"]*|translate\([^)]*\)', _rounded, body)
    body = body.replace("</style>", f"{DARK}</style>", 1)
    return re.sub(r"\s*\n\s*", " ", body)


def _rounded(numbers: re.Match[str]) -> str:
    return re.sub(r"-?\d+\.\d{3,}", lambda match: f"{float(match[0]):.2f}", numbers[0])

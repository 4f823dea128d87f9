"""All figures of a run on one page, at every size, for a person to look at."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from refkd.experiment.run_reader import Run
from refkd.files.atomic import replacing
from visualize.layout.style import SLIDE_PIXELS, WIDTHS
from visualize.output.drawing import Failures, note_failure
from visualize.output.figures import FIGURES, figures_of_run
from visualize.output.run import draw_animations
from visualize.output.run_drawing import RunDrawing
from visualize.output.save import save_figure

PAGE = "index.html"
NATURAL = "natural"  # the size that a figure has by what it holds
STYLE = (
    "body{font:16px/1.5 sans-serif;color:#222;margin:2em auto;max-width:75em;padding:0 1em}"
    "section{border-top:1px solid #d9d9d9;margin-top:3em}"
    "figure{display:inline-block;margin:1em 2em 1em 0;vertical-align:top}"
    "img{max-width:100%;height:auto}figcaption{color:#595959}"
)


def write_gallery(
    run: Run, folder: Path, utterance: str | None = None
) -> tuple[list[Path], Failures]:
    """Draw every figure of a run at every size, and a page that shows them all; return the files,
    the page first, and the errors of figures that failed.
    """
    pictures: dict[str, list[Path]] = {}
    failures: Failures = {}
    for size, width in {NATURAL: None, **WIDTHS}.items():
        pixels = SLIDE_PIXELS if size == "slide" else None
        drawn = figures_of_run(RunDrawing.of(run, utterance, width))
        failures |= {f"{name}-{size}": error for name, error in drawn.failures.items()}
        for name, figure in drawn.figures.items():
            stem = f"{name}-{size}"
            with note_failure(failures, stem):
                made = save_figure(figure, folder / stem, ("png",), pixels=pixels)
                pictures.setdefault(name, []).extend(made)
    animations, failed = draw_animations(run, folder)
    if animations:
        pictures["films"] = animations
    page = folder / PAGE
    with replacing(page) as file:
        file.write("\n".join(_page(run.results["data"]["name"], pictures)).encode())
    return [page, *(picture for some in pictures.values() for picture in some)], failures | failed


def _page(name: str, pictures: dict[str, list[Path]]) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<title>Figures: {escape(name)}</title><style>{STYLE}</style></head><body>"
    yield f"<h1>Figures: {escape(name)}</h1>"
    for figure, files in pictures.items():
        row = FIGURES.get(figure)
        title, caption = (row.title, row.caption) if row else (figure.capitalize(), "")
        yield f'<section id="{figure}"><h2>{escape(title)}</h2><p>{escape(caption)}</p>'
        for file in files:
            words = file.stem.removeprefix(f"{figure}-")
            width = WIDTHS.get(words)
            inches = "" if width is None else f", {width:g} inches"
            shown = "" if width is None else f' width="{round(96 * width)}"'
            yield f'<figure><img alt="{escape(f"{title}, {words}")}" src="{escape(file.name)}"'
            yield f"{shown}><figcaption>{escape(words + inches)}</figcaption></figure>"
        yield "</section>"
    yield "</body></html>"

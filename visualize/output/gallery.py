"""All figures of a run on one page, at every size, for a person to look at."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from refkd.experiment.run_reader import Run
from refkd.files.atomic import replacing
from visualize.layout.style import SLIDE_PIXELS, WIDTHS
from visualize.output.run import draw_animations, run_figures
from visualize.output.save import save_figure

TITLES: dict[str, tuple[str, str]] = {
    "shift": (
        "Alignment shift",
        "Posteriors of the teacher and every student over one utterance. Lines join equal spikes; "
        "their numbers say how much later the student is.",
    ),
    "rules": ("Rules side by side", "What several rules chose in one utterance."),
    "offsets": (
        "Offsets",
        "How far the spikes of each student are from the teacher's, over all utterances.",
    ),
    "cumulative": (
        "How many spikes by when",
        "Of the teacher's spikes, the share that each student has matched at most so late.",
    ),
    "delays": (
        "Delay after true times",
        "Spikes of every model after the true starts, and after the true ends, of its phones. "
        "Only what is right has a delay: read it beside what was left out.",
    ),
    "tradeoff": (
        "Error against delay",
        "Errors over mean offset or delay, with intervals. A student is better the further down "
        "and to the left it stands.",
    ),
    "sweep": (
        "Weights and windows that were tried",
        "Errors on the validation speech, from which the weights were chosen.",
    ),
    "learning": ("Learning", "Losses and validation error after every epoch."),
    "band": (
        "What a rule saw",
        "Divergences inside the window over one utterance, and the pairs that were chosen.",
    ),
    "gradients": (
        "Where a rule pushes",
        "Gradient in the student's logits, frame by frame and with selection.",
    ),
    "lattice": ("CTC", "Forward, backward, occupancy and best path of one utterance."),
    "gates": ("Inside the LSTM", "Gates and cells of a student over one utterance."),
    "toy": (
        "What each rule charges",
        "The loss of a late, a silent and a wrong student on a small made-up example.",
    ),
}


PAGE = "index.html"
NATURAL = "natural"  # the size that a figure has by what it holds
STYLE = (
    "body{font:16px/1.5 sans-serif;color:#222;margin:2em auto;max-width:75em;padding:0 1em}"
    "section{border-top:1px solid #d9d9d9;margin-top:3em}"
    "figure{display:inline-block;margin:1em 2em 1em 0;vertical-align:top}"
    "img{max-width:100%;height:auto}figcaption{color:#595959}"
)


def write_gallery(run: Run, folder: Path, utterance: str | None = None) -> list[Path]:
    """Draw every figure of a run at every size, and a page that shows them all; the page comes
    first.
    """
    pictures: dict[str, list[Path]] = {}
    for size, width in {NATURAL: None, **WIDTHS}.items():
        pixels = SLIDE_PIXELS if size == "slide" else None
        for name, figure in run_figures(run, utterance=utterance, width=width):
            made = save_figure(figure, folder / f"{name}-{size}", ("png",), pixels=pixels)
            pictures.setdefault(name, []).extend(made)
    animations = draw_animations(run, folder)
    if animations:
        pictures["films"] = animations
    page = folder / PAGE
    with replacing(page) as file:
        file.write("\n".join(_page(run.results["data"]["name"], pictures)).encode())
    return [page, *(picture for some in pictures.values() for picture in some)]


def _page(name: str, pictures: dict[str, list[Path]]) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<title>Figures: {escape(name)}</title><style>{STYLE}</style></head><body>"
    yield f"<h1>Figures: {escape(name)}</h1>"
    for figure, files in pictures.items():
        title, caption = TITLES.get(figure, (figure.capitalize(), ""))
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

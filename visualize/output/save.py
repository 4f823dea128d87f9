"""Files of figures: complete or not there, and the same bytes for the same figure."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from refkd import check
from refkd.alignment.ctm_textgrid import file_names
from refkd.experiment.run_folder import claim_files
from refkd.files.atomic import replacing
from visualize.layout.style import in_style
from visualize.output.drawing import Failures, note_failure

# Without the time of day, a figure drawn twice gives the same file.
METADATA: dict[str, dict[str, str | None]] = {
    "png": {},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
MOST_POINTS = 50_000  # drawn as shapes, which makes an SVG of about 2 MB; more become an image


def save_figure(
    figure: Figure,
    path: str | os.PathLike[str],
    formats: Sequence[str] = ("png", "svg", "pdf"),
    dpi: float = 200.0,
    pixels: int | None = None,
) -> list[Path]:
    """Write a figure in each of the formats.

    In an SVG or PDF, the lines and areas of a figure with more than `MOST_POINTS` points, such as
    one of a long utterance, are an image; text and axes stay as they are.

    Parameters
    ----------
    figure : Figure
        What to write.
    path : path
        The file without its ending, which the format gives; the folder exists.
    formats : sequence of str
        "png", "svg" (the same bytes every time) or "pdf" (text as TrueType).
    dpi : float
        Dots per inch of a PNG, and of an image inside an SVG or PDF.
    pixels : int, optional
        Width of a PNG, in the place of `dpi`; `visualize.layout.style.SLIDE_PIXELS` for a slide.

    Returns
    -------
    list of Path
        The files, in the order of `formats`.

    Raises
    ------
    ArgumentError
        If a format is none of the three, or `pixels` < 1.

    Examples
    --------
    >>> import tempfile
    >>> from visualize import new_figure, save_figure
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [file.name for file in save_figure(new_figure(2, 1), folder + "/empty", ["svg"])]
    ['empty.svg']
    """
    stem = Path(path)
    if pixels is not None:  # half a pixel more, as matplotlib leaves out what is not whole
        dpi = (check.integer("pixels", pixels, low=1) + 0.5) / figure.get_figwidth()
    files = []
    for kind in formats:
        check.one_of("formats", kind, METADATA)
        path = stem.with_name(f"{stem.name}.{kind}")
        with replacing(path) as file, in_style(), _rasterised(figure):
            figure.savefig(file, format=kind, dpi=dpi, metadata=METADATA[kind])
        files.append(path)
    return files


def write_figures(
    figures: Mapping[str, Figure],
    folder: Path,
    formats: Sequence[str],
    pixels: int | None = None,
) -> tuple[list[Path], Failures]:
    """Write figures under any names into the folder of `refkd plot`, or nothing if one of the files
    is there and is not of `refkd plot`; return the files, and the errors of figures that failed.
    """
    names = file_names(list(figures))
    claim_files(folder, [f"{name}.{form}" for name in names for form in formats])
    files: list[Path] = []
    failures: Failures = {}
    for name, figure in zip(names, figures.values(), strict=True):
        with note_failure(failures, name):
            files += save_figure(figure, folder / name, formats, pixels=pixels)
    return files, failures


@contextmanager
def _rasterised(figure: Figure) -> Iterator[None]:
    """Let lines and areas be an image for a while, if they have too many points."""
    drawn: list[Artist] = [
        artist for axes in figure.axes for artist in (*axes.lines, *axes.collections)
    ]
    before = [artist.get_rasterized() for artist in drawn]
    if sum(map(_points, drawn)) > MOST_POINTS:
        for artist in drawn:
            artist.set_rasterized(True)
    try:
        yield
    finally:
        for artist, rasterised in zip(drawn, before, strict=True):
            artist.set_rasterized(rasterised)


def _points(drawn: Artist) -> int:
    """How many points a line or a collection has."""
    if isinstance(drawn, Line2D):
        return np.size(drawn.get_xdata())
    assert isinstance(drawn, Collection)
    paths = sum(np.size(path.vertices) for path in drawn.get_paths())
    return (np.size(drawn.get_offsets()) + paths) // 2

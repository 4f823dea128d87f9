"""Files of figures: complete or not there, and the same bytes for the same figure."""

import os
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from refkd import check
from refkd.files import replacing
from visualize.style import in_style

# Without the time of day, a figure drawn twice gives the same file.
METADATA: dict[str, dict[str, str | None]] = {
    "png": {},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}


def save_figure(
    figure: Figure,
    path: str | os.PathLike[str],
    formats: Sequence[str] = ("png", "svg", "pdf"),
    dpi: float = 200.0,
    pixels: int | None = None,
) -> list[Path]:
    """Write a figure in each of the formats.

    Parameters
    ----------
    figure : Figure
        What to write.
    path : path
        The file without its ending, which the format gives; the folder exists.
    formats : sequence of str
        "png", "svg" (the same bytes every time) or "pdf" (text as TrueType).
    dpi : float
        Dots per inch of a PNG.
    pixels : int, optional
        Width of a PNG, in the place of `dpi`; `visualize.style.SLIDE_PIXELS` for a slide.

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
        with replacing(path) as file, in_style():
            figure.savefig(file, format=kind, dpi=dpi, metadata=METADATA[kind])
        files.append(path)
    return files

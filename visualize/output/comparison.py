"""Draw several models over the same utterances and write the figures."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from refkd import check
from refkd.alignment.ctm_textgrid import file_names
from refkd.experiment.run_folder import claim_files
from visualize.output.comparison_figures import FIGURES, Drawing
from visualize.output.save import save_figure


def comparison_figures(
    drawing: Drawing, figures: Iterable[str] | None = None
) -> tuple[dict[str, Figure], list[str]]:
    """Draw the figures that the data permit.

    Parameters
    ----------
    drawing : Drawing
        What is drawn.
    figures : iterable of str, optional
        Names among `FIGURES`; all if not given.

    Returns
    -------
    figures : dict of str to Figure
        Under the names of their files, without an ending.
    left_out : list of str
        What is missing and why, in a sentence each.

    Raises
    ------
    ArgumentError
        If there is no figure of a name, or one that was asked for cannot be drawn at all.
    """
    drawn: dict[str, Figure] = {}
    left_out: list[str] = []
    for name in list(FIGURES if figures is None else figures):
        made = FIGURES[check.one_of("figures", name, FIGURES)](drawing)
        if figures is not None and not made.figures:
            check.fail("figures", "what the data permit", f"{name!r}: {made.left_out[0]}")
        drawn |= made.figures
        left_out += [f"{name}: {reason}" for reason in dict.fromkeys(made.left_out)]
    return drawn, left_out


def write_figures(
    figures: Mapping[str, Figure],
    folder: Path,
    formats: Sequence[str],
    pixels: int | None = None,
) -> list[Path]:
    """Write figures into the folder of `refkd plot`.

    Parameters
    ----------
    figures : mapping of str to Figure
        Under the names of their files, without an ending; any characters.
    folder : Path
        From `refkd.experiment.run_folder.plot_folder`.
    formats : sequence of str
        As for `save_figure`.
    pixels : int, optional
        As for `save_figure`.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    ArgumentError
        If one of the files is there and is not of `refkd plot`; nothing is written then.
    """
    names = file_names(list(figures))
    claim_files(folder, [f"{name}.{form}" for name in names for form in formats])
    files: list[Path] = []
    for name, figure in zip(names, figures.values(), strict=True):
        files += save_figure(figure, folder / name, formats, pixels=pixels)
    return files

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
    """Draw the figures that the data permit, all or those of some names, under the names of their
    files, with a sentence for each that is missing.
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
    """Write figures under any names into the folder of `refkd plot`, or nothing if one of the files
    is there and is not of `refkd plot`.
    """
    names = file_names(list(figures))
    claim_files(folder, [f"{name}.{form}" for name in names for form in formats])
    files: list[Path] = []
    for name, figure in zip(names, figures.values(), strict=True):
        files += save_figure(figure, folder / name, formats, pixels=pixels)
    return files

"""Draw a run from the folder that it has left."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from matplotlib.figure import Figure

from refkd import check
from refkd.experiment.run_reader import Run
from visualize.output.csv import write_numbers
from visualize.output.run_animations import draw_animations
from visualize.output.run_figures import FIGURES, typical_utterance
from visualize.output.save import save_figure


def draw_run(
    run: Run,
    folder: Path,
    *,
    figures: Iterable[str] | None = None,
    utterance: str | None = None,
    formats: tuple[str, ...] = ("png", "svg"),
) -> list[Path]:
    """Draw a run and write its figures with their numbers, and moving pictures if none is named.

    Parameters
    ----------
    run : Run
        From `refkd.experiment.run_reader.read_run`.
    folder : Path
        Made if it is not there.
    figures : iterable of str, optional
        Names among `FIGURES`; all for which there is something to draw if not given.
    utterance : str, optional
        Of the figures of one utterance; the test utterance of median length if not given.
    formats : tuple of str
        As for `save_figure`.

    Returns
    -------
    list of Path
        The files, each called like its figure.

    Raises
    ------
    ArgumentError
        If there is no such figure or utterance, or a figure was asked for by name for which the
        run has nothing to draw.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    for name, figure in run_figures(run, figures=figures, utterance=utterance):
        made += save_figure(figure, folder / name, formats)
        made.append(write_numbers({name: figure}, folder / f"{name}.csv"))
    return made if figures is not None else made + draw_animations(run, folder)


def run_figures(
    run: Run,
    *,
    figures: Iterable[str] | None = None,
    utterance: str | None = None,
    width: float | None = None,
) -> Iterator[tuple[str, Figure]]:
    """Draw the figures of a run, one after the other.

    Parameters
    ----------
    run : Run
        From `refkd.experiment.run_reader.read_run`.
    figures, utterance : various
        As for `draw_run`.
    width : float, optional
        Inches of each; its natural size if not given.

    Yields
    ------
    name : str
        Among `FIGURES`.
    figure : Figure
        Drawn.

    Raises
    ------
    ArgumentError
        As `draw_run`.
    """
    wanted = list(FIGURES if figures is None else figures)
    for name in wanted:
        check.one_of("figures", name, FIGURES)
    chosen = typical_utterance(run) if utterance is None else utterance
    check.one_of("utterance", chosen, run.names)
    for name in wanted:
        drawn = FIGURES[name](run, chosen, width)
        if drawn is not None:
            yield name, drawn
        elif figures is not None:
            check.fail("figures", "figures that the run has numbers for", repr(name))

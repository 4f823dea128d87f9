"""Everything that a run ends with: figures, their numbers, animations, and the page."""

from pathlib import Path

from refkd.experiment.run_reader import Run
from visualize.output.csv import write_numbers
from visualize.output.drawing import Failures, note_failure
from visualize.output.figures import FIGURES, draw_each
from visualize.output.run import draw_animation, pictures_of
from visualize.output.run_drawing import RunDrawing
from visualize.output.save import save_figure
from visualize.report.run_page import write_report

FORMATS = ("png", "svg")


def draw_everything(run: Run, folder: Path, page: Path) -> Failures:
    """Draw what is not there yet: the figures and animations of a run into a folder, and its
    page; return the error of each that failed, which stops no other.

    An OSError if a file cannot be written.
    """
    folder.mkdir(exist_ok=True)
    failures = Failures()
    with note_failure(failures, "figures"):
        _draw_missing(run, folder, page, failures)
    return failures


def _draw_missing(run: Run, folder: Path, page: Path, failures: Failures) -> None:
    """Draw what is not there yet, and add the error of each that failed."""
    drawing = RunDrawing.of(run)
    for name, row in FIGURES.items():
        if all((folder / f"{name}.{ending}").exists() for ending in (*FORMATS, "csv")):
            continue
        drawn, _ = draw_each({name: row.of_run}, drawing)
        failures |= drawn.failures
        for figure in drawn.figures.values():
            page.unlink(missing_ok=True)  # it would lack this figure
            with note_failure(failures, name):
                save_figure(figure, folder / name, FORMATS)
                write_numbers({name: figure}, folder / f"{name}.csv")
    for name, students in pictures_of(run).items():
        if not (folder / name).exists():
            with note_failure(failures, name):
                draw_animation(run, students, folder / name)
    if not page.exists():
        with note_failure(failures, page.name):
            write_report(run, folder, page)

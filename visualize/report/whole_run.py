"""Everything that a run ends with: figures, their numbers, animations, and the page."""

import signal
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

from refkd.experiment.results_json import read_results
from refkd.experiment.run_reader import Run, read_run
from refkd.experiment.second_process import second_process
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
    missing = [name for name in FIGURES if not _is_drawn(folder, name)]
    arguments = __name__, str(run.folder), str(folder)
    many = len(missing) > len(FIGURES) // 2
    with second_process(*arguments, wait=True) if many else nullcontext():
        _draw_figures(drawing, missing, folder, failures)
    if any(_is_drawn(folder, name) for name in missing):
        page.unlink(missing_ok=True)  # it lacks these figures
    for name, students in pictures_of(run).items():
        if not (folder / name).exists():
            with note_failure(failures, name):
                draw_animation(run, students, folder / name)
    if not page.exists():
        with note_failure(failures, page.name):
            write_report(run, folder, page)


def _draw_figures(
    drawing: RunDrawing, names: Iterable[str], folder: Path, failures: Failures
) -> None:
    """Draw those that nobody has drawn meanwhile, and add the error of each that failed."""
    for name in names:
        if _is_drawn(folder, name):
            continue
        drawn, _ = draw_each({name: FIGURES[name].of_run}, drawing)
        failures |= drawn.failures
        for figure in drawn.figures.values():
            with note_failure(failures, name):
                save_figure(figure, folder / name, FORMATS)
                write_numbers({name: figure}, folder / f"{name}.csv")


def _is_drawn(folder: Path, name: str) -> bool:
    return all((folder / f"{name}.{ending}").exists() for ending in (*FORMATS, "csv"))


def draw_backwards(run_folder: Path, folder: Path) -> None:
    """Draw the figures of a finished run from the last one on, until they meet one that is drawn.

    In a second process, while the first one draws from the first figure on.
    """
    results = read_results(run_folder)
    assert results is not None
    drawing = RunDrawing.of(read_run(run_folder, results))
    for name in reversed(FIGURES):
        if _is_drawn(folder, name):
            return
        _draw_figures(drawing, [name], folder, Failures())


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and so remove unfinished files
    draw_backwards(*map(Path, sys.argv[1:]))

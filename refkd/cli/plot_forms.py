"""What `refkd plot` draws without posteriors of others: a run, a gallery of it, and the toy."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from refkd import check
from refkd.cli.plot_options import of_models, typed
from refkd.cli.plot_output import Output, audio_files, check_utterance, figures_of
from refkd.cli.run import report_all_undrawn
from refkd.experiment.run_folder import new_folder, reporting_write_errors
from refkd.experiment.run_reader import read_run

if TYPE_CHECKING:
    from refkd.experiment.run_reader import Run

NOTHING = 5e-4  # nats per frame: 0.000 in the table of the toy
# Two windows and three weights, so that there is a sweep to see.
EXAMPLE = {
    "animate": True,
    "rules": ["CTC", "FrameWise", "Shift1", "Hard", "wide", "Soft", "OrderedPath", "PerTeacher"],
    "distill": {
        "Hard": {"weight": [0.1, 0.3, 1.0]},
        "wide": {"rule": "Hard", "window": [8, 2], "weight": [0.1, 0.3, 1.0]},
    },
}


def plot_run(options: argparse.Namespace) -> int:
    """Draw a finished run and print which files were written."""
    from visualize.output.figures import FIGURES, figures_of_run
    from visualize.output.run import SPIKES
    from visualize.output.run_drawing import RunDrawing
    from visualize.report import write_report

    for name in typed(options, of_models()):
        check.fail(name.replace("_", "-"), "--model to be given, too", "a run")
    utterances = options.utterance or [None]
    if len(utterances) > 1:
        check.fail("utterance", "one for a run", f"{len(utterances)}")
    output = Output.of(options)
    output.check_report(options.report)
    names = figures_of(options, (*FIGURES, SPIKES))
    reports = options.report or (names is None and "svg" in output.formats)
    if options.audio is not None and not reports:
        check.fail("audio", "it with --report", "none")
    run = read_run(options.run)
    if names is not None and SPIKES in names and run.followed is None:
        check.fail("figures", "spikes of a run with --animate", "a run without")
    if utterances[0] is not None:
        check_utterance(utterances[0], run.names)
    sets = [model.posteriors for model in run.models]
    audio = audio_files(options.audio, utterances, run.names, sets)
    still = names and [name for name in names if name != SPIKES]
    drawing = RunDrawing.of(run, utterances[0], output.width)
    drawn = output.draw(lambda: figures_of_run(drawing, still))
    output.write(drawn.figures)
    if SPIKES in (names or [SPIKES]):
        output.animate(run)
    if reports:
        output.write_report(drawn.figures, partial(write_report, run, audio=audio))
    return output.end({})


def plot_toy(options: argparse.Namespace) -> int:
    """Draw the toy, and print the loss of a late student beside that of a silent one."""
    from visualize.figures.toy import LATE, toy_figure, toy_table
    from visualize.layout.style import WIDTHS

    for name in typed(options, ("run", "model", "figures", "gallery")):
        check.fail("toy", f"it without {name}", "both")
    output = Output.of(options)
    table = toy_table()
    width = output.width or WIDTHS["page"]
    output.write({"toy": output.in_font(lambda: toy_figure(table, width=width))})
    late, silent = f"{LATE} frames late", "all blank"
    lines = [f"{'nats per frame':24} {late:>14} {silent:>10}  ratio"]
    for rule, losses in table.items():
        ratio = losses[late] / losses[silent] if losses[silent] > NOTHING else None
        shown = "" if ratio is None else f"{ratio:.2f}"
        name = " ".join(rule.split())
        row = f"{name:24} {losses[late]:14.3f} {losses[silent]:10.3f}  {shown:>5}"
        lines.append(row.rstrip())
    return output.end({"loss": table}, before=lines)


def plot_gallery(options: argparse.Namespace) -> int:
    """Draw the gallery of a run, or of a small one that is trained first."""
    from visualize.output.gallery import write_gallery

    for name in typed(options, ("model", "figures", "size", "numbers")):
        check.fail("gallery", f"it without --{name}", "both")
    folder = new_folder(options.gallery)
    utterance = options.utterance[0] if options.utterance else None
    with _run(options.run) as run:
        if utterance is not None:
            check_utterance(utterance, run.names)
        with reporting_write_errors(folder):
            (page, *_), failures = write_gallery(run, folder, utterance)
    print(page)
    return report_all_undrawn(failures)


@contextmanager
def _run(folder: str | None) -> Iterator["Run"]:
    """The run of a folder, or a small one in a folder that is removed afterwards."""
    if folder is not None:
        yield read_run(folder)
        return
    from refkd.experiment.experiment import run_experiment
    from refkd.experiment.results_json import results
    from refkd.experiment.run_writer import write_run
    from refkd.experiment.settings import read_settings

    print("no RUN_DIR: a small run is trained first", file=sys.stderr)
    with tempfile.TemporaryDirectory() as place:
        result = run_experiment(read_settings(overrides=EXAMPLE, quick=True))
        write_run(result, Path(place))
        yield read_run(place, results(result))

"""`refkd plot --gallery DIR`: every figure at every size, on one page."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from refkd import check
from refkd.cli.plot_output import check_utterance
from refkd.cli.run import report_undrawn
from refkd.experiment.run_folder import new_folder, reporting_write_errors

if TYPE_CHECKING:
    from refkd.experiment.run_reader import Run

DECIDED = ("model", "figures", "size", "numbers")  # by what a gallery is


def plot_gallery(options: argparse.Namespace) -> int:
    """Draw the gallery of a run, or of a small one that is trained first."""
    from visualize.output.gallery import write_gallery

    for name in DECIDED:
        if getattr(options, name) is not None:
            check.fail("gallery", f"it without --{name}", "both")
    folder = new_folder(options.gallery)
    utterance = options.utterance[0] if options.utterance else None
    with _run(options.run) as run:
        if utterance is not None:
            check_utterance(utterance, run.names)
        with reporting_write_errors(folder):
            (page, *_), failures = write_gallery(run, folder, utterance)
    print(page)
    for name, error in failures.items():
        report_undrawn(name, error)
    return 1 if failures else 0


@contextmanager
def _run(folder: str | None) -> Iterator["Run"]:
    """The run of a folder, or a small one in a folder that is removed afterwards."""
    from refkd.experiment.run_reader import read_run

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


# Two windows and three weights, so that there is a sweep to see.
EXAMPLE = {
    "animate": True,
    "rules": ["CTC", "FrameWise", "Shift1", "Hard", "wide", "Soft", "OrderedPath", "PerTeacher"],
    "distill": {
        "Hard": {"weight": [0.1, 0.3, 1.0]},
        "wide": {"rule": "Hard", "window": [8, 2], "weight": [0.1, 0.3, 1.0]},
    },
}

"""`refkd run`: train, compare, draw."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refkd.cli.commands import Commands, shortened

if TYPE_CHECKING:
    from refkd.experiment.settings import RunSettings

REPORT = "report.html"


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    run = commands.add_parser(
        "run",
        help="train a teacher and its students, compare them, draw figures, write a report",
        description="Train a bidirectional teacher with the CTC loss. Then train unidirectional "
        "students: one with the CTC loss alone, and one for each rule with the distillation loss "
        "of that rule as auxiliary loss. Finally measure all networks on the test speech, draw "
        "the figures and write report.html. An interrupted run resumes when you repeat the "
        "command.",
    )
    run.set_defaults(command=_run)
    run.add_argument(
        "--data",
        metavar="SPEC",
        help="the speech: 'synthetic' (default), 'festvox:DIR', 'fsdd:DIR', 'timit:DIR', "
        "'manifest:FILE.jsonl' or 'espeak:TEXT.txt'",
    )
    rules = run.add_argument("--rules", metavar="NAMES")
    run.add_later(lambda: setattr(rules, "help", _names_of_students()))
    run.add_argument("--seed", type=int, metavar="N", help="seed of all random numbers (default 0)")
    run.add_argument(
        "--seeds",
        type=int,
        metavar="N",
        help="train every student N times, with the seeds S, S + 1, ... from --seed (default 1)",
    )
    run.add_argument(
        "--new-teachers",
        action="store_true",
        default=None,
        help="also train the teachers anew for each seed; by default the students of all seeds "
        "learn from the teachers of the first seed",
    )
    run.add_argument(
        "--animate",
        action="store_true",
        default=None,
        help="also draw an animation of each student's spikes after every epoch of its training",
    )
    run.add_argument(
        "--cell", metavar="CELL", help="cell of all networks: 'lstm' (default) or 'tanh'"
    )
    run.add_argument(
        "--out",
        default="refkd-run",
        metavar="DIR",
        help="output folder: new, empty, or that of the same command, which then resumes "
        "(default %(default)s)",
    )
    run.add_argument(
        "--config", metavar="FILE", help="settings as TOML; options here take precedence"
    )
    run.add_argument(
        "--quick", action="store_true", help="use little speech and small networks, for a first try"
    )
    run.add_argument("--json", action="store_true", help="print results.json instead of the table")


def _names_of_students() -> str:
    """The help of --rules."""
    from refkd.experiment.student_settings import CTC, STUDENTS
    from refkd.losses.rules import RULES

    rival = "Guided"
    controls = [name for name in STUDENTS if name not in (CTC, rival, *RULES)]
    return (
        f"students to train, separated by commas: {CTC} (alone); a rule, which is one of "
        f"{', '.join(RULES)}; the rival method {rival}; a control, which is one of "
        f"{', '.join(controls)}; or a name that the --config file defines"
    )


def _run(options: argparse.Namespace) -> int:
    from refkd.cli.own_figures import check_own_figures
    from refkd.experiment.results_json import table
    from refkd.experiment.run_folder import RESULTS, locked_folder
    from refkd.experiment.settings import read_settings

    names = ("data", "seed", "seeds", "new_teachers", "animate")
    values = {name: getattr(options, name) for name in names}
    values["rules"] = options.rules and options.rules.split(",")
    values["network"] = options.cell and {"cell": options.cell}
    overrides = {name: value for name, value in values.items() if value is not None}
    settings = read_settings(options.config, overrides, options.quick)
    check_own_figures()  # before hours of training
    with locked_folder(options.out) as folder:
        try:
            results = _finished(folder, settings)
        except KeyboardInterrupt:
            again = "repeat the command to resume after the last complete epoch"
            if (folder / RESULTS).exists():
                again = "repeat the command to draw what is missing"
            print(f"refkd: stopped; {again} (in {folder})", file=sys.stderr)
            return 1
    if options.json:
        print(json.dumps(results, indent=1))
    else:
        print(table(results))
        page = folder / REPORT
        where = f"report: {page}" if page.exists() else f"results: {folder / RESULTS}"
        print(f"\n{results['seconds']:.0f} seconds; {where}")
    return 0


def _finished(folder: Path, settings: "RunSettings") -> dict[str, Any]:
    """The results in the folder, after what is left to do there."""
    from refkd.experiment.compile_ahead import compiling_ahead
    from refkd.experiment.experiment import run_experiment
    from refkd.experiment.progress import Progress
    from refkd.experiment.results_json import read_results, results, write_results
    from refkd.experiment.run_folder import CHECKPOINTS, claim_folder
    from refkd.experiment.run_writer import write_run

    claim_folder(folder, settings)
    document = read_results(folder)
    if document is None:
        with compiling_ahead(settings), Progress(settings) as progress:
            result = run_experiment(settings, progress.update, folder / CHECKPOINTS)
        document = results(result)
        write_run(result, folder)
        write_results(document, folder)  # before anything is drawn, which might fail
    if os.access(folder, os.W_OK):
        _draw_missing(folder, document)
    return document


def _draw_missing(folder: Path, results: dict[str, Any]) -> None:
    """Draw the figures, animations and the page of a finished run that are not in its folder.

    What cannot be drawn is one sentence on standard error, and the next call tries it again; only
    a file that cannot be written ends the command.
    """
    from refkd.experiment.run_folder import reporting_write_errors
    from refkd.experiment.run_reader import read_run
    from visualize.report import draw_everything

    again = "; repeat the command to try again"
    try:
        run = read_run(folder, results)
    except Exception as error:
        report_undrawn(f"{folder}: figures", error, again)
        return
    with reporting_write_errors(folder):
        failures = draw_everything(run, folder / "figures", folder / REPORT)
    report_all_undrawn({f"{folder}: {name}": error for name, error in failures.items()}, again)


def report_undrawn(name: str, error: Exception, again: str = "") -> None:
    """Say in one sentence what could not be drawn, and why."""
    got = " ".join(f"{type(error).__name__}: {error}".split())
    print(shortened(f"refkd: {name} could not be drawn, got {got}{again}"), file=sys.stderr)


def report_all_undrawn(failures: Mapping[str, Exception], again: str = "") -> int:
    """A sentence for each; the exit code is then 1."""
    for name, error in failures.items():
        report_undrawn(name, error, again)
    return 1 if failures else 0

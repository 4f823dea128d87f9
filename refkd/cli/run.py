"""`refkd run`: train, compare, draw."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refkd.cli.commands import Commands

if TYPE_CHECKING:
    from refkd.experiment.checkpoint import Epoch
    from refkd.experiment.settings import RunSettings

REPORT = "report.html"


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    run = commands.add_parser(
        "run",
        help="train a teacher and its students, compare, plot, report",
        description="Train a bidirectional teacher by CTC, then unidirectional students by CTC "
        "alone and by each rule; compare them; draw the figures; write report.html.",
    )
    run.set_defaults(command=_run)
    run.add_argument(
        "--data",
        metavar="SPEC",
        help="'synthetic' (default), 'festvox:DIR', 'fsdd:DIR', 'timit:DIR', "
        "'manifest:FILE.jsonl' or 'espeak:TEXT.txt'",
    )
    run.add_argument(
        "--rules",
        metavar="NAMES",
        help="students, separated by commas: CTC, FrameWise, Shift, Blend, Hard, TopK, Soft, "
        "Monotone, OrderedPath, PerTeacher; the rival Guided; the controls LongerCTC, Shift1, "
        "Shift2, Shift3, RandomChoice, UniTeacher; or names of the --config file",
    )
    run.add_argument("--seed", type=int, metavar="N", help="of every random number (default 0)")
    run.add_argument(
        "--seeds", type=int, metavar="N", help="train every student N times: seed, seed + 1, ..."
    )
    run.add_argument(
        "--new-teachers",
        action="store_true",
        default=None,
        help="train new teachers for each seed, too",
    )
    run.add_argument(
        "--animate",
        action="store_true",
        default=None,
        help="draw each student's spikes during training as a moving picture, too",
    )
    run.add_argument("--cell", metavar="CELL", help="'lstm' (default) or 'tanh'")
    run.add_argument(
        "--out",
        default="refkd-run",
        metavar="DIR",
        help="new folder, or that of the same command, which goes on there (default %(default)s)",
    )
    run.add_argument("--config", metavar="FILE", help="settings as TOML; options here win")
    run.add_argument("--quick", action="store_true", help="small and fast, to see that it works")
    run.add_argument("--json", action="store_true", help="print results.json instead of the table")


def _run(options: argparse.Namespace) -> int:
    from refkd.cli.own_figures import check_own_figures
    from refkd.experiment.results_json import table
    from refkd.experiment.run_folder import locked_folder
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
            again = "the same command goes on from the last complete epoch"
            print(f"refkd: stopped; {again} (in {folder})", file=sys.stderr)
            return 1
    if options.json:
        print(json.dumps(results, indent=1))
    else:
        print(table(results))
        print(f"\n{results['seconds']:.0f} seconds; {folder / REPORT} shows it all")
    return 0


def _finished(folder: Path, settings: "RunSettings") -> dict[str, Any]:
    """The results in the folder, after what is left to do there."""
    from refkd.experiment.experiment import run_experiment
    from refkd.experiment.results_json import results
    from refkd.experiment.run_folder import CHECKPOINTS, claim_folder, finish_run, finished
    from refkd.experiment.run_writer import write_run

    claim_folder(folder, settings)
    document = finished(folder)
    if document is None:
        with _Progress(settings.trainings) as progress:
            result = run_experiment(settings, progress.update, folder / CHECKPOINTS)
        document = results(result)
        write_run(result, folder)
        _draw(folder, document)
        finish_run(document, folder)
    return document


def _draw(folder: Path, results: dict[str, Any]) -> None:
    from refkd.experiment.run_folder import reporting_write_errors
    from refkd.experiment.run_reader import read_run
    from visualize.output.run import draw_run
    from visualize.report import write_report

    with reporting_write_errors(folder):
        run = read_run(folder, results)
        draw_run(run, folder / "figures")
        write_report(run, folder / "figures", folder / REPORT)


class _Progress:
    """One bar for each model in training, on stderr if that is a terminal."""

    def __init__(self, trainings: int) -> None:
        self.trainings, self.begun = trainings, 0
        self.name = ""
        self.bar: Any = None

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *error: object) -> None:
        self._finish()

    def update(self, name: str, epochs: int, history: "tuple[Epoch, ...]") -> None:
        """Advance the bar of a model to the epochs that are done."""
        from tqdm import tqdm

        epoch = history[-1]
        if name != self.name:
            self._finish()
            self.name, self.begun = name, self.begun + 1
            self.bar = tqdm(
                total=epochs,
                desc=f"{self.begun}/{self.trainings} {name}",
                unit="epoch",
                disable=not sys.stderr.isatty(),
            )
        self.bar.set_postfix_str(
            f"CTC {epoch.ctc:.3f} nats/frame, validation {100 * epoch.validation:.1f} %",
            refresh=False,
        )
        self.bar.update(len(history) - self.bar.n)

    def _finish(self) -> None:
        if self.bar is not None:
            self.bar.close()

"""The command line: `refkd run`, `refkd align`, `refkd stream`, `refkd data`."""

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import refkd

if TYPE_CHECKING:
    from refkd.checkpoint import Epoch
    from refkd.outcome import Study


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 could not be done, 2 wrong usage.

    Parameters
    ----------
    arguments : sequence of str, optional
        Of the command line; those of the process if not given.

    Returns
    -------
    int
        The exit code.

    Examples
    --------
    >>> from refkd.cli import main
    >>> main([])  # doctest: +ELLIPSIS
    usage: refkd [-h] [--version] COMMAND ...
    2
    """
    for output in (sys.stdout, sys.stderr):
        if isinstance(output, io.TextIOWrapper):  # a terminal may lack the symbols of a corpus
            output.reconfigure(errors="backslashreplace")
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 2
    try:
        return int(options.command(options))
    except (ValueError, OSError) as error:
        from refkd.check import ArgumentError

        print(f"refkd: {error}", file=sys.stderr)
        return 2 if isinstance(error, ArgumentError) else 1
    except KeyboardInterrupt:
        print("refkd: stopped", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="refkd",
        description="Knowledge transfer from a bidirectional to a unidirectional recurrent net.",
    )
    parser.set_defaults(command=None)
    parser.add_argument("--version", action="version", version=f"refkd {refkd.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="train a teacher and its students, compare, plot",
        description="Train a bidirectional teacher by CTC, then unidirectional students by CTC "
        "alone and by each rule; compare them; draw the figures.",
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
    stream = commands.add_parser(
        "stream",
        help="print the phones of a recording as a network says them",
        description="Let a trained unidirectional network hear a recording as it would arrive, and "
        "print each phone when it is said: its time in the audio, how far the audio had gone on by "
        "then, and what this machine took to compute it.",
    )
    stream.set_defaults(command=_stream)
    stream.add_argument("model", metavar="MODEL.npz", help="a student that `refkd run` has left")
    stream.add_argument("audio", metavar="AUDIO.wav", help="at the sampling rate of its training")
    stream.add_argument("--json", action="store_true", help="one JSON object a line, in seconds")
    align = commands.add_parser(
        "align",
        help="write when a network hears each phone, as CTM or TextGrid",
        description="Lay the true phones of a corpus, or those that a trained network decodes, "
        "over its frames, and write when each of them is. What had to be left out is counted on "
        "the error stream.",
    )
    align.set_defaults(command=_align)
    align.add_argument("model", metavar="MODEL.npz", help="teacher or student of `refkd run`")
    align.add_argument("data", metavar="DATA", help="as --data of `refkd run`, or a WAV file")
    align.add_argument("--format", choices=("ctm", "textgrid"), required=True)
    align.add_argument(
        "--split", choices=("train", "validation", "test", "all"), help="of a corpus (default test)"
    )
    align.add_argument(
        "--labels",
        choices=("true", "decoded"),
        help="whose phones (default true; a WAV file is decoded)",
    )
    align.add_argument("--config", metavar="FILE", help="TOML; [speech] holds reader's options")
    align.add_argument(
        "--out",
        metavar="PATH",
        help="new file for CTM (default standard output), new folder for TextGrids",
    )
    data = commands.add_parser("data", help="describe what is in a corpus")
    describe = data.add_subparsers(title="commands", metavar="COMMAND").add_parser(
        "describe",
        help="counts, durations, symbols and problems",
        description="Read a corpus and say what is in it: utterances and durations of each split, "
        "how often each symbol occurs, what was left out or looks wrong.",
    )
    describe.set_defaults(command=_describe)
    describe.add_argument("data", metavar="SPEC", help="as --data of `refkd run`")
    describe.add_argument("--config", metavar="FILE", help="TOML; [speech] holds reader's options")
    describe.add_argument("--json", action="store_true", help="the same as JSON")
    return parser


def _describe(options: argparse.Namespace) -> int:
    from refkd.configuration import read_settings
    from refkd.data.dataset import load
    from refkd.data.describe import describe, description

    settings = read_settings(options.config, {"data": options.data})
    told = describe(load(settings.data, **settings.speech))
    print(json.dumps(told, indent=1) if options.json else description(told))
    return 0


def _align(options: argparse.Namespace) -> int:
    from refkd.align import write_alignment

    names = ("model", "data", "split", "labels", "config", "out")
    given = {name: getattr(options, name) for name in names}
    for sentence, count in write_alignment(form=options.format, **given).items():
        print(f"refkd: {sentence}: {count}", file=sys.stderr)
    return 0


def _stream(options: argparse.Namespace) -> int:
    from refkd.data.wav import read_wav
    from refkd.live import listen
    from refkd.network import Network

    network = Network.load(options.model)
    audio, rate = read_wav(options.audio)
    said = listen(network, audio, rate)
    if not options.json:
        print("time (s)   lag (ms)   computing (ms)   phone")
    for phone, *seconds in said:
        time, lag, computing = (round(one, 6) for one in seconds)
        if options.json:
            line = json.dumps({"phone": phone, "time": time, "lag": lag, "computing": computing})
        else:
            line = f"{time:8.4f} {1000 * lag:10.1f} {1000 * computing:16.2f}   {phone}"
        print(line, flush=True)
    return 0


def _run(options: argparse.Namespace) -> int:
    from refkd.configuration import read_settings
    from refkd.results import table
    from refkd.run_folder import (
        CHECKPOINTS,
        claim_folder,
        finish_run,
        finished,
        saying_where,
        write_run,
    )
    from refkd.study import run_study

    given = {name: getattr(options, name) for name in ("data", "seed", "seeds", "new_teachers")}
    given["rules"] = options.rules and options.rules.split(",")
    given["network"] = options.cell and {"cell": options.cell}
    overrides = {name: value for name, value in given.items() if value is not None}
    settings = read_settings(options.config, overrides, options.quick)
    folder = claim_folder(options.out, settings)
    told = finished(folder)
    if told is None:
        try:
            with _Progress(settings.trainings) as progress:
                study = run_study(settings, progress.tell, folder / CHECKPOINTS)
            write_run(study, folder)
            with saying_where(folder):
                _draw(study, folder)
            told = finish_run(study, folder)
        except KeyboardInterrupt:
            again = "the same command goes on from the last complete epoch"
            print(f"refkd: stopped; {again} (in {folder})", file=sys.stderr)
            return 1
    if options.json:
        print(json.dumps(told, indent=1))
    else:
        print(table(told))
        print(f"\n{told['seconds']:.0f} seconds; figures, networks and results.json in {folder}")
    return 0


def _draw(study: "Study", folder: Path) -> None:
    from visualize.run import draw_run

    draw_run(study, folder / "figures")


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

    def tell(self, name: str, epochs: int, history: "tuple[Epoch, ...]") -> None:
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

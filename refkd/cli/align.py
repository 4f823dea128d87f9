"""`refkd align`: the times of phones, found by a trained network."""

import argparse
import sys
from contextlib import nullcontext

from refkd.cli.commands import Commands


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    align = commands.add_parser(
        "align",
        help="write the times of phones, found by a trained network",
        description="Align the true phones of a corpus, or those that a trained network decodes, "
        "with the frames of the network, and write the start and the end of each phone as CTM or "
        "TextGrid. The numbers of omitted utterances go to the error stream.",
    )
    align.set_defaults(command=_align)
    align.add_argument("model", metavar="MODEL.npz", help="a teacher or student from `refkd run`")
    align.add_argument(
        "data", metavar="DATA", help="a corpus, as for --data of `refkd run`, or a WAV file"
    )
    align.add_argument(
        "--format", choices=("ctm", "textgrid"), required=True, help="format of the output"
    )
    align.add_argument(
        "--split",
        choices=("train", "validation", "test", "all"),
        help="part of the corpus to align (default test)",
    )
    align.add_argument(
        "--labels",
        choices=("true", "decoded"),
        help="which phones to align (default true; for a WAV file always decoded)",
    )
    align.add_argument(
        "--config", metavar="FILE", help="TOML file; [speech] holds the options of the reader"
    )
    align.add_argument(
        "--out",
        metavar="PATH",
        help="new file for CTM (default: standard output), new folder for TextGrids",
    )


def _align(options: argparse.Namespace) -> int:
    from refkd.experiment.align import write_alignment
    from refkd.experiment.run_folder import locked_folder

    names = ("model", "data", "split", "labels", "config", "out")
    arguments = {name: getattr(options, name) for name in names}
    folder = options.format == "textgrid" and options.out is not None
    with locked_folder(options.out) if folder else nullcontext():
        problems = write_alignment(form=options.format, **arguments)
    for sentence, count in problems.items():
        print(f"refkd: {sentence}: {count}", file=sys.stderr)
    return 0

"""The options of `refkd plot` as a table: how each is typed, and which of them runs have, too."""

import argparse
from collections.abc import Iterable
from typing import Any, NamedTuple

from refkd.cli.commands import Parser
from refkd.cli.rule_options import add_rule_options, of_rule

VALUE: dict[str, Any] = {}
NUMBER: dict[str, Any] = {"type": float}
REPEATED: dict[str, Any] = {"action": "append"}
SWITCH: dict[str, Any] = {"action": "store_true", "default": None}


class Option(NamedTuple):
    """A row of the table."""

    name: str  # with underscores, as the parsed options have it
    metavar: str | None  # None for switches and choices
    help: str
    typed: dict[str, Any] = VALUE  # further arguments of `add_argument`

    @property
    def flag(self) -> str:
        """As it is typed."""
        return "--" + self.name.replace("_", "-")


def one_of(*choices: str) -> dict[str, Any]:
    """How an option with a few choices is typed."""
    return {"choices": choices}


OF_POSTERIORS = tuple(
    Option(*row, typed=REPEATED)
    for row in (
        ("frame_shift", "SECONDS", "time from one frame to the next"),
        (
            "latency",
            "SECONDS",
            "time from a sound to the output of the model for it; added to the times of the model",
        ),
        ("first_frame", "SECONDS", "time of frame 0 (default 0)"),
        ("blank", "CLASS", "class of the blank, from 0; -1 is the last"),
        ("kind", "KIND", "what the numbers are: logits, log_probabilities or probabilities"),
        ("tokens", "TOKENS.txt", "symbols, one line per class: SYMBOL or SYMBOL ID"),
    )
)
UNIT = Option(
    "unit", "NAME", "unit of time in place of seconds; with px, --frame-shift 8 means 8 px"
)
OF_CLASSES = (
    Option("merge", "A=B", "count class A as class B; may be repeated", REPEATED),
    Option("drop", "CLASS", "count the class as the blank; may be repeated", REPEATED),
)
OF_TRUTH = (
    Option("reference", "PATH", "true times: CTM, TextGrid or folder of TextGrids"),
    Option("by", None, "unit whose delay is measured (default symbol)", one_of("symbol", "word")),
    Option(
        "no_marks",
        None,
        "with --by word: no symbol separates words, although some look like it "
        "(such as | or a space)",
        SWITCH,
    ),
    Option("words", "PATH", "true times of words, if --reference holds phones"),
    Option("tier", "NAME", "tier of the TextGrids (default phones)"),
    Option("skip", "LABELS", "labels of the reference to leave out, such as sil,sp"),
)
OF_FIGURES = (
    Option(
        "figures",
        "NAMES",
        "figures to draw, separated by commas: shift, offsets, cumulative, delays, tradeoff, band, "
        "gradients (default: all for which the data suffice); a run has further figures, and "
        "moving spikes if it was run with --animate",
    ),
    Option(
        "utterance",
        "NAME",
        "utterance of the figures that show one utterance; may be repeated (default: the utterance "
        "of median length)",
        REPEATED,
    ),
    Option("from", "SECONDS", "compare and draw only from this time on", NUMBER),
    Option("to", "SECONDS", "compare and draw only before this time", NUMBER),
    Option(
        "at", None, "frame that gives the time of a spike (default start)", one_of("start", "peak")
    ),
    Option(
        "audio",
        "PATH",
        "WAV file, or folder of UTTERANCE.wav files; with a run only for its report",
    ),
    Option(
        "size", None, "size of the figures (default: by content)", one_of("column", "page", "slide")
    ),
    Option("font", "FAMILY", "an installed font"),
)
OF_FILES = (
    Option(
        "format",
        "NAMES",
        "formats of the figures, out of png,svg,pdf (default %(default)s)",
        {"default": "png,svg"},
    ),
    Option("numbers", "FILE.csv", "table of the numbers that are drawn"),
    Option(
        "pairs",
        "FILE.csv",
        "table of all spikes of all utterances, matched or not, with times and offsets",
    ),
    Option("spikes", None, "write the spikes of each model as files", one_of("ctm", "textgrid")),
    Option(
        "report",
        None,
        "write report.html, which shows everything frame by frame; for a run it is the default",
        SWITCH,
    ),
    Option("out", "DIR", "output folder (default %(default)s)", {"default": "refkd-plot"}),
    Option(
        "gallery",
        "DIR",
        "draw every figure of a run at every size, on one page in a new folder; without RUN_DIR "
        "the command first trains a small run",
    ),
    Option(
        "toy",
        None,
        "print and draw the loss of each rule for a student that is right but late; needs no other "
        "argument",
        SWITCH,
    ),
    Option("json", None, "print the results as JSON", SWITCH),
)
OF_RUNS = (  # what a run has, too; all others describe posteriors, which a run describes itself
    *("figures", "utterance", "audio", "size", "font", "format"),
    *("numbers", "report", "out", "gallery", "toy", "json"),
)
GROUPS = (
    ("about the posteriors", (*OF_POSTERIORS, UNIT)),
    ("classes to merge before spikes are matched", OF_CLASSES),
    ("true times", OF_TRUTH),
    ("rule whose selection between teacher and student is drawn", ()),
    ("figures", OF_FIGURES),
    ("output", OF_FILES),
)
REPEATABLE = "VALUE for all models or NAME=VALUE for one model; may be repeated"


def add_options(plot: Parser) -> None:
    """Add all options of the table, and those of the rules."""
    for title, options in GROUPS:
        group = plot.add_argument_group(title, REPEATABLE if UNIT in options else None)
        if not options:
            add_rule_options(plot, group)
        for option in options:
            metavar: dict[str, Any] = {"metavar": option.metavar} if option.metavar else {}
            group.add_argument(option.flag, help=option.help, **metavar, **option.typed)


def typed(options: argparse.Namespace, names: Iterable[str]) -> list[str]:
    """Those of the options that were typed."""
    return [name for name in names if getattr(options, name) is not None]


def of_models() -> tuple[str, ...]:
    """Name the options that a run knows for itself."""
    table = [option.name for _, options in GROUPS for option in options]
    return (*(name for name in table if name not in OF_RUNS), "rule", *of_rule())

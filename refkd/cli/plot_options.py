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
        ("frame_shift", "SECONDS", "from one frame to the next"),
        ("latency", "SECONDS", "from the audio to its posteriors; added to the times of a model"),
        ("first_frame", "SECONDS", "time of frame 0 (default 0)"),
        ("blank", "CLASS", "the blank, from 0; -1 is the last class"),
        ("kind", "KIND", "logits, log_probabilities or probabilities"),
        ("tokens", "TOKENS.txt", "the symbols, a line for each class: SYMBOL or SYMBOL ID"),
    )
)
UNIT = Option(
    "unit", "NAME", "of all times in the place of seconds, such as px; --frame-shift 8 is then 8 px"
)
OF_CLASSES = (
    Option("merge", "A=B", "class A is counted as B; repeat it", REPEATED),
    Option("drop", "CLASS", "counted as the blank; repeat it", REPEATED),
)
OF_TRUTH = (
    Option("reference", "PATH", "CTM, TextGrid or folder of TextGrids"),
    Option("by", None, "what is timed (default symbol)", one_of("symbol", "word")),
    Option(
        "no_marks",
        None,
        "by word: no symbol marks words, although some look like it, such as | or a space",
        SWITCH,
    ),
    Option("words", "PATH", "words, where --reference holds phones"),
    Option("tier", "NAME", "of TextGrids (default phones)"),
    Option("skip", "LABELS", "left out of it, such as sil,sp"),
)
OF_FIGURES = (
    Option(
        "figures",
        "NAMES",
        "separated by commas: shift, offsets, cumulative, delays, tradeoff, band, gradients "
        "(default: all that the data permit); a run has others, too, and spikes "
        "that move if it was run with --animate",
    ),
    Option(
        "utterance",
        "NAME",
        "of the figures of one utterance; repeat it (default: the one of median length)",
        REPEATED,
    ),
    Option("from", "SECONDS", "compare and draw only what is at or after it", NUMBER),
    Option("to", "SECONDS", "only what is before it", NUMBER),
    Option("at", None, "time of a spike (default start)", one_of("start", "peak")),
    Option("audio", "PATH", "WAV, or folder of UTTERANCE.wav; of a run, for its page"),
    Option("size", None, "default: by content", one_of("column", "page", "slide")),
    Option("font", "FAMILY", "an installed font"),
)
OF_FILES = (
    Option("format", "NAMES", "of png,svg,pdf", {"default": "png,svg"}),
    Option("numbers", "FILE.csv", "everything that is drawn, as numbers"),
    Option(
        "pairs",
        "FILE.csv",
        "every spike of every utterance, matched or not, with its times and offset",
    ),
    Option("spikes", None, "when each model says what, as files", one_of("ctm", "textgrid")),
    Option(
        "report",
        None,
        "report.html, which shows it all, frame by frame; a run has it anyway",
        SWITCH,
    ),
    Option("out", "DIR", "default %(default)s", {"default": "refkd-plot"}),
    Option(
        "gallery",
        "DIR",
        "every figure of a run at every size, on one page in a new folder; without RUN_DIR "
        "that of a small run, trained for it",
    ),
    Option(
        "toy",
        None,
        "what each rule charges a student that is right but late: nothing else is needed",
        SWITCH,
    ),
    Option("json", None, "print what was found as JSON", SWITCH),
)
OF_RUNS = (  # what a run has, too; all others speak of posteriors of any models, which a run knows
    *("figures", "utterance", "audio", "size", "font", "format"),
    *("numbers", "report", "out", "gallery", "toy", "json"),
)
GROUPS = (
    ("about the posteriors", (*OF_POSTERIORS, UNIT)),
    ("classes that are folded together before anything is matched", OF_CLASSES),
    ("true times", OF_TRUTH),
    ("what a rule would choose between teacher and student", ()),
    ("what is drawn", OF_FIGURES),
    ("what is written", OF_FILES),
)
REPEATABLE = "VALUE for all models or NAME=VALUE for one; repeat them freely"


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

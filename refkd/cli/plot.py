"""`refkd plot`: figures of a run, or of posteriors that others have computed."""

import argparse

from refkd.cli.commands import Commands
from refkd.cli.rule_options import add_rule_options

OF_POSTERIORS = (
    ("frame_shift", "SECONDS", "from one frame to the next"),
    ("latency", "SECONDS", "from the audio to its posteriors; added to the times of a model"),
    ("first_frame", "SECONDS", "time of frame 0 (default 0)"),
    ("blank", "CLASS", "the blank, from 0; -1 is the last class"),
    ("kind", "KIND", "logits, log_probabilities or probabilities"),
    ("tokens", "TOKENS.txt", "the symbols, a line for each class: SYMBOL or SYMBOL ID"),
)


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    plot = commands.add_parser(
        "plot",
        help="draw a run, or how the spikes of your own models are shifted",
        description="Draw the figures of a finished run, or compare posteriors of any models over "
        "the same utterances: what is wrong with the input, how late each student is after the "
        "first model, and after true times where they are known.",
        epilog="Plotting again into the same folder replaces the figures that this command has "
        "drawn there and leaves all others; a folder with other people's files is refused.",
    )
    plot.set_defaults(command=_plot)
    plot.add_argument("run", nargs="?", metavar="RUN_DIR", help="what `refkd run` has left")
    plot.add_argument(
        "--model",
        action="append",
        metavar="NAME=FILE",
        help="posteriors as .npz, .npy, .ark or .scp; repeat it, the teacher first",
    )
    facts = plot.add_argument_group(
        "about the posteriors", "VALUE for all models or NAME=VALUE for one; repeat them freely"
    )
    for name, metavar, text in OF_POSTERIORS:
        facts.add_argument(_flag(name), action="append", metavar=metavar, help=text)
    folded = plot.add_argument_group("classes that are folded together before anything is matched")
    folded.add_argument(
        "--merge", action="append", metavar="A=B", help="class A is counted as B; repeat it"
    )
    folded.add_argument(
        "--drop", action="append", metavar="CLASS", help="counted as the blank; repeat it"
    )
    facts.add_argument(
        "--unit",
        metavar="NAME",
        help="of all times in the place of seconds, such as px; --frame-shift 8 is then 8 px",
    )
    truth = plot.add_argument_group("true times")
    truth.add_argument("--reference", metavar="PATH", help="CTM, TextGrid or folder of TextGrids")
    truth.add_argument("--by", choices=("symbol", "word"), help="what is timed (default symbol)")
    truth.add_argument(
        "--no-marks",
        action="store_true",
        default=None,
        help="by word: no symbol marks words, although some look like it, such as | or a space",
    )
    truth.add_argument("--words", metavar="PATH", help="words, where --reference holds phones")
    truth.add_argument("--tier", metavar="NAME", help="of TextGrids (default phones)")
    truth.add_argument("--skip", metavar="LABELS", help="left out of it, such as sil,sp")
    add_rule_options(
        plot, plot.add_argument_group("what a rule would choose between teacher and student")
    )
    shown = plot.add_argument_group("what is drawn")
    shown.add_argument(
        "--figures",
        metavar="NAMES",
        help="separated by commas: shift, offsets, cumulative, delays, tradeoff, band, gradients "
        "(default: all that the data permit); a run has others, too, and spikes "
        "that move if it was run with --animate",
    )
    shown.add_argument(
        "--utterance",
        action="append",
        metavar="NAME",
        help="of the figures of one utterance; repeat it (default: the one of median length)",
    )
    shown.add_argument(
        "--from", type=float, metavar="SECONDS", help="compare and draw only what is at or after it"
    )
    shown.add_argument("--to", type=float, metavar="SECONDS", help="only what is before it")
    shown.add_argument("--at", choices=("start", "peak"), help="time of a spike (default start)")
    shown.add_argument(
        "--audio", metavar="PATH", help="WAV, or folder of UTTERANCE.wav; of a run, for its page"
    )
    shown.add_argument("--size", choices=("column", "page", "slide"), help="default: by content")
    shown.add_argument("--font", metavar="FAMILY", help="an installed font")
    out = plot.add_argument_group("what is written")
    out.add_argument("--format", default="png,svg", metavar="NAMES", help="of png,svg,pdf")
    out.add_argument("--numbers", metavar="FILE.csv", help="everything that is drawn, as numbers")
    out.add_argument(
        "--pairs",
        metavar="FILE.csv",
        help="every spike of every utterance, matched or not, with its times and offset",
    )
    out.add_argument(
        "--spikes", choices=("ctm", "textgrid"), help="when each model says what, as files"
    )
    out.add_argument(
        "--report",
        action="store_true",
        default=None,
        help="report.html, which shows it all, frame by frame; a run has it anyway",
    )
    out.add_argument("--out", default="refkd-plot", metavar="DIR", help="default %(default)s")
    out.add_argument(
        "--gallery",
        metavar="DIR",
        help="every figure of a run at every size, on one page in a new folder; without RUN_DIR "
        "that of a small run, trained for it",
    )
    out.add_argument(
        "--toy",
        action="store_true",
        help="what each rule charges a student that is right but late: nothing else is needed",
    )
    out.add_argument("--json", action="store_true", help="print what was found as JSON")


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _plot(options: argparse.Namespace) -> int:
    from refkd import check
    from refkd.cli.own_figures import check_own_figures
    from refkd.cli.plot_gallery import plot_gallery
    from refkd.cli.plot_models import plot_models
    from refkd.cli.plot_run import plot_run
    from refkd.cli.plot_toy import plot_toy
    from refkd.experiment.run_folder import locked_folder

    draw = plot_run if options.model is None else plot_models
    if options.toy:
        draw = plot_toy
    elif options.gallery is not None:
        draw = plot_gallery
    elif (options.run is None) == (options.model is None):
        got = "neither" if options.run is None else "both"
        check.fail("refkd plot", "RUN_DIR, --model NAME=FILE or --toy", got)
    check_own_figures()
    place = (options.out,) if options.gallery is None else (options.gallery, "gallery")
    with locked_folder(*place):
        return draw(options)

"""`refkd plot`: figures of a run, or of posteriors that others have computed."""

import argparse

from refkd.cli.commands import Commands
from refkd.cli.plot_options import add_options


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    plot = commands.add_parser(
        "plot",
        help="draw the figures of a run, or compare spikes of your own models",
        description="Draw the figures of a finished run, or compare posteriors of any models over "
        "the same utterances. A comparison reports problems of the input, the offset of each "
        "student's spikes from those of the first model (the teacher), and the emission delay, if "
        "true times are given.",
        epilog="If you plot again into the same folder, the command replaces the figures that it "
        "has drawn there before and leaves all other figures. It refuses a folder that holds "
        "files which it has not written.",
    )
    plot.set_defaults(command=_plot)
    plot.add_argument("run", nargs="?", metavar="RUN_DIR", help="output folder of `refkd run`")
    plot.add_argument(
        "--model",
        action="append",
        metavar="NAME=FILE",
        help="posteriors as .npz, .npy, .ark or .scp; repeat the option for each model, the "
        "teacher first",
    )
    add_options(plot)


def _plot(options: argparse.Namespace) -> int:
    from refkd import check
    from refkd.cli.own_figures import check_own_figures
    from refkd.cli.plot_forms import plot_gallery, plot_run, plot_toy
    from refkd.cli.plot_models import plot_models
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

"""`refkd plot`: figures of a run, or of posteriors that others have computed."""

import argparse

from refkd.cli.commands import Commands
from refkd.cli.plot_options import add_options


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

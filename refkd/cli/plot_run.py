"""`refkd plot RUN_DIR`: the figures of a finished run."""

import argparse
import json
from functools import partial

from refkd import check
from refkd.cli.plot_options import of_models
from refkd.cli.plot_output import Output, audio_files, check_utterance, figures_of


def plot_run(options: argparse.Namespace) -> int:
    """Draw a run and print which files were written."""
    from refkd.experiment.run_reader import read_run
    from visualize.output.figures import FIGURES, figures_of_run
    from visualize.output.run import SPIKES
    from visualize.output.run_drawing import RunDrawing
    from visualize.report import write_report

    for name in of_models():
        if getattr(options, name) is not None:
            check.fail(name.replace("_", "-"), "--model to be given, too", "a run")
    utterances = options.utterance or [None]
    if len(utterances) > 1:
        check.fail("utterance", "one for a run", f"{len(utterances)}")
    output = Output.of(options)
    output.check_report(options.report)
    names = figures_of(options, (*FIGURES, SPIKES))
    reports = options.report or (names is None and "svg" in output.formats)
    if options.audio is not None and not reports:
        check.fail("audio", "it with --report", "none")
    run = read_run(options.run)
    if names is not None and SPIKES in names and run.followed is None:
        check.fail("figures", "spikes of a run with --animate", "a run without")
    if utterances[0] is not None:
        check_utterance(utterances[0], run.names)
    sets = [model.posteriors for model in run.models]
    audio = audio_files(options.audio, utterances, run.names, sets)
    still = names and [name for name in names if name != SPIKES]
    drawing = RunDrawing.of(run, utterances[0], output.width)
    drawn = output.in_font(lambda: figures_of_run(drawing, still))
    output.failures.update(drawn.failures)
    files = output.write(drawn.figures)
    if SPIKES in (names or [SPIKES]):
        files += output.animate(run)
    if reports:
        files += output.write_report(drawn.figures, partial(write_report, run, audio=audio))
    paths = [str(file) for file in files]
    print(json.dumps({"files": paths}, indent=1) if options.json else "\n".join(paths))
    return output.report_failures()

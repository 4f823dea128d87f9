"""Everything that a run ends with: figures, moving pictures, and the page that shows them."""

from pathlib import Path

from refkd.experiment.run_reader import Run
from visualize.output.drawing import failure
from visualize.output.run import draw_run
from visualize.report.run_page import write_report


def draw_everything(run: Run, figures: Path, page: Path) -> list[str]:
    """Write the figures of a run into a folder, then its page; return a sentence for each that
    failed, which costs no other.
    """
    try:
        _, failures = draw_run(run, figures)
    except Exception as error:
        failures = [failure("the figures", error)]
    try:
        write_report(run, figures, page)
    except Exception as error:
        failures.append(failure(f"the page {page.name!r}", error))
    return failures

"""Figures of the course: each is the variable `figure` of the script gallery/plot_NAME.py.

`python docs/draw.py NAME ...` writes figures/NAME.svg, without a name all of them. The build of
the site does the same.
"""

import runpy
import sys
from pathlib import Path

from matplotlib.figure import Figure

from visualize import save_figure

DOCS = Path(__file__).resolve().parent
sys.path.append(str(DOCS / "benchmarks"))  # what a figure shares with a measurement
SCRIPTS = sorted(DOCS.glob("gallery/plot_*.py"))


def name_of(script: Path) -> str:
    """The figure of a script: lstm-backward of plot_lstm_backward.py."""
    return script.stem.removeprefix("plot_").replace("_", "-")


def write(script: Path, figure: Figure) -> None:
    """Write figures/NAME.svg."""
    save_figure(figure, DOCS / "figures" / name_of(script), ["svg"])


if __name__ == "__main__":
    for script in SCRIPTS:
        if len(sys.argv) == 1 or name_of(script) in sys.argv[1:]:
            write(script, runpy.run_path(str(script))["figure"])

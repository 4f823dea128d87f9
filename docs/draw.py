"""Figures of the course: each is the variable `figure` of the script gallery/plot_NAME.py.

`python docs/draw.py NAME ...` writes figures/NAME.svg, without a name all of them. The build of
the site does the same.
"""

import runpy
import sys
from pathlib import Path

from visualize import save_figure

DOCS = Path(__file__).resolve().parent
SCRIPTS = {path.stem.removeprefix("plot_"): path for path in sorted(DOCS.glob("gallery/plot_*.py"))}


def write(name, figure):
    """Write figures/NAME.svg."""
    save_figure(figure, DOCS / "figures" / name, ["svg"])


if __name__ == "__main__":
    for name in sys.argv[1:] or SCRIPTS:
        write(name, runpy.run_path(str(SCRIPTS[name]))["figure"])

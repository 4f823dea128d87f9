"""Figures of the course: each is the variable `figure` of the script gallery/plot_NAME.py.

`python docs/draw.py NAME ...` writes figures/NAME.svg, without a name all of them. The build of
the site does the same. Then all of figures/, also what a run or a benchmark drew, follow a dark
page.
"""

import runpy
import sys
from pathlib import Path

from matplotlib.figure import Figure

from visualize import save_figure
from visualize.report.figures import DARK

DOCS = Path(__file__).resolve().parent
sys.path.append(str(DOCS / "benchmarks"))  # what a figure shares with a measurement
SCRIPTS = sorted(DOCS.glob("gallery/plot_*.py"))


def name_of(script: Path) -> str:
    """The figure of a script: lstm-backward of plot_lstm_backward.py."""
    return script.stem.removeprefix("plot_").replace("_", "-")


def write(script: Path, figure: Figure) -> None:
    """Write figures/NAME.svg."""
    path = DOCS / "figures" / name_of(script)
    save_figure(figure, path, ["svg"])
    follow_dark_page(path.with_suffix(".svg"))


def follow_dark_page(path: Path) -> None:
    """Let an SVG of Matplotlib take the colours of the report on a page that is dark."""
    svg = path.read_text(encoding="utf-8")
    if "prefers-color-scheme" not in svg:
        path.write_text(svg.replace("</style>", f"{DARK}</style>", 1), encoding="utf-8")


if __name__ == "__main__":
    for script in SCRIPTS:
        if len(sys.argv) == 1 or name_of(script) in sys.argv[1:]:
            write(script, runpy.run_path(str(script))["figure"])
    for path in DOCS.glob("figures/*.svg"):
        follow_dark_page(path)

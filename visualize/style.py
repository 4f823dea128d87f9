"""One look for all figures, switched on around each of them and never for the whole session."""

from contextlib import AbstractContextManager
from typing import Any

import matplotlib
from matplotlib.figure import Figure

TEACHER = "#0072B2"
STUDENT = "#D55E00"
BLANK = "#9A9A9A"
EARLY = "#009E73"
TEXT = "#222222"
FAINT = "#D9D9D9"
HEAT_MAP = "cividis"
SIGNED_MAP = "PRGn_r"  # green below 0, purple above
TEACHER_LINE = "-"
STUDENT_LINE = (0, (4, 1.2))

SMALL = 8.0  # points; nothing is smaller
NORMAL = 9.0

STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": SMALL,
    "axes.titlesize": NORMAL,
    "axes.labelsize": SMALL,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "axes.linewidth": 0.7,
    "axes.edgecolor": TEXT,
    "axes.labelcolor": TEXT,
    "text.color": TEXT,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "lines.linewidth": 1.2,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "image.cmap": HEAT_MAP,
    "svg.hashsalt": "refkd",  # the same figure gives the same bytes
    "svg.fonttype": "path",
    "pdf.fonttype": 42,  # TrueType, so that text stays text
}


def in_style() -> AbstractContextManager[None]:
    """Switch the look on for the lines inside a `with`.

    Returns
    -------
    context manager
        Restores the caller's settings at the end.

    Examples
    --------
    >>> import matplotlib
    >>> from visualize.style import in_style
    >>> with in_style():
    ...     matplotlib.rcParams["font.size"]
    8.0
    """
    return matplotlib.rc_context(STYLE)


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure that no window system knows of.

    Parameters
    ----------
    width : float
        Inches.
    height : float
        Inches.

    Returns
    -------
    Figure
        Without axes.

    Examples
    --------
    >>> from visualize.style import new_figure
    >>> new_figure(4.0, 3.0).get_size_inches().tolist()
    [4.0, 3.0]
    """
    return Figure(figsize=(width, height))


def signed(number: float) -> str:
    """Write a number with its sign, as a minus of the width of a plus; zero has none.

    Parameters
    ----------
    number : float
        As it should be rounded.

    Returns
    -------
    str
        For a label.

    Examples
    --------
    >>> from visualize.style import signed
    >>> signed(2), signed(0), signed(-0.5) == "\N{MINUS SIGN}0.5"
    ('+2', '0', True)
    """
    return f"{number:+g}".replace("-", "\N{MINUS SIGN}") if number else "0"

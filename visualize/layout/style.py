"""One look for all figures, switched on around each of them and never for the whole session."""

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from refkd import check
from visualize.layout.fonts import is_installed

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
# Where each student has its own; none of them means anything else.
STUDENTS = (STUDENT, "#882255", "#E25AF2", "#7F4F24", "#7E3DFF", "#333399")
# The same on a dark ground, half way to white but for the first.
STUDENTS_ON_DARK = ("#E8803A", "#C491AA", "#F1ADF9", "#BFA792", "#BF9EFF", "#9999CC")

# Lines of the units of a layer, steps along the heat map, and the same on a dark ground. The first
# is not quite the lowest of the map, which keeps its colour there.
UNITS = ("#01224E", "#213B6E", "#4C556C", "#7D7C78", "#ACA273", "#DDCA5E")
UNITS_ON_DARK = ("#6EA4FF", "#7F9BD8", "#8E97AE", "#9B9A96", "#ACA273", "#DDCA5E")
ON_CELLS = "#232323"  # around lines on a heat map: the same on a dark ground

WIDTHS = {"column": 3.4, "page": 7.0, "slide": 6.67}  # inches of figures in print
SLIDE_PIXELS = 1920  # across a slide, which shows a figure of that width twice as large

SMALL = 8.0  # points; nothing is smaller
NORMAL = 9.0

SCREEN = 96.0  # dots per inch by which browsers count

FONT = "DejaVu Sans"  # comes with matplotlib
_families: ContextVar[tuple[str, ...]] = ContextVar("font families", default=(FONT,))

STYLE: Any = {
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
    """Use the look of all figures for the lines inside a `with`.

    Returns
    -------
    context manager
        Restores the caller's settings at the end.

    Examples
    --------
    >>> import matplotlib
    >>> from visualize.layout.style import in_style
    >>> with in_style():
    ...     matplotlib.rcParams["font.size"]
    8.0
    """
    return matplotlib.rc_context({**STYLE, "font.family": list(font_families())})


@contextmanager
def in_font(family: str) -> Iterator[None]:
    """Write with another installed font for the lines inside a `with`.

    Parameters
    ----------
    family : str
        Its name; characters that it lacks are taken from DejaVu Sans.

    Raises
    ------
    ArgumentError
        If no such font is installed.

    Examples
    --------
    >>> from visualize import in_font
    >>> from visualize.layout.glyphs import drawable
    >>> rare = "\N{LATIN LETTER VOICED LARYNGEAL SPIRANT}"
    >>> drawable([rare])
    ['U+1D24']
    >>> with in_font("DejaVu Serif"):
    ...     drawable([rare]) == [rare]
    True
    """
    if not is_installed(family):
        check.fail("font", "the name of an installed font", repr(family))
    before = _families.set((family, FONT) if family != FONT else (FONT,))
    try:
        yield
    finally:
        _families.reset(before)


def font_families() -> tuple[str, ...]:
    """Give the fonts that text is written with; each is asked for what those before it lack.

    >>> from visualize.layout.style import font_families, in_font
    >>> with in_font("DejaVu Serif"):
    ...     font_families()
    ('DejaVu Serif', 'DejaVu Sans')
    """
    return _families.get()


class CellFigure(Figure):
    """A figure that a notebook shows where it is the last line of a cell."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """The picture at twice the pixels of a screen, and the size at which it is shown."""
        picture = io.BytesIO()
        with in_style():
            self.savefig(picture, format="png", dpi=2 * SCREEN)
        width, height = (round(SCREEN * inches) for inches in self.get_size_inches())
        return picture.getvalue(), {"width": width, "height": height}


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure that is attached to no window and that notebooks show.

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
    >>> from visualize.layout.style import new_figure
    >>> new_figure(4.0, 3.0).get_size_inches().tolist()
    [4.0, 3.0]
    """
    return CellFigure(figsize=(width, height))


def signed(number: float) -> str:
    """Write a rounded number with its sign, as a minus of the width of a plus; zero has none.

    >>> from visualize.layout.style import signed
    >>> signed(2), signed(0), signed(-0.5) == "\N{MINUS SIGN}0.5"
    ('+2', '0', True)
    """
    return f"{number:+g}".replace("-", "\N{MINUS SIGN}") if number else "0"

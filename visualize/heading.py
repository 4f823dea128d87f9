"""A model's name and what is said of it, beside its panel or above it."""

from dataclasses import dataclass

from matplotlib.axes import Axes

from visualize.glyphs import shown
from visualize.layout import MARGIN
from visualize.place import line_height, text_width, wrapped
from visualize.style import NORMAL, TEXT

BETWEEN = " \N{MIDDLE DOT} "  # two remarks on one line


@dataclass(frozen=True)
class Heading:
    """A name in colour, and remarks.

    Parameters
    ----------
    name : str
        One line.
    remarks : tuple of str
        Each stays together if it has room.
    colour : str
        Of the name.

    Examples
    --------
    >>> from visualize.heading import Heading
    >>> heading = Heading("Hard", ("weight 0.3", "error 20 %", "mean +2 (+40 ms)"), "#D55E00")
    >>> heading.lines(2.0) == ["weight 0.3 \N{MIDDLE DOT} error 20 %", "mean +2 (+40 ms)"]
    True
    """

    name: str
    remarks: tuple[str, ...]
    colour: str

    @property
    def width(self) -> float:
        """Inches, with every remark on a line of its own."""
        widths = [text_width(remark) for remark in self.remarks]
        return max(text_width(self.name, NORMAL, "bold"), *widths, 0.0)

    def lines(self, width: float) -> list[str]:
        """The remarks in lines of so many inches."""
        lines: list[str] = []
        for remark in self.remarks:
            longer = f"{lines[-1]}{BETWEEN}{remark}" if lines else remark
            if lines and text_width(longer) <= width:
                lines[-1] = longer
            else:
                lines += wrapped(remark, width).split("\n")
        return lines


def heading_height(lines: int) -> float:
    """Inches that a name with so many lines of remarks needs."""
    return line_height(NORMAL) + lines * line_height()


def write_heading(axes: Axes, heading: Heading, lines: list[str], bottom: float | None) -> None:
    """Write name and remarks from the left margin of the figure.

    Parameters
    ----------
    axes : Axes
        In its final place.
    heading : Heading
        Name and colour.
    lines : list of str
        Its remarks.
    bottom : float or None
        Inches from the upper edge of the axes up to the last line; None for a block that begins
        at that edge and goes down.

    Examples
    --------
    >>> from visualize import new_figure
    >>> from visualize.heading import Heading, write_heading
    >>> axes = new_figure(4.0, 2.0).add_axes((0.5, 0.1, 0.4, 0.8))
    >>> write_heading(axes, Heading("CTC", (), "#D55E00"), ["error 20 %"], None)
    >>> [text.get_text() for text in axes.texts]
    ['CTC', 'error 20 %']
    """
    box, dots = axes.get_window_extent(), axes.figure.dpi
    x, inch = (MARGIN * dots - box.x0) / box.width, dots / box.height
    top = 1.0 if bottom is None else 1.0 + (bottom + heading_height(len(lines))) * inch
    for n, line in enumerate([heading.name, *lines]):
        y = top - (heading_height(n - 1) * inch if n else 0.0)
        text = axes.text(x, y, shown(line), transform=axes.transAxes, va="top", parse_math=False)
        text.set_color(TEXT)
        if n == 0:
            text.set(color=heading.colour, weight="bold", size=NORMAL)

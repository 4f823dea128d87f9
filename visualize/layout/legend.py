"""A legend of lines: a piece of each beside its name, in rows above the panels."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from matplotlib.axes import Axes

from refkd import check
from visualize.layout.glyphs import shown
from visualize.layout.labels import ARM
from visualize.layout.layout import MARGIN
from visualize.layout.style import STUDENT_LINE, STUDENTS, TEACHER, TEACHER_LINE
from visualize.layout.text import line_height, text_width

Look: TypeAlias = tuple[str, Any]  # colour and line style

LEGEND = "key of lines"  # label of its axes
LEAST = 2.4  # inches of the panels, or the names at their right edge are too many letters
SAMPLE = 0.3  # inches of a line
GAP = 0.06  # inches between a line and its name
APART = 0.2  # inches between two entries
DOTTED, DASH_DOTTED, LONG = (0, (1.2, 1.0)), (0, (6, 1.2, 1.2, 1.2)), (0, (8, 2))
DASHES: tuple[Any, ...] = (STUDENT_LINE, DOTTED, DASH_DOTTED, LONG)


def looks_of(
    names: Sequence[str], teacher: str = "", looks: Mapping[str, Look] | None = None
) -> dict[str, Look]:
    """Give each model a colour and dashes, such that up to 24 students differ.

    Parameters
    ----------
    names : sequence of str
        In the order of the colours.
    teacher : str
        The name, if it is there, that is drawn solid in the teacher's colour.
    looks : mapping of str to (colour, line style), optional
        Of these models and perhaps others, decided before: figures that are given the same looks
        draw a model alike, whichever others they show.

    Returns
    -------
    dict of str to (colour, line style)
        By name.

    Raises
    ------
    ArgumentError
        If `looks` are given and lack a name.

    Examples
    --------
    >>> from visualize.layout.legend import looks_of
    >>> looks_of(["teacher", "CTC"], "teacher")["teacher"]
    ('#0072B2', '-')
    """
    if looks is not None:
        return {name: looks[check.one_of("looks", name, looks)] for name in names}
    drawn: dict[str, Look] = dict.fromkeys(names, (TEACHER, TEACHER_LINE))
    for n, name in enumerate(name for name in drawn if name != teacher):
        turn, colour = divmod(n, len(STUDENTS))
        drawn[name] = (STUDENTS[colour], DASHES[(turn + colour) % len(DASHES)])
    return drawn


def room_of_names(names: Sequence[str], width: float | None, left: float) -> tuple[float, float]:
    """Decide whether names of lines stand at their ends or in a legend above the panels: inches
    right of the panels, and of the legend (0 without one).

    >>> from visualize.layout.legend import room_of_names
    >>> room_of_names(["CTC"], 7.0, 1.0)[1], room_of_names(["OrderedPath"], 3.4, 1.0)[0]
    (0.0, 0.15)
    """
    right = ARM + max(text_width(name) for name in names) + 2 * MARGIN
    if width is None or width - left - right >= LEAST:
        return right, 0.0
    return MARGIN, legend_height(names, width - 2 * MARGIN)


def legend_places(names: Sequence[str], width: float) -> list[tuple[float, int]]:
    """Find the left end in inches and the row of each entry in rows of `width` inches; a longer
    name has a row of its own.

    >>> from visualize.layout.legend import legend_places
    >>> [row for _, row in legend_places(["CTC", "Hard", "Soft"], 1.6)]
    [0, 0, 1]
    """
    places: list[tuple[float, int]] = []
    x, row = 0.0, 0
    for name in names:
        size = SAMPLE + GAP + text_width(name)
        if x > 0.0 and x + size > width:
            x, row = 0.0, row + 1
        places.append((x, row))
        x += size + APART
    return places


def legend_height(names: Sequence[str], width: float) -> float:
    """Give the inches that a legend of rows of `width` inches needs.

    >>> from visualize.layout.legend import legend_height
    >>> legend_height(["CTC", "Hard"], 0.5) > legend_height(["CTC", "Hard"], 5.0)
    True
    """
    return (legend_places(names, width)[-1][1] + 1) * line_height()


def draw_legend(axes: Axes, looks: Mapping[str, Look]) -> None:
    """Draw a line and a name for each entry, from the left margin of the figure to the right one,
    on axes of `legend_height`, whose units become inches.

    >>> from visualize import new_figure
    >>> from visualize.layout.legend import draw_legend, looks_of
    >>> axes = new_figure(4.0, 1.0).add_axes((0.0, 0.0, 1.0, 0.2))
    >>> draw_legend(axes, looks_of(["CTC", "Hard"]))
    >>> [text.get_text() for text in axes.texts]
    ['CTC', 'Hard']
    """
    box, dots = axes.get_window_extent(), axes.figure.dpi
    height, left = box.height / dots, box.x0 / dots
    axes.set(xlim=(left, box.x1 / dots), ylim=(0.0, height))
    axes.set_axis_off()
    places = legend_places(list(looks), axes.figure.bbox.width / dots - 2 * MARGIN)
    for (name, (colour, line)), (start, row) in zip(looks.items(), places, strict=True):
        x, y = MARGIN + start, height - (row + 0.5) * line_height()
        axes.plot(
            [x, x + SAMPLE], [y, y], color=colour, linestyle=line, linewidth=1.6, clip_on=False
        )
        text = axes.text(x + SAMPLE + GAP, y, shown(name), va="center", color=colour)
        text.set_parse_math(False)

"""Learning curves: what each student's training lost and won from epoch to epoch."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from refkd import check
from refkd.check import Floats
from refkd.checkpoint import Epoch
from visualize.glyphs import shown
from visualize.layout import MARGIN, Strip, stacked_figure
from visualize.names import spread
from visualize.place import line_height, text_width
from visualize.style import BLANK, EARLY, STUDENT, STUDENT_LINE, TEACHER, TEACHER_LINE, in_style

WIDTH, HEIGHT = 4.6, 1.5  # inches of a panel, which grows with the number of names
ARM = 0.25  # inches between the right edge and the names
COLOURS = (STUDENT, EARLY, "#CC79A7", "#56B4E9", "#B8860B", "#222222")
DASHES = (STUDENT_LINE, (0, (1.2, 1.0)), (0, (6, 1.2, 1.2, 1.2)))  # when colours come round again
PANELS = {
    "ctc": "CTC loss\n(nats per frame)",
    "lesson": "lesson loss\n(nats per frame)",
    "validation": "validation\nphone error (%)",
}


def learning_figure(
    histories: Mapping[str, Sequence[Sequence[Epoch]]],
    *,
    teacher: str = "teacher",
    title: str = "",
    caption: str = "",
) -> Figure:
    """Draw losses and validation error against epochs, one line for each model.

    Parameters
    ----------
    histories : mapping of str to sequence of sequence of Epoch
        For each model, under the name that it is shown by, the history of each of its seeds.
        A line is the mean over seeds, as far as the shortest history goes.
    teacher : str
        The model drawn solid, if it is there.
    title : str
        Above the figure.
    caption : str
        Added to the text below the figure.

    Returns
    -------
    Figure
        Its axes are labelled "ctc", "lesson" and "validation". Models without a lesson (0 in
        every epoch) or without a validation error (nan) have no line there, and axes without any
        line are left out.

    Raises
    ------
    ArgumentError
        If there is no model, or one without seeds or epochs.

    Examples
    --------
    >>> from refkd.checkpoint import Epoch
    >>> from visualize import learning_figure
    >>> alone = [Epoch(2.0, 0.0, 0.9, 1.0), Epoch(0.5, 0.0, 0.3, 1.0)]
    >>> taught = [Epoch(2.0, 0.4, 0.8, 1.0), Epoch(0.6, 0.1, 0.2, 1.0)]
    >>> figure = learning_figure({"CTC": [alone], "Hard": [taught]})
    >>> [text.get_text() for text in figure.axes[1].texts]
    ['Hard']
    """
    if not histories:
        check.fail("histories", "at least one model", "none")
    for name, seeds in histories.items():
        if not seeds or not all(seeds):
            check.fail(f"histories[{name!r}]", "at least one seed, each with an epoch", "none")
    curves = {
        panel: {
            name: [_curve(history, panel) for history in seeds] for name, seeds in histories.items()
        }
        for panel in PANELS
    }
    drawn = {panel: _to_draw(lines) for panel, lines in curves.items()}
    shown = [panel for panel in PANELS if drawn[panel]]
    looks = _looks(list(histories), teacher)
    most = max(len(lines) for lines in drawn.values())
    height = max(HEIGHT, most * line_height() + 0.1)
    sides = (1.0, WIDTH, ARM + max(text_width(name) for name in histories) + 2 * MARGIN)
    several = any(len(seeds) > 1 for seeds in histories.values())
    text = ("Thin: seeds; thick: their mean. " if several else "") + caption
    with in_style():
        strips = [Strip(panel, height, 0.15) for panel in shown]
        figure, axes = stacked_figure(strips, sides, 0.05, text, title)
        epochs = max(len(history) for seeds in histories.values() for history in seeds)
        for panel in shown:
            axes[panel].set_xlim(0.5, epochs + 0.5)
            draw_learning(axes[panel], drawn[panel], looks)
            axes[panel].set_ylabel(PANELS[panel])
            axes[panel].tick_params(labelbottom=panel == shown[-1])
        axes[shown[-1]].set_xlabel("epoch")
    return figure


def draw_learning(
    axes: Axes,
    curves: Mapping[str, Sequence[Floats]],
    looks: Mapping[str, tuple[str, object]],
) -> list[Artist]:
    """Draw the curves of several models and write each name at the end of its line.

    Parameters
    ----------
    axes : Axes
        In its final place, with the limits of x set in epochs, the first being 1.
    curves : mapping of str to sequence of (n,) array
        One for each seed. y is logarithmic if all of them are > 0 and span a factor of 10.
    looks : mapping of str to (colour, line style)
        Of each model.

    Returns
    -------
    list of Artist
        For each model its seeds if there are several, and its mean; then the names.
    """
    drawn: list[Artist] = []
    ends = {}
    every = np.concatenate([curve for seeds in curves.values() for curve in seeds])
    every = every[np.isfinite(every)]
    if every.min() > 0 and every.max() >= 10 * every.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
    for name, seeds in curves.items():
        colour, line = looks[name]
        for n, curve in enumerate(seeds if len(seeds) > 1 else (), start=1):
            (seed,) = axes.plot(np.arange(1, curve.size + 1), curve, color=colour)
            seed.set(linewidth=0.5, alpha=0.4, gid=f"{name}, seed {n} of {len(seeds)}")
            drawn.append(seed)
        shortest = min(curve.size for curve in seeds)
        mean = np.mean([curve[:shortest] for curve in seeds], axis=0)
        epochs = np.arange(1, shortest + 1)
        drawn += axes.plot(epochs, mean, color=colour, linestyle=line, linewidth=1.6, gid=name)
        last = np.flatnonzero(np.isfinite(mean))[-1]
        ends[name] = (float(epochs[last]), float(mean[last]))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
    return drawn + _write_ends(axes, ends, looks)


def _write_ends(
    axes: Axes,
    ends: Mapping[str, tuple[float, float]],
    looks: Mapping[str, tuple[str, object]],
) -> list[Artist]:
    """Names right of the axes, each joined to the end of its line."""
    axes.set_ylim(axes.get_ylim())  # what is written from here on does not move them
    box, dots = axes.get_window_extent(), axes.figure.dpi
    height = box.height / dots
    wanted = (axes.transData.transform(list(ends.values()))[:, 1] - box.y0) / dots
    places = spread(wanted.tolist(), line_height(), 0.0, height)
    x = 1 + ARM / (box.width / dots)
    return [
        axes.annotate(
            shown(name),
            xy=ends[name],
            xytext=(x, place / height),
            textcoords="axes fraction",
            color=looks[name][0],
            va="center",
            annotation_clip=False,
            parse_math=False,
            arrowprops={
                "arrowstyle": "-",
                "color": BLANK,
                "linewidth": 0.6,
                "relpos": (0, 0.5),  # from the middle of the name's left edge
                "shrinkA": 0,
            },
        )
        for name, place in zip(ends, places, strict=True)
    ]


def _curve(history: Sequence[Epoch], panel: str) -> Floats:
    curve = np.array([getattr(epoch, panel) for epoch in history], dtype=np.float64)
    return 100 * curve if panel == "validation" else curve


def _to_draw(curves: Mapping[str, Sequence[Floats]]) -> dict[str, Sequence[Floats]]:
    """Those models of which there is anything to see: neither nan nor 0 in all epochs."""
    return {
        name: seeds
        for name, seeds in curves.items()
        if all(np.isfinite(curve).any() for curve in seeds)
        if any((np.nan_to_num(curve) != 0).any() for curve in seeds)
    }


def _looks(names: Sequence[str], teacher: str) -> dict[str, tuple[str, object]]:
    students = [name for name in names if name != teacher]
    looks: dict[str, tuple[str, object]] = {teacher: (TEACHER, TEACHER_LINE)}
    for n, name in enumerate(students):
        dashes = DASHES[n // len(COLOURS) % len(DASHES)]
        looks[name] = (COLOURS[n % len(COLOURS)], dashes)
    return looks

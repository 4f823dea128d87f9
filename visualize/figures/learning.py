"""Learning curves: losses and validation error of each model after every epoch."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from refkd import check
from refkd.check import Floats
from refkd.experiment.checkpoint import Epoch
from visualize.layout.labels import write_ends
from visualize.layout.legend import Look, looks_of
from visualize.layout.style import in_style
from visualize.panels.curves import curves_figure

SIZE = (4.6, 1.5)  # inches of a panel, which grows with the number of names
LEFT = 1.0  # inches beside the panels
PANELS = {
    "ctc": "CTC loss\n(nats per frame)",
    "lesson": "auxiliary loss\n(nats per frame)",
    "validation": "validation\nphone error (%)",
}


def learning_figure(
    histories: Mapping[str, Sequence[Sequence[Epoch]]],
    *,
    teacher: str = "teacher",
    title: str = "",
    caption: str = "",
    width: float | None = None,
    looks: Mapping[str, Look] | None = None,
) -> Figure:
    """Draw losses and validation error against epochs, one line for each model.

    Parameters
    ----------
    histories : mapping of str to sequence of sequence of Epoch
        For each model, under the name that it is shown by, the history of each of its seeds.
        A line is the mean over seeds, as far as the shortest history goes.
    teacher : str
        The model drawn solid, if it is there.
    title, caption : str
        Above the figure, and after the text below it.
    width : float, optional
        Inches. Names stand at the ends of the lines, or above where there is little room.
    looks : mapping of str to (colour, line style), optional
        Of the models, as from `looks_of`; by their order if not given.

    Returns
    -------
    Figure
        Its axes are labelled "ctc", "lesson" and "validation". Models without an auxiliary loss
        (0 in every epoch) or without a validation error (nan) have no line there, and axes without
        any line are left out. Names that stand above are in axes labelled
        "key of lines".

    Raises
    ------
    ArgumentError
        If there is no model, one without seeds or epochs, or `width` is too small.

    Examples
    --------
    >>> from refkd.experiment.checkpoint import Epoch
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
    looks = looks_of(list(histories), teacher, looks)
    several = any(len(seeds) > 1 for seeds in histories.values())
    texts = ("Thin: seeds; thick: their mean. " if several else "") + caption, title
    most = max(len(lines) for lines in drawn.values())
    with in_style():
        figure, axes, with_names = curves_figure(
            shown, SIZE, looks, texts, left=LEFT, width=width, most=most
        )
        epochs = max(len(history) for seeds in histories.values() for history in seeds)
        for panel in shown:
            axes[panel].set_xlim(0.5, epochs + 0.5)
            draw_learning(axes[panel], drawn[panel], looks, with_names)
            axes[panel].set_ylabel(PANELS[panel])
            axes[panel].tick_params(labelbottom=panel == shown[-1])
        axes[shown[-1]].set_xlabel("epoch")
    return figure


def draw_learning(
    axes: Axes,
    curves: Mapping[str, Sequence[Floats]],
    looks: Mapping[str, Look],
    with_names: bool = True,
) -> None:
    """Draw the curves (n,) of the seeds of several models over epochs and their means; y is
    logarithmic if all of them are > 0 and span a factor of 10.
    """
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
        shortest = min(curve.size for curve in seeds)
        mean = np.mean([curve[:shortest] for curve in seeds], axis=0)
        epochs = np.arange(1, shortest + 1)
        axes.plot(epochs, mean, color=colour, linestyle=line, linewidth=1.6, gid=name)
        last = np.flatnonzero(np.isfinite(mean))[-1]
        ends[name] = (float(epochs[last]), float(mean[last]))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
    if with_names:
        write_ends(axes, ends, {name: looks[name][0] for name in ends})


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

"""The divergences inside the window of one rule, and the pairs that the rule selected."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from refkd import check
from refkd.check import Bools
from refkd.losses.traces import DistillTrace
from visualize.layout.colorbar import COLORBAR, colorbar_beside, colorbar_in, draw_cells
from visualize.layout.layout import MARGIN, Strip, panel_width, stacked_figure
from visualize.layout.style import BLANK, STUDENT, in_style

ROW = 0.16  # inches of one row of the band, if there are few
LOWEST, HIGHEST = 1.2, 4.2  # inches of the band
BESIDE = 4.5  # inches of a figure from which on the scale stands beside the band
LABEL = "divergence (nats)"
BRIGHT = 99.0  # percentile of the divergences at which the colours end


def band_figure(
    trace: DistillTrace,
    *,
    teacher_spikes: ArrayLike | None = None,
    title: str = "",
    caption: str = "",
    width: float | None = None,
) -> Figure:
    """Draw the divergence band of one utterance and the pairs that the rule selected.

    Parameters
    ----------
    trace : DistillTrace
        As from `refkd.distill_trace`.
    teacher_spikes : (n,) int array, optional
        Frames at which the teacher spikes; pairs with them stand out, because blank frames are
        alike, so that a selection among them means little.
    title, caption : str
        Above the figure, and after the text below it.
    width : float, optional
        Inches. Where it is small, the scale of the colours stands below the band.

    Returns
    -------
    Figure
        The band, and the scale of its colours.

    Raises
    ------
    ArgumentError
        If `trace` is no DistillTrace, or `width` is too small.

    Examples
    --------
    >>> import refkd
    >>> from visualize import band_figure
    >>> from visualize.figures.toy import toy_models
    >>> models = toy_models()
    >>> student, rule = models["3 frames late"], refkd.Hard(refkd.Window(6))
    >>> figure = band_figure(refkd.distill_trace(student, models["teacher"], rule))
    >>> figure.axes[0].get_xlabel()
    'student frame'
    """
    check.instance("trace", trace, DistillTrace)
    beside = width is None or width >= BESIDE
    left, right = 0.75, 1.1 if beside else MARGIN + 0.1
    T, W = trace.divergence.shape
    side = panel_width(width, float(np.clip(0.07 * T, 4.2, 12.0)), left, right)
    strips = [Strip("band", float(np.clip(ROW * W, LOWEST, HIGHEST)))]
    strips += [Strip(COLORBAR, 0.12, 0.55)] * (not beside)
    text = f"{_legend(teacher_spikes is not None)} {caption}"
    seen = np.isfinite(trace.divergence)
    brightest = np.percentile(trace.divergence[seen], BRIGHT) if seen.any() else 1.0
    lowest = -trace.window.left
    edges = (-0.5, T - 0.5, lowest - 0.5, lowest + W - 0.5)
    with in_style():
        figure, panels = stacked_figure(strips, (left, side, right), 0.15, text, title)
        axes, cells = panels["band"], np.where(seen, trace.divergence, np.nan).T
        limits = (0.0, max(brightest, 1e-12))
        image = draw_cells(axes, cells, edges, limits, origin="lower", gid="divergence")
        _draw_pairs(axes, trace, "white", "pairs", 4)
        if teacher_spikes is not None:
            at = np.isin(trace.pairs[:, 1], teacher_spikes)
            _draw_pairs(axes, trace, STUDENT, "pairs at spikes", 20, at)
        axes.axhline(0, color=BLANK, linewidth=0.8, linestyle=":")
        axes.set(xlabel="student frame", ylabel="teacher frame \N{MINUS SIGN}\nstudent frame")
        axes.set(xlim=edges[:2], ylim=edges[2:])
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
        if beside:
            colorbar_beside(axes, image, LABEL, extend="max")
        else:
            colorbar_in(panels[COLORBAR], image, LABEL, extend="max")
    return figure


def _draw_pairs(
    axes: Axes,
    trace: DistillTrace,
    colour: str,
    gid: str,
    size: float,
    which: Bools | slice = slice(None),
) -> None:
    """A dot for each pair, the fainter the smaller its weight."""
    shades = LinearSegmentedColormap.from_list("weight", [to_rgba(colour, 0.0), to_rgba(colour)])
    i, j = trace.pairs[which].T
    weight = trace.pair_weight[which]
    axes.scatter(i, j - i, s=size, c=weight, cmap=shades, vmin=0.0, vmax=1.0, linewidths=0, gid=gid)


def _legend(with_spikes: bool) -> str:
    return (
        "Colour: divergence of each pair in the window. White dots: the selected pairs, "
        "faint where the weight is small."
        + (" Orange dots: those at a spike of the teacher." if with_spikes else "")
        + " Dotted line: the same frame."
    )

"""What one rule saw and chose: the divergences of its window and the teacher frames it took."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from refkd import check
from refkd.check import Bools
from refkd.records.traces import DistillTrace
from visualize.layout import MARGIN, Strip, panel_width, stacked_figure
from visualize.scales import SCALE, scale_beside, scale_in
from visualize.style import BLANK, STUDENT, in_style

SIDE = 4.2  # inches of the axes
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
    """Draw the divergence band of one utterance and the pairs that the rule chose.

    Parameters
    ----------
    trace : DistillTrace
        As from `refkd.distill_trace`.
    teacher_spikes : (n,) int array, optional
        Frames at which the teacher spikes; pairs with them stand out, because blank frames are
        alike and a choice among them means little.
    title : str
        Above the figure.
    caption : str
        Added to the text below the figure.
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
    >>> from visualize.toy import toy_models
    >>> models = toy_models()
    >>> student, rule = models["3 frames late"], refkd.Hard(refkd.Window(6))
    >>> figure = band_figure(refkd.distill_trace(student, models["teacher"], rule))
    >>> figure.axes[0].get_xlabel()
    'student frame'
    """
    check.instance("trace", trace, DistillTrace)
    beside = width is None or width >= BESIDE
    left, right = 0.7, 1.1 if beside else MARGIN + 0.1
    side = panel_width(width, SIDE, left, right)
    strips = [Strip("band", side)] + [Strip(SCALE, 0.12, 0.55)] * (not beside)
    text = f"{_legend(teacher_spikes is not None)} {caption}"
    with in_style():
        figure, axes = stacked_figure(strips, (left, side, right), 0.15, text, title)
        image, *_ = draw_band(axes["band"], trace, teacher_spikes=teacher_spikes)
        if beside:
            scale_beside(axes["band"], image, LABEL, extend="max")  # type: ignore[arg-type]
        else:
            scale_in(axes[SCALE], image, LABEL, extend="max")  # type: ignore[arg-type]
    return figure


def draw_band(
    axes: Axes, trace: DistillTrace, *, teacher_spikes: ArrayLike | None = None
) -> list[Artist]:
    """Draw the divergences inside the window, student frames along x, teacher frames along y.

    Parameters
    ----------
    axes : Axes
        Both axes become frames.
    trace : DistillTrace
        Of one utterance.
    teacher_spikes : (n,) int array, optional
        Teacher frames whose pairs stand out.

    Returns
    -------
    list of Artist
        The heat map, all pairs, and the pairs at teacher spikes if those are given.
    """
    T, W = trace.divergence.shape
    teacher = np.arange(T)[:, None] + np.arange(W) - trace.window.left
    seen = np.isfinite(trace.divergence) & (teacher >= 0) & (teacher < T)
    square = np.full((T, T), np.nan)
    square[teacher[seen], np.nonzero(seen)[0]] = trace.divergence[seen]
    top = np.percentile(trace.divergence[seen], BRIGHT) if seen.any() else 1.0
    image = axes.imshow(square, origin="lower", vmin=0, vmax=max(top, 1e-12), interpolation="none")
    image.set_gid("divergence")
    drawn: list[Artist] = [image, _draw_pairs(axes, trace, "white", "pairs", 4)]
    if teacher_spikes is not None:
        at = np.isin(trace.pairs[:, 1], teacher_spikes)
        drawn.append(_draw_pairs(axes, trace, STUDENT, "pairs at spikes", 20, at))
    axes.axline((0, 0), slope=1, color=BLANK, linewidth=0.8, linestyle=":")
    axes.set(xlabel="student frame", ylabel="teacher frame", xlim=(-0.5, T - 0.5))
    axes.set(ylim=(-0.5, T - 0.5))
    return drawn


def _draw_pairs(
    axes: Axes,
    trace: DistillTrace,
    colour: str,
    gid: str,
    size: float,
    which: Bools | slice = slice(None),
) -> Artist:
    """A dot for each pair, the fainter the smaller its weight."""
    shades = LinearSegmentedColormap.from_list("weight", [to_rgba(colour, 0.0), to_rgba(colour)])
    i, j = trace.pairs[which].T
    weight = trace.pair_weight[which]
    return axes.scatter(
        i, j, s=size, c=weight, cmap=shades, vmin=0.0, vmax=1.0, linewidths=0, gid=gid
    )


def _legend(with_spikes: bool) -> str:
    return (
        "Colour: divergence of the pairs that the rule can see. White: the pairs that it chose, "
        "faint where their weight is small."
        + (" Orange: those at a spike of the teacher." if with_spikes else "")
        + " Dotted: the same frame."
    )

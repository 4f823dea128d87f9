"""The cumulative offsets of all students: the share of matched spikes up to each offset."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from visualize.figures.offsets import LABEL, offset_bins
from visualize.layout.labels import write_ends
from visualize.layout.legend import Look, looks_of
from visualize.layout.style import BLANK, in_style, signed
from visualize.panels.curves import curves_figure
from visualize.panels.histogram import Bins, Offsets, number_bins, share_by

SIZE = (4.2, 2.4)  # inches of the axes
LEFT, BELOW = 0.65, 0.65  # inches around it


def cumulative_figure(
    statistics: Mapping[str, Offsets],
    frame_shift: float,
    *,
    title: str = "",
    caption: str = "",
    width: float | None = None,
    looks: Mapping[str, Look] | None = None,
) -> Figure:
    """Draw the share of the teacher's spikes that each student has matched, by its offset.

    The further left a curve rises, the earlier the student; the higher it ends, the fewer spikes
    of the teacher have no partner. One figure shows both, so that no student seems early because
    it leaves out difficult spikes.

    Parameters
    ----------
    statistics : mapping of str to OffsetStatistics or TimedOffsets
        Offsets, all in frames or all in seconds, under the name that each student is shown by.
    frame_shift : float
        Seconds from one frame to the next; offsets in seconds are counted in bins of this width.
    title, caption : str
        Above the figure, and after the text below it.
    width : float, optional
        Inches. Names stand at the ends of the curves, or above where there is little room.
    looks : mapping of str to (colour, line style), optional
        Of the students, as from `looks_of`; by their order if not given.

    Returns
    -------
    Figure
        Its axes are labelled "cumulative"; names that stand above are in axes labelled "key of
        lines".

    Raises
    ------
    ArgumentError
        If there is nothing to draw, or frames and seconds are mixed, or `width` is too small.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.statistics import OffsetStatistics
    >>> from visualize import cumulative_figure
    >>> late = OffsetStatistics(np.array([0, 1, 1]), teacher_unmatched=1, student_unmatched=0)
    >>> (curve,) = cumulative_figure({"CTC": late}, frame_shift=0.02).axes[0].lines[1:]
    >>> curve.get_xdata().tolist(), curve.get_ydata().tolist()
    ([-1.5, 0.0, 1.0, 1.5], [0.0, 25.0, 75.0, 75.0])
    """
    bins, late = offset_bins(statistics, frame_shift)
    looks = looks_of(list(statistics), looks=looks)
    curves = {
        name: share_by(late[name], bins, offsets.n + offsets.teacher_unmatched)
        for name, offsets in statistics.items()
    }
    texts = f"{_legend(bins)} {caption}", title
    with in_style():
        figure, panels, with_names = curves_figure(
            ["cumulative"], SIZE, looks, texts, left=LEFT, width=width, most=len(looks), below=BELOW
        )
        axes = panels["cumulative"]
        axes.axvline(0.0, color=BLANK, linewidth=0.6, zorder=0)
        axes.set(ylim=(0, 102), ylabel="teacher's spikes matched (%)")
        axes.set_xlabel(f"{LABEL} ({bins.units})")
        axes.set_yticks([0, 25, 50, 75, 100])
        number_bins(axes, bins)
        for name, (at, share) in curves.items():
            colour, line = looks[name]
            look: dict[str, Any] = {"color": colour, "linestyle": line, "linewidth": 1.6}
            axes.step(at, share, where="post", gid=name, clip_on=False, **look)
            axes.set_xlim(at[0], at[-1])
        if with_names:
            ends = {name: (float(at[-1]), float(share[-1])) for name, (at, share) in curves.items()}
            write_ends(axes, ends, {name: looks[name][0] for name in ends})
    return figure


def _legend(bins: Bins) -> str:
    end = f"{signed(bins.high * bins.width)} {'ms' if bins.timed else 'frames'}"
    return (
        "Share of all spikes of the teacher that the student has matched with at most this offset. "
        f"What a curve lacks to 100 % at its end is unmatched; {end} includes all larger offsets."
    )

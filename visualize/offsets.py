"""How far the spikes of each student are from the teacher's, over many utterances."""

from collections.abc import Mapping

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from refkd import check
from refkd.records.offsets import OffsetStatistics
from refkd.records.window import Window
from visualize.glyphs import shown
from visualize.layout import MARGIN, write_caption
from visualize.place import line_height, text_width, wrapped
from visualize.style import FAINT, NORMAL, STUDENT, TEXT, in_style, new_figure, signed

PANEL = (2.6, 1.55)  # inches: axes without their labels
WIDEST = 12  # frames to either side of 0; what lies beyond is counted in the outermost bar
TAIL = 0.5  # percent of the pairs on either side that may lie outside


def offsets_figure(
    statistics: Mapping[str, OffsetStatistics],
    frame_shift: float,
    *,
    windows: Mapping[str, Window] | None = None,
    columns: int = 3,
    caption: str = "",
) -> Figure:
    """Draw the histogram and the cumulative share of the offsets, one panel for each student.

    Parameters
    ----------
    statistics : mapping of str to OffsetStatistics
        Offsets in frames under the name that each student is shown by.
    frame_shift : float
        Seconds from one frame to the next.
    windows : mapping of str to Window, optional
        The window that a student's rule searched, shaded: a lag outside it was never compared.
    columns : int
        Panels side by side, >= 1.
    caption : str
        Below the figure.

    Returns
    -------
    Figure
        Its axes are labelled by the names.

    Raises
    ------
    ArgumentError
        If there is nothing to draw.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.records.offsets import OffsetStatistics
    >>> from visualize import offsets_figure
    >>> late = OffsetStatistics(np.array([1, 1, 2]), teacher_unmatched=0, student_unmatched=1)
    >>> figure = offsets_figure({"CTC": late}, frame_shift=0.02)
    >>> [round(float(bar.get_height()), 1) for bar in figure.axes[0].patches]
    [0.0, 0.0, 66.7, 33.3]
    """
    if not statistics:
        check.fail("statistics", "at least one student", "none")
    check.positive("frame_shift", frame_shift)
    columns = min(check.integer("columns", columns, low=1), len(statistics))
    rows = -(-len(statistics) // columns)
    limits = _limits(statistics)
    headings = {
        name: _heading(one, frame_shift, (windows or {}).get(name))
        for name, one in statistics.items()
    }
    cell = (
        max(PANEL[0], *(text_width(line) for lines in headings.values() for line in lines)) + 0.25
    )
    most_lines = max(len(lines) for lines in headings.values())
    above = line_height(NORMAL) + most_lines * line_height() + 0.1
    left, gap, below = 0.6, 0.25, 0.6
    width = left + columns * cell
    text = wrapped(f"{_legend(limits, bool(windows))} {caption}", width - 2 * MARGIN)
    bottom = below + 0.15 + (text.count("\n") + 1) * line_height()
    height = rows * (above + PANEL[1] + gap) - gap + bottom

    with in_style():
        figure = new_figure(width, height)
        for n, (name, one) in enumerate(statistics.items()):
            row, column = divmod(n, columns)
            edge = height - (row + 1) * (above + PANEL[1]) - row * gap
            box = (left + column * cell, edge, PANEL[0], PANEL[1])
            axes = figure.add_axes(
                (box[0] / width, box[1] / height, box[2] / width, box[3] / height), label=name
            )
            draw_offsets(axes, one, frame_shift, limits=limits, window=(windows or {}).get(name))
            lowest = n + columns >= len(statistics)
            axes.tick_params(labelleft=column == 0, labelbottom=lowest)
            if column == 0:
                axes.set_ylabel("share of pairs (%)")
            if lowest:
                axes.set_xlabel("student \N{MINUS SIGN} teacher (frames, ms)")
            for line, words in enumerate([*reversed(headings[name]), name]):
                y = 1 + (0.06 + line * line_height()) / PANEL[1]
                heading = axes.text(0, y, shown(words), transform=axes.transAxes, parse_math=False)
                if words == name:
                    heading.set(weight="bold", size=NORMAL, color=STUDENT)
        write_caption(figure, text)
    return figure


def draw_offsets(
    axes: Axes,
    statistics: OffsetStatistics,
    frame_shift: float,
    *,
    limits: tuple[int, int],
    window: Window | None = None,
) -> list[Artist]:
    """Draw one histogram of offsets in percent of the pairs, its cumulative share and its mean.

    Parameters
    ----------
    axes : Axes
        x becomes the offset in frames.
    statistics : OffsetStatistics
        Of one student.
    frame_shift : float
        Seconds from one frame to the next.
    limits : (int, int)
        Lowest and highest bar in frames; they also hold what lies beyond.
    window : Window, optional
        The window of the student's rule, shaded.

    Returns
    -------
    list of Artist
        Bars, then the cumulative line, then the mean and the window where there are any.
    """
    low, high = limits
    bars = np.arange(low, high + 1)
    counts = np.bincount(np.clip(statistics.offset, low, high) - low, minlength=bars.size)
    share = 100 * counts / max(statistics.n, 1)
    drawn: list[Artist] = [
        *axes.bar(bars, share, width=0.8, color=STUDENT, alpha=0.75, zorder=2, gid="share of pairs")
    ]
    edges, cumulative = np.append(bars - 0.5, high + 0.5), np.append(0, np.cumsum(share))
    heights = np.append(cumulative[1:], cumulative[-1])
    drawn += axes.step(edges, heights, where="post", color=TEXT, gid="cumulative share")
    if statistics.n:
        mean = axes.axvline(statistics.mean, color=TEXT, linestyle=":", zorder=3, gid="mean")
        drawn.append(mean)
    if window is not None:
        shown = max(-window.right, low) - 0.5, min(window.left, high) + 0.5
        drawn.append(axes.axvspan(*shown, color=FAINT, alpha=0.5, linewidth=0, zorder=0))
    step = -(-bars.size // 7)
    ticks = bars[bars % step == 0]
    axes.set(xlim=(low - 0.6, high + 0.6), ylim=(0, 104), yticks=[0, 25, 50, 75, 100])
    axes.set_xticks(ticks, [f"{signed(t)}\n{signed(1000 * t * frame_shift)}" for t in ticks])
    return drawn


def _limits(statistics: Mapping[str, OffsetStatistics]) -> tuple[int, int]:
    """Bars that hold all but the tails of every student, and 0 with a neighbour."""
    ends = [np.percentile(one.offset, [TAIL, 100 - TAIL]) for one in statistics.values() if one.n]
    low = min([-1.0, *(end[0] for end in ends)])
    high = max([1.0, *(end[1] for end in ends)])
    return max(int(np.floor(low)), -WIDEST), min(int(np.ceil(high)), WIDEST)


def _heading(statistics: OffsetStatistics, frame_shift: float, window: Window | None) -> list[str]:
    """The numbers over a panel."""
    if statistics.n == 0:
        lines = ["no matched pair"]
    else:
        ms = signed(round(1000 * statistics.mean * frame_shift))
        lines = [f"n = {statistics.n}, mean {signed(round(statistics.mean, 2))} ({ms} ms)"]
    unmatched = [
        f"{100 * share:.1f} % {owner}"
        for owner, share in (
            ("teacher", statistics.teacher_unmatched_share),
            ("student", statistics.student_unmatched_share),
        )
        if not np.isnan(share)
    ]
    if unmatched:
        lines.append("unmatched: " + ", ".join(unmatched))
    if window is not None and statistics.n:
        inside = (statistics.offset >= -window.right) & (statistics.offset <= window.left)
        lines.append(f"inside the window: {100 * inside.mean():.1f} %")
    return lines


def _legend(limits: tuple[int, int], with_windows: bool) -> str:
    low, high = (signed(limit) for limit in limits)
    return (
        "Bars: share of the matched pairs. Line: cumulative share. Dotted: mean. "
        f"The outermost bars, {low} and {high}, hold what lies beyond."
        + (" Shaded: offsets that the rule's window can see." if with_windows else "")
    )

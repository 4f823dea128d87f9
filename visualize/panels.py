"""The parts of a shift figure, each on axes of its own: phones, posteriors, connectors.

The axes stand in their final place and size with the limits of x set, because text is measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from refkd.check import Floats, Ints
from refkd.decode import At, log_posteriors, spikes
from refkd.records.clock import Clock
from refkd.records.offsets import AlignmentShift
from visualize.place import fewest_rows, inches_per_unit, line_height, text_width
from visualize.style import (
    BLANK,
    EARLY,
    FAINT,
    STUDENT,
    STUDENT_LINE,
    TEACHER,
    TEACHER_LINE,
    TEXT,
    signed,
)

VISIBLE = 0.01  # lower posteriors would only thicken the zero line
MOST_ROWS = 4  # of labels; what finds no room in them is left out
GAP = 0.06  # inches between two labels
CROSSES = 0.12  # inches at either edge of the connectors, for spikes without a partner
HEADROOM = 1.06  # highest posterior shown, below the labels


@dataclass(frozen=True, eq=False)
class Phones:
    """True phones of an utterance.

    Parameters
    ----------
    labels : (L,) int array
        One symbol each, in order of time.
    starts : (L,) array
        Seconds.
    ends : (L,) array
        Seconds.
    """

    labels: Ints
    starts: Floats
    ends: Floats


def phone_rows(phones: Phones, symbols: Sequence[str], scale: float) -> tuple[int, list[int]]:
    """Place the names of true phones, `scale` inches a second."""
    middles = (phones.starts + phones.ends) / 2 * scale
    return _name_rows(middles, [symbols[label] for label in phones.labels])


def spike_rows(
    frames: Ints, labels: Ints, symbols: Sequence[str], scale: float
) -> tuple[int, list[int]]:
    """Place the names of spikes, `scale` inches a frame."""
    return _name_rows(frames.astype(np.float64) * scale, [symbols[label] for label in labels])


def _name_rows(middles: Floats, names: Sequence[str]) -> tuple[int, list[int]]:
    widths = [text_width(name) + GAP for name in names]
    return fewest_rows(lambda rows: np.tile(middles[:, None], rows), widths, MOST_ROWS)


def link_rows(shift: AlignmentShift, scale: float) -> tuple[int, list[int]]:
    """Place the numbers on the connectors, `scale` inches a frame."""
    widths = [text_width(signed(offset)) + GAP for offset in shift.offset]
    return fewest_rows(lambda rows: _on_links(shift, rows) * scale, widths, MOST_ROWS)


def link_strip_height(rows: int) -> float:
    """Inches that the connectors need for so many rows of numbers."""
    return 2 * CROSSES + rows * line_height()


def _link_heights(rows: int) -> Floats:
    """Where the rows of numbers are, from the student's edge 0 to the teacher's edge 1."""
    heights = CROSSES + (np.arange(rows, dtype=np.float64) + 0.5) * line_height()
    return heights / link_strip_height(rows)


def _on_links(shift: AlignmentShift, rows: int) -> Floats:
    """The frame (n, rows) at which each connector crosses each row."""
    crossings = shift.student_frames[:, None] - np.outer(shift.offset, _link_heights(rows))
    return crossings.astype(np.float64)


def draw_phones(axes: Axes, phones: Phones, symbols: Sequence[str]) -> list[Artist]:
    """Draw the true phones as spans with their names.

    Parameters
    ----------
    axes : Axes
        x in seconds.
    phones : Phones
        What to draw.
    symbols : (K,) sequence of str
        Name of each label.

    Returns
    -------
    list of Artist
        The spans and the names.
    """
    starts, ends = phones.starts, phones.ends
    rows, chosen = phone_rows(phones, symbols, inches_per_unit(axes)[0])
    colours = [FAINT, "#EFEFEF"]
    drawn: list[Artist] = [
        axes.broken_barh(
            list(zip(starts, ends - starts, strict=True)),
            (0.0, 1.0),
            facecolors=[colours[n % 2] for n in range(starts.size)],
        )
    ]
    for label, start, end, row in zip(phones.labels, starts, ends, chosen, strict=True):
        if row >= 0:
            middle, y = (start + end) / 2, 1 - (row + 0.5) / rows
            text = axes.text(middle, y, symbols[label], ha="center", va="center", parse_math=False)
            drawn.append(text)
    axes.set(ylim=(0, 1), yticks=[])
    axes.spines[:].set_visible(False)
    return drawn


def draw_posteriors(
    axes: Axes,
    logits: Floats,
    symbols: Sequence[str],
    clock: Clock,
    *,
    teacher: bool,
    blank: int = 0,
    at: At = "start",
) -> list[Artist]:
    """Draw every symbol's posterior as a filled line and name the spikes.

    Parameters
    ----------
    axes : Axes
        x in seconds.
    logits : (T, K) array
        Of one model.
    symbols : (K,) sequence of str
        Name of each label.
    clock : Clock
        When frames are.
    teacher : bool
        Chooses between the teacher's look and the student's.
    blank : int
        Drawn as a grey line without a fill.
    at : {"start", "peak"}
        Time of a spike.

    Returns
    -------
    list of Artist
        Lines, fills, and the names of the spikes.
    """
    prob = np.exp(log_posteriors(logits))
    seconds = clock.seconds(np.arange(len(prob)))
    colour, line = (TEACHER, TEACHER_LINE) if teacher else (STUDENT, STUDENT_LINE)
    drawn: list[Artist] = []
    drawn += axes.plot(seconds, prob[:, blank], color=BLANK, linewidth=0.8, zorder=1)
    for k in range(len(symbols)):
        shown = prob[:, k] >= VISIBLE
        shown = shown | np.append(shown[1:], False) | np.append(False, shown[:-1])
        if k != blank and shown.any():
            curve = np.where(shown, prob[:, k], np.nan)
            drawn += axes.plot(seconds, curve, color=colour, linestyle=line, gid=symbols[k])
            drawn.append(axes.fill_between(seconds, curve, color=colour, alpha=0.25, linewidth=0))

    labels, frames = spikes(logits, blank, at)
    scale = inches_per_unit(axes)[0] * clock.frame_shift
    rows, chosen = spike_rows(frames, labels, symbols, scale)
    height = axes.get_window_extent().height / axes.figure.dpi
    row_height = line_height() / (height - rows * line_height()) * HEADROOM
    for label, frame, row in zip(labels, frames, chosen, strict=True):
        x, y = clock.seconds(frame), HEADROOM + max(row, 0) * row_height
        drawn.append(axes.vlines(x, prob[frame, label], y, color=colour, linewidth=0.5))
        if row >= 0:
            drawn.append(_name(axes, x, y, symbols[label], colour, va="bottom"))
    axes.set(ylim=(0, HEADROOM + rows * row_height), yticks=[0, 0.5, 1])
    axes.set_yticklabels(["0", "", "1"])
    axes.set_ylabel("posterior", y=HEADROOM / 2 / axes.get_ylim()[1], labelpad=2)
    axes.spines["left"].set_bounds(0, 1)
    axes.spines["bottom"].set_visible(False)
    return drawn


def draw_links(axes: Axes, shift: AlignmentShift, clock: Clock) -> list[Artist]:
    """Connect matched spikes, teacher above and student below, and write how far apart they are.

    Parameters
    ----------
    axes : Axes
        x in seconds.
    shift : AlignmentShift
        Pairs and unmatched spikes of one utterance.
    clock : Clock
        When frames are.

    Returns
    -------
    list of Artist
        Connectors, their numbers in frames, and a cross for each spike without a partner.
    """
    rows, chosen = link_rows(shift, inches_per_unit(axes)[0] * clock.frame_shift)
    crossings, heights = clock.seconds(_on_links(shift, rows)), _link_heights(rows)
    drawn: list[Artist] = []
    for n, offset in enumerate(shift.offset):
        ends = clock.seconds(np.array([shift.student_frames[n], shift.teacher_frames[n]]))
        colour = STUDENT if offset > 0 else EARLY if offset < 0 else TEXT
        drawn += axes.plot(ends, (0, 1), color=colour, linewidth=1.0, solid_capstyle="round")
        if chosen[n] >= 0:
            x, y = crossings[n, chosen[n]], heights[chosen[n]]
            drawn.append(_name(axes, x, y, signed(offset), colour, va="center_baseline"))
    edge = CROSSES / 2 / link_strip_height(rows)
    for frames, y, colour in (
        (shift.teacher_only_frames, 1 - edge, TEACHER),
        (shift.student_only_frames, edge, STUDENT),
    ):
        drawn += axes.plot(
            clock.seconds(frames), np.full(frames.size, y), "x", color=colour, markersize=5
        )
    axes.set(ylim=(0, 1), yticks=[])
    axes.spines[:].set_visible(False)
    return drawn


def _name(axes: Axes, x: float, y: float, text: str, colour: str, va: str) -> Artist:
    """Centred text that hides the lines behind it."""
    name = axes.text(x, y, text, color=colour, ha="center", va=va, parse_math=False)
    name.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.5})
    return name


def time_axes(strips: Sequence[Axes], clock: Clock) -> None:
    """One axis for strips from the top down: frames above the first, seconds below the last."""
    for axes in strips[:-1]:
        axes.tick_params(axis="x", bottom=False, labelbottom=False)
    strips[-1].set_xlabel("time (s)")
    frames = strips[0].secondary_xaxis("top", functions=(clock.frames, clock.seconds))
    frames.set_xlabel("frame")
    frames.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True, min_n_ticks=1))

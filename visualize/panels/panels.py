"""Strips over time that many figures share: true phones, posteriors, and their axes.

The axes stand in their final place and size with the limits of x set, because text is measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from refkd import check
from refkd.alignment.clock import Clock
from refkd.alignment.decode import At, log_posteriors, spikes
from refkd.check import Floats, Ints
from visualize.layout.glyphs import shown
from visualize.layout.layout import Strip
from visualize.layout.legend import Look
from visualize.layout.style import BLANK, FAINT
from visualize.layout.text import POINTS, fewest_rows, inches_per_unit, line_height, text_width
from visualize.layout.units import unit

VISIBLE = 0.01  # lower posteriors would only thicken the zero line
MOST_SYMBOLS = 100  # of one model, unless more of them spike
MOST_ROWS = 4  # of labels; what finds no room in them is left out
GAP = 0.06  # inches between two labels
TICK = 0.45  # inches from one frame's number to the next, at least
POSTERIOR_HEIGHT = 0.6  # inches from 0 to 1
CROWDED = 8.0  # points from spike to spike, from which on lines get thinner
THINNEST = 0.3
HEADROOM = 1.06  # highest posterior shown, below the labels


@dataclass(frozen=True, eq=False)
class Phones:
    """True phones of an utterance, or its words.

    Parameters
    ----------
    labels : (L,) int array or L names
        One symbol each, in order of time.
    starts : (L,) array
        Seconds.
    ends : (L,) array
        Seconds.

    Examples
    --------
    >>> import numpy as np
    >>> from visualize import Phones
    >>> Phones([1, 2], np.array([0.0, 0.1]), np.array([0.1, 0.3])).names(["-", "a", "b"])
    ['a', 'b']
    """

    labels: Ints | Sequence[str]
    starts: Floats
    ends: Floats

    def names(self, symbols: Sequence[str]) -> list[str]:
        """What each is called."""
        return [shown(label) if isinstance(label, str) else symbols[label] for label in self.labels]


def clock_of(frame_shift: float, first_frame: float) -> Clock:
    """Check what all models of a figure have: seconds of a frame, and the time of frame 0."""
    return Clock(
        check.positive("frame_shift", frame_shift), check.finite_number("first_frame", first_frame)
    )


def phone_rows(phones: Phones, symbols: Sequence[str], scale: float) -> tuple[int, list[int]]:
    """Place the names of true phones, `scale` inches a second."""
    middles = (phones.starts + phones.ends) / 2 * scale
    return _name_rows(middles, phones.names(symbols))


def phones_strip(phones: Phones, symbols: Sequence[str], scale: float) -> tuple[Strip, int]:
    """Measure the strip of true phones at `scale` inches a second; count names without room."""
    rows, chosen = phone_rows(phones, symbols, scale)
    return Strip("phones", 0.05 + rows * line_height()), chosen.count(-1)


def spike_rows(
    frames: Ints, labels: Ints, symbols: Sequence[str], scale: float, rows: int | None = None
) -> tuple[int, list[int]]:
    """Place the names of spikes, `scale` inches a frame; in so many rows if that is given."""
    names = [symbols[label] for label in labels]
    return _name_rows(frames.astype(np.float64) * scale, names, rows)


def _name_rows(
    middles: Floats, names: Sequence[str], rows: int | None = None
) -> tuple[int, list[int]]:
    widths = [text_width(name) + GAP for name in names]
    most, least = rows or MOST_ROWS, rows or 1
    return fewest_rows(lambda rows: np.tile(middles[:, None], rows), widths, most, least)


def posteriors_height(rows: int) -> float:
    """Inches that posteriors need below so many rows of names."""
    return POSTERIOR_HEIGHT * HEADROOM + rows * line_height()


def draw_phones(axes: Axes, phones: Phones, symbols: Sequence[str]) -> None:
    """Draw the true phones as spans with their names, x in seconds."""
    starts, ends = phones.starts, phones.ends
    rows, chosen = phone_rows(phones, symbols, inches_per_unit(axes)[0])
    colours = [FAINT, "#EFEFEF"]
    axes.broken_barh(
        list(zip(starts, ends - starts, strict=True)),
        (0.0, 1.0),
        gid="true phones",
        facecolors=[colours[n % 2] for n in range(starts.size)],
    )
    for name, start, end, row in zip(phones.names(symbols), starts, ends, chosen, strict=True):
        if row >= 0:
            middle, y = (start + end) / 2, 1 - (row + 0.5) / rows
            axes.text(middle, y, name, ha="center", va="center", parse_math=False)
    axes.set(ylim=(0, 1), yticks=[])
    axes.spines[:].set_visible(False)


def draw_starts(
    strips: Sequence[Axes], phones: Phones, linewidth: float = 0.6, zorder: float = 0.0
) -> None:
    """Draw a line at the start of each phone, behind everything else if nothing is asked."""
    for axes in strips:
        lines = axes.vlines(phones.starts, 0, 1, transform=axes.get_xaxis_transform())
        lines.set(color=FAINT, linewidth=linewidth, zorder=zorder)


def draw_posteriors(
    axes: Axes,
    logits: Floats,
    symbols: Sequence[str],
    clock: Clock,
    look: Look,
    *,
    blank: int = 0,
    at: At = "start",
    rows: int | None = None,
) -> None:
    """Draw every symbol's posterior of logits (T, K) as a filled line, the blank in grey, and name
    the spikes, in as few rows as possible if `rows` is not set.
    """
    prob = np.exp(log_posteriors(logits))
    labels, frames = spikes(logits, blank, at)
    colour, dashes = look
    thin = 1.2 * thickness(axes, frames.size)
    seconds = clock.seconds(np.arange(len(prob)))
    axes.plot(seconds, prob[:, blank], color=BLANK, linewidth=0.8, gid=symbols[blank])
    for k in _seen(prob, labels, blank):
        frame, curve = _visible_parts(prob[:, k])
        x = clock.seconds(frame)
        axes.plot(x, curve, color=colour, linewidth=thin, linestyle=dashes, gid=symbols[k])
        axes.fill_between(x, curve, color=colour, alpha=0.25, linewidth=0)

    scale = inches_per_unit(axes)[0] * clock.frame_shift
    rows, chosen = spike_rows(frames, labels, symbols, scale, rows)
    height = axes.get_window_extent().height / axes.figure.dpi
    row_height = line_height() / (height - rows * line_height()) * HEADROOM
    heights = HEADROOM + np.maximum(chosen, 0) * row_height
    times = clock.seconds(frames)
    axes.vlines(times, prob[frames, labels], heights, color=colour, linewidth=0.5)
    for x, y, label, row in zip(times, heights, labels, chosen, strict=True):
        if row >= 0:
            write_symbol(axes, x, y, symbols[label], colour, va="bottom")
    axes.set(ylim=(0, HEADROOM + rows * row_height), yticks=[0, 0.5, 1])
    axes.set_yticklabels(["0", "", "1"])
    axes.set_ylabel("posterior", y=HEADROOM / 2 / axes.get_ylim()[1], labelpad=2)
    axes.spines["left"].set_bounds(0, 1)
    axes.spines["bottom"].set_visible(False)


def _seen(prob: Floats, spiking: Ints, blank: int) -> Ints:
    """The symbols to draw: those that spike, then the highest others, at most MOST_SYMBOLS."""
    highest = prob.max(axis=0)
    highest[spiking] = np.inf
    highest[blank] = 0.0
    most = max(MOST_SYMBOLS, np.unique(spiking).size)
    order = np.argsort(-highest, kind="stable")[:most]
    return np.sort(order[highest[order] >= VISIBLE]).astype(np.int64)


def _visible_parts(curve: Floats) -> tuple[Floats, Floats]:
    """Frames and values where a curve is visible, and their neighbours, with nan in the gaps."""
    visible = curve >= VISIBLE
    wide = visible | np.append(visible[1:], False) | np.append(False, visible[:-1])
    frames = np.flatnonzero(wide)
    gaps = np.flatnonzero(np.diff(frames) > 1) + 1
    return np.insert(frames.astype(np.float64), gaps, np.nan), np.insert(
        curve[frames], gaps, np.nan
    )


def thickness(axes: Axes, spikes: int) -> float:
    """Share of their usual thickness at which the lines of so many spikes stay apart."""
    apart = axes.get_window_extent().width / axes.figure.dpi * POINTS / max(spikes, 1)
    return float(np.clip(apart / CROWDED, THINNEST, 1.0))


def write_symbol(axes: Axes, x: float, y: float, text: str, colour: str, va: str) -> None:
    """Centred text that hides the lines behind it."""
    name = axes.text(x, y, text, color=colour, ha="center", va=va, parse_math=False)
    name.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.5})


def time_axes(strips: Sequence[Axes], clock: Clock | None) -> None:
    """One axis for strips from the top down: seconds below the last, frames above the first.

    Without a clock that is everyone's, there are no frames.
    """
    for axes in strips[:-1]:
        axes.tick_params(axis="x", bottom=False, labelbottom=False)
    strips[-1].set_xlabel(unit().axis)
    if clock is None:
        return
    frames = strips[0].secondary_xaxis("top", functions=(clock.frames, clock.seconds))
    frames.set_xlabel("frame")
    box, dots = strips[0].get_window_extent(), strips[0].figure.dpi
    most = int(np.clip(box.width / dots / TICK, 2, 12))
    frames.xaxis.set_major_locator(MaxNLocator(nbins=most, integer=True, min_n_ticks=1))

"""The lattice of CTC: how probable it is to reach, to leave and to pass each state."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from refkd import check
from refkd.alignment.clock import Clock
from refkd.check import Floats, Ints
from refkd.losses.traces import Alignment, CTCTrace
from visualize.layout.colorbar import colorbar_beside, draw_cells
from visualize.layout.glyphs import symbol_names
from visualize.layout.layout import MARGIN, Strip, panel_width, stacked_figure, title_height
from visualize.layout.style import BLANK, HEAT_MAP, NORMAL, ON_CELLS, in_style
from visualize.layout.text import inches_per_unit, line_height, text_width, wrapped
from visualize.panels.panels import clock_of, time_axes

Table: TypeAlias = Literal["alpha", "beta", "posterior"]

TITLES: dict[Table, str] = {
    "alpha": "log alpha (nats): the labels up to here, this frame included",
    "beta": "log beta (nats): the labels still to come, this frame excluded",
    "posterior": "log posterior (nats): state given the labels",
}
DEPTH = 20.0  # nats; colours tell apart states whose posterior is at least e^-DEPTH
ROOM = 0.1  # inches of a cell from which on the transitions are drawn
SHORTEST, TALLEST = 0.9, 4.0  # inches of one table


def lattice_figure(
    trace: CTCTrace,
    symbols: Sequence[str],
    frame_shift: float,
    *,
    best: Alignment | None = None,
    first_frame: float = 0.0,
    title: str = "",
    caption: str = "",
    width: float | None = None,
) -> Figure:
    """Draw alpha, beta and the posterior of every state of one utterance, time to the right.

    Parameters
    ----------
    trace : CTCTrace
        As from `refkd.ctc_trace`.
    symbols : (K,) sequence of str
        Name of each label.
    frame_shift : float
        Seconds from one frame to the next.
    best : Alignment, optional
        As from `refkd.ctc_align`, drawn as a line.
    first_frame : float
        Time of frame 0 in seconds.
    title, caption : str
        Above the figure, and after the text below it.
    width : float, optional
        Inches; by the number of frames if not given.

    Returns
    -------
    Figure
        Its axes are labelled "alpha", "beta" and "posterior"; the others are scales of colour.

    Raises
    ------
    ArgumentError
        If the labels have no path, symbols or `best` do not fit the trace, or `width` is too
        small.

    Examples
    --------
    >>> import numpy as np
    >>> import refkd
    >>> from visualize import lattice_figure
    >>> logits, labels = 3 * np.eye(3)[[0, 1, 0, 2, 0]], [1, 2]
    >>> trace, best = refkd.ctc_trace(logits, labels), refkd.ctc_align(logits, labels)
    >>> figure = lattice_figure(trace, ["-", "a", "b"], frame_shift=0.02, best=best)
    >>> [text.get_text() for text in figure.axes[0].get_yticklabels()]
    ['a', 'b']
    """
    check.instance("trace", trace, CTCTrace)
    clock = clock_of(frame_shift, first_frame)
    if not np.isfinite(trace.loss):
        check.fail("trace", "labels with a path", f"a loss of {trace.loss}")
    check.same_length("symbols", len(symbols), "trace", trace.occupancy.shape[1], "K")
    symbols = symbol_names(symbols, trace.states)
    T, S = trace.log_alpha.shape
    if best is not None:
        check.instance("best", best, Alignment)
        check.same_length("best", best.frames.size, "trace", T, "T")
        check.same_length("best", len(best.spans), "trace", S // 2, "L")
    row = min(0.18 if S <= 13 else line_height() / 2, TALLEST / S)
    left, right = MARGIN + max(text_width(symbols[k]) for k in trace.states) + 0.35, 0.7
    size = panel_width(width, float(np.clip(0.045 * T, 4.0, 12.0)), left, right)
    titles = {name: wrapped(words, size + right, NORMAL) for name, words in TITLES.items()}
    top, *above = (title_height(words) for words in titles.values())
    strips = [
        Strip(name, max(S * row, SHORTEST), room)
        for name, room in zip(TITLES, (0.0, *above), strict=True)
    ]
    text = (
        "States from the top: the labels, with a blank (grey tick) before and after each. The "
        f"colours cover states with a log posterior of at least \N{MINUS SIGN}{DEPTH:g} nats; "
        "darkest: less. Empty: no path."
        + (" Line: the most probable path." if best is not None else "")
        + f" Loss {trace.loss:.3f} nats. {caption}"
    )
    with in_style():
        figure, axes = stacked_figure(strips, (left, size, right), 0.4 + top, text, title)
        for name, words in titles.items():
            image = draw_lattice(axes[name], trace, name, symbols, clock, best)
            axes[name].set_title(words, loc="left")
            colorbar_beside(axes[name], image, "", extend="min")
        time_axes(list(axes.values()), clock)
    return figure


def draw_lattice(
    axes: Axes,
    trace: CTCTrace,
    table: Table,
    symbols: Sequence[str],
    clock: Clock,
    best: Alignment | None = None,
) -> AxesImage:
    """Draw one table of CTC, states from the top, with the allowed transitions if the cells are
    large enough, and the best path if there is one.
    """
    T, S = trace.log_alpha.shape
    posterior = log_state_posteriors(trace)
    values = {"alpha": trace.log_alpha, "beta": trace.log_beta, "posterior": posterior}[table]
    likely = values[posterior >= -DEPTH]
    limits = float(likely.min()), max(float(likely.max()), float(likely.min()) + 1e-9)
    edges = clock.seconds(-0.5), clock.seconds(T - 0.5), S - 0.5, -0.5
    cells = np.ma.masked_equal(values, -np.inf).T
    image = draw_cells(axes, cells, edges, limits, cmap=HEAT_MAP, gid=f"log {table}")
    x, y = inches_per_unit(axes)
    row = abs(y)
    if min(x * clock.frame_shift, row) >= ROOM:
        lines = LineCollection(
            [
                [(clock.seconds(t), s), (clock.seconds(t + 1), later)]
                for t, s, later in transitions(trace)
            ],
            colors="white",
            linewidths=0.6,
            alpha=0.45,
        )
        axes.add_collection(lines, autolim=False)
    if best is not None:
        seconds, states = clock.seconds(np.arange(T)), states_of(best)
        axes.plot(seconds, states, color=ON_CELLS, linewidth=2.6, solid_joinstyle="round")
        axes.plot(seconds, states, color="white", linewidth=1.2, gid="best")
    step = int(np.ceil(line_height() / (2 * row) - 1e-9))  # names that have room
    ticks = np.arange(1, S, 2 * step)
    axes.set_yticks(ticks, [symbols[trace.states[s]] for s in ticks], parse_math=False)
    axes.set_yticks(np.arange(0, S, 2), minor=True)
    axes.tick_params(axis="y", which="minor", length=5, width=1.2, color=BLANK)
    axes.set_ylabel("state")
    return image


def log_state_posteriors(trace: CTCTrace) -> Floats:
    """Compute the log-probability (T, S) in nats of each state at each frame, given the labels;
    -inf where no path passes.

    >>> import numpy as np
    >>> import refkd
    >>> from visualize.figures.lattice import log_state_posteriors
    >>> trace = refkd.ctc_trace(np.log([[0.8, 0.2], [0.5, 0.5], [0.6, 0.4]]), [1])
    >>> np.exp(log_state_posteriors(trace))[0].round(4)       # 0.56, 0.16 and 0 of 0.72
    array([0.7778, 0.2222, 0.    ])
    """
    both = trace.log_alpha + trace.log_beta
    posterior: Floats = both - np.logaddexp.reduce(both, axis=1, keepdims=True)
    return posterior


def transitions(trace: CTCTrace) -> list[tuple[int, int, int]]:
    """List the steps that some path takes: frame, state, and state one frame later.

    Two equal labels in three frames leave one path, through the blank between them:

    >>> import numpy as np
    >>> import refkd
    >>> from visualize.figures.lattice import transitions
    >>> transitions(refkd.ctc_trace(np.zeros((3, 2)), [1, 1]))
    [(0, 1, 2), (1, 2, 3)]
    """
    states, (T, S) = trace.states, trace.log_alpha.shape
    passed = np.isfinite(trace.log_alpha) & np.isfinite(trace.log_beta)
    return [
        (t, s, later)
        for t in range(T - 1)
        for s in range(S)
        for later in range(s, min(s + 3, S))
        if passed[t, s] and passed[t + 1, later]
        if later < s + 2 or (states[later] != states[0] and states[later] != states[s])
    ]


def states_of(best: Alignment) -> Ints:
    """Give the state (T,) of each frame of a path: odd in the stay of a label, even in a blank, 0
    to 2L.

    >>> import numpy as np
    >>> import refkd
    >>> from visualize.figures.lattice import states_of
    >>> states_of(refkd.ctc_align(3 * np.eye(3)[[0, 1, 1, 2, 0]], [1, 2]))
    array([0, 1, 1, 3, 4])
    """
    times = np.arange(best.frames.size)[:, None]
    starts = np.array([span.start for span in best.spans], dtype=np.int64)
    ends = np.array([span.end for span in best.spans], dtype=np.int64)
    states: Ints = (times >= starts).sum(axis=1) + (times >= ends).sum(axis=1)
    return states

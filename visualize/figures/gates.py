"""An LSTM layer over time: its gates, its cells and its hidden states."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from refkd import check
from refkd.alignment.clock import Clock
from refkd.check import Floats, Ints
from refkd.networks.traces import LSTMTrace
from visualize.layout.colorbar import colorbar_beside, draw_cells
from visualize.layout.glyphs import symbol_names
from visualize.layout.layout import MARGIN, Strip, panel_width, stacked_figure
from visualize.layout.style import HEAT_MAP, SIGNED_MAP, UNITS, in_style
from visualize.layout.text import POINTS, text_width
from visualize.panels.panels import (
    Phones,
    clock_of,
    draw_phones,
    draw_starts,
    phones_strip,
    time_axes,
)

NAMES = {
    "i": "input gate i",
    "f": "forget gate f",
    "g": "candidate g",
    "o": "output gate o",
    "c": "cell c",
    "h": "hidden state h",
}
LETTERS = "Gates: i input, f forget, o output; g candidate, c cell, h hidden state."
SPELLED = 5.0  # inches of a figure from which on its panels are called by more than letters
GATES = "ifo"  # between 0 and 1; the others have a sign
FEW = len(UNITS)  # units that are drawn as lines; more are a heat map
BETWEEN = 0.18  # inches


def gates_figure(
    trace: LSTMTrace,
    frame_shift: float,
    *,
    first_frame: float = 0.0,
    phones: Phones | None = None,
    symbols: Sequence[str] = (),
    title: str = "",
    caption: str = "",
    width: float | None = None,
) -> Figure:
    """Draw gates, cells and hidden states of one utterance: heat maps, or lines of up to 6 units.

    Units stand in the order of the frame at which their hidden state is largest in absolute
    value, the earliest at the top, in the same order in every panel.

    Parameters
    ----------
    trace : LSTMTrace
        As from `refkd.lstm_trace`.
    frame_shift, first_frame : float
        Seconds from one frame to the next, and at frame 0.
    phones : Phones, optional
        True phones, shown as a strip above.
    symbols : (K,) sequence of str
        Name of each label of `phones`.
    title, caption : str
        Above the figure, and after the text below it.
    width : float, optional
        Inches; by the number of frames if not given. Where it is small, panels are called by
        their letters alone.

    Returns
    -------
    Figure
        Its axes are labelled "phones" (if given), "i", "f", "g", "o", "c" and "h"; the others are
        scales of colour.

    Raises
    ------
    ArgumentError
        If `trace` is no LSTMTrace, a phone has no symbol, or `width` is too small.

    Examples
    --------
    >>> import numpy as np
    >>> import refkd
    >>> from visualize import gates_figure
    >>> params = refkd.LSTMParams(np.ones((1, 8)), np.zeros((2, 8)), np.zeros(8))
    >>> figure = gates_figure(refkd.lstm_trace(params, np.eye(9)[:, 4:5]), frame_shift=0.02)
    >>> [axes.get_label() for axes in figure.axes]
    ['i', 'f', 'g', 'o', 'c', 'h']
    """
    check.instance("trace", trace, LSTMTrace)
    clock = clock_of(frame_shift, first_frame)
    phone_labels = () if phones is None else phones.labels
    if not all(isinstance(k, str) or k < len(symbols) for k in phone_labels):
        check.fail("symbols", "a name of every phone", f"{len(symbols)} names")
    symbols = symbol_names(symbols, phone_labels)
    T, H = trace.hidden.shape
    spelled = width is None or width >= SPELLED
    names = {name: NAMES[name] if spelled else name for name in NAMES}
    beside, right = (0.45, MARGIN + 0.1) if H <= FEW else (0.15, 0.75)  # numbers left or right
    left = MARGIN + max(text_width(name) for name in names.values()) + beside
    size = panel_width(width, float(np.clip(0.045 * T, 4.0, 12.0)), left, right)
    height = 0.8 if H <= FEW else float(np.clip(0.016 * H, 0.8, 1.2))
    strips = [Strip(name, height, BETWEEN) for name in NAMES]
    if phones is not None:
        strips.insert(0, phones_strip(phones, symbols, size / T / frame_shift)[0])
    direction = " The layer runs backward in time." if trace.reverse else ""
    what = "Lines, blue to yellow" if H <= FEW else "Rows from the top"
    text = (
        f"{what}: the {H} units by the frame of their largest |h|, in the same order in all panels."
        f"{direction}{'' if spelled else ' ' + LETTERS} {caption}"
    )
    with in_style():
        figure, axes = stacked_figure(strips, (left, size, right), 0.45, text, title)
        for panel in axes.values():
            panel.set_xlim(clock.seconds(-0.5), clock.seconds(T - 0.5))
        order = by_peak(trace.hidden)
        for name in NAMES:
            image = draw_units(axes[name], _values(trace, name)[:, order], name, clock)
            axes[name].annotate(
                names[name],
                (0.0, 0.5),
                xycoords="axes fraction",
                xytext=(-POINTS * (beside - 0.05), 0.0),
                textcoords="offset points",
                ha="right",
                va="center",
            )
            if image is not None:
                colorbar_beside(axes[name], image, "").locator = MaxNLocator(nbins=2)
        if phones is not None:
            draw_phones(axes["phones"], phones, symbols)
            panels = [axes[name] for name in NAMES]
            draw_starts(panels, phones, linewidth=0.5, zorder=0 if H <= FEW else 2)
        time_axes(list(axes.values()), clock)
    return figure


def draw_units(axes: Axes, values: Floats, name: str, clock: Clock) -> AxesImage | None:
    """Draw one quantity of every unit (T, H) over time: a heat map, or a line for each of few
    units; gates i, f and o have colours from 0 to 1, the others colours centred at 0.
    """
    T, H = values.shape
    strongest = (float(abs(values).max()) or 1.0) if name == "c" else 1.0
    lowest = 0.0 if name in GATES else -strongest
    if H <= FEW:
        shades = [UNITS[n] for n in np.ceil(np.linspace(0, FEW - 1, H)).astype(int)]
        for n, (unit, shade) in enumerate(zip(values.T, shades, strict=True), start=1):
            axes.plot(clock.seconds(np.arange(T)), unit, color=shade, gid=f"unit {n}")
        axes.yaxis.set_major_locator(MaxNLocator(nbins=2, steps=[1, 2, 5, 10]))
        axes.set_ylim(lowest - 0.05 * strongest, 1.05 * strongest)
        return None
    edges = clock.seconds(-0.5), clock.seconds(T - 0.5), H - 0.5, -0.5
    colours = HEAT_MAP if name in GATES else SIGNED_MAP
    image = draw_cells(axes, values.T, edges, (lowest, strongest), cmap=colours, gid=NAMES[name])
    axes.set_yticks([])
    return image


def by_peak(hidden: Floats) -> Ints:
    """Order units of hidden states (T, H) by the first frame at which their absolute value is
    largest, as (H,).

    >>> import numpy as np
    >>> from visualize.figures.gates import by_peak
    >>> by_peak(np.array([[0.1, -0.9, 0.0], [0.5, 0.2, 0.3]]))
    array([1, 0, 2])
    """
    return np.argsort(abs(hidden).argmax(axis=0), kind="stable").astype(np.int64)


def _values(trace: LSTMTrace, name: str) -> Floats:
    if name in "ifgo":
        return np.split(trace.gates, 4, axis=1)["ifgo".index(name)]
    return trace.cell if name == "c" else trace.hidden

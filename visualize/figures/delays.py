"""How late each model is after true times, over many utterances."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from refkd import check
from refkd.alignment.statistics import EmissionDelay
from visualize.layout.grid import PanelHeading
from visualize.layout.layout import panel_width
from visualize.layout.legend import Look, looks_of
from visualize.layout.style import in_style, signed
from visualize.layout.text import TOGETHER
from visualize.layout.units import unit as in_figures
from visualize.panels.histogram import Bins, draw_histogram, histogram_grid, timed_bins

PANEL = 2.6, 1.4  # inches: axes without their labels
LOW = 1.0  # inches of a panel where there is little room
LEFT, RIGHT, BELOW = 0.6, 0.3, 0.55  # inches around panels
BETWEEN = 0.08  # inches between two headings

Delays = Mapping[str, EmissionDelay]


def delays_figure(
    delays: Mapping[str, Delays],
    frame_shift: float,
    *,
    teacher: str = "",
    unit: str = "phone",
    caption: str = "",
    width: float | None = None,
    looks: Mapping[str, Look] | None = None,
) -> Figure:
    """Draw histogram and cumulative share of delays, a row for each model.

    Parameters
    ----------
    delays : mapping of str to mapping of str to EmissionDelay
        Under the name of each model, its delays under the words for each measure, such as "after
        the true start". All models have the same measures, which stand side by side.
    frame_shift : float
        Seconds of a bar; bars are wider where there would be too many.
    teacher : str
        The model that is drawn as the teacher, if it is there.
    unit : str
        What is left out if it has no delay: "phone", "word", ...
    caption : str
        Below the figure.
    width : float, optional
        Inches; by the number of measures if not given.
    looks : mapping of str to (colour, line style), optional
        Of the models, as from `looks_of`; by their order if not given.

    Returns
    -------
    Figure
        Its axes are labelled "MODEL, MEASURE".

    Raises
    ------
    ArgumentError
        If there is nothing to draw, models have different measures, or `width` is too small.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.statistics import EmissionDelay
    >>> from visualize import delays_figure
    >>> late = EmissionDelay(np.array([0.02, 0.02, 0.04]), phones_left_out=1, spikes_left_out=0)
    >>> figure = delays_figure({"small": {"after the true start": late}}, frame_shift=0.02)
    >>> [round(float(bar.get_height()), 1) for bar in figure.axes[0].patches]
    [0.0, 0.0, 66.7, 33.3]
    """
    panels, measures = _panels(delays)
    looks = looks_of(list(delays), teacher, looks)
    values = {label: emission.delay for label, (_, _, emission) in panels.items()}
    bins = timed_bins(values.values(), check.positive("frame_shift", frame_shift))
    across, height = PANEL
    if width is not None:
        room = panel_width(width, 0.0, LEFT, 0.0)
        across = room / measures - RIGHT
        height = float(np.clip(0.6 * across, LOW, PANEL[1]))
    headings = {
        label: PanelHeading.wrapped(
            name,
            [measure, *_remarks(emission, unit)],
            across + RIGHT - BETWEEN,
            looks[name][0],
        )
        for label, (name, measure, emission) in panels.items()
    }
    with in_style():
        figure, axes = histogram_grid(
            headings,
            measures,
            (across, height),
            (LEFT, RIGHT, BELOW),
            f"{_legend(bins)} {caption}",
            (f"delay ({in_figures().small})", "share (%)"),
        )
        for label, heading in headings.items():
            draw_histogram(axes[label], values[label] / frame_shift, bins, heading.colour)
            heading.write(axes[label])
    return figure


def _panels(
    delays: Mapping[str, Delays],
) -> tuple[dict[str, tuple[str, str, EmissionDelay]], int]:
    """Model, measure and delays of each panel by its label, and how many measures there are."""
    if not delays or not all(delays.values()):
        check.fail("delays", "at least one model and measure", "none")
    measures = list(next(iter(delays.values())))
    for name, of_model in delays.items():
        if list(of_model) != measures:
            check.fail(f"delays[{name!r}]", ", ".join(measures), ", ".join(of_model) or "none")
    panels = {
        f"{name}, {measure}": (name, measure, emission)
        for name, of_model in delays.items()
        for measure, emission in of_model.items()
    }
    return panels, len(measures)


def _remarks(delays: EmissionDelay, unit: str) -> list[str]:
    """The numbers over a panel; where a line is broken, a number keeps its words."""
    remarks = [["nothing is right"]]
    if delays.n:
        per, small = in_figures().per, in_figures().small
        mean, median = (signed(round(per * value)) for value in (delays.mean, delays.median))
        remarks = [[f"n = {delays.n},", f"mean {mean} {small},", f"median {median} {small}"]]
    labels = delays.n + delays.phones_left_out
    missed = f"{delays.phones_left_out} of {labels} {unit}s,"
    remarks.append(["left out:", missed, f"{delays.spikes_left_out} spikes"])
    return [" ".join(part.replace(" ", TOGETHER) for part in parts) for parts in remarks]


def _legend(bins: Bins) -> str:
    low, high = (signed(round(end * bins.width, 6)) for end in (bins.low, bins.high))
    return (
        f"Bars of {bins.width:g} {in_figures().small}: share of what is right; the outermost, "
        f"{low} and {high}, hold what lies beyond. Line: cumulative share. Dotted: "
        "mean. Positive is late."
    )

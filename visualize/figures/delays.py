"""The emission delays of each model, over many utterances."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from refkd import check
from refkd.alignment.statistics import EmissionDelay
from visualize.layout.legend import Look, looks_of
from visualize.layout.style import signed
from visualize.layout.units import unit as in_figures
from visualize.panels.histogram import Bins, Histogram, choose_bins, histograms_figure, unbroken

PANEL = 2.6, 1.4  # inches: axes without their labels
RIGHT = 0.3  # inches right of a panel

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
    if not delays or not all(delays.values()):
        check.fail("delays", "at least one model and measure", "none")
    measures = list(next(iter(delays.values())))
    looks = looks_of(list(delays), teacher, looks)
    check.positive("frame_shift", frame_shift)
    panels = {}
    for name, of_model in delays.items():
        if list(of_model) != measures:
            check.fail(f"delays[{name!r}]", ", ".join(measures), ", ".join(of_model) or "none")
        for measure, emission in of_model.items():
            remarks = [measure, *_remarks(emission, unit)]
            late = emission.delay / frame_shift
            panels[f"{name}, {measure}"] = Histogram(late, name, remarks, looks[name][0])
    bins = choose_bins([panel.late for panel in panels.values()], frame_shift, timed=True)
    return histograms_figure(
        panels,
        bins,
        len(measures),
        PANEL,
        RIGHT,
        f"{_legend(bins)} {caption}",
        (f"delay ({in_figures().small})", "share (%)"),
        width,
    )


def _remarks(delays: EmissionDelay, unit: str) -> list[str]:
    """The numbers over a panel."""
    remarks = [["no correct label"]]
    if delays.n:
        per, small = in_figures().per, in_figures().small
        mean, median = (signed(round(per * value)) for value in (delays.mean, delays.median))
        remarks = [[f"n = {delays.n},", f"mean {mean} {small},", f"median {median} {small}"]]
    labels = delays.n + delays.phones_left_out
    missed = f"{delays.phones_left_out} of {labels} {unit}s,"
    remarks.append(["left out:", missed, f"{delays.spikes_left_out} spikes"])
    return unbroken(remarks)


def _legend(bins: Bins) -> str:
    low, high = (signed(round(end * bins.width, 6)) for end in (bins.low, bins.high))
    return (
        f"Bars of {bins.width:g} {in_figures().small}: share of the correct labels; the outermost, "
        f"{low} and {high}, include all delays beyond. Line: cumulative share. Dotted: "
        "mean. Positive is late."
    )

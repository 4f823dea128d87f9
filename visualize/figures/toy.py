"""Losses of five students of one small teacher under each rule: the first figure of the docs."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from refkd import check
from refkd.check import Floats
from refkd.losses.distill import distill_loss
from refkd.losses.rules import (
    FrameWise,
    Hard,
    Monotone,
    OrderedPath,
    PerTeacher,
    Rule,
    Window,
)
from visualize.layout.glyphs import shown
from visualize.layout.grid import columns_of, grid_figure
from visualize.layout.layout import panel_width
from visualize.layout.style import BLANK, NORMAL, STUDENT, TEXT, in_style
from visualize.layout.text import line_height, text_width
from visualize.output.csv import NAMES

FRAMES, CLASSES = 60, 5
SPIKE_FRAMES, SPIKE_LABELS = (8, 20, 32, 44), (1, 2, 3, 4)
SPIKE, SILENCE = 0.95, 0.97  # posterior of the symbol in a spike, of the blank elsewhere
LATE, TOO_LATE = 3, 10  # frames
WINDOW = Window(left=6)
PANEL = (1.15, 1.35)  # inches
NARROW = 0.6  # inches of a panel where there is little room
LABEL = "loss (nats per frame)"
CAPTION = (
    "Loss per frame (nats) of a student with the teacher's spikes unchanged, later, none of them, "
    "or 3 frames late with wrong symbols. The window is the frame itself and 6 earlier ones."
)


def toy_models() -> dict[str, Floats]:
    """Make logits (60, 5) of the teacher and its students: four spikes in sixty frames, the blank
    at 0.

    >>> from visualize.figures.toy import toy_models
    >>> list(toy_models())
    ['teacher', 'identical', '3 frames late', 'all blank', 'wrong symbols', '10 frames late']
    """
    wrong = (*SPIKE_LABELS[1:], SPIKE_LABELS[0])
    return {
        "teacher": _spiky(SPIKE_LABELS, 0),
        "identical": _spiky(SPIKE_LABELS, 0),
        f"{LATE} frames late": _spiky(SPIKE_LABELS, LATE),
        "all blank": _spiky((), 0),
        "wrong symbols": _spiky(wrong, LATE),
        f"{TOO_LATE} frames late": _spiky(SPIKE_LABELS, TOO_LATE),
    }


def toy_table() -> dict[str, dict[str, float]]:
    """Compute the loss of each student under each rule.

    Returns
    -------
    dict of str to dict of str to float
        Loss in nats per frame, by rule and then by student.

    Examples
    --------
    >>> from visualize.figures.toy import toy_table
    >>> table = toy_table()
    >>> round(table["FrameWise"]["3 frames late"], 3), round(table["FrameWise"]["all blank"], 3)
    (0.582, 0.304)
    >>> round(table["Hard"]["all blank"], 3)         # the silent optimum
    0.0
    """
    rules: dict[str, Rule] = {
        "FrameWise": FrameWise(),
        "Hard": Hard(WINDOW),
        "Monotone,\nany step": Monotone(WINDOW),
        "Monotone,\nstep 0 or 1": Monotone(WINDOW, max_step=1),
        "OrderedPath": OrderedPath(WINDOW),
        "PerTeacher": PerTeacher(WINDOW),
    }
    teacher, *students = toy_models().items()
    return {
        rule_name: {
            name: distill_loss(student, teacher[1], rule)[0] / FRAMES for name, student in students
        }
        for rule_name, rule in rules.items()
    }


def toy_figure(
    table: Mapping[str, Mapping[str, float]],
    caption: str = CAPTION,
    width: float | None = None,
) -> Figure:
    """Draw the table as bars, one panel for each rule.

    Parameters
    ----------
    table : mapping of str to mapping of str to float
        Nats per frame, by rule and then by student, as from `toy_table`.
    caption : str
        Below the figure.
    width : float, optional
        Inches; all panels stand side by side if not given.

    Returns
    -------
    Figure
        Its axes are labelled by the rules.

    Raises
    ------
    ArgumentError
        If there is no rule, or `width` is too small.

    Examples
    --------
    >>> from visualize.figures.toy import toy_figure
    >>> figure = toy_figure({"FrameWise": {"late": 0.6, "all blank": 0.3}})
    >>> [float(bar.get_width()) for bar in figure.axes[0].patches]
    [0.6, 0.3]
    """
    if not table:
        check.fail("table", "at least one rule", "none")
    highest = max(max(losses.values()) for losses in table.values())
    number = text_width("0.000") + 0.15
    left = max(text_width(name) for name in next(iter(table.values()))) + 0.3
    columns, across = len(table), PANEL[0]
    if width is not None:
        room = panel_width(width, 0.0, left, 0.0)
        columns = columns_of(len(table), len(table), room, NARROW + number)
        across = room / columns - number
    lines = max(name.count("\n") for name in table) + 1
    around = (left, number, 0.15 + lines * line_height(NORMAL), 0.6)
    with in_style():
        figure, axes = grid_figure(
            list(table), columns, (across, PANEL[1]), around, caption, xlabel=LABEL
        )
        for rule, losses in table.items():
            panel, places = axes[rule], np.arange(len(losses))
            colours = [BLANK if name == "all blank" else STUDENT for name in losses]
            bars = panel.barh(places, list(losses.values()), 0.7, color=colours, gid="loss")
            panel.bar_label(bars, fmt="%.3f", padding=3, color=TEXT)
            panel.set_yticks(places, [shown(name) for name in losses], parse_math=False)
            panel.yaxis.set_gid(NAMES)
            panel.tick_params(axis="y", length=0)
            panel.invert_yaxis()
            panel.set_xlim(0, highest or 1.0)
            heading = panel.set_title(shown(rule), loc="left", pad=4, parse_math=False)
            heading.set(weight="bold", size=NORMAL)
    return figure


def _spiky(labels: tuple[int, ...], late: int) -> Floats:
    """Log-probabilities of a model that spikes `late` frames after the teacher."""
    prob = np.full((FRAMES, CLASSES), (1 - SILENCE) / (CLASSES - 1))
    prob[:, 0] = SILENCE
    for frame, label in zip(SPIKE_FRAMES, labels, strict=False):
        prob[frame + late] = (1 - SPIKE) / (CLASSES - 1)
        prob[frame + late, label] = SPIKE
    logits: Floats = np.log(prob)
    return logits

"""The frames of an animation of training: alike in all but what an epoch has changed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from refkd.check import Floats
from refkd.experiment.checkpoint import Epoch
from visualize.figures.shift import FRAME_AXIS, LABELS, RIGHT
from visualize.layout.headings import Heading, heading_height, write_heading
from visualize.layout.layout import MARGIN, Strip, stacked_figure
from visualize.layout.style import FAINT
from visualize.panels.model_strips import ModelStrips
from visualize.panels.panels import Phones, draw_phones, draw_starts, phones_strip, time_axes
from visualize.panels.spike_links import Links

ERROR_HEIGHT = 0.6
TIME_AXIS = 0.6  # inches below the last strip over time, if another one follows


@dataclass(frozen=True, eq=False)
class Moment:
    """A model after an epoch."""

    model: ModelStrips  # what is drawn of it
    epoch: Epoch | None = None  # what that epoch gave; None where it is unknown

    @property
    def error(self) -> float:
        """On the validation split, in percent; nan where it is unknown."""
        return math.nan if self.epoch is None else 100 * self.epoch.validation


def student_heading(name: str, colour: str, links: Links, epoch: Epoch | None) -> Heading:
    """Give a student's name, and remarks each on a line of its own, empty where there is none."""
    error, loss, mean = "", "", [] if links.shift.n else [""]
    if epoch is not None:
        percent = 100 * epoch.validation
        error = f"{percent:.1f} % error" if math.isfinite(percent) else ""
        loss = f"CTC {epoch.ctc:.3f}"
    return Heading(name, (error, loss, *mean, *links.remarks), colour)


@dataclass(frozen=True, eq=False)
class Animation:
    """What all frames share: strips that keep their place and height, whatever they hold."""

    teacher: ModelStrips  # after training
    # of each student, before training and after every epoch; the last one stays
    stories: Sequence[Sequence[Moment]]
    symbols: Sequence[str]  # (K,) name of each label, as it is written
    phones: Phones | None  # true ones
    width: float  # inches

    @property
    def epochs(self) -> int:
        """Of the longest training."""
        return max(len(story) for story in self.stories) - 1

    @cached_property
    def sides(self) -> tuple[float, float, float]:
        """Inches left of the strips, of the strips, and right of them."""
        widest = max(moment.model.heading.width for story in self.stories for moment in story)
        left = MARGIN + widest + LABELS
        return left, self.width - left - RIGHT, RIGHT

    @cached_property
    def limits(self) -> tuple[float, float]:
        """Seconds at the edges of the strips."""
        lengths = [len(moment.model.logits) for story in self.stories for moment in story]
        frames, clock = max(len(self.teacher.logits), *lengths), self.teacher.clock
        return clock.seconds(-0.5), clock.seconds(frames - 0.5)

    @cached_property
    def plan(self) -> tuple[list[Strip], dict[str, int]]:
        """Strips from the top down, and the rows of names or numbers in the fullest of each."""
        begin, end = self.limits
        scale = self.sides[1] / (end - begin)  # inches a second
        strips = []
        rows: dict[str, int] = {}
        if self.phones is not None:
            strips.append(phones_strip(self.phones, self.symbols, scale)[0])
        for story in ([Moment(self.teacher)], *self.stories):
            for moment in story[1:] or story:  # before training, names are many and chance
                for label, needed in moment.model.rows(self.symbols, scale)[0].items():
                    rows[label] = max(needed, rows.get(label, 0))
            block = max(heading_height(moment.model.heading.column) for moment in story)
            strips += story[0].model.strips(rows, block, beside=True)
        if len(self.stories) == 1 and math.isfinite(story[-1].error):
            strips.append(Strip("validation", ERROR_HEIGHT, above=TIME_AXIS))
        return strips, rows

    def frame(self, epoch: int, caption: str) -> Figure:
        """Draw the models after an epoch."""
        strips, rows = self.plan
        title = f"epoch {epoch} of {self.epochs}" if epoch else "before training"
        text = f"{caption} {self.legend}"
        figure, axes = stacked_figure(strips, self.sides, FRAME_AXIS, text, title)
        errors = axes.pop("validation", None)
        for panel in axes.values():
            panel.set_xlim(self.limits)
        if self.phones is not None:
            draw_phones(axes["phones"], self.phones, self.symbols)
            draw_starts([axes[label] for label in rows], self.phones)
        students = [story[min(epoch, len(story) - 1)].model for story in self.stories]
        for model in (self.teacher, *students):
            model.draw(axes, self.symbols, rows)
            heading = model.heading
            write_heading(axes[heading.name], heading.column, heading.colour)
        time_axes(list(axes.values()), self.teacher.clock)
        if errors is not None:
            of_epochs = np.array([moment.error for moment in self.stories[0]])
            _draw_errors(errors, of_epochs, epoch, students[0].look[0])
        return figure

    @property
    def legend(self) -> str:
        """What the signs mean."""
        time = "first" if self.teacher.at == "start" else "highest"
        known = any(moment.epoch for story in self.stories for moment in story)
        true = "Grey verticals: true starts of the phones. " * (self.phones is not None)
        shift, teacher = self.teacher.clock.frame_shift, self.teacher.heading.name
        return (
            f"Frame shift {1000 * shift:g} ms; a spike's time is the {time} frame of a run. "
            f"Blue dots: spikes of {teacher}, joined to those of the student "
            "below. Numbers: student minus teacher in frames, + is late; green is early; a cross "
            f"has no partner. Grey line: blank. {true}"
            + "Error: phones of the validation split. CTC: mean loss, nats per frame."
            * known
        )


def _draw_errors(axes: Axes, errors: Floats, epoch: int, colour: str) -> None:
    """The validation error up to an epoch, and faintly what follows."""
    epochs = np.arange(len(errors))
    axes.set(xlim=(0, epochs[-1]), ylim=(0, 1.05 * np.nanmax(errors)))
    axes.plot(epochs, errors, color=FAINT)
    axes.plot(epochs[: epoch + 1], errors[: epoch + 1], color=colour, gid="validation error")
    axes.plot(epoch, errors[epoch], "o", color=colour, markersize=5, clip_on=False)
    axes.set(xlabel="epoch", ylabel="validation\nerror (%)")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3))

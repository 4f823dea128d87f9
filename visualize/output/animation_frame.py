"""The frames of an animation of training: alike in all but what an epoch has changed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from refkd.alignment.clock import Clock
from refkd.alignment.decode import At, spikes
from refkd.check import Floats
from refkd.experiment.checkpoint import Epoch
from visualize.figures.shift import FRAME_AXIS, LABELS, RIGHT
from visualize.layout.headings import Heading, heading_height, write_heading
from visualize.layout.layout import MARGIN, Strip, stacked_figure
from visualize.layout.legend import Look
from visualize.layout.style import FAINT
from visualize.layout.text import line_height
from visualize.panels.model_strips import APART, LIFT
from visualize.panels.panels import (
    Phones,
    draw_phones,
    draw_posteriors,
    draw_starts,
    phone_rows,
    posteriors_height,
    spike_rows,
    time_axes,
)
from visualize.panels.spike_links import Links, draw_links, draw_spikes, links_height, spikes_height

ERROR_HEIGHT = 0.6
TIME_AXIS = 0.6  # inches below the last strip over time, if another one follows


@dataclass(frozen=True, eq=False)
class Moment:
    """A student after an epoch."""

    name: str  # of the student
    colour: str  # its own
    logits: Floats  # (T, K) its outputs then
    links: Links  # from the teacher's spikes to its own
    epoch: Epoch | None  # what that epoch gave; None before training, and where it is unknown

    @property
    def error(self) -> float:
        """On the validation split, in percent; nan where it is unknown."""
        return math.nan if self.epoch is None else 100 * self.epoch.validation

    @property
    def heading(self) -> Heading:
        """Its name, and remarks each on a line of its own, empty where there is none."""
        error, loss, mean = "", "", [] if self.links.shift.n else [""]
        if self.epoch is not None:
            error = f"{self.error:.1f} % error" if math.isfinite(self.error) else ""
            loss = f"CTC {self.epoch.ctc:.3f}"
        return Heading(self.name, (error, loss, *mean, *self.links.remarks), self.colour)


@dataclass(frozen=True, eq=False)
class Animation:
    """What all frames share: strips that keep their place and height, whatever they hold."""

    teacher: Floats  # (T, K) its outputs after training
    teacher_name: str  # what it is called
    looks: Mapping[str, Look]  # of all models
    # of each student, before training and after every epoch; the last one stays
    stories: Mapping[str, Sequence[Moment]]
    symbols: Sequence[str]  # (K,) name of each label, as it is written
    clock: Clock  # when the frames of all models are
    phones: Phones | None  # true ones
    blank: int  # 0 <= blank < K
    at: At  # time of a spike
    width: float  # inches

    @property
    def epochs(self) -> int:
        """Of the longest training."""
        return max(len(story) for story in self.stories.values()) - 1

    @cached_property
    def sides(self) -> tuple[float, float, float]:
        """Inches left of the strips, of the strips, and right of them."""
        widest = max(moment.heading.width for story in self.stories.values() for moment in story)
        left = MARGIN + widest + LABELS
        return left, self.width - left - RIGHT, RIGHT

    @cached_property
    def limits(self) -> tuple[float, float]:
        """Seconds at the edges of the strips."""
        lengths = [len(moment.logits) for story in self.stories.values() for moment in story]
        frames = max(len(self.teacher), *lengths)
        return self.clock.seconds(-0.5), self.clock.seconds(frames - 0.5)

    @cached_property
    def plan(self) -> tuple[list[Strip], dict[str, int]]:
        """Strips from the top down, and the rows of names or numbers in the fullest of each."""
        begin, end = self.limits
        scale = self.sides[1] / (end - begin)  # inches a second

        def names(logits: Floats) -> int:
            labels, frames = spikes(logits, self.blank, self.at)
            return spike_rows(frames, labels, self.symbols, scale * self.clock.frame_shift)[0]

        strips, rows = [], {}
        if self.phones is not None:
            rows["phones"] = phone_rows(self.phones, self.symbols, scale)[0]
            strips.append(Strip("phones", 0.05 + rows["phones"] * line_height()))
        theirs = names(self.teacher)
        rows[self.teacher_name] = theirs
        strips.append(Strip(self.teacher_name, posteriors_height(theirs)))
        for n, (name, story) in enumerate(self.stories.items()):
            links, trained = f"shift {name}", story[1:]  # before, names are many and chance
            if n > 0:
                rows[f"teacher above {name}"] = theirs
                strips.append(Strip(f"teacher above {name}", spikes_height(theirs), APART))
            rows[links] = max(moment.links.rows(scale)[0] for moment in trained)
            strips.append(Strip(links, links_height(rows[links])))
            rows[name] = max(names(moment.logits) for moment in trained)
            block = max(heading_height(moment.heading.column) for moment in story) + 0.05
            strips.append(Strip(name, max(posteriors_height(rows[name]), block), above=LIFT))
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
            draw_starts([axes[label] for label in rows if label != "phones"], self.phones)
        colour = self.looks[self.teacher_name][0]
        heading = Heading(self.teacher_name, ("trained",), colour)
        shown = [(self.teacher_name, self.teacher, heading)]
        teacher_spikes = spikes(self.teacher, self.blank, self.at)
        for name, story in self.stories.items():
            now, links = story[min(epoch, len(story) - 1)], f"shift {name}"
            if f"teacher above {name}" in axes:
                strip = axes[f"teacher above {name}"]
                draw_spikes(
                    strip, teacher_spikes, self.symbols, self.clock, colour, self.teacher_name
                )
            draw_links(axes[links], now.links, self.symbols, colour=now.colour, rows=rows[links])
            shown.append((name, now.logits, now.heading))
        for name, logits, heading in shown:
            draw_posteriors(
                axes[name],
                logits,
                self.symbols,
                self.clock,
                self.looks[name],
                blank=self.blank,
                at=self.at,
                rows=rows[name],
            )
            write_heading(axes[name], heading.column, heading.colour)
        time_axes(list(axes.values()), self.clock)
        if errors is not None:
            _draw_errors(errors, np.array([moment.error for moment in story]), epoch, now.colour)
        return figure

    @property
    def legend(self) -> str:
        """What the signs mean."""
        time = "first" if self.at == "start" else "highest"
        known = any(moment.epoch for story in self.stories.values() for moment in story)
        true = "Grey verticals: true starts of the phones. " * (self.phones is not None)
        return (
            f"Frame shift {1000 * self.clock.frame_shift:g} ms; a spike's time is the {time} frame "
            f"of a run. Blue dots: spikes of {self.teacher_name}, joined to those of the student "
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

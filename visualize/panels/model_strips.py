"""One model of a shift figure or an animation: connectors, posteriors and choices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.axes import Axes

from refkd.alignment.clock import Clock
from refkd.alignment.decode import At, best_labels, spikes
from refkd.check import Floats, Ints
from refkd.losses.traces import DistillTrace
from visualize.layout.headings import Heading
from visualize.layout.layout import Strip
from visualize.layout.legend import Look
from visualize.panels.choices import draw_choices, rows_shown
from visualize.panels.panels import draw_posteriors, posteriors_height, spike_rows
from visualize.panels.spike_links import Links, draw_links, draw_spikes, links_height, spikes_height

CHOICE_HEIGHT = 0.09  # inches of one frame of a choice, within the next two
LEAST, MOST = 0.5, 0.8
LIFT = 0.04  # inches between the connectors and the names of the student's spikes
APART = 0.15  # inches above what belongs together


@dataclass(frozen=True, eq=False)
class ModelStrips:
    """What is drawn of one model."""

    heading: Heading  # its name and remarks
    look: Look  # of its lines
    logits: Floats  # (T, K) its outputs
    clock: Clock  # when its frames are
    blank: int  # 0 <= blank < K
    at: At  # time of a spike
    links: Links | None = None  # to the teacher; the teacher has none
    # what its rule chose, and the logits (T, K) of the teacher that it chose from
    choices: tuple[DistillTrace, Floats] | None = None
    # whose spikes are repeated above the connectors, where these do not begin at its posteriors
    teacher: "ModelStrips | None" = None

    @cached_property
    def spikes(self) -> tuple[Ints, Ints]:
        """Labels and frames of its spikes."""
        return spikes(self.logits, self.blank, self.at)

    @property
    def labels(self) -> list[str]:
        """Of its axes, from the top down."""
        kinds = ["teacher above "] * (self.teacher is not None)
        kinds += ["shift "] * (self.links is not None)
        kinds += ["", *["choices "] * (self.choices is not None)]
        return [kind + self.heading.name for kind in kinds]

    def rows(self, symbols: Sequence[str], scale: float) -> tuple[dict[str, int], int]:
        """Choose the rows of names or numbers in each strip at `scale` inches a second, and count
        those without room.
        """
        name = self.heading.name
        placed = {name: self._place_names(symbols, scale)}
        if self.teacher is not None:
            placed[f"teacher above {name}"] = self.teacher._place_names(symbols, scale)
        if self.links is not None:
            placed[f"shift {name}"] = self.links.rows(scale)
        rows = {label: rows for label, (rows, _) in placed.items()}
        return rows, sum(chosen.count(-1) for _, chosen in placed.values())

    def _place_names(self, symbols: Sequence[str], scale: float) -> tuple[int, list[int]]:
        labels, frames = self.spikes
        return spike_rows(frames, labels, symbols, scale * self.clock.frame_shift)

    def strips(self, rows: Mapping[str, int], block: float, beside: bool) -> list[Strip]:
        """Measure the strips from the top down, with so many rows of names or numbers in each,
        below a heading of `block` inches or beside it.
        """
        name = self.heading.name
        height = posteriors_height(rows[name])
        above = 0.0 if beside else APART + block
        strips = []
        if self.teacher is not None:
            label = f"teacher above {name}"
            strips.append(Strip(label, spikes_height(rows[label]), above or APART))
            above = 0.0
        if self.links is not None:
            label = f"shift {name}"
            strips.append(Strip(label, links_height(rows[label]), above))
            above = LIFT
        strips.append(Strip(name, max(height, block + 0.05) if beside else height, above))
        if self.choices is not None:
            low, high = rows_shown(self.choices[0])
            size = float(np.clip(CHOICE_HEIGHT * (high - low + 2), LEAST, MOST))
            strips.append(Strip(f"choices {name}", size, APART))
        return strips

    def draw(
        self, axes: Mapping[str, Axes], symbols: Sequence[str], rows: Mapping[str, int]
    ) -> None:
        """Draw on the axes of these strips, by label, in so many rows of names or numbers."""
        name = self.heading.name
        if self.teacher is not None:
            teacher, strip = self.teacher, axes[f"teacher above {name}"]
            look = teacher.look[0], teacher.heading.name
            draw_spikes(strip, teacher.spikes, symbols, teacher.clock, *look)
        if self.links is not None:
            strip, colour = axes[f"shift {name}"], self.look[0]
            draw_links(strip, self.links, symbols, colour=colour, rows=rows[f"shift {name}"])
        draw_posteriors(
            axes[name],
            self.logits,
            symbols,
            self.clock,
            self.look,
            blank=self.blank,
            at=self.at,
            rows=rows[name],
        )
        if self.choices is not None:
            trace, logits = self.choices
            spiking = best_labels(logits, self.blank) != self.blank
            draw_choices(axes[f"choices {name}"], trace, self.clock, spiking)

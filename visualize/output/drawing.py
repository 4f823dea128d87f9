"""What the figures of several models over the same utterances are drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from refkd.alignment.posteriors.comparison import Comparison
from refkd.alignment.posteriors.part import WHOLE, Part
from refkd.alignment.posteriors.tables import Found
from refkd.alignment.posteriors.truth import Truth
from refkd.losses.rules import Rule
from visualize.layout.legend import Look, looks_of
from visualize.panels.speech import Speech


@dataclass(frozen=True, eq=False)
class Drawing:
    """What is drawn."""

    comparison: Comparison  # the models
    utterances: tuple[str, ...]  # those that have figures of their own, at least one
    truth: Truth | None = None  # true times
    found: Found = field(default_factory=dict)  # from `Truth.of` for each model, or empty
    rule: Rule | None = None  # drawn between the teacher and each student of as many frames
    # divergence and temperature, as `distill_trace` takes them
    options: Mapping[str, Any] = field(default_factory=dict)
    speech: Mapping[str, Speech] = field(default_factory=dict)  # for the strip above an utterance
    part: Part = WHOLE  # of the utterances, in which all this is
    width: float | None = None  # of each figure in inches; None for its natural size

    @property
    def looks(self) -> dict[str, Look]:
        """Colour and line style of every model, in every figure."""
        names = [model.name for model in self.comparison.models]
        return looks_of(names, self.comparison.teacher.name)

    def file_name(self, figure: str, utterance: str, student: str = "") -> str:
        """Of a figure of one utterance: the shortest that no other has."""
        several = len(self.utterances) > 1
        return "-".join([figure, *[student] * bool(student), *[utterance] * several])


class Drawn(NamedTuple):
    """Figures under the names of their files, and what was left out."""

    figures: dict[str, Figure]
    left_out: list[str]

"""The data that figures need, given by a run or by posteriors of any models."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from refkd.alignment.clock import Clock
from refkd.alignment.decode import At
from refkd.alignment.statistics import EmissionDelay
from refkd.losses.rules import Window
from refkd.losses.traces import DistillTrace
from visualize.layout.legend import Look
from visualize.panels.histogram import Offsets
from visualize.panels.panels import Phones
from visualize.panels.speech import Speech


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawing(ABC):
    """A teacher and its students, by the names under which they are shown, the teacher first."""

    utterances: tuple[str, ...]  # those that have figures of their own, at least one
    symbols: tuple[str, ...]  # (K,) name of each label
    clocks: Mapping[str, Clock]  # when the frames of each model are
    looks: Mapping[str, Look]  # colour and line style of every model, in every figure
    blank: int = 0  # 0 <= blank < K
    at: At = "start"  # time of a spike
    timed: str = "phone"  # what true times are of
    width: float | None = None  # of each figure in inches; None for its natural size

    @property
    def teacher_name(self) -> str:
        """Under which the teacher is shown."""
        return next(iter(self.clocks))

    @property
    def bar(self) -> float:
        """Width of a bar of a histogram in seconds: the finest frame shift."""
        return min(clock.frame_shift for clock in self.clocks.values())

    @property
    def look(self) -> dict[str, Any]:
        """Width and looks, as figures of all models take them."""
        return {"width": self.width, "looks": self.looks}

    def file_name(self, figure: str, utterance: str, student: str = "") -> str:
        """Name the file of a figure of one utterance: the shortest that no other has."""
        several = len(self.utterances) > 1
        return "-".join([figure, *[student] * bool(student), *[utterance] * several])

    @abstractmethod
    def logits(self, utterance: str) -> Mapping[str, ArrayLike]:
        """Give the outputs (T, K) of each model."""

    @abstractmethod
    def phones(self, utterance: str) -> Phones | None:
        """Give the true phones or words; None where their times are unknown."""

    @abstractmethod
    def speech(self, utterance: str) -> Speech | None:
        """Give the spectrogram above an utterance."""

    @abstractmethod
    def choices(self, utterance: str) -> dict[str, DistillTrace]:
        """Give the trace of the rule of a student, for the strip below it."""

    @abstractmethod
    def notes(self) -> dict[str, str]:
        """Give remarks beside the names of models."""

    @abstractmethod
    def windows(self) -> dict[str, Window]:
        """Give the window of the rule of a student, in frames that all models share."""

    @abstractmethod
    def offsets(self) -> dict[str, Offsets]:
        """Give the offsets of the spikes of each student, in frames or in seconds."""

    @abstractmethod
    def delays(self) -> dict[str, dict[str, EmissionDelay]]:
        """Give the delays of each model after true times, under the words for each measure."""


Failures: TypeAlias = dict[str, Exception]  # by the name of what could not be drawn


@dataclass
class Drawn:
    """Figures by the names of their files, why some are missing, and which could not be drawn."""

    figures: dict[str, Figure] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)  # sentences
    failures: Failures = field(default_factory=dict)


class NothingToDrawError(Exception):
    """The input has no numbers for a figure; the message names what is lacking."""


@contextmanager
def note_failure(failures: Failures, name: str) -> Iterator[None]:
    """Keep the error of what is drawn inside a `with`, so that all others are drawn; a file that
    cannot be written still ends everything.

    >>> from visualize.output.drawing import note_failure
    >>> failures = {}
    >>> with note_failure(failures, "shift"):
    ...     raise KeyError("Hard")
    >>> failures
    {'shift': KeyError('Hard')}
    """
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        failures[name] = error

"""Several models over the same utterances, each with its own clock, ready to be measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from refkd import check
from refkd.alignment.clock import Clock
from refkd.alignment.decode import At, runs, spikes
from refkd.alignment.posteriors.conventions import Metadata, log_posteriors_of, metadata_of
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.alignment.spike_matching import Spikes, shift_of_spikes
from refkd.alignment.statistics import TimedOffsets, TimedShift
from refkd.alignment.unit import SECONDS, Unit
from refkd.check import Floats


@dataclass(frozen=True, eq=False)
class ComparedModel:
    """One of the models."""

    posteriors: PosteriorSet
    kind: str
    clock: Clock  # with the latency
    spikes: dict[str, Spikes]  # of each shared utterance

    @property
    def name(self) -> str:
        """What it is called."""
        return self.posteriors.name

    def log_posteriors(self, utterance: str) -> Floats:
        """(T, K) log-probabilities of one utterance, in nats."""
        return log_posteriors_of(self.posteriors, self.kind, utterance)


@dataclass(frozen=True, eq=False)
class Comparison:
    """A teacher and any number of students over the same utterances."""

    models: tuple[ComparedModel, ...]  # the teacher first
    utterances: tuple[str, ...]  # that all models have, in the order of the teacher
    blank: int
    symbols: tuple[str, ...]
    at: At
    unit: Unit = SECONDS  # of all times

    @property
    def teacher(self) -> ComparedModel:
        """The first model."""
        return self.models[0]

    @property
    def students(self) -> tuple[ComparedModel, ...]:
        """All others."""
        return self.models[1:]

    @property
    def frame_shift(self) -> float | None:
        """Of all models; None where they differ."""
        shifts = {model.clock.frame_shift for model in self.models}
        return shifts.pop() if len(shifts) == 1 else None

    @property
    def typical(self) -> str:
        """The utterance of median length."""
        lengths = {name: len(self.teacher.posteriors.arrays[name]) for name in self.utterances}
        return sorted(self.utterances, key=lambda name: lengths[name])[len(lengths) // 2]

    def of(self, name: str) -> ComparedModel:
        """The model of this name."""
        names = [model.name for model in self.models]
        return self.models[names.index(check.one_of("model", name, names))]

    def shift(self, student: ComparedModel, utterance: str) -> TimedShift:
        """Alignment shift of one student in one utterance."""
        key = student.name, utterance
        if key not in self._shifts:  # several figures and the table ask for it
            pair = self.teacher.spikes[utterance], student.spikes[utterance]
            self._shifts[key] = shift_of_spikes(*pair, self.teacher.clock, student.clock)
        return self._shifts[key]

    @cached_property
    def _shifts(self) -> dict[tuple[str, str], TimedShift]:
        return {}

    def offsets(self, student: ComparedModel) -> TimedOffsets:
        """Offsets of one student over all utterances."""
        return TimedOffsets.pool(self.shift(student, name) for name in self.utterances)


def compare(
    sets: Sequence[PosteriorSet],
    latency: Mapping[str, float] | None = None,
    at: At = "start",
    unit: Unit = SECONDS,
) -> Comparison:
    """Bring models together that `diagnose` finds no error in.

    Parameters
    ----------
    sets : sequence of PosteriorSet
        The teacher's first; each has a name of its own and a frame shift.
    latency : mapping of str to float, optional
        Seconds from the audio that a frame stands for until its posteriors are there, by the name
        of the model; added to the time of all its frames.
    at : {"start", "peak"}
        Time of a spike: the first frame of its run, or the first with its highest posterior.
    unit : Unit
        Of all times; from `refkd.alignment.unit.unit_named`.

    Returns
    -------
    Comparison
        Of the utterances that all models have.

    Raises
    ------
    ArgumentError
        If there is no set or no shared utterance, two have one name, numbers of classes differ, a
        frame shift is unknown, or a latency is of no model.

    Examples
    --------
    >>> from refkd.alignment.posteriors.posterior_set import PosteriorSet
    >>> from refkd.alignment.posteriors.comparison import compare
    >>> slow = PosteriorSet("teacher", {"one": [[9, 0], [0, 9], [9, 0]]}, frame_shift=0.04)
    >>> fast = PosteriorSet("small", {"one": [[9, 0], [9, 0], [0, 9], [9, 0]]}, frame_shift=0.02)
    >>> both = compare([slow, fast], latency={"small": 0.01})
    >>> both.offsets(both.of("small")).offset
    array([0.01])
    """
    sets, at = check.sequence("sets", sets), check.one_of("at", at, ("start", "peak"))
    if not sets:
        check.fail("sets", "at least one", "none")
    for posteriors in sets:
        check.instance("sets", posteriors, PosteriorSet)
    names = [posteriors.name for posteriors in sets]
    for name in names:
        if names.count(name) > 1:
            check.fail("sets", "a different name for each", f"{name!r} twice")
    latency = {} if latency is None else check.mapping("latency", latency)
    for name in latency:
        check.one_of("latency", name, names)
    first, *others = sets
    shared = tuple(
        name for name in first.names if all(name in posteriors.arrays for posteriors in others)
    )
    if not shared:
        check.fail("sets", "at least one utterance that all have", "none")
    for posteriors in others:
        check.same_length(posteriors.name, posteriors.classes, first.name, first.classes, "K")
    all_metadata = [metadata_of(posteriors) for posteriors in sets]
    blank, symbols = all_metadata[0].blank, all_metadata[0].symbols
    models = tuple(
        ComparedModel(
            posteriors,
            metadata.kind,
            _clock(posteriors, metadata, latency.get(posteriors.name, 0.0)),
            {name: _spikes(posteriors, metadata, name, blank, at) for name in shared},
        )
        for posteriors, metadata in zip(sets, all_metadata, strict=True)
    )
    return Comparison(models, shared, blank, symbols, at, check.instance("unit", unit, Unit))


def _clock(posteriors: PosteriorSet, metadata: Metadata, latency: float) -> Clock:
    if posteriors.frame_shift is None:
        check.fail("frame_shift", f"seconds for {posteriors.name}, which has none", "none")
    late = check.finite_number("latency", latency)
    return Clock(posteriors.frame_shift, metadata.first_frame + late)


def _spikes(posteriors: PosteriorSet, metadata: Metadata, name: str, blank: int, at: At) -> Spikes:
    if at == "peak":
        return spikes(log_posteriors_of(posteriors, metadata.kind, name), blank, at)
    labels, starts, _ = runs(metadata.best[name], blank)
    return labels, starts

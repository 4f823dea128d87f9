"""A run as its folder keeps it: what is needed to draw it again, or to look into it."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from refkd.alignment.clock import Clock
from refkd.alignment.metrics import emission_delay
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.alignment.posteriors.read import read_posteriors
from refkd.alignment.posteriors.reference import Reference, read_reference
from refkd.alignment.statistics import EmissionDelay, OffsetStatistics
from refkd.check import DataError, Floats, Ints
from refkd.experiment.checkpoint import NUMBERS, Epoch
from refkd.experiment.results_json import read_results
from refkd.experiment.run_writer import (
    EPOCHS,
    FEATURES,
    LABELS,
    NETWORKS,
    POSTERIORS,
    REFERENCE,
    SPEECH,
    TEST,
)
from refkd.files.npz import ArrayFileError, read_npz
from refkd.losses.distill import distill_trace
from refkd.losses.rule_json import rule_from_dict
from refkd.losses.rules import Rule
from refkd.losses.traces import DistillTrace
from refkd.networks.network import Network


@dataclass(frozen=True, eq=False)
class RunModel:
    """A model of a run's first seed."""

    name: str  # as its files are called: "teacher", "Hard", ...
    title: str  # unique in figures: "teacher", "CTC alone", "Hard [5, 0]", ...
    posteriors: PosteriorSet  # logits of every test utterance
    rule: Rule | None  # None for teachers, CTC alone, and where chance chose
    # Divergence, temperature, scale_t2 and blank_frames, as of `distill_trace`.
    options: dict[str, Any]
    weight: float  # of the distillation loss
    taught_by: str  # name of its teacher; empty without one
    error: float  # phone error rate on the test speech, a fraction


@dataclass(frozen=True, eq=False)
class Run:
    """What the folder of a finished run holds."""

    folder: Path
    results: dict[str, Any]  # results.json (docs/course/training.md)
    # The bidirectional teacher, other teachers, students in the order of training.
    models: tuple[RunModel, ...]
    features: dict[str, Floats]  # (T, F) float32, normalised, by test utterance
    labels: dict[str, Ints]  # true phones (L,) by test utterance
    # When they are spoken; the tracked utterance too; empty if unknown.
    reference: dict[str, Reference]

    @property
    def teacher(self) -> RunModel:
        """The bidirectional one."""
        return self.models[0]

    @cached_property
    def students(self) -> tuple[RunModel, ...]:
        """All models but the teachers."""
        names = {model["rule"] for model in self.results["students"]}
        return tuple(model for model in self.models if model.name in names)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the test utterances."""
        return tuple(self.features)

    @property
    def symbols(self) -> tuple[str, ...]:
        """What each label stands for; the blank is symbol 0."""
        return tuple(self.results["data"]["symbols"])

    @property
    def clock(self) -> Clock:
        """When the frames of all its models are."""
        data = self.results["data"]
        return Clock(data["frame_shift"], data["first_frame"])

    @property
    def followed(self) -> str | None:
        """The validation utterance of `logits_by_epoch`; None if the run was not to be animated."""
        name: str | None = self.results.get("followed")
        return name

    def of(self, name: str) -> RunModel:
        """The model of a name."""
        return next(model for model in self.models if model.name == name)

    def trace(self, name: str, utterance: str) -> DistillTrace:
        """What the rule of a student chooses in a test utterance, after training."""
        student = self.of(name)
        assert student.rule is not None, name
        teacher = self.of(student.taught_by)
        return distill_trace(
            student.posteriors.arrays[utterance],
            teacher.posteriors.arrays[utterance],
            student.rule,
            **student.options,
        )

    def offsets(self, name: str) -> OffsetStatistics:
        """Spikes of a student against the teacher's, of all seeds and test utterances."""
        return OffsetStatistics.pool(
            OffsetStatistics(
                np.repeat(
                    np.array([*offset["histogram"]], dtype=np.int64),
                    np.array([*offset["histogram"].values()], dtype=np.int64),
                ),
                offset["teacher_unmatched"],
                offset["student_unmatched"],
            )
            for offset in (
                student["offset"] for student in self.results["students"] if student["rule"] == name
            )
        )

    def delays(self, name: str, side: str) -> EmissionDelay:
        """Spikes of a model of the first seed against the true "starts" or "ends" of its phones."""
        logits, clock = self.of(name).posteriors.arrays, self.clock
        return EmissionDelay.pool(
            emission_delay(
                logits[utterance],
                [self.symbols.index(label) for label in true.labels],
                getattr(true, side),
                clock.frame_shift,
                first_frame=clock.first_frame,
            )
            for utterance, true in self.reference.items()
            if utterance in logits  # the one of the moving pictures is not
        )

    def histories(self, name: str) -> list[list[Epoch]]:
        """What each epoch of a model's training gave, seed by seed."""
        models = [*self.results["teachers"], *self.results["students"]]
        histories = [
            model["history"] for model in models if name in (model.get("name"), model.get("rule"))
        ]
        return [
            [
                Epoch(*(math.nan if epoch[key] is None else epoch[key] for key in NUMBERS))
                for epoch in history
            ]
            for history in histories
        ]

    def logits_by_epoch(self, name: str) -> Floats:
        """Logits (epochs + 1, T, K) of a model before training and after each epoch."""
        logits = read_posteriors(self.folder / EPOCHS / f"{name}.npz").arrays
        return np.stack(list(logits.values()))

    def network(self, name: str) -> Network:
        """The network of a model."""
        return Network.load(self.folder / NETWORKS / f"{name}.npz")


def read_run(path: str | Path, results: dict[str, Any] | None = None) -> Run:
    """Read the folder of a finished run, or of one about to end with these results."""
    folder = Path(path)
    if results is None:
        results = read_results(folder)
        if results is None:
            raise DataError(f"{folder}: expected the folder of a finished run, got no results.json")
    try:
        models = [
            _model(folder, model["name"], model) for model in _first_seed(results, "teachers")
        ]
        models += [
            _model(folder, model["rule"], model) for model in _first_seed(results, "students")
        ]
        titles = [model.title for model in models]
        for n, model in enumerate(models):  # two students may have come to the same rule
            if titles.count(model.title) > 1:
                models[n] = replace(model, title=f"{model.title} ({model.name})")
        features, labels = _speech(folder / SPEECH / TEST)
        times: dict[str, Reference] = {}
        for reference in (folder / SPEECH / REFERENCE, folder / EPOCHS / REFERENCE):
            times |= read_reference(reference) if reference.exists() else {}
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{folder}: expected a run of this version, got one without {error}"
        ) from None
    return Run(folder, results, tuple(models), features, labels, times)


def _first_seed(results: dict[str, Any], group: str) -> list[dict[str, Any]]:
    return [model for model in results[group] if model["seed"] == results["seeds"][0]]


def _model(folder: Path, name: str, results: dict[str, Any]) -> RunModel:
    auxiliary = results.get("lesson") or {}
    ruled = bool(auxiliary) and auxiliary["choice"] == "rule"
    return RunModel(
        name=name,
        title=results.get("title", name),
        posteriors=read_posteriors(folder / POSTERIORS / f"{name}.npz"),
        rule=rule_from_dict(auxiliary["selects"]) if ruled else None,
        options=auxiliary.get("options", {}),
        weight=results.get("weight", 0.0),
        taught_by=auxiliary.get("teacher", ""),
        error=results["phone_error_rate"],
    )


def _speech(path: Path) -> tuple[dict[str, Floats], dict[str, Ints]]:
    try:
        arrays = read_npz(path)
    except ArrayFileError as error:
        raise DataError(f"{path}: expected the test speech of a run, got {error}") from None
    features, labels = (
        {name.removeprefix(part): arrays[name] for name in arrays if name.startswith(part)}
        for part in (FEATURES, LABELS)
    )
    return features, labels

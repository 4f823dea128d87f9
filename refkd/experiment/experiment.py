"""The main job: train teachers and students on the training speech, then compare on the test."""

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.random import SeedSequence

from refkd.alignment.metrics import alignment_shift
from refkd.alignment.statistics import OffsetStatistics
from refkd.data.corpus import Corpus, Utterance
from refkd.data.dataset import Dataset, load, prepare
from refkd.experiment.checkpoint import Epoch
from refkd.experiment.evaluate import measure, selection_of
from refkd.experiment.objectives import AuxiliaryLoss, Distillation, GuidedLoss, RandomChoice
from refkd.experiment.progress import Training
from refkd.experiment.results import ExperimentResult, Model, Student, tracked_in, tracked_logits
from refkd.experiment.settings import RunSettings
from refkd.experiment.student_settings import CTC, MAIN, StudentSettings, TeacherKey, teacher_name
from refkd.experiment.train import train
from refkd.losses.distill import OPTIONS
from refkd.networks.network import Network, logits_of
from refkd.networks.stream_audio import frontend_metadata
from refkd.ragged import Ragged

Watch = Callable[[Training], None]


def run_experiment(
    settings: RunSettings, watch: Watch | None = None, checkpoints: Path | None = None
) -> ExperimentResult:
    """Train a bidirectional teacher by CTC, then unidirectional students, and compare them.

    Students of one seed start from the same parameters and receive the same batches with the same
    noise; teachers are not changed any more. A weight and the d of Shift are chosen on the
    validation split; the test split is read after all trainings.

    Parameters
    ----------
    settings : RunSettings
        All settings of the run.
    watch : callable, optional
        Receives a `refkd.experiment.progress.Training` after each epoch, and once as a training
        is resumed.
    checkpoints : Path, optional
        Folder for the state of every training, from which an interrupted run is resumed.

    Returns
    -------
    ExperimentResult
        The networks, and what was measured of them on the test speech.

    Raises
    ------
    DataError
        If the speech cannot be read or a checkpoint cannot be written.
    DivergedError
        If the loss of a training is no longer finite.

    Examples
    --------
    >>> from refkd.experiment.settings import read_settings
    >>> from refkd.experiment.experiment import run_experiment
    >>> small = {"speech": {"train": 4, "validation": 1, "test": 1}, "training": {"epochs": 2}}
    >>> result = run_experiment(read_settings(overrides={"rules": ["CTC"], **small}, quick=True))
    >>> [(student.name, student.seed) for student in result.students]
    [('CTC', 0)]
    """
    begin = time.perf_counter()
    corpus = load(settings.data, **settings.speech)
    data = prepare(corpus, settings.features)
    recording = recorded(corpus, data)
    del corpus  # its audio may be large
    trainer = _Trainer(settings, data, watch, checkpoints)
    teachers: dict[int, dict[TeacherKey, _TrainedModel]] = {}
    students: list[_TrainedModel] = []
    for seed in range(settings.seed, settings.seed + settings.seeds):
        home = seed if settings.new_teachers else settings.seed
        if home not in teachers:
            teachers[home] = trainer.teachers(home)
        students += trainer.students(seed, teachers[home])
    evaluator = _Evaluator(data)
    all_teachers = [teacher for by_kind in teachers.values() for teacher in by_kind.values()]
    mains = {seed: by_kind[MAIN] for seed, by_kind in teachers.items()}
    return ExperimentResult(
        settings=settings,
        data=data,
        teachers=tuple(evaluator.model(teacher, mains[teacher.seed]) for teacher in all_teachers),
        teacher_hashes=tuple((teacher.hash, teacher.network.hash()) for teacher in all_teachers),
        students=tuple(
            evaluator.student(student, mains.get(student.seed, mains[settings.seed]))
            for student in students
        ),
        tuning=trainer.tuning,
        seconds=time.perf_counter() - begin + trainer.seconds_before,
        recording=recording,
        tracked=tracked_logits(
            data, [(model.name, model.start, model.history) for model in [*all_teachers, *students]]
        ),
    )


def recorded(corpus: Corpus, data: Dataset) -> Utterance:
    """The test utterance of median length, which the figures of a run show too."""
    name = data.test.names[data.test.features.typical]
    return next(utterance for utterance in corpus.test if utterance.name == name)


@dataclass(frozen=True, eq=False)
class _TrainedModel:
    """A network out of training, before anything is measured on the test speech."""

    name: str
    seed: int
    start: Network
    network: Network
    history: tuple[Epoch, ...]
    auxiliary: AuxiliaryLoss | None
    hash: str
    data: Dataset

    @cached_property
    def clean_logits(self) -> Ragged:
        """Its logits (T_n, K) of the training speech."""
        return logits_of(self.network, self.data.train.features)


class _Trainer:
    """Trains every teacher and student of the settings."""

    def __init__(
        self,
        settings: RunSettings,
        data: Dataset,
        watch: Watch | None,
        checkpoints: Path | None,
    ) -> None:
        self.settings, self.data, self.watch = settings, data, watch
        self.checkpoints = checkpoints
        self.tuning: dict[str, dict[float, float]] = {}
        self.weights: dict[str, float] = {}
        self.median_lag = 1
        self.seconds_before = 0.0  # of epochs that earlier processes have done

    def teachers(self, seed: int) -> dict[TeacherKey, _TrainedModel]:
        """Every teacher of the settings, by kind and guidance."""
        trained: dict[TeacherKey, _TrainedModel] = {}
        for kind, guidance in self.settings.teachers():
            auxiliary = None
            if kind == "guided":
                guide = trained["unidirectional", 0.0]
                auxiliary = GuidedLoss(
                    teacher=guide.network, weight=guidance, clean_logits=guide.clean_logits
                )
            start = self._untrained(kind != "unidirectional", _seeds(seed)[0])
            name = teacher_name((kind, guidance))
            trained[kind, guidance] = self._train_one(name, seed, start, auxiliary)
        return trained

    def students(self, seed: int, teachers: dict[TeacherKey, _TrainedModel]) -> list[_TrainedModel]:
        """Every student of the settings; CTC alone goes ahead, others may start from it."""
        untrained = self._untrained(False, _seeds(seed)[1])
        trained: dict[str, _TrainedModel] = {}
        for name in sorted(self.settings.distill, key=lambda name: name != CTC):
            settings = self.settings.distill[name]
            start = trained[CTC].network if settings.start == CTC else untrained
            several = len(settings.candidates) > 1
            tried = {}
            for weight in (self.weights[name],) if name in self.weights else settings.candidates:
                label = f"{name}-weight-{weight}" if several else name
                auxiliary = None
                if settings.learns:
                    auxiliary = self._distillation(settings, weight, teachers[settings.taught_by])
                model = self._train_one(label, seed, start, auxiliary, settings.longer)
                tried[weight] = dataclasses.replace(model, name=name)
            errors = {weight: model.history[-1].validation for weight, model in tried.items()}
            if name not in self.weights:
                self.weights[name] = min(errors, key=lambda weight: (errors[weight], weight))
                if several:
                    self.tuning[name] = errors
                if name == CTC:
                    self.median_lag = self._lag(teachers[MAIN], tried[0.0])
            trained[name] = tried[self.weights[name]]
        return list(trained.values())

    def _train_one(
        self,
        name: str,
        seed: int,
        start: Network,
        auxiliary: AuxiliaryLoss | None,
        longer: float = 1.0,
    ) -> _TrainedModel:
        data, training = self.data, self.settings.training
        follow = self.settings.animate and seed == self.settings.seed
        training = dataclasses.replace(training, epochs=max(1, round(longer * training.epochs)))
        checkpoint = None
        if self.checkpoints is not None:
            checkpoint = self.checkpoints / f"{name}-seed-{seed}.npz"
        restored = None if checkpoint is not None and checkpoint.exists() else 0

        def on_epoch(history: tuple[Epoch, ...]) -> None:
            nonlocal restored
            if restored is None:  # the first call is about the epochs of the checkpoint
                restored = len(history)
            if self.watch is not None:
                self.watch(Training(name, seed, training.epochs, history, restored))

        begin = time.perf_counter()
        network, history = train(
            start,
            data.train,
            training,
            _seeds(seed)[2],
            auxiliary,
            data.validation,
            on_epoch,
            checkpoint,
            tracked_in(data.validation).features if follow else None,
        )
        epochs = sum(epoch.seconds for epoch in history)
        self.seconds_before += max(0.0, epochs - (time.perf_counter() - begin))
        return _TrainedModel(name, seed, start, network, history, auxiliary, network.hash(), data)

    def _distillation(
        self, settings: StudentSettings, weight: float, teacher: _TrainedModel
    ) -> Distillation:
        kind = RandomChoice if settings.choice == "random" else Distillation
        return kind(
            teacher=teacher.network,
            weight=weight,
            ctc=settings.ctc,
            warm_up=settings.warm_up,
            clean_logits=teacher.clean_logits if settings.teacher_hears == "clean" else None,
            rule=settings.build_rule(self.median_lag),
            **{name: getattr(settings, name) for name in OPTIONS},
        )

    def _lag(self, teacher: _TrainedModel, student: _TrainedModel) -> int:
        """Median lag on the validation split in whole frames, at least 1."""
        features = self.data.validation.features
        pairs = zip(
            logits_of(teacher.network, features), logits_of(student.network, features), strict=True
        )
        median = OffsetStatistics.pool(alignment_shift(*pair) for pair in pairs).median
        return max(1, round(median)) if np.isfinite(median) else 1

    def _untrained(self, bidirectional: bool, seed: int) -> Network:
        data, network = self.data, self.settings.network
        return Network.create(
            inputs=data.train.features.values.shape[1],
            hidden=network.hidden,
            layers=network.layers,
            outputs=len(data.symbols),
            bidirectional=bidirectional,
            cell=network.cell,
            seed=seed,
        ).with_metadata(
            symbols=np.array(data.symbols),
            frame_shift=data.frame_shift,
            first_frame=data.first_frame,
            mean=data.mean,
            std=data.std,
            **frontend_metadata(data.settings, data.rate),
        )


class _Evaluator:
    """Measures on the test speech, which nothing before has read."""

    def __init__(self, data: Dataset) -> None:
        self.data = data
        self.logits: dict[str, Ragged] = {}  # of teachers, by hash

    def model(self, trained: _TrainedModel, teacher: _TrainedModel) -> Model:
        """A teacher, measured against the bidirectional one."""
        return Model(
            trained.name,
            trained.seed,
            trained.network,
            trained.history,
            measure(self._logits(trained.network), self._logits(teacher.network), self.data),
        )

    def student(self, trained: _TrainedModel, teacher: _TrainedModel) -> Student:
        """A student, measured against the bidirectional teacher."""
        logits = logits_of(trained.network, self.data.test.features)
        auxiliary, rule, weight, selection = trained.auxiliary, None, 0.0, None
        if isinstance(auxiliary, Distillation):
            rule, weight = auxiliary.rule, auxiliary.weight
            if not isinstance(auxiliary, RandomChoice):
                before = logits_of(trained.start, self.data.test.features)
                teacher_logits = self._logits(auxiliary.teacher)
                selection = selection_of(auxiliary, teacher_logits, before, logits)
        return Student(
            trained.name,
            trained.seed,
            trained.network,
            trained.history,
            measure(logits, self._logits(teacher.network), self.data),
            rule,
            weight,
            selection,
        )

    def _logits(self, network: Network) -> Ragged:
        key = network.hash()
        if key not in self.logits:
            self.logits[key] = logits_of(network, self.data.test.features)
        return self.logits[key]


def _seeds(seed: int) -> tuple[int, int, int]:
    """Of the teacher's first parameters, of the students', and of the training of all."""
    teacher, student, training = SeedSequence(seed).generate_state(3).tolist()
    return teacher, student, training

"""The main job: train a teacher, then one student for each rule, and compare them."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import SeedSequence

from refkd.configuration import CTC, RunSettings
from refkd.ctc import ctc_loss_batch
from refkd.data.dataset import Dataset, Split, load, prepare
from refkd.decode import greedy_decode, spikes
from refkd.distill import distill_trace
from refkd.edits import phone_error_rate
from refkd.live import hearing_facts
from refkd.metrics import (
    alignment_shift,
    emission_delay,
    frame_agreement,
    peakiness,
)
from refkd.network import Network
from refkd.outcome import Model, Selection, Student, Study
from refkd.records.agreement import FrameAgreement, Peakiness, share
from refkd.records.offsets import EmissionDelay, OffsetStatistics
from refkd.records.ragged import Ragged
from refkd.records.traces import DistillTrace
from refkd.train import Epoch, Lesson, train

Watch = Callable[[str, Epoch], None]


def run_study(settings: RunSettings, watch: Watch | None = None) -> Study:
    """Train a bidirectional teacher by CTC, then unidirectional students, and compare them.

    Every student starts from the same parameters and hears the same batches with the same noise;
    the teacher is frozen.

    Parameters
    ----------
    settings : RunSettings
        What to do.
    watch : callable, optional
        Told the model's name and every finished Epoch of its training.

    Returns
    -------
    Study
        Networks, logits and measures on the test speech.

    Raises
    ------
    DataError
        If the speech cannot be read.
    DivergedError
        If a training leaves the finite numbers.

    Examples
    --------
    >>> from refkd.configuration import read_settings
    >>> from refkd.study import run_study
    >>> study = run_study(read_settings(overrides={"rules": ["CTC"]}, quick=True))
    >>> study.students[0].name, study.teacher_hash[0] == study.teacher_hash[1]
    ('CTC', True)
    """
    begin = time.perf_counter()
    drawn = SeedSequence(settings.seed).generate_state(3).tolist()
    seeds = dict(zip(("teacher", "student", "training"), drawn, strict=True))
    data = prepare(load(settings.data, **settings.speech), settings.features)

    def fresh(bidirectional: bool, seed: int) -> Network:
        return Network.create(
            inputs=data.train.features.values.shape[1],
            hidden=settings.network.hidden,
            layers=settings.network.layers,
            outputs=len(data.symbols),
            bidirectional=bidirectional,
            cell=settings.network.cell,
            seed=seed,
        ).with_metadata(
            symbols=np.array(data.symbols),
            frame_shift=data.frame_shift,
            first_frame=data.first_frame,
            mean=data.mean,
            std=data.std,
            **hearing_facts(data.settings, data.rate),
        )

    def taught(name: str, network: Network, lesson: Lesson | None) -> dict[str, Any]:
        start = time.perf_counter()
        told = None if watch is None else lambda epoch: watch(name, epoch)
        network, history = train(
            network, data.train, settings.training, seeds["training"], lesson, told
        )
        measured = _measure(network, data)
        seconds = time.perf_counter() - start
        return {"name": name, "history": history, "seconds": seconds, **measured}

    teacher = Model(**taught("teacher", fresh(True, seeds["teacher"]), None))
    frozen = teacher.network.hash()
    start = fresh(False, seeds["student"])
    students: list[Student] = []
    for name in sorted(settings.rules, key=lambda rule: rule != CTC):  # CTC sets the d of Shift
        rule = lesson = distill = selection = None
        if name != CTC:
            distill = settings.distill[name]
            rule = distill.rule(name, _median_lag(students))
            lesson = Lesson(
                teacher.network,
                rule,
                distill.weight,
                distill.divergence,
                distill.temperature,
                distill.scale_t2,
                distill.blank_frames,
            )
        outcome = taught(name, start, lesson)
        if lesson is not None:
            untrained = start.forward(data.test.features).logits
            selection = _selection(lesson, teacher.logits, untrained, outcome["logits"])
        pairs = list(zip(teacher.logits, outcome["logits"], strict=True))
        students.append(
            Student(
                **outcome,
                rule=rule,
                distill=distill,
                offsets=OffsetStatistics.pool(alignment_shift(*pair) for pair in pairs),
                agreement=FrameAgreement.pool(frame_agreement(*pair) for pair in pairs),
                selection=selection,
            )
        )
    return Study(
        settings=settings,
        seeds=seeds,
        data=data,
        teacher=teacher,
        teacher_hash=(frozen, teacher.network.hash()),
        students=tuple(students),
        seconds=time.perf_counter() - begin,
    )


def _median_lag(students: list[Student]) -> int:
    """Of the student trained by CTC alone, in whole frames, at least 1."""
    lags = [student.offsets.median for student in students if student.name == CTC]
    return max(1, round(lags[0])) if lags and np.isfinite(lags[0]) else 1


def _measure(network: Network, data: Dataset) -> dict[str, Any]:
    test: Split = data.test
    logits = network.forward(test.features).logits
    losses, _ = ctc_loss_batch(logits, test.labels)
    return {
        "network": network,
        "logits": logits,
        "phone_error_rate": phone_error_rate(
            list(test.labels), [greedy_decode(one) for one in logits]
        ),
        "loss": float(losses.mean()),
        "delay": _delay(logits, data),
        "peakiness": Peakiness.pool(peakiness(one) for one in logits),
    }


def _delay(logits: Ragged, data: Dataset) -> EmissionDelay:
    """Against the true starts; where nobody knows them, every phone and spike is left out."""
    test = data.test
    if test.starts is None:
        found = sum(spikes(one)[0].size for one in logits)
        return EmissionDelay(np.zeros(0), len(test.labels.values), found)
    return EmissionDelay.pool(
        emission_delay(one, labels, starts, data.frame_shift, first_frame=data.first_frame)
        for one, labels, starts in zip(logits, test.labels, test.starts, strict=True)
    )


def _selection(lesson: Lesson, teacher: Ragged, before: Ragged, after: Ragged) -> Selection:
    """What the rule of a lesson chooses for a student, before and after it was trained."""
    frames = len(teacher.values)
    weights = np.zeros(3)  # of teacher frames earlier than the student's, equal, later
    met = every = 0
    loss = 0.0
    for teacher_logits, student_logits in zip(teacher, after, strict=True):
        trace = _trace(lesson, student_logits, teacher_logits)
        best = teacher_logits.argmax(axis=1)
        at_spike = best[trace.pairs[:, 1]] != 0
        direction = 1 - np.sign(trace.offset[at_spike])
        np.add.at(weights, direction, trace.pair_weight[at_spike])
        chosen = np.zeros(len(best), dtype=bool)
        chosen[trace.pairs[:, 1]] = True
        _, starts = spikes(teacher_logits)
        runs = np.cumsum(np.concatenate([[0], np.diff(best) != 0]))  # which run of equal labels
        met += len(np.intersect1d(runs[starts], runs[chosen]))
        every += len(starts)
        loss += trace.loss
    untrained = sum(_trace(lesson, *pair).loss for pair in zip(before, teacher, strict=True))
    earlier, equal, later = (share(float(one), float(weights.sum())) for one in weights)
    return Selection(
        earlier=earlier,
        equal=equal,
        later=later,
        never_chosen=share(every - met, every),
        teacher_spikes=every,
        before=untrained / frames,
        after=loss / frames,
    )


def _trace(lesson: Lesson, student_logits: Any, teacher_logits: Any) -> DistillTrace:
    return distill_trace(
        student_logits,
        teacher_logits,
        lesson.rule,
        lesson.divergence,
        lesson.temperature,
        lesson.scale_t2,
        lesson.blank_frames,
    )

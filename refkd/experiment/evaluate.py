"""Measure networks on a split: errors, delays, shift against a teacher, what a rule chooses."""

import numpy as np

from refkd.alignment.decode import greedy_decode, spikes
from refkd.alignment.edit_distance import edit_distance
from refkd.alignment.metrics import (
    alignment_shift,
    emission_delay,
    frame_agreement,
    peakiness,
    true_agreement,
)
from refkd.alignment.statistics import (
    EmissionDelay,
    FrameAgreement,
    OffsetStatistics,
    Peakiness,
    TrueAgreement,
    share,
)
from refkd.check import Floats
from refkd.data.dataset import Dataset, Split
from refkd.experiment.objectives import Distillation
from refkd.experiment.results import Metrics, Selection
from refkd.losses.ctc import ctc_loss_batch
from refkd.losses.distill import distill_trace
from refkd.losses.traces import DistillTrace
from refkd.ragged import Ragged


def measure(logits: Ragged, teacher_logits: Ragged, data: Dataset) -> Metrics:
    """Measure logits (T_n, K) on the test speech and against the teacher's."""
    split = data.test
    losses, _ = ctc_loss_batch(logits, split.labels)
    pairs = list(zip(teacher_logits, logits, strict=True))
    shifts = [alignment_shift(*pair) for pair in pairs]
    return Metrics(
        edits=np.array(
            [
                edit_distance(labels, greedy_decode(frames))
                for labels, frames in zip(split.labels, logits, strict=True)
            ]
        ),
        phones=split.labels.lengths,
        loss=float(losses.mean()),
        delays=_delays(logits, split, split.starts, data),
        shifts=tuple(OffsetStatistics.pool([shift]) for shift in shifts),
        delay_to_ends=EmissionDelay.pool(_delays(logits, split, split.ends, data)),
        spoken=_spoken(logits, split, data),
        agreement=FrameAgreement.pool(frame_agreement(*pair) for pair in pairs),
        peakiness=Peakiness.pool(peakiness(frames) for frames in logits),
    )


def _delays(
    logits: Ragged, split: Split, times: Ragged | None, data: Dataset
) -> tuple[EmissionDelay, ...]:
    """Against true times; where nobody knows them, every phone and spike is left out."""
    if times is None:
        return tuple(
            EmissionDelay(np.zeros(0), labels.size, spikes(frames)[0].size)
            for frames, labels in zip(logits, split.labels, strict=True)
        )
    return tuple(
        emission_delay(frames, labels, true, data.frame_shift, first_frame=data.first_frame)
        for frames, labels, true in zip(logits, split.labels, times, strict=True)
    )


def _spoken(logits: Ragged, split: Split, data: Dataset) -> TrueAgreement:
    """Nothing is counted where nobody knows when the phones are spoken."""
    if split.starts is None or split.ends is None:
        return TrueAgreement.pool([])
    return TrueAgreement.pool(
        true_agreement(*utterance, data.frame_shift, first_frame=data.first_frame)
        for utterance in zip(logits, split.labels, split.starts, split.ends, strict=True)
    )


def selection_of(
    auxiliary: Distillation, teacher_logits: Ragged, before: Ragged, after: Ragged
) -> Selection:
    """What a rule chooses at the teacher's spikes, before and after the student was trained."""
    frames = len(teacher_logits.values)
    weights = np.zeros(3)  # of teacher frames earlier than the student's, equal, later
    reached = total = 0
    loss = loss_before = 0.0
    for teacher, untrained_student, student in zip(teacher_logits, before, after, strict=True):
        trace = _trace(auxiliary, student, teacher)
        best = teacher.argmax(axis=1)
        at_spike = best[trace.pairs[:, 1]] != 0
        direction = 1 - np.sign(trace.offset[at_spike])
        np.add.at(weights, direction, trace.pair_weight[at_spike])
        chosen = np.zeros(len(best), dtype=bool)
        chosen[trace.pairs[:, 1]] = True
        _, starts = spikes(teacher)
        runs = np.cumsum(np.concatenate([[0], np.diff(best) != 0]))  # which run of equal labels
        reached += len(np.intersect1d(runs[starts], runs[chosen]))
        total += len(starts)
        loss += trace.loss
        loss_before += _trace(auxiliary, untrained_student, teacher).loss
    earlier, equal, later = (share(float(weight), float(weights.sum())) for weight in weights)
    return Selection(
        earlier=earlier,
        equal=equal,
        later=later,
        never_chosen=share(total - reached, total),
        teacher_spikes=total,
        before=loss_before / frames,
        after=loss / frames,
    )


def _trace(auxiliary: Distillation, student_logits: Floats, teacher_logits: Floats) -> DistillTrace:
    return distill_trace(student_logits, teacher_logits, auxiliary.rule, **auxiliary.options)

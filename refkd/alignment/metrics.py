"""Alignment shift, delay and agreement. Definitions: docs/course/measures.md."""

import numpy as np
from numpy.typing import ArrayLike

from refkd import check
from refkd.alignment.clock import Clock
from refkd.alignment.decode import At, best_labels, log_posteriors, same_classes, spikes
from refkd.alignment.edit_distance import matches
from refkd.alignment.spike_matching import spike_pairs
from refkd.alignment.statistics import (
    AlignmentShift,
    EmissionDelay,
    FrameAgreement,
    Peakiness,
    TrueAgreement,
)

FRAMES = Clock(1.0)  # time counted in frames


def alignment_shift(
    teacher_logits: ArrayLike, student_logits: ArrayLike, blank: int = 0, at: At = "start"
) -> AlignmentShift:
    """Match the spikes of a teacher and a student and measure their signed offsets in frames.

    The two label sequences are aligned by the fewest edits; among those alignments by the one
    whose paired spikes are closest together in time. Only equal labels are matched.

    Parameters
    ----------
    teacher_logits : (U, K) array
        -inf is allowed.
    student_logits : (T, K) array
        Any T, frames of the same length as the teacher's.
    blank : int
        0 <= blank < K.
    at : {"start", "peak"}
        Time of a spike: the first frame of its run, or the first with its highest posterior.

    Returns
    -------
    AlignmentShift
        Pairs, offsets (student - teacher: positive where the student is late), and the spikes
        without a partner. Equations (E1) to (E5).

    Raises
    ------
    ArgumentError
        If the numbers of classes differ, or as for `refkd.greedy_decode`.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> teacher, student = np.eye(3)[[0, 1, 0, 2, 0, 0]], np.eye(3)[[0, 0, 1, 0, 0, 0]]
    >>> shift = refkd.alignment_shift(teacher, student)
    >>> shift.offset, shift.mean, shift.teacher_only_labels, shift.student_unmatched
    (array([1]), 1.0, array([2]), 0)
    """
    teacher, student = same_classes(teacher_logits, student_logits)
    pairs = spike_pairs(spikes(teacher, blank, at), spikes(student, blank, at), FRAMES, FRAMES)
    return AlignmentShift(
        offset=pairs.student_frames - pairs.teacher_frames,  # (E5)
        teacher_unmatched=pairs.teacher_only_labels.size,
        student_unmatched=pairs.student_only_labels.size,
        **vars(pairs),
    )


def emission_delay(
    logits: ArrayLike,
    labels: ArrayLike,
    times: ArrayLike,
    frame_shift: float,
    blank: int = 0,
    at: At = "start",
    first_frame: float = 0.0,
) -> EmissionDelay:
    """Measure how long after its true time each correct symbol is emitted, in seconds.

    Spikes and true phones are aligned as in `alignment_shift`; frame t stands for the time
    first_frame + t * frame_shift.

    Parameters
    ----------
    logits : (T, K) array
        -inf is allowed.
    labels : (L,) int array
        The true phones, without blanks.
    times : (L,) array
        Their true starts (or ends) in seconds, never decreasing.
    frame_shift : float
        Seconds from one frame to the next, > 0.
    blank : int
        0 <= blank < K.
    at : {"start", "peak"}
        Time of a spike: the first frame of its run, or the first with its highest posterior.
    first_frame : float
        Time of frame 0 in seconds.

    Returns
    -------
    EmissionDelay
        Delays in seconds of the symbols that are right, and how many phones and spikes are left
        out. Dropping hard symbols shortens the delay: read it beside those counts.
        Equations (E6), (E7).

    Raises
    ------
    ArgumentError
        If labels and times do not belong together, or as for `refkd.greedy_decode`.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.metrics import emission_delay
    >>> logits = np.eye(3)[[0, 0, 1, 0, 0]]
    >>> delay = emission_delay(logits, [1, 2], [0.01, 0.05], frame_shift=0.02)
    >>> delay.delay, delay.phones_left_out
    (array([0.03]), 1)
    """
    emitted, frames = spikes(logits, blank, at)
    true = check.labels("labels", labels, np.shape(logits)[1], blank)
    true_times = check.finite_array("times", times, ("L",)).astype(np.float64)
    check.same_length("times", true_times.size, "labels", true.size, "L")
    if (np.diff(true_times) < 0).any():
        check.fail("times", "numbers that never decrease", true_times.tolist())
    start = check.finite_number("first_frame", first_frame)
    spike_times = start + frames * check.positive("frame_shift", frame_shift)  # (E6)
    of_truth, of_spikes = matches(true, emitted, true_times, spike_times)
    return EmissionDelay(
        delay=spike_times[of_spikes] - true_times[of_truth],  # (E7)
        phones_left_out=true.size - of_truth.size,
        spikes_left_out=emitted.size - of_spikes.size,
    )


def frame_agreement(
    teacher_logits: ArrayLike, student_logits: ArrayLike, blank: int = 0
) -> FrameAgreement:
    """Count missed spikes, wrong spikes and different best labels, frame by frame.

    Parameters
    ----------
    teacher_logits : (T, K) array
        -inf is allowed.
    student_logits : (T, K) array
        The same shape.
    blank : int
        0 <= blank < K.

    Returns
    -------
    FrameAgreement
        Counts, and the shares `missed_spikes`, `spike_error` and `frame_mismatch`.

    Raises
    ------
    ArgumentError
        If the shapes differ, or as for `refkd.greedy_decode`.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.metrics import frame_agreement
    >>> teacher, late = np.eye(2)[[0, 1, 1, 0]], np.eye(2)[[0, 0, 1, 1]]
    >>> frame_agreement(teacher, late).missed_spikes
    0.5
    """
    teacher, student = same_classes(teacher_logits, student_logits)
    check.same_length("teacher_logits", len(teacher), "student_logits", len(student), "T")
    teacher_best, student_best = best_labels(teacher, blank), best_labels(student, blank)
    spiking, differs = teacher_best != blank, teacher_best != student_best
    return FrameAgreement(
        frames=teacher_best.size,
        teacher_spike_frames=int(np.count_nonzero(spiking)),
        missed=int(np.count_nonzero(spiking & (student_best == blank))),
        wrong=int(np.count_nonzero(spiking & differs)),
        different=int(np.count_nonzero(differs)),
    )


def true_agreement(
    logits: ArrayLike,
    labels: ArrayLike,
    starts: ArrayLike,
    ends: ArrayLike,
    frame_shift: float,
    blank: int = 0,
    first_frame: float = 0.0,
) -> TrueAgreement:
    """Count the phones that are not emitted while they are spoken, and what is emitted instead.

    Parameters
    ----------
    logits : (T, K) array
        -inf is allowed.
    labels : (L,) int array
        The true phones, without blanks.
    starts, ends : (L,) arrays
        When each begins and ends in seconds; phones do not overlap.
    frame_shift : float
        Seconds from one frame to the next, > 0.
    blank : int
        0 <= blank < K.
    first_frame : float
        Time of frame 0 in seconds.

    Returns
    -------
    TrueAgreement
        Counts, and the shares `missed_phones` and `spike_error`. A frame belongs to the phone with
        start <= time < end, times as in equation (E6).

    Raises
    ------
    ArgumentError
        If labels and times do not fit, phones overlap, or as for `refkd.greedy_decode`.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.metrics import true_agreement
    >>> logits = np.eye(3)[[0, 1, 1, 0, 2]]
    >>> agreement = true_agreement(logits, [1, 2], [0.01, 0.03], [0.03, 0.05], frame_shift=0.02)
    >>> agreement.missed_phones, round(agreement.spike_error, 3)
    (0.5, 0.667)
    """
    best = best_labels(logits, blank)
    true = check.labels("labels", labels, np.shape(logits)[1], blank)
    begin, end = (
        check.finite_array(name, times, (true.size,)).astype(np.float64)
        for name, times in (("starts", starts), ("ends", ends))
    )
    if (end <= begin).any() or (begin[1:] < end[:-1]).any():
        check.fail("ends", "successive phones, each of positive duration", end.tolist())
    start = check.finite_number("first_frame", first_frame)
    times = start + np.arange(best.size) * check.positive("frame_shift", frame_shift)
    first, last = np.searchsorted(times, begin), np.searchsorted(times, end)
    spoken = np.full(best.size, blank, dtype=np.int64)
    missed = 0
    for label, a, b in zip(true, first, last, strict=True):
        spoken[a:b] = label
        missed += not (best[a:b] == label).any()
    spiking = best != blank
    return TrueAgreement(
        phones=true.size,
        phones_missed=missed,
        spike_frames=int(np.count_nonzero(spiking)),
        wrong=int(np.count_nonzero(spiking & (best != spoken))),
    )


def peakiness(logits: ArrayLike, blank: int = 0) -> Peakiness:
    """Measure the share of blank frames and the mean entropy.

    Parameters
    ----------
    logits : (T, K) array
        -inf is allowed.
    blank : int
        0 <= blank < K.

    Returns
    -------
    Peakiness
        `blank_share`, and `mean_entropy` in nats, 0 <= mean_entropy <= log K.

    Raises
    ------
    ArgumentError
        As for `refkd.greedy_decode`.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.metrics import peakiness
    >>> measured = peakiness(np.zeros((3, 2)))
    >>> measured.blank_share, round(measured.mean_entropy, 3)
    (1.0, 0.693)
    """
    best = best_labels(logits, blank)
    logp = log_posteriors(logits)
    prob = np.exp(logp)
    return Peakiness(
        frames=best.size,
        blank_frames=int(np.count_nonzero(best == blank)),
        entropy=float(-np.sum(prob * np.where(prob > 0.0, logp, 0.0))),
    )

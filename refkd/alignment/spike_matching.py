"""Which spikes of two models belong together, whatever the clocks of the two."""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from refkd import check
from refkd.alignment.clock import Clock
from refkd.alignment.decode import At, same_classes, spikes
from refkd.alignment.edit_distance import matches
from refkd.alignment.statistics import SpikePairs, TimedShift
from refkd.check import Floats, Ints

Spikes: TypeAlias = tuple[Ints, Ints]  # labels, frames
NANOSECONDS = 1e9  # in a second; times are whole numbers of them, so that equal ones are equal


def timed_shift(
    teacher_logits: ArrayLike,
    student_logits: ArrayLike,
    teacher_clock: Clock,
    student_clock: Clock,
    blank: int = 0,
    at: At = "start",
) -> TimedShift:
    """Match the spikes of two models with clocks of their own, and measure offsets in seconds.

    The alignment is that of `refkd.alignment_shift`, with times in the place of frames. Under one
    clock the pairs are the same, and the offsets its frames times the frame shift.

    Parameters
    ----------
    teacher_logits : (U, K) array
        -inf is allowed.
    student_logits : (T, K) array
        Any T.
    teacher_clock : Clock
        When the teacher's frames are, in seconds.
    student_clock : Clock
        When the student's frames are. The latency of a model is a part of its `first_frame`.
    blank : int
        0 <= blank < K.
    at : {"start", "peak"}
        Time of a spike: the first frame of its run, or the first with its highest posterior.

    Returns
    -------
    TimedShift
        Pairs, offsets in seconds (student - teacher: positive where the student is late), and the
        spikes without a partner; frames are each model's own. Equations (E1) to (E5).

    Raises
    ------
    ArgumentError
        If the numbers of classes differ, a clock is not a Clock, or as for `refkd.greedy_decode`.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.clock import Clock
    >>> from refkd.alignment.spike_matching import timed_shift
    >>> teacher, student = np.eye(3)[[0, 1, 0, 0, 2, 0]], np.eye(3)[[0, 1, 2]]
    >>> shift = timed_shift(teacher, student, Clock(0.02), Clock(0.04, first_frame=0.01))
    >>> shift.offset, shift.teacher_frames, shift.student_frames
    (array([0.03, 0.01]), array([1, 4]), array([1, 2]))
    """
    for name, clock in (("teacher_clock", teacher_clock), ("student_clock", student_clock)):
        check.instance(name, clock, Clock)
    teacher, student = same_classes(teacher_logits, student_logits)
    teacher_spikes, student_spikes = spikes(teacher, blank, at), spikes(student, blank, at)
    return shift_of_spikes(teacher_spikes, student_spikes, teacher_clock, student_clock)


def shift_of_spikes(
    teacher: Spikes, student: Spikes, teacher_clock: Clock, student_clock: Clock
) -> TimedShift:
    """Match spikes that are known already, as `timed_shift` does."""
    pairs = spike_pairs(teacher, student, teacher_clock, student_clock)
    late = _times(pairs.student_frames, student_clock) - _times(pairs.teacher_frames, teacher_clock)
    return TimedShift(
        offset=late / NANOSECONDS,
        teacher_unmatched=pairs.teacher_only_labels.size,
        student_unmatched=pairs.student_only_labels.size,
        **vars(pairs),
    )


def spike_pairs(
    teacher: Spikes, student: Spikes, teacher_clock: Clock, student_clock: Clock
) -> SpikePairs:
    """Match spikes by the fewest edits, then by the least distance in time."""
    (teacher_labels, teacher_frames), (student_labels, student_frames) = teacher, student
    of_teacher, of_student = matches(
        teacher_labels,
        student_labels,
        _times(teacher_frames, teacher_clock),
        _times(student_frames, student_clock),
    )
    teacher_only = np.setdiff1d(np.arange(teacher_labels.size), of_teacher)
    student_only = np.setdiff1d(np.arange(student_labels.size), of_student)
    return SpikePairs(
        labels=teacher_labels[of_teacher],
        teacher_frames=teacher_frames[of_teacher],
        student_frames=student_frames[of_student],
        teacher_only_labels=teacher_labels[teacher_only],
        teacher_only_frames=teacher_frames[teacher_only],
        student_only_labels=student_labels[student_only],
        student_only_frames=student_frames[student_only],
    )


def _times(frames: Ints, clock: Clock) -> Floats:
    """Whole nanoseconds."""
    times: Floats = np.rint(clock.seconds(frames) * NANOSECONDS)
    return times

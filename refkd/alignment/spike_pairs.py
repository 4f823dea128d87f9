"""Which spikes of a teacher and a student belong together in one utterance."""

from dataclasses import dataclass

from refkd.check import Ints


@dataclass(frozen=True, eq=False)
class SpikePairs:
    """Matched spikes of two models, and those on either side without a partner.

    Parameters
    ----------
    labels : (n,) int64 array
        Symbols of the matched pairs, in order of time.
    teacher_frames : (n,) int64 array
        The teacher's spike times in its frames.
    student_frames : (n,) int64 array
        The student's spike times in its frames.
    teacher_only_labels : (teacher_unmatched,) int64 array
        Symbols of the teacher spikes without a partner.
    teacher_only_frames : (teacher_unmatched,) int64 array
        Their times.
    student_only_labels : (student_unmatched,) int64 array
        Symbols of the student spikes without a partner.
    student_only_frames : (student_unmatched,) int64 array
        Their times.
    """

    labels: Ints
    teacher_frames: Ints
    student_frames: Ints
    teacher_only_labels: Ints
    teacher_only_frames: Ints
    student_only_labels: Ints
    student_only_frames: Ints

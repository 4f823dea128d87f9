"""Alignment shift between models with clocks of their own."""

import json
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.strategies import spike_trains, spiky
from tolerances import VALUE, assert_close

import refkd
from refkd.alignment.clock import Clock
from refkd.alignment.spike_matching import timed_shift
from refkd.alignment.statistics import TimedOffsets

TEACHER = Clock(0.02)
STUDENT = Clock(0.04, first_frame=0.01)


def test_shift_by_hand():
    teacher = spiky({3: 1, 8: 2, 15: 3, 20: 1})  # 0.06, 0.16, 0.30, 0.40 s
    student = spiky({2: 1, 3: 2, 10: 1, 13: 3})  # 0.09, 0.13, 0.41, 0.53 s
    shift = timed_shift(teacher, student, TEACHER, STUDENT)
    assert shift.labels.tolist() == [1, 2, 1]
    assert shift.teacher_frames.tolist() == [3, 8, 20]
    assert shift.student_frames.tolist() == [2, 3, 10]
    assert_close(shift.offset, [0.03, -0.03, 0.01], VALUE)
    assert (shift.teacher_only_labels.tolist(), shift.teacher_only_frames.tolist()) == ([3], [15])
    assert (shift.student_only_labels.tolist(), shift.student_only_frames.tolist()) == ([3], [13])
    assert (shift.n, shift.teacher_unmatched, shift.student_unmatched) == (3, 1, 1)
    assert_close([shift.mean, shift.median], [0.01 / 3, 0.01], VALUE)
    assert (shift.teacher_unmatched_share, shift.student_unmatched_share) == (0.25, 0.25)


def test_the_nearer_in_seconds_is_matched_not_in_frames():
    teacher = spiky({10: 1})  # 0.20 s
    student = spiky({4: 1, 9: 1})  # 0.17 and 0.37 s
    assert timed_shift(teacher, student, TEACHER, STUDENT).student_frames.tolist() == [4]
    assert refkd.alignment_shift(teacher, student).student_frames.tolist() == [9]


def test_what_is_equally_far_in_frames_is_so_in_seconds():
    """0.6 - 0.3 and 0.9 - 0.6 differ in the last place, and would break the tie."""
    clock = Clock(0.1)
    for late in range(1, 15):
        teacher, student = spiky({late: 1, 3 * late: 1}, 60), spiky({2 * late: 1}, 60)
        both = timed_shift(teacher, student, clock, clock), refkd.alignment_shift(teacher, student)
        assert both[0].teacher_frames.tolist() == both[1].teacher_frames.tolist()


@given(
    spike_trains(),
    spike_trains(),
    st.sampled_from([0.01, 0.02, 0.04, 0.0125]),
    st.sampled_from([-0.3, 0.0, 0.0125, 7.7]),
)
def test_under_one_clock_it_is_the_shift_in_frames(teacher, student, frame_shift, first_frame):
    clock = Clock(frame_shift, first_frame)
    timed = timed_shift(spiky(teacher), spiky(student), clock, clock)
    frames = refkd.alignment_shift(spiky(teacher), spiky(student))
    for field in ("labels", "teacher_frames", "student_frames"):
        assert getattr(timed, field).tolist() == getattr(frames, field).tolist()
    assert_close(timed.offset, frames.offset * frame_shift, VALUE)
    assert (timed.offset == 0).tolist() == (frames.offset == 0).tolist()
    for side in ("teacher", "student"):
        for field in (f"{side}_unmatched", f"{side}_only_labels", f"{side}_only_frames"):
            assert np.array_equal(getattr(timed, field), getattr(frames, field))


@given(spike_trains(), st.integers(-400, 400))
def test_a_latency_is_added_to_every_offset(train, milliseconds):
    late = Clock(0.02, first_frame=milliseconds / 1000)
    shift = timed_shift(spiky(train), spiky(train), TEACHER, late)
    assert_close(shift.offset, np.full(shift.n, milliseconds / 1000), VALUE)


def test_peaks_and_blank_are_passed_on():
    teacher = np.array([[9, 0], [0, 1], [0, 5], [9, 0]])
    student = np.array([[9, 0], [9, 0], [0, 5], [0, 1]])
    clocks = TEACHER, TEACHER
    assert timed_shift(teacher, student, *clocks).offset.tolist() == [0.02]
    assert timed_shift(teacher, student, *clocks, at="peak").offset.tolist() == [0.0]
    assert timed_shift(teacher[:, ::-1], student[:, ::-1], *clocks, blank=1).offset.tolist() == [
        0.02
    ]


def test_pooled_offsets_count_every_pair_once():
    parts = TimedOffsets(np.array([0.1]), 1, 0), TimedOffsets(np.array([0.3, 0.5]), 2, 3)
    pooled = TimedOffsets.pool(parts)
    assert pooled.offset.tolist() == [0.1, 0.3, 0.5]
    assert (pooled.teacher_unmatched, pooled.student_unmatched) == (3, 3)
    assert_close([pooled.mean, pooled.p5, pooled.p95], [0.3, 0.12, 0.48], VALUE)
    shift = timed_shift(spiky({3: 1}), spiky({3: 1}), TEACHER, STUDENT)
    assert TimedOffsets.pool([shift]).offset.tolist() == shift.offset.tolist()


def test_measures_are_ready_for_json():
    none = TimedOffsets.pool([])
    assert math.isnan(none.mean)
    assert none.as_dict()["mean"] is None
    assert json.loads(json.dumps(none.as_dict(), allow_nan=False)) == none.as_dict()
    some = TimedOffsets(np.array([0.02, -0.01]), 1, 0).as_dict()
    assert json.loads(json.dumps(some, allow_nan=False)) == some
    assert (some["n"], some["teacher_unmatched"]) == (2, 1)

"""Edit distance, alignment shift, emission delay, agreement, peakiness, pooling, two clocks."""

import json
import math
import tracemalloc
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import metrics as oracle
from support.strategies import SPIKING, spike_trains, spiky
from tolerances import VALUE, assert_close

import refkd
import refkd.alignment.edit_distance
from refkd.alignment.clock import Clock
from refkd.alignment.edit_distance import matches, phone_error_rate
from refkd.alignment.metrics import emission_delay, frame_agreement, peakiness, true_agreement
from refkd.alignment.spike_matching import timed_shift
from refkd.alignment.statistics import (
    EmissionDelay,
    FrameAgreement,
    OffsetStatistics,
    Peakiness,
    TimedOffsets,
    TrueAgreement,
)
from refkd.kernels.edit_distance import edit_pairs, edit_table

SEQUENCES = st.lists(st.integers(1, SPIKING - 1), max_size=5)


# --- edit distance -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ([], [], 0),
        ([1, 2], [], 2),
        ([], [1, 2, 3], 3),
        ([1, 2, 3], [1, 2, 3], 0),
        ([1, 2, 3], [1, 3], 1),
        ([1, 2, 3], [1, 4, 3], 1),
        ([1, 2, 3], [3, 1, 2], 2),
        ("kitten", "sitting", 3),
        (["a", "b"], ("b", "a"), 2),
        (["\u00e9"], ["e\u0301"], 0),
        (np.array([1, 2, 3]), [1, 2], 1),
    ],
)
def test_edit_distance_by_hand(reference, hypothesis, expected):
    assert refkd.edit_distance(reference, hypothesis) == expected


@given(SEQUENCES, SEQUENCES)
def test_edit_distance_is_the_cheapest_of_all_alignments(reference, hypothesis):
    zeros = [0] * 5
    edits, _ = oracle.best_cost(reference, hypothesis, zeros, zeros)
    assert refkd.edit_distance(reference, hypothesis) == edits
    assert refkd.edit_distance(hypothesis, reference) == edits


@given(SEQUENCES, SEQUENCES, SEQUENCES)
def test_edit_distance_obeys_the_triangle(a, b, c):
    distance = refkd.edit_distance
    assert distance(a, c) <= distance(a, b) + distance(b, c)


def test_phone_error_rate_weighs_utterances_by_their_length():
    references, hypotheses = [[1] * 9, [2]], [[1] * 9, [3]]
    assert phone_error_rate(references, hypotheses) == 0.1
    assert phone_error_rate([[], [1]], [[1, 1], [1]]) == 2.0


# --- the alignment itself ------------------------------------------------------------------------


@given(spike_trains(), spike_trains())
def test_alignment_has_fewest_edits_then_least_displacement(reference, hypothesis):
    labels = [np.array(list(train.values()), dtype=np.int64) for train in (reference, hypothesis)]
    times = [np.array(list(train), dtype=np.float64) for train in (reference, hypothesis)]
    edits, displacement, pair = by_table(*labels, *times)
    best = oracle.best_cost(*labels, *times)
    assert (edits, displacement) == best

    walk = [(i, None if pair[i] < 0 else int(pair[i])) for i in range(labels[0].size)]
    walk += [(None, j) for j in range(labels[1].size) if j not in pair]
    assert oracle.cost(walk, *labels, *times) == best
    assert (np.diff(pair[pair >= 0]) > 0).all()


def by_table(reference, hypothesis, *times):
    """Edits and displacement of the best alignment, and its pairs, from the whole table."""
    shape = (reference.size + 1, hypothesis.size + 1)
    edits, displacement = np.empty(shape, dtype=np.int64), np.empty(shape)
    move, pair = np.zeros(shape, dtype=np.int8), np.empty(reference.size, dtype=np.int64)
    edit_table(reference, hypothesis, *times, 0.0, edits, displacement, move)
    edit_pairs(move, pair)
    return edits[-1, -1], displacement[-1, -1], pair


# Few symbols and few times make ties; tenths, sums that depend on the order of additions.
TIMED = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=12)


@given(TIMED, TIMED, st.sampled_from([1.0, 0.1]), st.sampled_from([0, 12, 40]))
def test_alignment_by_halves_is_that_of_the_table(reference, hypothesis, unit, cells):
    both = reference, hypothesis
    labels = [np.array([label for label, _ in train], np.int64) for train in both]
    times = [np.array(sorted(t for _, t in train)) * unit for train in (reference, hypothesis)]
    edits, _, pair = by_table(*labels, *times)
    with mock.patch.object(refkd.alignment.edit_distance, "TABLE_CELLS", cells):
        assert refkd.edit_distance(*labels) == edits
        of_reference, of_hypothesis = matches(*labels, *times)
    partner = {int(i): int(pair[i]) for i in of_reference}
    assert partner == dict(zip(of_reference.tolist(), of_hypothesis.tolist(), strict=True))
    equal = [i for i in np.flatnonzero(pair >= 0) if labels[0][i] == labels[1][pair[i]]]
    assert equal == of_reference.tolist()


@pytest.mark.parametrize("lengths", [(40, 300), (300, 40), (300, 300)])
def test_a_long_alignment_with_many_edits_is_that_of_the_table(lengths, monkeypatch):
    rng = np.random.default_rng(0)
    labels = [rng.integers(0, 9, length) for length in lengths]
    times = [np.sort(rng.uniform(0, 100, length)) for length in lengths]
    edits, _, pair = by_table(*labels, *times)
    monkeypatch.setattr(refkd.alignment.edit_distance, "TABLE_CELLS", 500)
    assert refkd.edit_distance(*labels) == edits
    of_reference, of_hypothesis = matches(*labels, *times)
    assert pair[of_reference].tolist() == of_hypothesis.tolist()


def test_the_memory_of_an_alignment_grows_with_the_length_and_not_with_its_square(monkeypatch):
    symbols = np.arange(1000) % 50
    other = np.delete(symbols, [10, 500, 501, 990])
    monkeypatch.setattr(refkd.alignment.edit_distance, "TABLE_CELLS", 300)
    refkd.edit_distance(symbols[:100], other[:90])  # compiles
    tracemalloc.start()
    try:
        assert refkd.edit_distance(symbols, other) == 4
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2e5  # bytes; the tables would have 17 million


# --- alignment shift -----------------------------------------------------------------------------


def test_shift_by_hand():
    teacher = spiky({3: 1, 8: 2, 15: 3, 20: 1})
    student = spiky({5: 1, 7: 2, 20: 1, 25: 3})
    shift = refkd.alignment_shift(teacher, student)
    assert shift.labels.tolist() == [1, 2, 1]
    assert shift.teacher_frames.tolist() == [3, 8, 20]
    assert shift.student_frames.tolist() == [5, 7, 20]
    assert shift.offset.tolist() == [2, -1, 0]
    assert (shift.teacher_only_labels.tolist(), shift.teacher_only_frames.tolist()) == ([3], [15])
    assert (shift.student_only_labels.tolist(), shift.student_only_frames.tolist()) == ([3], [25])
    assert (shift.n, shift.teacher_unmatched, shift.student_unmatched) == (3, 1, 1)
    assert_close(shift.mean, 1 / 3, VALUE)
    assert shift.median == 0.0
    assert_close([shift.p5, shift.p95], [-0.9, 1.8], VALUE)
    assert_close([shift.exact, shift.within_1], [1 / 3, 2 / 3], VALUE)
    assert shift.histogram == {-1: 1, 0: 1, 2: 1}


def test_among_equal_edits_the_nearer_spike_is_matched():
    shift = refkd.alignment_shift(spiky({10: 1}), spiky({2: 1, 11: 1, 20: 1}))
    assert shift.student_frames.tolist() == [11]
    assert shift.student_only_frames.tolist() == [2, 20]
    shift = refkd.alignment_shift(spiky({4: 1, 12: 1}), spiky({13: 1}))
    assert shift.teacher_frames.tolist() == [12]


def test_a_swap_is_two_substitutions_not_a_distant_match():
    shift = refkd.alignment_shift(spiky({4: 1, 14: 2}), spiky({5: 2, 15: 1}))
    assert shift.n == 0
    assert math.isnan(shift.mean)
    assert math.isnan(shift.p95)
    assert math.isnan(shift.exact)
    assert (shift.teacher_unmatched_share, shift.student_unmatched_share) == (1.0, 1.0)


@given(spike_trains(frames=20), st.integers(0, 9))
def test_a_late_copy_is_late_everywhere(train, late):
    late_train = {frame + late: label for frame, label in train.items()}
    shift = refkd.alignment_shift(spiky(train), spiky(late_train, frames=35))
    assert shift.offset.tolist() == [late] * len(train)
    assert shift.teacher_unmatched == shift.student_unmatched == 0


@given(spike_trains(), spike_trains())
def test_every_spike_is_matched_or_left_over(teacher, student):
    shift = refkd.alignment_shift(spiky(teacher), spiky(student))
    for side, train in (("teacher", teacher), ("student", student)):
        frames = [*getattr(shift, f"{side}_frames"), *getattr(shift, f"{side}_only_frames")]
        labels = [*shift.labels, *getattr(shift, f"{side}_only_labels")]
        assert sorted(zip(frames, labels, strict=True)) == list(train.items())


def test_peaks_are_compared_with_peaks():
    teacher = [[9, 0], [0, 1], [0, 5], [9, 0]]
    student = [[9, 0], [9, 0], [0, 5], [0, 1]]
    assert refkd.alignment_shift(teacher, student).offset.tolist() == [1]
    assert refkd.alignment_shift(teacher, student, at="peak").offset.tolist() == [0]


def test_another_blank():
    order = [3, 1, 2, 0]
    teacher, student = spiky({3: 1}), spiky({5: 1})
    shift = refkd.alignment_shift(teacher[:, order], student[:, order], blank=3)
    assert shift.offset.tolist() == [2]


# --- emission delay ------------------------------------------------------------------------------


def test_delay_by_hand():
    logits = spiky({5: 1, 9: 2, 20: 1})
    delay = emission_delay(logits, [1, 3, 1], [0.06, 0.17, 0.41], frame_shift=0.02)
    assert_close(delay.delay, [0.04, -0.01], VALUE)
    assert (delay.phones_left_out, delay.spikes_left_out) == (1, 1)
    assert_close([delay.mean, delay.median], [0.015, 0.015], VALUE)


PEAKED = np.log([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.9, 0.1]])


@pytest.mark.parametrize(
    ("logits", "labels", "times", "options", "expected"),
    [
        (spiky({5: 1}), [1], [0.1], {"first_frame": 0.0175}, [0.0175]),
        (spiky({10: 1}), [1, 1], [0.02, 0.18], {}, [0.02]),  # the nearer phone is emitted
        (spiky({5: 1, 9: 2}), [1, 2], [0.14, 0.17], {}, [-0.04, 0.01]),  # against ends
        (PEAKED, [1], [0.0], {}, [0.02]),
        (PEAKED, [1], [0.0], {"at": "peak"}, [0.04]),
    ],
)
def test_more_delays_by_hand(logits, labels, times, options, expected):
    assert_close(emission_delay(logits, labels, times, 0.02, **options).delay, expected, VALUE)


def test_no_spikes_and_no_phones():
    silent = spiky({})
    assert emission_delay(silent, [1], [0.1], 0.02).phones_left_out == 1
    assert emission_delay(spiky({2: 1}), [], [], 0.02).spikes_left_out == 1
    assert emission_delay(silent, [], [], 0.02).as_dict()["mean"] is None


def test_spread_and_shares_of_delays_by_hand():
    delay = EmissionDelay(np.array([-0.03, -0.01, 0.0, 0.0175 + 0.0025, 0.03]), 3, 5)
    assert delay.within(0.0) == 0.2
    assert delay.within(0.02) == 0.6
    assert delay.within(0.03) == 1.0
    assert delay.histogram(0.02) == {-1: 1, 0: 2, 1: 1, 2: 1}
    assert (delay.phones_left_out_share, delay.spikes_left_out_share) == (0.375, 0.5)
    none = EmissionDelay(np.zeros(0), 0, 2)
    assert math.isnan(none.within(1.0))
    assert none.histogram(0.02) == {}
    assert math.isnan(none.phones_left_out_share)
    assert none.spikes_left_out_share == 1.0


@given(spike_trains(), spike_trains())
def test_delays_in_frames_are_offsets(teacher, student):
    """A truth that begins where a teacher spikes is that teacher."""
    shift = refkd.alignment_shift(spiky(teacher), spiky(student))
    times = np.array(list(teacher), dtype=np.float64)  # whole, so that ties stay ties
    delay = emission_delay(spiky(student), list(teacher.values()), times, 1.0)
    assert delay.histogram(1.0) == shift.histogram
    assert_close(delay.phones_left_out_share, shift.teacher_unmatched_share, VALUE)
    assert delay.spikes_left_out == shift.student_unmatched
    if shift.n:
        assert (delay.within(1.0), delay.within(0.0)) == (shift.within_1, shift.exact)


# --- said while it is spoken ---------------------------------------------------------------------


def test_true_agreement_by_hand():
    logits = spiky({1: 1, 2: 1, 5: 2, 8: 3})
    phones = [1, 2, 3], [0.3, 0.5, 0.7], [0.5, 0.7, 0.8]
    agreement = true_agreement(logits, *phones, 0.1, first_frame=0.2)
    # At 0.3 and 0.4 a 1 is spoken; at 0.7 the 2 is over, and a 3 begins; at 1.0 nothing is spoken.
    assert agreement == TrueAgreement(phones=3, phones_missed=2, spike_frames=4, wrong=2)
    assert agreement.as_dict() == {"missed_phones": 2 / 3, "spike_error": 0.5}


def test_true_agreement_without_anything_to_share():
    assert true_agreement(spiky({}), [], [], [], 0.02).as_dict() == {
        "missed_phones": None,
        "spike_error": None,
    }
    assert true_agreement(spiky({}), [1], [9.0], [9.5], 0.02).missed_phones == 1.0


@given(
    spike_trains(max_spikes=12),
    st.sets(st.integers(0, 31), max_size=8),
    st.lists(st.integers(1, SPIKING - 1), min_size=7, max_size=7),
    st.integers(0, 2),
)
def test_true_agreement_equals_the_definition(train, edges, labels, late):
    edges = sorted(edges)
    phones = [
        (label, start, end)
        for n, (label, start, end) in enumerate(zip(labels, edges, edges[1:], strict=False))
        if n != 2  # a pause
    ]
    true, starts, ends = (list(part) for part in zip(*phones, strict=True)) if phones else ([],) * 3
    agreement = true_agreement(spiky(train), true, starts, ends, 1.0, first_frame=late)
    counts = agreement.phones_missed, agreement.spike_frames, agreement.wrong
    assert counts == oracle.true_agreement(spiky(train), phones, 0, 1.0, late)
    assert agreement.phones == len(phones)


# --- agreement and peakiness ---------------------------------------------------------------------


def test_agreement_by_hand():
    teacher = np.eye(3)[[0, 1, 1, 2, 0, 2]]
    student = np.eye(3)[[0, 0, 1, 1, 2, 2]]
    agreement = frame_agreement(teacher, student)
    assert agreement == FrameAgreement(
        frames=6, teacher_spike_frames=4, missed=1, wrong=2, different=3
    )
    assert agreement.as_dict() == {"missed_spikes": 0.25, "spike_error": 0.5, "frame_mismatch": 0.5}


def test_agreement_with_a_silent_teacher_has_no_share():
    shares = frame_agreement(spiky({}), spiky({2: 1})).as_dict()
    assert shares == {"missed_spikes": None, "spike_error": None, "frame_mismatch": 1 / 30}


def test_peakiness_by_hand():
    measured = peakiness([[0.0, 0.0], [-np.inf, 1.0], [math.log(3.0), 0.0]])
    assert (measured.frames, measured.blank_frames) == (3, 2)
    quarter = -0.25 * math.log(0.25) - 0.75 * math.log(0.75)
    assert_close(measured.mean_entropy, (math.log(2.0) + quarter) / 3, VALUE)
    assert_close(measured.blank_share, 2 / 3, VALUE)


# --- pooling -------------------------------------------------------------------------------------


@given(st.lists(st.tuples(spike_trains(), spike_trains()), max_size=4))
def test_pooled_offsets_count_every_pair_once(utterances):
    shifts = [refkd.alignment_shift(*map(spiky, trains)) for trains in utterances]
    pooled = OffsetStatistics.pool(shifts)
    assert pooled.offset.tolist() == [int(o) for shift in shifts for o in shift.offset]
    assert pooled.teacher_unmatched == sum(shift.teacher_unmatched for shift in shifts)
    assert pooled.student_unmatched == sum(shift.student_unmatched for shift in shifts)
    assert sum(pooled.histogram.values()) == pooled.n


@pytest.mark.parametrize(
    ("kind", "offset", "expected"),
    [
        (OffsetStatistics, [2, 2, -1], {"histogram": {"-1": 1, "2": 2}}),
        (TimedOffsets, [0.02, 0.02, -0.01], {"teacher_unmatched": 1}),
    ],
)
def test_pooled_measures_are_ready_for_json(kind, offset, expected):
    none = kind.pool([])
    assert math.isnan(none.mean)
    some = kind(np.array(offset), 1, 0).as_dict()
    for facts in (none.as_dict(), some):
        assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert (none.as_dict()["n"], none.as_dict()["mean"]) == (0, None)
    assert some.items() >= ({"n": 3, "teacher_unmatched_share": 0.25} | expected).items()


def test_pooled_delays_agreements_and_entropies_add_up():
    delays = EmissionDelay(np.array([0.1]), 1, 0), EmissionDelay(np.array([0.3, 0.5]), 2, 3)
    pooled = EmissionDelay.pool(delays)
    assert pooled.delay.tolist() == [0.1, 0.3, 0.5]
    assert (pooled.phones_left_out, pooled.spikes_left_out) == (3, 3)
    agreement = FrameAgreement.pool([FrameAgreement(4, 2, 1, 1, 1), FrameAgreement(6, 2, 0, 1, 3)])
    assert agreement == FrameAgreement(10, 4, 1, 2, 4)
    entropies = Peakiness.pool([Peakiness(1, 1, 0.5), Peakiness(3, 1, 1.5)])
    assert entropies.as_dict() == {"blank_share": 0.5, "mean_entropy": 0.5}
    spoken = TrueAgreement.pool([TrueAgreement(2, 1, 3, 1), TrueAgreement(2, 0, 1, 0)])
    assert spoken.as_dict() == {"missed_phones": 0.25, "spike_error": 0.25}


# --- models with clocks of their own --------------------------------------------------------------

TEACHER = Clock(0.02)
STUDENT = Clock(0.04, first_frame=0.01)


def test_shift_of_two_clocks_by_hand():
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
    turned = timed_shift(teacher[:, ::-1], student[:, ::-1], *clocks, blank=1)
    assert turned.offset.tolist() == [0.02]


def test_pooled_offsets_in_seconds():
    parts = TimedOffsets(np.array([0.1]), 1, 0), TimedOffsets(np.array([0.3, 0.5]), 2, 3)
    pooled = TimedOffsets.pool(parts)
    assert pooled.offset.tolist() == [0.1, 0.3, 0.5]
    assert (pooled.teacher_unmatched, pooled.student_unmatched) == (3, 3)
    assert_close([pooled.mean, pooled.p5, pooled.p95], [0.3, 0.12, 0.48], VALUE)
    shift = timed_shift(spiky({3: 1}), spiky({3: 1}), TEACHER, STUDENT)
    assert TimedOffsets.pool([shift]).offset.tolist() == shift.offset.tolist()

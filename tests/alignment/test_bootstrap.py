"""Bootstrap intervals of ratios of sums over seeds and utterances."""

import itertools
import json
import math
import tracemalloc

import numpy as np
import pytest
from tolerances import VALUE, assert_close

from refkd.alignment.bootstrap import (
    Interval,
    Ratio,
    Resampling,
    difference,
    interval,
    resample,
)
from refkd.alignment.shift_line import above_line


def every_resampling(size):
    """Counts of all size**size equally likely draws."""
    drawn = itertools.product(range(size), repeat=size)
    return np.array([np.bincount(indices, minlength=size) for indices in drawn], dtype=np.uint16)


def all_draws(seeds, utterances):
    """Every draw of seeds with every draw of utterances."""
    pairs = itertools.product(every_resampling(seeds), every_resampling(utterances))
    first, second = zip(*pairs, strict=True)
    return Resampling(np.array(first), np.array(second))


def measured(seed, seeds=3, utterances=40, rate=0.2):
    """Edits and phones of made-up students."""
    rng = np.random.default_rng(seed)
    phones = rng.integers(5, 30, utterances)
    own = rng.uniform(0.8, 1.2, (seeds, 1)) * rate
    return Ratio(rng.poisson(own * phones), np.broadcast_to(phones, (seeds, utterances)))


def constant(value, seeds=2, utterances=3):
    return Ratio(np.full((seeds, utterances), value), np.ones((seeds, utterances)))


def student(delay, error):
    """One utterance, one entry for each seed."""
    ones = np.ones((len(delay), 1))
    return Ratio(np.reshape(delay, (-1, 1)), ones), Ratio(np.reshape(error, (-1, 1)), ones)


def once(seeds=1):
    """Everything is drawn as it is."""
    return Resampling(np.ones((1, seeds), np.uint16), np.ones((1, 1), np.uint16))


# --- by hand and by the definition ---------------------------------------------------------------


def test_two_utterances_by_hand():
    """Draws aa ab ba bb of edits 1 / 2 and 0 / 8 give 0.5, 0.1, 0.1, 0."""
    got = interval(Ratio([[1, 0]], [[2, 8]]), all_draws(seeds=1, utterances=2))
    assert_close(got.mean, 0.1, VALUE)
    assert_close(got.low, 0.1 * 0.075, VALUE)  # 0.075 of the way from the first to the second
    assert_close(got.high, 0.5 - 0.4 * 0.075, VALUE)
    assert (got.n_seeds, got.n_utterances) == (1, 2)
    assert math.isnan(got.sd)


def test_two_seeds_by_hand():
    """The mean of the seeds' ratios 0.5 and 0.3, not the pooled ratio."""
    got = interval(Ratio([[1], [3]], [[2], [10]]), all_draws(seeds=2, utterances=1))
    assert_close([got.mean, got.sd], [0.4, np.sqrt(0.02)], VALUE)
    assert_close([got.low, got.high], [0.3 + 0.1 * 0.075, 0.5 - 0.1 * 0.075], VALUE)


def test_every_draw_equals_its_definition():
    """Repeat the drawn utterances, divide, average over the drawn seeds."""
    rng = np.random.default_rng(1)
    edits, phones = rng.integers(0, 9, (3, 3)), rng.integers(1, 9, (3, 3))
    drawn = list(itertools.product(range(3), repeat=3))
    means = [
        np.mean([edits[s, list(n)].sum() / phones[s, list(n)].sum() for s in seeds])
        for seeds, n in itertools.product(drawn, drawn)
    ]
    got = interval(Ratio(edits, phones), all_draws(3, 3))
    assert_close([got.low, got.high], np.percentile(means, [2.5, 97.5]), VALUE)


def test_random_draws_come_near_to_all_draws():
    ratio = measured(2, seeds=3, utterances=4)
    exact, drawn = interval(ratio, all_draws(3, 4)), interval(ratio, resample(3, 4, 100_000))
    width = exact.high - exact.low
    assert abs(drawn.low - exact.low) < width / 20
    assert abs(drawn.high - exact.high) < width / 20


def test_a_large_sample_agrees_with_the_normal_interval():
    """One seed, one phone in each utterance: a share of 1000, and its binomial interval."""
    edits = np.zeros((1, 1000))
    edits[0, :300] = 1
    got = interval(Ratio(edits, np.ones((1, 1000))), resample(1, 1000))
    half = 1.96 * math.sqrt(0.3 * 0.7 / 1000)
    assert abs(got.low - (0.3 - half)) < half / 20
    assert abs(got.high - (0.3 + half)) < half / 20


# --- draws ---------------------------------------------------------------------------------------


def test_draws_are_counts_that_add_up():
    draws = resample(seeds=4, utterances=700, repeats=3000, seed=1)
    assert draws.seeds.shape == (3000, 4)
    assert draws.utterances.shape == (3000, 700)
    assert (draws.seeds.sum(axis=1) == 4).all()
    assert (draws.utterances.sum(axis=1) == 700).all()
    assert abs(draws.utterances.var() - 1.0) < 0.01  # 700 draws, each with chance 1 / 700


def test_draws_follow_from_the_seed_and_utterances_do_not_from_the_number_of_seeds():
    first, second = resample(2, 30, 50, seed=7), resample(5, 30, 50, seed=7)
    np.testing.assert_array_equal(first.utterances, second.utterances)
    np.testing.assert_array_equal(first.seeds, resample(2, 30, 50, seed=7).seeds)
    assert (first.utterances != resample(2, 30, 50, seed=8).utterances).any()


def test_seeds_and_utterances_are_drawn_independently():
    draws = resample(2, 2, 20_000)
    correlation = np.corrcoef(draws.seeds[:, 0], draws.utterances[:, 0])[0, 1]
    assert abs(correlation) < 0.03


def test_memory_stays_modest():
    ratio = measured(0, seeds=5, utterances=2000)
    tracemalloc.start()
    try:
        interval(ratio, resample(5, 2000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100e6


# --- invariants ----------------------------------------------------------------------------------


def test_the_order_of_seeds_and_utterances_has_no_meaning():
    ratio, draws = measured(3), resample(3, 40, 500)
    seeds, utterances = [2, 0, 1], np.random.default_rng(0).permutation(40)
    turned = Ratio(*(sums[seeds][:, utterances] for sums in (ratio.numerator, ratio.denominator)))
    same = Resampling(draws.seeds[:, seeds], draws.utterances[:, utterances])
    expected, got = interval(ratio, draws).as_dict(), interval(turned, same).as_dict()
    assert_close(list(got.values()), list(expected.values()), VALUE)


def test_a_constant_has_no_width_and_a_student_does_not_differ_from_itself():
    got = interval(constant(2.5), resample(2, 3))
    assert got == Interval(2.5, 0.0, 2.5, 2.5, n_seeds=2, n_utterances=3)
    got = difference(measured(6), measured(6), resample(3, 40))
    assert got == Interval(0.0, 0.0, 0.0, 0.0, n_seeds=3, n_utterances=40)


def test_with_one_seed_only_utterances_vary():
    got = interval(measured(4, seeds=1), resample(1, 40))
    assert math.isnan(got.sd)
    assert got.low < got.mean < got.high
    single = interval(Ratio([[1]], [[4]]), resample(1, 1))
    assert single.low == single.mean == single.high == 0.25


def test_seeds_that_differ_widen_the_interval():
    edits = np.tile(np.random.default_rng(0).integers(0, 5, 100), (3, 1))
    phones = np.full((3, 100), 10)
    draws = resample(3, 100)
    alike = interval(Ratio(edits, phones), draws)
    apart = interval(Ratio(edits * [[1], [2], [3]], phones), draws)
    assert alike.sd == 0.0
    assert apart.high - apart.low > 2 * (alike.high - alike.low)


def test_the_interval_follows_the_scale():
    ratio, draws = measured(5), resample(3, 40)
    plain = interval(ratio, draws)
    ten = interval(Ratio(10 * ratio.numerator, ratio.denominator), draws)
    expected = [10 * plain.mean, 10 * plain.sd, 10 * plain.low, 10 * plain.high]
    assert_close([ten.mean, ten.sd, ten.low, ten.high], expected, VALUE)


def test_weights_are_those_of_the_denominator():
    """An utterance cut in two halves that are drawn together changes nothing."""
    ratio, draws = Ratio([[4, 2]], [[10, 8]]), resample(1, 2)
    halves = Ratio([[2, 2, 2]], [[5, 5, 8]])
    together = Resampling(draws.seeds, draws.utterances[:, [0, 0, 1]])
    whole, cut = interval(ratio, draws), interval(halves, together)
    assert (whole.low, whole.high) == (cut.low, cut.high)


# --- differences ---------------------------------------------------------------------------------


def test_a_difference_turned_round():
    draws = resample(3, 40)
    difference_ab = difference(measured(7), measured(8), draws)
    other = difference(measured(8), measured(7), draws)
    assert_close(
        [other.mean, other.low, other.high],
        [-difference_ab.mean, -difference_ab.high, -difference_ab.low],
        VALUE,
    )


def test_pairs_are_narrower_than_the_students():
    """Both make the same errors and one of them one more in ten phones."""
    ratio, draws = measured(9), resample(3, 40)
    phones = ratio.denominator
    worse = Ratio(ratio.numerator + phones / 10, phones)
    got = difference(worse, ratio, draws)
    assert_close([got.mean, got.low, got.high], 0.1, VALUE)
    assert interval(ratio, draws).high - interval(ratio, draws).low > 0.01


# --- nothing to divide by ------------------------------------------------------------------------


def test_a_seed_without_a_matched_spike_is_left_out():
    offsets, pairs = [[2, 4, 0], [0, 0, 0]], [[1, 1, 0], [0, 0, 0]]
    got = interval(Ratio(offsets, pairs), resample(2, 3))
    assert got.n_seeds == 1
    assert got.mean == 3.0
    assert math.isnan(got.sd)
    assert (got.low, got.high) == (2.0, 4.0)  # draws of nothing but the third are left out


def test_a_difference_needs_the_seed_of_both():
    a, b = Ratio([[3], [0]], [[1], [0]]), Ratio([[1], [5]], [[1], [1]])
    got = difference(a, b, resample(2, 1))
    assert (got.mean, got.low, got.high, got.n_seeds) == (2.0, 2.0, 2.0, 1)


def test_no_spike_at_all():
    got = interval(Ratio([[0, 0]], [[0, 0]]), resample(1, 2))
    assert got.n_seeds == 0
    blank = dict.fromkeys(("mean", "sd", "low", "high"))
    assert got.as_dict() == {**blank, "n_seeds": 0, "n_utterances": 2}
    json.dumps(got.as_dict(), allow_nan=False)


# --- against a line ------------------------------------------------------------------------------

SHIFTS = [student([4.0], [0.20]), student([0.0], [0.30]), student([2.0], [0.26])]


@pytest.mark.parametrize(
    ("delay", "line"), [(0.0, 0.30), (1.0, 0.28), (2.0, 0.26), (3.5, 0.215), (4.0, 0.20)]
)
def test_the_line_joins_the_shifts_in_order_of_delay(delay, line):
    got = above_line(student([delay], [0.25]), SHIFTS, once())
    assert_close([got.mean, got.low, got.high], 0.25 - line, VALUE)
    assert above_line(student([delay], [line]), SHIFTS[::-1], once()) is not None


@pytest.mark.parametrize("delay", [-0.1, 4.1])
def test_the_line_is_not_extrapolated(delay):
    assert above_line(student([delay], [0.25]), SHIFTS, once()) is None


def test_a_line_needs_two_points_with_a_delay_and_so_does_its_student():
    delay, error = at = student([2.0], [0.25])
    mute = Ratio(delay.numerator, 0 * delay.denominator), error
    for other, shifts in ((at, SHIFTS[:1]), (at, []), (mute, SHIFTS), (at, [*SHIFTS, mute])):
        assert above_line(other, shifts, once()) is None
    twins = [student([2.0], [0.2]), student([2.0], [0.2])]
    assert_close(above_line(at, twins, once()).mean, 0.05, VALUE)


def test_the_line_is_drawn_anew_in_every_resampling():
    """Two seeds: delay 1 and 3, error 0.3 on a line 0.4 - 0.1 delay, drawn together."""
    shifts = [student([0.0, 0.0], [0.4, 0.4]), student([2.0, 4.0], [0.2, 0.0])]
    got = above_line(student([1.0, 3.0], [0.3, 0.3]), shifts, all_draws(2, 1))
    assert_close([got.mean, got.sd], [0.1, np.sqrt(0.02)], VALUE)
    assert_close([got.low, got.high], [0.1 * 0.075, 0.2 - 0.1 * 0.075], VALUE)


def test_where_a_draw_leaves_the_line_its_end_stands_for_it():
    shifts = [student([0.0, 0.0], [0.4, 0.4]), student([2.0, 2.0], [0.2, 0.2])]
    rule = student([0.0, 3.0], [0.3, 0.3])
    got = above_line(rule, shifts, Resampling(np.array([[0, 2]], np.uint16), once().utterances))
    assert_close([got.mean, got.low], [0.05, 0.1], VALUE)  # at delay 1.5; at 3, the end's


def test_the_line_equals_numpys():
    rng = np.random.default_rng(3)
    delays, errors = rng.uniform(0, 5, (4, 6)), rng.uniform(0.1, 0.3, (4, 6))
    shifts = [student(*values) for values in zip(delays, errors, strict=True)]
    at, error = rng.uniform(2, 3, 6), rng.uniform(0.1, 0.3, 6)
    draws = resample(6, 1, 200)
    order = np.argsort(delays, axis=0)
    x, y = (np.take_along_axis(values, order, axis=0) for values in (delays, errors))
    own = [error[s] - np.interp(at[s], x[:, s], y[:, s]) for s in range(6)]
    means = []
    for counts in draws.seeds / 6.0:
        order = np.argsort(delays @ counts)
        line = np.interp(at @ counts, (delays @ counts)[order], (errors @ counts)[order])
        means.append(error @ counts - line)
    got = above_line(student(at, error), shifts, draws)
    assert_close(got.sd, np.std(own, ddof=1), VALUE)
    assert_close([got.low, got.high], np.percentile(means, [2.5, 97.5]), VALUE)


def test_ninety_five_percent_of_the_intervals_hold_the_truth():
    """One seed, 60 utterances: the share of covered truths is binomial about 0.95."""
    draws = resample(1, 60, 1000)
    truth, covered, worlds = 0.2, 0, 400
    for world in range(worlds):
        rng = np.random.default_rng(world)
        phones = rng.integers(5, 30, (1, 60))
        got = interval(Ratio(rng.binomial(phones, truth), phones), draws)
        covered += got.low <= truth <= got.high
    assert 0.91 < covered / worlds < 0.98


def test_chance_of_one_seed_and_one_utterance_counts_three_times():
    """Variance 3 / (S N): once with the seeds, once with the utterances, once with both."""
    noise = np.random.default_rng(0).normal(size=(40, 300))
    got = interval(Ratio(noise, np.ones((40, 300))), resample(40, 300))
    assert abs((got.high - got.low) / (2 * 1.96 * math.sqrt(3 / (40 * 300))) - 1) < 0.1

"""What a lesson adds to CTC: its weight over the steps, what its teacher hears, its controls."""

from functools import partial

import numpy as np
import pytest
from tolerances import VALUE, assert_close

import refkd
from refkd.check import ArgumentError
from refkd.experiment.objectives import Distillation, GuidedLoss, RandomChoice, random_frames
from refkd.losses.guided import guided_loss_batch

K = 4
RULE = refkd.FrameWise()


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    return [
        refkd.Ragged.from_list([rng.normal(size=(frames, width)) for frames in (7, 1, 4)])
        for width in (3, K)
    ]


@pytest.fixture
def logits(batch):
    """Those of a student and, the other way round, of a teacher."""
    _, student = batch
    return student, student.with_values(student.values[::-1])


def teacher():
    return refkd.Network.create(3, 4, 1, K, bidirectional=True, dtype=np.float64)


def distillation(rule=RULE, weight=1.0, **options):
    return Distillation(teacher=teacher(), rule=rule, weight=weight, **options)


def rng():
    return np.random.default_rng(1)


@pytest.mark.parametrize(
    ("warm_up", "weights"),
    [
        (0.5, [0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 0.8, 0.8]),
        (0.0, [0.8] * 3),
        (1.0, [0.2, 0.4, 0.6, 0.8]),
    ],
)
def test_the_weight_rises_on_a_straight_line_and_stays(warm_up, weights):
    lesson, steps = distillation(weight=0.8, warm_up=warm_up), len(weights)
    assert_close([lesson.weight_at(step, steps) for step in range(steps)], weights, VALUE)


def test_a_teacher_hears_the_noise_unless_its_clean_logits_are_given(batch):
    features, logits = batch
    taught = distillation().teacher_logits(np.array([5, 6, 7]), features)
    assert np.array_equal(taught.values, teacher().forward(features).logits.values)
    clean = distillation(clean_logits=logits)
    taught = clean.teacher_logits(np.array([2, 0]), features)
    assert np.array_equal(taught.values, np.concatenate([logits[2], logits[0]]))


HARD = refkd.Hard(refkd.Window(2))
OPTIONS = {"divergence": "js", "temperature": 2.0, "scale_t2": True}
OPTIONS["blank_frames"] = "drop_selected"
ALONE = refkd.Hard(refkd.Window(0))  # one frame in view leaves no choice


@pytest.mark.parametrize(
    ("lesson", "batch_loss"),
    [
        (distillation(HARD, **OPTIONS), partial(refkd.distill_loss_batch, rule=HARD, **OPTIONS)),
        (GuidedLoss(teacher=teacher(), weight=1.0), guided_loss_batch),
        (
            RandomChoice(teacher=teacher(), rule=ALONE, weight=1.0),
            partial(refkd.distill_loss_batch, rule=RULE),
        ),
    ],
    ids=["the rule with its options", "the guide's spikes", "a random choice of one frame"],
)
def test_a_lesson_is_its_loss_summed_over_the_batch(lesson, batch_loss, logits):
    loss, grad = lesson.loss(*logits, rng())
    losses, grads = batch_loss(*logits)
    assert loss == losses.sum()
    assert loss < 0.0 or not isinstance(lesson, GuidedLoss)
    assert np.array_equal(grad.values, grads.values)


@pytest.mark.parametrize("blank_frames", ["keep", "drop_selected", "no_blank_candidates"])
def test_posteriors_that_are_computed_once_give_the_same_bits(logits, blank_frames):
    student, clean = logits
    lesson = distillation(HARD, clean_logits=clean, blank_frames=blank_frames, temperature=3.0)
    places = np.array([1, 0])
    part = refkd.Ragged.from_list([student[n] for n in places])
    expected_loss, expected_grad = lesson.loss(part, lesson.teacher_logits(places, part), rng())
    loss, grad = lesson.loss_at(part, places, part, rng())
    assert loss == expected_loss
    assert np.array_equal(grad.values, expected_grad.values)


def test_a_random_choice_never_costs_less_than_the_search(logits):
    least = refkd.distill_loss_batch(*logits, HARD)[0].sum()
    lesson = RandomChoice(teacher=teacher(), rule=HARD, weight=1.0)
    costs = [lesson.loss(*logits, np.random.default_rng(seed))[0] for seed in range(20)]
    assert min(costs) >= least
    assert len(set(costs)) > 1


def test_random_frames_are_all_those_of_the_window_about_equally_often():
    offsets = np.array([0, 3, 9])
    window, draws, seed = refkd.Window(2, 1), 3000, np.random.default_rng(3)
    drawn = np.array([random_frames(offsets, window, seed) for _ in range(draws)])
    for frame in range(9):
        first, last = (0, 2) if frame < 3 else (3, 8)
        seen = [*range(max(first, frame - 2), min(last, frame + 1) + 1)]
        frames, counts = np.unique(drawn[:, frame], return_counts=True)
        assert frames.tolist() == seen
        expected = draws / len(seen)
        assert np.abs(counts - expected).max() < 5 * np.sqrt(expected)  # five deviations


def test_a_random_choice_needs_something_to_choose_from():
    with pytest.raises(ArgumentError, match="window: expected left, right >= 0 for a random"):
        random_frames(np.array([0, 3]), refkd.Window(2, -1), rng())

"""What a lesson adds to CTC: its weight over the steps, what its teacher hears, its controls."""

import numpy as np
import pytest
from tolerances import VALUE, assert_close

import refkd
from refkd.check import ArgumentError
from refkd.experiment.objectives import Distillation, GuidedLoss, RandomChoice, random_frames
from refkd.losses.guided import guided_loss_batch

K = 4


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    return [
        refkd.Ragged.from_list([rng.normal(size=(frames, width)) for frames in (7, 1, 4)])
        for width in (3, K)
    ]


def teacher():
    return refkd.Network.create(3, 4, 1, K, bidirectional=True, dtype=np.float64)


def rng():
    return np.random.default_rng(1)


def test_the_weight_rises_on_a_straight_line_and_stays():
    lesson = Distillation(teacher=teacher(), rule=refkd.FrameWise(), weight=0.8, warm_up=0.5)
    weights = [lesson.weight_at(step, 8) for step in range(8)]
    assert_close(weights, [0.2, 0.4, 0.6, 0.8, 0.8, 0.8, 0.8, 0.8], VALUE)


def test_without_a_warm_up_the_weight_is_there_at_once():
    lesson = Distillation(teacher=teacher(), rule=refkd.FrameWise(), weight=0.8)
    assert [lesson.weight_at(step, 3) for step in range(3)] == [0.8] * 3


def test_a_warm_up_over_everything_ends_at_the_weight():
    lesson = Distillation(teacher=teacher(), rule=refkd.FrameWise(), weight=1.0, warm_up=1.0)
    assert [lesson.weight_at(step, 4) for step in range(4)] == [0.25, 0.5, 0.75, 1.0]


def test_a_teacher_hears_the_noise_unless_its_clean_logits_are_given(batch):
    features, logits = batch
    noisy = Distillation(teacher=teacher(), rule=refkd.FrameWise(), weight=1.0)
    taught = noisy.teacher_logits(np.array([5, 6, 7]), features)
    assert np.array_equal(taught.values, teacher().forward(features).logits.values)
    clean = Distillation(teacher=teacher(), rule=refkd.FrameWise(), weight=1.0, clean_logits=logits)
    taught = clean.teacher_logits(np.array([2, 0]), features)
    assert np.array_equal(taught.values, np.concatenate([logits[2], logits[0]]))


def test_a_distillation_is_the_rule_with_its_options(batch):
    _, student = batch
    other = student.with_values(student.values[::-1])
    rule, options = refkd.Hard(refkd.Window(2)), ("js", 2.0, True, "drop_selected")
    lesson = Distillation(
        teacher=teacher(),
        rule=rule,
        weight=1.0,
        divergence="js",
        temperature=2.0,
        scale_t2=True,
        blank_frames="drop_selected",
    )
    loss, grad = lesson.loss(student, other, rng())
    losses, grads = refkd.distill_loss_batch(student, other, rule, *options)
    assert loss == losses.sum()
    assert np.array_equal(grad.values, grads.values)


def test_guidance_is_the_loss_at_the_guides_spikes(batch):
    _, student = batch
    other = student.with_values(student.values[::-1])
    loss, grad = GuidedLoss(teacher=teacher(), weight=1.0).loss(student, other, rng())
    losses, grads = guided_loss_batch(student, other)
    assert loss == losses.sum() < 0.0
    assert np.array_equal(grad.values, grads.values)


def test_a_random_choice_in_a_window_of_one_frame_is_frame_wise(batch):
    _, student = batch
    other = student.with_values(student.values[::-1])
    rule = refkd.Hard(refkd.Window(0))
    loss, grad = RandomChoice(teacher=teacher(), rule=rule, weight=1.0).loss(student, other, rng())
    losses, grads = refkd.distill_loss_batch(student, other, refkd.FrameWise())
    assert loss == losses.sum()
    assert np.array_equal(grad.values, grads.values)


def test_a_random_choice_never_costs_less_than_the_search(batch):
    _, student = batch
    other = student.with_values(student.values[::-1])
    rule = refkd.Hard(refkd.Window(2))
    least = refkd.distill_loss_batch(student, other, rule)[0].sum()
    lesson = RandomChoice(teacher=teacher(), rule=rule, weight=1.0)
    costs = [lesson.loss(student, other, np.random.default_rng(seed))[0] for seed in range(20)]
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

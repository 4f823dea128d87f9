"""The training loop: what a step minimises, and that equal seeds give equal bits."""

import numpy as np
import pytest
from tolerances import VALUE, assert_close

import refkd
from refkd.check import ArgumentError
from refkd.data.dataset import load, prepare
from refkd.train import DivergedError, Lesson, TrainingSettings, train

SETTINGS = TrainingSettings(epochs=2, batch=2)


@pytest.fixture(scope="module")
def split():
    return prepare(load("synthetic", train=4, validation=1, test=1)).train


@pytest.fixture(scope="module")
def classes(split):
    return int(split.labels.values.max()) + 1


def network(classes, bidirectional=False, seed=0):
    return refkd.Network.create(80, 4, 1, classes, bidirectional, seed=seed, dtype=np.float64)


def test_the_reported_losses_are_those_of_the_start_for_a_rate_near_zero(split, classes):
    """With no noise and no learning, an epoch's loss is the loss of the untouched networks."""
    teacher, student = network(classes, True, 1), network(classes)
    rule = refkd.Hard(refkd.Window(3, 0))
    still = TrainingSettings(epochs=1, batch=2, rate=1e-300, noise=0.0)
    _, (epoch,) = train(student, split, still, 0, Lesson(teacher, rule, 0.3))
    student_logits = student.forward(split.features).logits
    teacher_logits = teacher.forward(split.features).logits
    ctc, _ = refkd.ctc_loss_batch(student_logits, split.labels)
    distill, _ = refkd.distill_loss_batch(student_logits, teacher_logits, rule)
    frames = len(split.features.values)
    assert_close(epoch.ctc, ctc.sum() / frames, VALUE)
    assert_close(epoch.distill, distill.sum() / frames, VALUE)


def test_the_teacher_is_left_as_it_was_and_so_is_the_start(split, classes):
    teacher, student = network(classes, True, 1), network(classes)
    before = teacher.hash(), student.hash()
    trained, _ = train(student, split, SETTINGS, 0, Lesson(teacher, refkd.FrameWise(), 1.0))
    assert (teacher.hash(), student.hash()) == before
    assert trained.hash() != before[1]


def test_equal_seeds_give_equal_bits_and_other_seeds_do_not(split, classes):
    first, again, other = (train(network(classes), split, SETTINGS, s)[0] for s in (0, 0, 1))
    assert first.hash() == again.hash() != other.hash()


def test_a_lesson_of_weight_zero_is_ctc_alone(split, classes):
    lesson = Lesson(network(classes, True, 1), refkd.FrameWise(), 0.0)
    alone, _ = train(network(classes), split, SETTINGS, 0)
    weightless, history = train(network(classes), split, SETTINGS, 0, lesson)
    assert weightless.hash() == alone.hash()
    assert history[0].distill > 0.0


@pytest.mark.compiled_only
def test_a_lesson_brings_the_student_nearer_to_the_teacher(split, classes):
    teacher = network(classes, True, 1)
    settings = TrainingSettings(epochs=20, batch=2, noise=0.0)
    _, alone = train(network(classes), split, settings, 0, Lesson(teacher, refkd.FrameWise(), 0.0))
    _, taught = train(network(classes), split, settings, 0, Lesson(teacher, refkd.FrameWise(), 9.0))
    assert taught[-1].distill < 0.5 * alone[-1].distill


def test_every_epoch_is_told(split, classes):
    told = []
    _, history = train(network(classes), split, SETTINGS, 0, on_epoch=told.append)
    assert tuple(told) == history
    assert len(history) == 2


def test_leaving_the_finite_numbers_is_said_in_a_sentence(split, classes):
    values = network(classes).parameters()
    values["output.bias"] = np.full(classes, np.inf)
    wild = network(classes).with_parameters(values)
    with pytest.raises(DivergedError, match=r"training: expected finite logits"):
        train(wild, split, SETTINGS, 0)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"epochs": 0}, "epochs: expected a whole number >= 1, got 0"),
        ({"batch": 0}, "batch: expected a whole number >= 1, got 0"),
        ({"rate": -1}, "rate: expected a number > 0, got -1"),
        ({"clip": 0}, "clip: expected a number > 0, got 0"),
        ({"noise": -0.1}, "noise: expected a number >= 0, got -0.1"),
    ],
)
def test_settings_out_of_range_are_refused(setting, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        TrainingSettings(**setting)

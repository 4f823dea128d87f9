"""The training loop: what a step minimises, equal bits for equal seeds, and going on."""

import dataclasses

import numpy as np
import pytest
from tolerances import VALUE, assert_close

import refkd
from refkd.check import ArgumentError, DataError
from refkd.data.dataset import load, prepare
from refkd.experiment.objectives import Distillation, RandomChoice
from refkd.experiment.train import DivergedError, TrainingSettings, error_rate, train

SETTINGS = TrainingSettings(epochs=2, batch=2)


@pytest.fixture(scope="module")
def split():
    return prepare(load("synthetic", train=4, validation=1, test=1)).train


@pytest.fixture(scope="module")
def classes(split):
    return int(split.labels.values.max()) + 1


def network(classes, bidirectional=False, seed=0):
    return refkd.Network.create(80, 4, 1, classes, bidirectional, seed=seed, dtype=np.float64)


FRAME_WISE = refkd.FrameWise()


def lesson_of(classes, weight=1.0, rule=FRAME_WISE, kind=Distillation, **options):
    return kind(teacher=network(classes, True, 1), rule=rule, weight=weight, **options)


def test_the_reported_losses_are_those_of_the_start_for_a_rate_near_zero(split, classes):
    """With no noise and no learning, an epoch's loss is the loss of the untouched networks."""
    student, rule = network(classes), refkd.Hard(refkd.Window(3, 0))
    lesson = lesson_of(classes, 0.3, rule)
    still = TrainingSettings(epochs=1, batch=2, rate=1e-300, noise=0.0)
    _, (epoch,) = train(student, split, still, 0, lesson)
    student_logits = student.forward(split.features).logits
    teacher_logits = lesson.teacher.forward(split.features).logits
    ctc, _ = refkd.ctc_loss_batch(student_logits, split.labels)
    distill, _ = refkd.distill_loss_batch(student_logits, teacher_logits, rule)
    frames = len(split.features.values)
    assert_close(epoch.ctc, ctc.sum() / frames, VALUE)
    assert_close(epoch.lesson, distill.sum() / frames, VALUE)


def test_the_teacher_is_left_as_it_was_and_so_is_the_start(split, classes):
    lesson, student = lesson_of(classes), network(classes)
    before = lesson.teacher.hash(), student.hash()
    trained, _ = train(student, split, SETTINGS, 0, lesson)
    assert (lesson.teacher.hash(), student.hash()) == before
    assert trained.hash() != before[1]


def test_equal_seeds_give_equal_bits_and_other_seeds_do_not(split, classes):
    first, again, other = (train(network(classes), split, SETTINGS, s)[0] for s in (0, 0, 1))
    assert first.hash() == again.hash() != other.hash()


def test_a_lesson_of_weight_zero_is_ctc_alone(split, classes):
    alone, _ = train(network(classes), split, SETTINGS, 0)
    weightless, history = train(network(classes), split, SETTINGS, 0, lesson_of(classes, 0.0))
    assert weightless.hash() == alone.hash()
    assert history[0].lesson > 0.0


def test_with_no_weight_on_anything_nothing_is_learnt(split, classes):
    lesson = lesson_of(classes, 0.0, ctc=0.0)
    trained, history = train(network(classes), split, SETTINGS, 0, lesson)
    assert trained.hash() == network(classes).hash()
    assert history[0].ctc > 0.0


def test_a_weight_that_warms_up_is_another_training(split, classes):
    at_once, slowly, as_good_as_at_once = (
        train(network(classes), split, SETTINGS, 0, lesson_of(classes, warm_up=share))[0].hash()
        for share in (0.0, 1.0, 1e-9)
    )
    assert at_once == as_good_as_at_once != slowly


@pytest.mark.compiled_only
def test_a_lesson_brings_the_student_nearer_to_the_teacher(split, classes):
    settings = TrainingSettings(epochs=20, batch=2, noise=0.0)
    alone, taught = (
        train(network(classes), split, settings, 0, lesson_of(classes, weight))[1]
        for weight in (0.0, 9.0)
    )
    assert taught[-1].lesson < 0.5 * alone[-1].lesson


def test_each_epoch_draws_noise_and_choices_of_its_own(split, classes):
    """With no learning, two epochs differ by what they draw alone."""
    still = TrainingSettings(epochs=2, batch=4, rate=1e-300)
    _, noisy = train(network(classes), split, still, 0)
    assert noisy[0].ctc != noisy[1].ctc
    clean = dataclasses.replace(still, noise=0.0)
    lesson = lesson_of(classes, rule=refkd.Hard(refkd.Window(3)), kind=RandomChoice)
    _, drawn = train(network(classes), split, clean, 0, lesson)
    assert_close(drawn[0].ctc, drawn[1].ctc, VALUE)
    assert drawn[0].lesson != drawn[1].lesson


def test_every_epoch_is_told(split, classes):
    histories = []
    _, history = train(network(classes), split, SETTINGS, 0, on_epoch=histories.append)
    assert [len(epochs) for epochs in histories] == [1, 2]
    assert histories[-1] == history


def test_leaving_the_finite_numbers_is_said_in_a_sentence(split, classes):
    values = {name: value.copy() for name, value in network(classes).parameters().items()}
    for value in values.values():
        value[:] = 10.0 if value.ndim == 1 else 0.0
    values["output.w"][:] = 1e308
    wild = network(classes).with_parameters(values)
    with pytest.raises(
        DivergedError, match=r"training diverged: features: .* all logits are finite"
    ):
        train(wild, split, SETTINGS, 0)


def test_the_validation_error_of_an_epoch_is_that_of_its_network(split, classes):
    trained, history = train(network(classes), split, SETTINGS, 0, validation=split)
    assert history[-1].validation == error_rate(trained, split)
    unseen, without = train(network(classes), split, SETTINGS, 0)
    assert trained.hash() == unseen.hash()
    assert np.isnan(without[-1].validation)


def test_dropout_is_decided_by_the_seed_and_needs_two_layers(split, classes):
    dropping = dataclasses.replace(SETTINGS, dropout=0.5)
    deep = refkd.Network.create(80, 4, 2, classes, False, dtype=np.float64)
    runs = [train(deep, split, each, 0)[0].hash() for each in (SETTINGS, dropping, dropping)]
    plain, dropped, again = runs
    assert plain != dropped == again
    shallow = [train(network(classes), split, each, 0)[0].hash() for each in (SETTINGS, dropping)]
    assert shallow[0] == shallow[1]


def test_the_history_keeps_what_is_said_of_the_utterance_that_is_followed(split, classes, tmp_path):
    """After every epoch, by the network of that epoch; the others of the batch are not asked."""
    tracked, path, networks = split.take([1]).features, tmp_path / "student.npz", []

    def read_parameters(histories):
        with np.load(path, allow_pickle=False) as arrays:
            values = {name: arrays[f"parameters.{name}"] for name in start.parameters()}
            saved = arrays["said"]
        networks.append(start.with_parameters(values))
        np.testing.assert_array_equal(saved, [epoch.logits for epoch in histories])

    start = network(classes)
    _, history = train(start, split, SETTINGS, 0, None, None, read_parameters, path, tracked)
    assert len(networks) == 2
    for network_after, epoch in zip(networks, history, strict=True):
        assert epoch.logits.tobytes() == network_after.forward(tracked).logits.values.tobytes()
    assert not np.array_equal(history[0].logits, history[1].logits)


def test_following_an_utterance_changes_nothing_that_is_learnt(split, classes, tmp_path):
    path = tmp_path / "student.npz"
    alone, history = train(network(classes), split, SETTINGS, 0, checkpoint=path)
    with np.load(path, allow_pickle=False) as arrays:
        assert "said" not in arrays
    watched, again = train(network(classes), split, SETTINGS, 0, tracked=split.take([1]).features)
    assert watched.hash() == alone.hash()
    for epoch, other in zip(history, again, strict=True):
        assert (epoch.ctc, epoch.lesson) == (other.ctc, other.lesson)
        assert epoch.logits is None


class Killed(Exception):
    """Stands for whatever ends a process in the middle."""


@pytest.mark.parametrize("epochs_done", [1, 2])
def test_training_goes_on_from_a_checkpoint_with_the_same_bits(
    split, classes, tmp_path, epochs_done
):
    settings = TrainingSettings(epochs=3, batch=2)
    lesson = lesson_of(classes, 0.5, refkd.Hard(refkd.Window(3)), RandomChoice, warm_up=0.5)
    tracked = split.take([2]).features
    whole, history = train(network(classes), split, settings, 0, lesson, split, tracked=tracked)

    def stop(histories):
        if len(histories) == epochs_done:
            raise Killed

    path = tmp_path / "student.npz"
    with pytest.raises(Killed):
        train(network(classes), split, settings, 0, lesson, split, stop, path, tracked)
    histories = []
    more = histories.append, path, tracked
    on, gone_on = train(network(classes), split, settings, 0, lesson, split, *more)
    assert on.hash() == whole.hash()
    for epoch, other in zip(gone_on, history, strict=True):
        assert dataclasses.replace(epoch, seconds=0.0) == dataclasses.replace(other, seconds=0.0)
        assert epoch.logits.tobytes() == other.logits.tobytes()
    assert [len(epoch) for epoch in histories] == [*range(epochs_done, 4)]
    done, _ = train(network(classes), split, settings, 0, lesson, split, None, path, tracked)
    assert done.hash() == whole.hash()


def test_the_checkpoint_of_another_training_is_refused(split, classes, tmp_path):
    path = tmp_path / "student.npz"
    lesson = lesson_of(classes, 0.5)
    train(network(classes), split, SETTINGS, 0, lesson, None, None, path)
    others = [
        (network(classes, seed=5), split, SETTINGS, 0, lesson),
        (network(classes), split.take([1, 0, 2, 3]), SETTINGS, 0, lesson),
        (network(classes), split, dataclasses.replace(SETTINGS, epochs=3), 0, lesson),
        (network(classes), split, SETTINGS, 1, lesson),
        (network(classes), split, SETTINGS, 0, None),
        (network(classes), split, SETTINGS, 0, dataclasses.replace(lesson, weight=0.6)),
        (network(classes), split, SETTINGS, 0, dataclasses.replace(lesson, rule=refkd.Shift(1))),
    ]
    for other in others:
        with pytest.raises(DataError, match="expected the checkpoint of this training, got one of"):
            train(*other, checkpoint=path)
    with pytest.raises(DataError, match="expected the checkpoint of this training, got one of"):
        train(network(classes), split, SETTINGS, 0, lesson, None, None, path, split.features)


def test_a_file_of_another_kind_is_no_checkpoint(split, classes, tmp_path):
    network(classes).save(tmp_path / "net")
    (tmp_path / "text").write_bytes(b"spike")
    (tmp_path / "empty").write_bytes(b"")
    for path in sorted(tmp_path.iterdir()):
        content = path.read_bytes()
        with pytest.raises(DataError, match="expected a checkpoint, got a file of another kind"):
            train(network(classes), split, SETTINGS, 0, checkpoint=path)
        assert path.read_bytes() == content


def test_a_checkpoint_that_cannot_be_written_is_one_sentence(split, classes, tmp_path):
    with pytest.raises(DataError, match="expected to write there, got No such file"):
        train(network(classes), split, SETTINGS, 0, checkpoint=tmp_path / "none" / "net.npz")


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"epochs": 0}, "epochs: expected a whole number >= 1, got 0"),
        ({"batch": 0}, "batch: expected a whole number >= 1, got 0"),
        ({"rate": -1}, "rate: expected a number > 0, got -1"),
        ({"clip": 0}, "clip: expected a number > 0, got 0"),
        ({"noise": -0.1}, "noise: expected a number >= 0, got -0.1"),
        ({"dropout": 1.0}, "dropout: expected a share >= 0 and < 1, got 1.0"),
    ],
)
def test_settings_out_of_range_are_refused(setting, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        TrainingSettings(**setting)

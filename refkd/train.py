"""The training loop: CTC, and for students the distillation loss beside it."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator, SeedSequence

from refkd import check
from refkd.ctc import ctc_loss_batch
from refkd.data.dataset import Split, batches
from refkd.distill import distill_loss_batch
from refkd.network import Network
from refkd.optimise import adam_start, adam_step, clip_gradients, learning_rate
from refkd.records.ragged import Ragged
from refkd.records.rules import Rule


class DivergedError(ValueError):
    """Training left the finite numbers."""


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained.

    Parameters
    ----------
    epochs : int
        Passes over the training set, >= 1.
    batch : int
        Utterances in a step, >= 1.
    rate : float
        Highest learning rate of Adam, > 0.
    rise : float
        Share of all steps in which the rate rises to its highest, in [0, 0.5].
    clip : float
        Largest norm of the gradient, > 0.
    noise : float
        Standard deviation of the noise added to the normalised features, >= 0.

    Raises
    ------
    ArgumentError
        If a setting is out of its range.

    Examples
    --------
    >>> from refkd.train import TrainingSettings
    >>> TrainingSettings(epochs=3).batch
    8
    """

    epochs: int = 20
    batch: int = 8
    rate: float = 8e-3
    rise: float = 0.15
    clip: float = 1.0
    noise: float = 0.5

    def __post_init__(self) -> None:
        check.integer("epochs", self.epochs, low=1)
        check.integer("batch", self.batch, low=1)
        check.positive("rate", self.rate)
        if not 0.0 <= check.finite_number("rise", self.rise) <= 0.5:
            check.fail("rise", "a share between 0 and 0.5", self.rise)
        check.positive("clip", self.clip)
        check.non_negative("noise", self.noise)


@dataclass(frozen=True)
class Lesson:
    """What a student learns from a teacher besides CTC.

    Parameters
    ----------
    teacher : Network
        Never changed.
    rule : Rule
        Which teacher frames the student learns from.
    weight : float
        Of the distillation loss beside the CTC loss, both in nats, >= 0.
    divergence, temperature, scale_t2, blank_frames : various
        As in `refkd.distill_loss`.
    """

    teacher: Network
    rule: Rule
    weight: float
    divergence: str = "kl"
    temperature: float = 1.0
    scale_t2: bool = False
    blank_frames: str = "keep"

    def loss(self, student_logits: Ragged, teacher_logits: Ragged) -> tuple[float, Ragged]:
        """Sum of the distillation loss over a batch, in nats, and its gradient in the logits."""
        losses, grads = distill_loss_batch(
            student_logits,
            teacher_logits,
            self.rule,
            self.divergence,
            self.temperature,
            self.scale_t2,
            self.blank_frames,
        )
        return float(losses.sum()), grads


@dataclass(frozen=True)
class Epoch:
    """The mean losses of one pass over the training set, in nats per frame.

    `distill` is not yet multiplied by its weight, and 0 without a lesson.
    """

    ctc: float
    distill: float
    seconds: float


def train(
    network: Network,
    split: Split,
    settings: TrainingSettings,
    seed: int,
    lesson: Lesson | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> tuple[Network, tuple[Epoch, ...]]:
    """Train a network on CTC, and on a lesson if there is one.

    The loss of a step is (CTC + weight x distillation) / frames of the batch. The teacher hears
    the same noisy features as the student.

    Parameters
    ----------
    network : Network
        Where to start; left as it is.
    split : Split
        The training utterances.
    settings : TrainingSettings
        How long and how fast.
    seed : int
        Decides the batches and the noise, >= 0: equal for every student that is to be compared.
    lesson : Lesson, optional
        Teacher and rule.
    on_epoch : callable, optional
        Told of every finished epoch.

    Returns
    -------
    network : Network
        Trained.
    history : tuple of Epoch
        Mean losses of every epoch.

    Raises
    ------
    DivergedError
        If the loss is no longer finite.

    Examples
    --------
    >>> import refkd
    >>> from refkd.data.dataset import load, prepare
    >>> from refkd.train import TrainingSettings, train
    >>> split = prepare(load("synthetic", train=4, validation=1, test=1)).train
    >>> net = refkd.Network.create(80, 8, layers=1, outputs=21, bidirectional=False)
    >>> trained, history = train(net, split, TrainingSettings(epochs=3), seed=0)
    >>> history[2].ctc < history[0].ctc
    True
    """
    order_seed, noise_seed = SeedSequence(check.integer("seed", seed, low=0)).spawn(2)
    order, noise = np.random.default_rng(order_seed), np.random.default_rng(noise_seed)
    parameters, state = network.parameters(), adam_start(network.parameters())
    steps = settings.epochs * math.ceil(len(split) / settings.batch)
    history: list[Epoch] = []
    for _ in range(settings.epochs):
        begin, ctc, distill, frames = time.perf_counter(), 0.0, 0.0, 0
        for places in batches(split, settings.batch, order):
            part = split.take(places)
            batch_ctc, batch_distill, grads = _gradients(
                network, part, _noisy(part.features, settings.noise, noise), lesson
            )
            rate = learning_rate(state.step, steps, settings.rate, settings.rise)
            grads = clip_gradients(grads, settings.clip)
            parameters, state = adam_step(parameters, grads, state, rate)
            network = network.with_parameters(parameters)
            ctc, distill = ctc + batch_ctc, distill + batch_distill
            frames += len(part.features.values)
        history.append(Epoch(ctc / frames, distill / frames, time.perf_counter() - begin))
        if on_epoch is not None:
            on_epoch(history[-1])
    return network, tuple(history)


def _gradients(
    network: Network, part: Split, features: Ragged, lesson: Lesson | None
) -> tuple[float, float, dict[str, np.ndarray]]:
    """Sums of both losses over a batch in nats, and the gradient of every parameter."""
    trace = network.forward(features)
    if not np.isfinite(trace.logits.values).all():
        raise DivergedError("training: expected finite logits, got infinite ones: lower the rate")
    losses, d_logits = ctc_loss_batch(trace.logits, part.labels)
    ctc, distill, d_values = float(losses.sum()), 0.0, d_logits.values
    if lesson is not None:
        teacher_logits = lesson.teacher.forward(features).logits
        distill, d_distill = lesson.loss(trace.logits, teacher_logits)
        d_values = d_values + lesson.weight * d_distill.values
    grads = network.backward(trace, d_logits.with_values(d_values / len(d_values)))
    return ctc, distill, grads


def _noisy(features: Ragged, deviation: float, rng: Generator) -> Ragged:
    noise = rng.standard_normal(features.values.shape, dtype=np.float32)
    return features.with_values(features.values + np.float32(deviation) * noise)

"""The training loop: CTC, and an auxiliary loss beside it."""

import dataclasses
import hashlib
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator, SeedSequence

from refkd import check
from refkd.alignment.decode import greedy_decode
from refkd.alignment.edit_distance import phone_error_rate
from refkd.data.dataset import Split, batches
from refkd.experiment.checkpoint import Checkpoint, Epoch, read_checkpoint, write_checkpoint
from refkd.experiment.objectives import AuxiliaryLoss
from refkd.experiment.optimizer import (
    AdamState,
    adam_start,
    adam_step,
    clip_gradients,
    learning_rate,
)
from refkd.losses.ctc import ctc_loss_batch
from refkd.networks.network import Network, logits_of
from refkd.ragged import Ragged


class DivergedError(ValueError):
    """A value of a training is no longer finite."""


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
    dropout : float
        Share of the hidden units that are set to 0 between recurrent layers, in [0, 1).

    Raises
    ------
    ArgumentError
        If a setting is out of its range.

    Examples
    --------
    >>> from refkd.experiment.train import TrainingSettings
    >>> TrainingSettings(epochs=3).batch
    8
    """

    epochs: int = 20
    batch: int = 8
    rate: float = 8e-3
    rise: float = 0.15
    clip: float = 1.0
    noise: float = 0.5
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check.store(
            self,
            epochs=check.integer("epochs", self.epochs, low=1),
            batch=check.integer("batch", self.batch, low=1),
            rate=check.positive("rate", self.rate),
            rise=check.finite_number("rise", self.rise),
            clip=check.positive("clip", self.clip),
            noise=check.non_negative("noise", self.noise),
            dropout=check.finite_number("dropout", self.dropout),
        )
        if not 0.0 <= self.rise <= 0.5:
            check.fail("rise", "a share between 0 and 0.5", self.rise)
        if not 0.0 <= self.dropout < 1.0:
            check.fail("dropout", "a share >= 0 and < 1", self.dropout)


def train(
    network: Network,
    split: Split,
    settings: TrainingSettings,
    seed: int,
    auxiliary: AuxiliaryLoss | None = None,
    validation: Split | None = None,
    on_epoch: Callable[[tuple[Epoch, ...]], None] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    tracked: Ragged | None = None,
) -> tuple[Network, tuple[Epoch, ...]]:
    """Train a network with the CTC loss, and with an auxiliary loss if there is one.

    The loss of a step is (ctc x CTC + weight x auxiliary loss) / frames of the batch.

    Parameters
    ----------
    network : Network
        The network before training; it is not changed.
    split : Split
        The training utterances.
    settings : TrainingSettings
        How long and how fast.
    seed : int
        Of batches, noise, dropout and random choices in every epoch, >= 0; use the same seed for
        all students that are to be compared.
    auxiliary : AuxiliaryLoss, optional
        The auxiliary loss.
    validation : Split, optional
        Decoded after every epoch; the training does not depend on it.
    on_epoch : callable, optional
        Receives the history after every epoch, and once if training resumes from a checkpoint.
    checkpoint : path, optional
        A file that is rewritten after every epoch. If the file exists, training resumes from it,
        and its result is bit-identical to that of a training without interruption.
    tracked : Ragged of one (T, F), optional
        Features of an utterance: the history keeps its logits after every epoch. The training
        does not depend on it.

    Returns
    -------
    network : Network
        Trained.
    history : tuple of Epoch
        Mean losses of every epoch, and the logits of the tracked utterance.

    Raises
    ------
    DivergedError
        If the loss is no longer finite.
    DataError
        If the checkpoint cannot be written, or belongs to another training.

    Examples
    --------
    >>> import refkd
    >>> from refkd.data.dataset import load, prepare
    >>> from refkd.experiment.train import TrainingSettings, train
    >>> split = prepare(load("synthetic", train=4, validation=1, test=1)).train
    >>> net = refkd.Network.create(80, 8, layers=1, outputs=21, bidirectional=False)
    >>> trained, history = train(net, split, TrainingSettings(epochs=3), seed=0)
    >>> history[2].ctc < history[0].ctc
    True
    """
    seed = check.integer("seed", seed, low=0)
    adam, history = adam_start(network.parameters()), list[Epoch]()
    fingerprint = _fingerprint(network, split, settings, seed, auxiliary, validation, tracked)
    done = None if checkpoint is None else read_checkpoint(checkpoint, fingerprint)
    if done is not None:
        network, adam = network.with_parameters(done.parameters), done.adam
        history = list(done.history)
        if on_epoch is not None:
            on_epoch(tuple(history))
    while len(history) < settings.epochs:
        begin = time.perf_counter()
        network, adam, ctc, auxiliary_loss = _epoch(
            network, adam, split, settings, seed, len(history), auxiliary
        )
        error = math.nan if validation is None else error_rate(network, validation)
        seconds = time.perf_counter() - begin
        logits = None if tracked is None else logits_of(network, tracked).values
        history.append(Epoch(ctc, auxiliary_loss, error, seconds, logits=logits))
        if checkpoint is not None:
            state = Checkpoint(fingerprint, network.parameters(), adam, tuple(history))
            write_checkpoint(checkpoint, state)
        if on_epoch is not None:
            on_epoch(tuple(history))
    return network, tuple(history)


def error_rate(network: Network, split: Split) -> float:
    """Phone error rate of greedy decoding, a fraction."""
    logits = logits_of(network, split.features)
    return phone_error_rate(list(split.labels), [greedy_decode(frames) for frames in logits])


def _epoch(
    network: Network,
    adam: AdamState,
    split: Split,
    settings: TrainingSettings,
    seed: int,
    epoch: int,
    auxiliary: AuxiliaryLoss | None,
) -> tuple[Network, AdamState, float, float]:
    """One pass; the mean of both losses per frame."""
    streams = SeedSequence(seed, spawn_key=(epoch,)).spawn(4)
    order, noise, dropout, choice = (np.random.default_rng(stream) for stream in streams)
    steps = settings.epochs * math.ceil(len(split) / settings.batch)
    ctc_sum, auxiliary_sum, frames = 0.0, 0.0, 0
    for places in batches(split, settings.batch, order):
        part = split.take(places)
        noisy = _noisy(part.features, settings.noise, noise)
        try:
            trace = network.forward(noisy, settings.dropout, int(dropout.integers(2**63)))
        except check.ArgumentError as error:
            raise DivergedError(f"training diverged: {error}; lower the learning rate") from None
        losses, d_logits = ctc_loss_batch(trace.logits, part.labels)
        d_values = d_logits.values
        if auxiliary is not None:
            loss, d_auxiliary = auxiliary.loss_at(trace.logits, places, noisy, choice)
            d_values = auxiliary.weighted_sum(d_values, d_auxiliary.values, adam.step, steps)
            auxiliary_sum += loss
        grads = network.backward(trace, d_logits.with_values(d_values / len(d_values)))
        rate = learning_rate(adam.step, steps, settings.rate, settings.rise)
        grads = clip_gradients(grads, settings.clip)
        parameters, adam = adam_step(network.parameters(), grads, adam, rate)
        try:
            network = network.with_parameters(parameters)
        except check.ArgumentError as error:
            raise DivergedError(f"training diverged: {error}; lower the learning rate") from None
        ctc_sum, frames = ctc_sum + float(losses.sum()), frames + len(d_values)
    return network, adam, ctc_sum / frames, auxiliary_sum / frames


def _noisy(features: Ragged, deviation: float, rng: Generator) -> Ragged:
    noise = rng.standard_normal(features.values.shape, dtype=np.float32)
    return features.with_values(features.values + np.float32(deviation) * noise)


def _fingerprint(
    network: Network,
    split: Split,
    settings: TrainingSettings,
    seed: int,
    auxiliary: AuxiliaryLoss | None,
    validation: Split | None,
    tracked: Ragged | None,
) -> str:
    """SHA-256 of all that decides a training."""
    digest = hashlib.sha256(f"{network.hash()} {settings} {seed}".encode())
    for part in (split, validation):
        for ragged in () if part is None else (part.features, part.labels):
            digest.update(ragged.offsets.tobytes() + ragged.values.tobytes())
    if tracked is not None:
        digest.update(tracked.values.tobytes())
    if auxiliary is not None:
        options = {
            field.name: getattr(auxiliary, field.name)
            for field in dataclasses.fields(auxiliary)
            if field.name not in ("teacher", "clean_logits")
        }
        clean = auxiliary.clean_logits is not None
        digest.update(
            f"{type(auxiliary).__name__} {options} {auxiliary.teacher.hash()} {clean}".encode()
        )
    return digest.hexdigest()

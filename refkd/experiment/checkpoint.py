"""The state of a training after an epoch, on disk, so that it can go on from there."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refkd.check import DataError, Floats
from refkd.experiment.optimizer import AdamState
from refkd.files.atomic import replacing
from refkd.files.npz import read_npz, write_arrays
from refkd.networks.stack import Values

NUMBERS = ("ctc", "lesson", "validation", "seconds")  # of an epoch


@dataclass(frozen=True)
class Epoch:
    """Losses in nats per frame, phone error rate (a fraction) and seconds of one epoch."""

    ctc: float  # before it is weighted
    lesson: float  # of the auxiliary loss, before it is weighted; 0 without one
    validation: float  # after the pass; nan without a validation split
    seconds: float
    # Logits (T, K) of the tracked utterance after the pass.
    logits: Floats | None = field(default=None, kw_only=True, compare=False, repr=False)

    def as_dict(self) -> dict[str, float]:
        """The numbers by name."""
        return {name: getattr(self, name) for name in NUMBERS}


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Everything that the next epoch needs; its random numbers follow from seed and epoch.

    The fingerprint stands for all that decides the training: another one is another training.
    """

    fingerprint: str
    parameters: Values
    adam: AdamState
    history: tuple[Epoch, ...]


def write_checkpoint(path: str | os.PathLike[str], checkpoint: Checkpoint) -> None:
    """Write a checkpoint; an older one stays until the new one is complete."""
    adam = checkpoint.adam
    parts = {"parameters": checkpoint.parameters, "mean": adam.mean, "square": adam.square}
    arrays = {
        "fingerprint": np.array(checkpoint.fingerprint),
        "step": np.array(adam.step),
        "history": np.array([list(epoch.as_dict().values()) for epoch in checkpoint.history]),
    }
    for part, values in parts.items():
        arrays.update({f"{part}.{name}": value for name, value in values.items()})
    logits = [epoch.logits for epoch in checkpoint.history if epoch.logits is not None]
    if logits:
        arrays["said"] = np.stack(logits)
    try:
        with replacing(path) as file:
            write_arrays(file, arrays)
    except OSError as error:
        raise DataError(f"{path}: expected to write there, got {error.strerror}") from None


def read_checkpoint(path: str | os.PathLike[str], fingerprint: str) -> Checkpoint | None:
    """Read the checkpoint of a training, None if there is none; refuse that of another training.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> from pathlib import Path
    >>> from refkd.experiment.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
    >>> from refkd.experiment.optimizer import adam_start
    >>> w = {"w": np.ones(2)}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "CTC.npz")
    ...     write_checkpoint(path, Checkpoint("a training", w, adam_start(w), ()))
    ...     read_checkpoint(path, "a training").parameters
    {'w': array([1., 1.])}
    """
    if not Path(path).exists():
        return None
    try:
        arrays = read_npz(path)
        stored_fingerprint = str(arrays["fingerprint"])
        history = arrays["history"].reshape(-1, len(NUMBERS)).tolist()
        logits = arrays.get("said", (None,) * len(history))
        parameters, mean, square = (
            _part(arrays, part) for part in ("parameters", "mean", "square")
        )
        if not parameters.keys() == mean.keys() == square.keys() != set():
            raise KeyError
        checkpoint = Checkpoint(
            stored_fingerprint,
            parameters,
            AdamState(int(arrays["step"]), mean, square),
            tuple(Epoch(*row, logits=frames) for row, frames in zip(history, logits, strict=True)),
        )
    except (ValueError, KeyError, TypeError):
        got = "a file of another kind or a damaged one; remove it, and this training starts anew"
        raise DataError(f"{path}: expected a checkpoint, got {got}") from None
    if stored_fingerprint != fingerprint:
        expected = "the checkpoint of this training"
        raise DataError(f"{path}: expected {expected}, got one of other speech or settings")
    return checkpoint


def _part(arrays: Mapping[str, NDArray[Any]], part: str) -> Values:
    return {
        name.removeprefix(f"{part}."): value
        for name, value in arrays.items()
        if name.startswith(f"{part}.")
    }

"""What is shown while the networks of a run are trained."""

import sys
from typing import Any, NamedTuple

from refkd.experiment.checkpoint import Epoch
from refkd.experiment.settings import RunSettings


class Training(NamedTuple):
    """How far the training of one network has come."""

    name: str  # of the network, and of its weight if several are tried
    seed: int
    epochs: int  # how many there will be
    history: tuple[Epoch, ...]  # those that are done, at least one
    restored: int  # how many of them an interrupted run had done


class Progress:
    """A bar for each training on a terminal; elsewhere one line as each ends. Both on stderr."""

    def __init__(self, settings: RunSettings) -> None:
        self.trainings, self.several, self.begun = settings.trainings, settings.seeds > 1, 0
        self.current: tuple[str, int] | None = None  # name and seed
        self.bar: Any = None
        self.terminal = sys.stderr.isatty()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def update(self, training: Training) -> None:
        """Show the epochs that are done."""
        if self.current != (training.name, training.seed):
            self._close()
            self.current, self.begun = (training.name, training.seed), self.begun + 1
        if self.terminal:
            self._advance(training)
        elif len(training.history) == training.epochs:
            name = f"{self.begun}/{self.trainings} {training.name}, seed {training.seed}"
            print(f"refkd: {name}: {ended(training)}", file=sys.stderr, flush=True)

    def _advance(self, training: Training) -> None:
        from tqdm import tqdm

        epoch = training.history[-1]
        if self.bar is None:
            name = f"{self.begun}/{self.trainings} {training.name}"
            label = f"{name}, seed {training.seed}" if self.several else name
            self.bar = tqdm(total=training.epochs, desc=label, unit="epoch")
        self.bar.set_postfix_str(
            f"CTC {epoch.ctc:.3f} nats/frame, validation error {100 * epoch.validation:.1f} %",
            refresh=False,
        )
        self.bar.update(len(training.history) - self.bar.n)

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def ended(training: Training) -> str:
    """Say what a finished training took and reached.

    Examples
    --------
    >>> from refkd.experiment.progress import Training, ended
    >>> from refkd.experiment.checkpoint import Epoch
    >>> epochs = (Epoch(ctc=0.9, lesson=0.0, validation=0.25, seconds=1.5),) * 2
    >>> ended(Training("CTC", 0, 2, epochs, restored=0))
    '2 epochs in 3.0 s, validation error 25.0 %'
    >>> ended(Training("CTC", 0, 2, epochs, restored=2))
    '2 epochs in 3.0 s, validation error 25.0 %; finished before the interruption'
    """
    seconds = sum(epoch.seconds for epoch in training.history)
    plural = "" if training.epochs == 1 else "s"
    error = 100 * training.history[-1].validation
    line = f"{training.epochs} epoch{plural} in {seconds:.1f} s, validation error {error:.1f} %"
    if training.restored == training.epochs:
        return f"{line}; finished before the interruption"
    if training.restored:
        return f"{line}; {training.restored} of the epochs before the interruption"
    return line

"""Posteriors and commands that tests of `refkd plot` share."""

import numpy as np
from support.strategies import spiky

SYMBOLS = ("<blk>", "a", "m", "s")
TEACHER = {"one": {5: 1, 10: 2, 20: 3, 30: 1}, "two": {6: 2, 12: 1}}
LATE = {"one": {6: 1, 12: 2, 21: 3, 33: 1}, "two": {7: 2, 13: 1}}  # +1 +2 +1 +3, +1 +1 frames
FRAMES = {"one": 40, "two": 20}


def logits(spikes, frames, classes=4, blank=0):
    """Posterior e^5 / (e^5 + K - 1) of the label at each frame of {frame: label}."""
    return spiky(spikes, frames, classes, blank, height=5.0)


def arrays_of(events, frames=FRAMES, times=1):
    """`times` as many frames with the same events at the same times."""
    return {
        name: logits(
            {times * frame: label for frame, label in spikes.items()}, times * frames[name]
        )
        for name, spikes in events.items()
    }


def write(path, arrays, **facts):
    metadata = {f"metadata.{fact}": np.array(value) for fact, value in facts.items()}
    np.savez(path, **arrays, **metadata)
    return path


def arguments(models, *more):
    return ["plot", *(word for model in models for word in ("--model", str(model))), *more]

"""The alignment explorer: outputs of every student for some utterances, as data for the page."""

import base64
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from refkd.alignment.posteriors.reference import Reference
from refkd.check import Floats, Ints
from visualize.layout.glyphs import visible

FEW = 6  # utterances that are shown even if they need more room than is usual
MOST = 40
SOUND = 4_000_000  # characters of audio in a page, about 90 seconds at 16 kHz

Data = dict[str, Any]


@dataclass(frozen=True)
class Explored:
    """What an explorer shows."""

    shared: Data  # what all utterances share; models and distributions go by their places in lists
    # the utterances, those that come first to be shown first, and why each is
    ranked: Mapping[str, str]
    total: int  # how many utterances there are, those that cannot be shown included
    # of a name and why it is shown: what every model makes of the utterance
    utterance: Callable[[str, str], Data]


def ranked_utterances(
    first: Mapping[str, str],
    names: Sequence[str],
    lengths: Sequence[int],
    distances: Sequence[float],
    far: Callable[[float], str],
) -> dict[str, str]:
    """Order utterances and give the reason for each: some first, then the longest, the shortest,
    and those whose spikes are furthest from the teacher's.
    """
    ranked = dict(first)
    ranked.setdefault(names[int(np.argmax(lengths))], "the longest")
    ranked.setdefault(names[int(np.argmin(lengths))], "the shortest")
    for n in np.argsort(-np.array(distances), kind="stable"):
        ranked.setdefault(names[n], f"spikes {far(distances[n])} apart")
    return ranked


def mean_distance(offsets: Sequence[Floats | Ints]) -> float:
    """Mean size of the offsets (n,) of all students; 0 without any."""
    sizes = np.abs(np.concatenate(offsets))
    return float(sizes.mean()) if sizes.size else 0.0


def true_phones(reference: Reference | None) -> list[list[Any]]:
    """Labels, starts and ends in seconds; empty lists where the times are unknown."""
    if reference is None:
        return [[], [], []]
    times = reference.starts.round(4).tolist(), reference.ends.round(4).tolist()
    return [visible(reference.labels), *times]


def explorer_data(explored: Explored, usual: int, most: int) -> tuple[str, int]:
    """Pack some utterances as JSON, deflated, in base64, and count them: `usual` bytes of them,
    audio aside, of which the first few may take `most`.
    """
    room, sound = len(_written(explored.shared)), SOUND
    utterances: list[Data] = []
    for name, why in islice(explored.ranked.items(), MOST):
        utterance = explored.utterance(name, why)
        audio = utterance.pop("audio", "")
        size = len(_written(utterance))
        if room + size <= (most if len(utterances) < FEW else usual):
            room += size
            embedded = audio if len(audio) <= sound else ""
            sound -= len(embedded)
            utterances.append(
                {**utterance, "audio": embedded, "silenced": bool(audio) and not embedded}
            )
        elif len(utterances) >= FEW:
            break
    return _written({**explored.shared, "utterances": utterances}), len(utterances)


def _written(data: Data) -> str:
    """JSON, deflated, in base64: no character of it means anything to HTML."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")

"""The alignment explorer: what every student makes of some utterances, as data for the page."""

import base64
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

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

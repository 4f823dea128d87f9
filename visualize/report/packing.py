"""What the explorer shows of one utterance, as whole numbers in base64, without loss of a digit."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from refkd.check import Floats, Ints
from refkd.data.features import FeatureSettings, hertz, mel
from refkd.losses.traces import DistillTrace
from visualize.panels.speech import Speech

# What is shown is what is packed: numbers are rounded here, once, to the digits of the page.
PROBABILITY_DIGITS = 4
DIVERGENCE_DIGITS = 3  # nats
WEIGHT_DIGITS = 3
HIGHEST, HIDDEN = 65534, 65535  # divergences too high to be written, and those never seen
DARKEST, BRIGHTEST = -2.0, 3.0  # standard deviations of the energies


def packed(numbers: ArrayLike, kind: type[np.unsignedinteger[Any]] = np.uint16) -> str:
    """Write whole numbers as base64 of their bytes, the lowest byte first.

    >>> from visualize.report.packing import packed
    >>> packed([1, 256])
    'AQAAAQ=='
    """
    values = np.asarray(numbers).astype(np.dtype(kind).newbyteorder("<"))
    return base64.b64encode(values.tobytes()).decode("ascii")


def rounded(numbers: ArrayLike, digits: int) -> Ints:
    """Give numbers in units of their last digit: 0.12345 with 3 digits is 123.

    >>> from visualize.report.packing import rounded
    >>> rounded([0.12345, 1.0], 3)
    array([ 123, 1000])
    """
    whole: Ints = np.rint(np.asarray(numbers) * 10**digits).astype(np.int64)
    return whole


def pack_distributions(prob: Floats) -> dict[str, str]:
    """Pack the probabilities (T, K) of every frame that do not round to zero, the highest first; a
    frame of zeros stands for none.

    >>> import numpy as np
    >>> from visualize.report.packing import pack_distributions
    >>> pack_distributions(np.array([[0.25, 0.75, 0.0]]))
    {'counts': 'Ag==', 'symbols': 'AQA=', 'values': 'TB3ECQ=='}
    """
    values = rounded(prob, PROBABILITY_DIGITS)
    order = np.argsort(-prob, axis=1, kind="stable")
    values = np.take_along_axis(values, order, axis=1)
    nonzero = values > 0
    index = np.uint8 if prob.shape[1] <= 255 else np.uint16
    return {
        "counts": packed(nonzero.sum(axis=1), index),
        "symbols": packed(order[nonzero], index),
        "values": packed(values[nonzero]),
    }


def pack_choices(trace: DistillTrace) -> dict[str, Any]:
    """Pack divergences and selected pairs: pairs are all student frames, then all teacher frames,
    and weights are left out where all are 1.

    >>> import numpy as np, refkd
    >>> from visualize.report.packing import pack_choices
    >>> trace = refkd.distill_trace(np.eye(3), np.eye(3), refkd.Shift(1))
    >>> choices = pack_choices(trace)
    >>> choices["left"], choices["columns"], choices["loss"]
    (1, 1, '0.728')
    """
    band = trace.divergence
    seen = np.isfinite(band)
    divergences = np.full(band.shape, HIDDEN)
    divergences[seen] = np.minimum(rounded(band[seen], DIVERGENCE_DIGITS), HIGHEST)
    choices: dict[str, Any] = {
        "left": trace.window.left,
        "columns": band.shape[1],
        "loss": f"{trace.loss:.{DIVERGENCE_DIGITS}f}",
        "divergences": packed(divergences),
        "pairs": packed(trace.pairs.T),
    }
    if (trace.pair_weight != 1.0).any():
        choices["weights"] = packed(rounded(trace.pair_weight, WEIGHT_DIGITS))
    if trace.target is not None:
        choices["mixture"] = pack_distributions(trace.target)
    return choices


def pack_speech(speech: Speech, centres: tuple[int, int]) -> dict[str, Any]:
    """Pack normalised log-mel energies as levels from 0 to 255, with the centres in Hz of the
    lowest and the highest band.

    >>> import numpy as np
    >>> from refkd.alignment.clock import Clock
    >>> from visualize import Speech
    >>> from visualize.report.packing import pack_speech
    >>> pack_speech(Speech(np.array([[-2.0, 3.0]]), Clock(0.01)), (100, 3800))["levels"]
    'AP8='
    """
    share = (speech.values - DARKEST) / (BRIGHTEST - DARKEST)
    return {
        "levels": packed(np.rint(255 * np.clip(share, 0.0, 1.0)), np.uint8),
        "bands": speech.values.shape[1],
        "clock": vars(speech.clock),
        "hertz": centres,
    }


def band_centres(settings: FeatureSettings, rate: int) -> tuple[int, int]:
    """The centres of the lowest and the highest mel band, in whole Hz, at a rate in Hz."""
    high = rate / 2.0 if settings.high is None else settings.high
    pitches = np.linspace(mel(settings.low), mel(high), settings.bands + 2)
    low, *_, high = hertz(pitches[1:-1]).tolist()
    return round(low), round(high)


def pack_frames(*lists: Sequence[int] | Ints) -> list[str]:
    """Pack lists of frames or labels below 65,536, each by itself.

    >>> from visualize.report.packing import pack_frames
    >>> pack_frames([1], [2])
    ['AQA=', 'AgA=']
    """
    return [packed(numbers) for numbers in lists]

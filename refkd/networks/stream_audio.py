"""Recognize phones in audio that arrives piece by piece."""

import time
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from refkd.check import DataError
from refkd.data.corpus import check_audio
from refkd.data.features import FeatureSettings, log_mel, stack
from refkd.files.text import nfc
from refkd.networks.network import Network
from refkd.networks.stack import Values
from refkd.networks.stream import Stream

SETTING = "features."


class Emission(NamedTuple):
    """A phone at the moment it is recognized; all numbers in seconds."""

    phone: str  # its symbol
    time: float  # middle of the frame at which it was recognized
    lag: float  # from `time` to the end of the audio needed for it
    computing: float  # what this machine took for features, network and decision


def frontend_metadata(settings: FeatureSettings, rate: int) -> Values:
    """The metadata in a network's file from which audio becomes the frames of its training.

    `features.<field>` for every setting, `high` as the frequency that it stands for, and `rate`.

    Examples
    --------
    >>> from refkd.data.features import FeatureSettings
    >>> from refkd.networks.stream_audio import frontend_metadata
    >>> facts = frontend_metadata(FeatureSettings(), 8000)
    >>> facts["features.high"].item(), facts["features.taper"].item()
    (4000.0, 'hann')
    """
    values = asdict(settings)
    if values["high"] is None:
        values["high"] = rate / 2.0
    return {
        "rate": np.asarray(rate),
        **{SETTING + name: np.asarray(value) for name, value in values.items()},
    }


def arriving_frames(
    audio: ArrayLike, rate: int, settings: FeatureSettings
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Yield the seconds of audio so far and each stacked frame (1, F) as soon as it is complete.

    All frames together are those of the whole audio: `stack(log_mel(audio, ...))`.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.data.features import FeatureSettings
    >>> from refkd.networks.stream_audio import arriving_frames
    >>> frames = arriving_frames(np.ones(540), 8000, FeatureSettings())
    >>> [(seconds, frame.shape) for seconds, frame in frames]
    [(0.035, (1, 80)), (0.055, (1, 80)), (0.0675, (1, 80))]
    """
    samples = check_audio("audio", audio)
    window, hop = settings.samples(rate)
    step, span = settings.stack * hop, window + (settings.stack - 1) * hop
    begin = 0
    while begin + span <= samples.size:
        end = begin + span
        yield end / rate, _frame(samples[begin:end], rate, settings)
        begin += step
    if begin + window <= samples.size or begin == 0:  # the end of the audio completes the last one
        yield samples.size / rate, _frame(samples[begin:], rate, settings)


def recognize_stream(network: Network, audio: ArrayLike, rate: int) -> Iterator[Emission]:
    """Recognize audio (n,) frame by frame with a unidirectional network; yield each phone in time.

    A phone is recognized at the first frame at which it is the best class, as in `greedy_decode`,
    without waiting for later frames. Each frame is computed when the iterator advances.
    """
    facts, settings = frontend_of(network, rate)
    network.stream().push(np.zeros((1, network.inputs)))  # compiles, before any clock runs
    samples = check_audio("audio", audio)
    return _emissions(network.stream(), facts, arriving_frames(samples, rate, settings), settings)


def _emissions(
    stream: Stream,
    facts: Values,
    frames: Iterator[tuple[float, NDArray[np.float32]]],
    settings: FeatureSettings,
) -> Iterator[Emission]:
    rate, best = facts["rate"].item(), 0
    begin = time.perf_counter()
    for t, (seconds, frame) in enumerate(frames):
        before, best = best, int(stream.push(normalised(frame, facts))[0].argmax())
        computing = time.perf_counter() - begin
        if best not in (0, before):
            middle = float(settings.times(t + 1, rate)[t])
            yield Emission(str(facts["symbols"][best]), middle, seconds - middle, computing)
        begin = time.perf_counter()


def _frame(samples: NDArray[Any], rate: int, settings: FeatureSettings) -> NDArray[np.float32]:
    """One stacked frame of `span` or, at the end of the audio, fewer samples."""
    return stack(log_mel(samples, rate, settings), settings.stack)


def normalised(frames: NDArray[Any], facts: Values) -> NDArray[np.float32]:
    """Frames (n, F) by the mean and standard deviation of the training speech."""
    values: NDArray[np.float32] = ((frames - facts["mean"]) / facts["std"]).astype(np.float32)
    return values


def frontend_of(network: Network, rate: int) -> tuple[Values, FeatureSettings]:
    """The metadata saved with a network, symbols in NFC, and how audio becomes its frames."""
    facts = network.metadata
    names = [field.name for field in fields(FeatureSettings)]
    sizes: dict[str, tuple[int, ...]] = {
        "symbols": (network.outputs,),
        "mean": (network.inputs,),
        "std": (network.inputs,),
        "rate": (),
        **{SETTING + name: () for name in names},
    }
    for name, shape in sizes.items():
        if name not in facts:
            raise DataError(f"network: expected metadata as `refkd run` saves, got no {name!r}")
        if facts[name].shape != shape:
            raise DataError(
                f"network: expected metadata {name!r} of shape {shape}, got {facts[name].shape}"
            )
    settings = FeatureSettings(**{name: facts[SETTING + name].item() for name in names})
    if settings.stack * settings.bands != network.inputs:
        got = f"{settings.stack} x {settings.bands}"
        raise DataError(f"network: expected frames of {network.inputs} numbers, got {got}")
    if rate != facts["rate"].item():
        expected = f"{facts['rate'].item()} samples per second, as the network was trained on"
        raise DataError(f"audio: expected {expected}, got {rate}")
    symbols = np.array([nfc(str(symbol)) for symbol in facts["symbols"]])
    return {**facts, "symbols": symbols}, settings

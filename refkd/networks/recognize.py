"""A trained network listens to audio as it would arrive, and says each phone once it knows it."""

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
from refkd.networks.npz import Values
from refkd.networks.stream import Stream

SETTING = "features."


class Emission(NamedTuple):
    """A phone at the moment it is said; all numbers in seconds.

    Parameters
    ----------
    phone : str
        Its symbol.
    time : float
        From the beginning of the audio to the middle of the frame at which the phone was said.
    lag : float
        From that time to the end of the audio heard by then: what the definition of a frame costs.
    computing : float
        What this machine took for the features, the network and the decision, on top of the lag.
    """

    phone: str
    time: float
    lag: float
    computing: float


def hearing_facts(settings: FeatureSettings, rate: int) -> Values:
    """The metadata by which a network's file says how audio becomes the frames that it knows.

    Parameters
    ----------
    settings : FeatureSettings
        Saved field by field; `high` as the frequency that it stands for.
    rate : int
        Samples per second.

    Returns
    -------
    dict of arrays
        `rate` and `features.<field>`, for `Network.with_metadata`.

    Examples
    --------
    >>> from refkd.data.features import FeatureSettings
    >>> from refkd.networks.recognize import hearing_facts
    >>> facts = hearing_facts(FeatureSettings(), 8000)
    >>> facts["features.high"].item(), facts["features.taper"].item()
    (4000.0, 'hann')
    """
    given = asdict(settings)
    if given["high"] is None:
        given["high"] = rate / 2.0
    named = {SETTING + name: np.asarray(value) for name, value in given.items()}
    return {"rate": np.asarray(rate), **named}


def arriving_frames(
    audio: ArrayLike, rate: int, settings: FeatureSettings
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Give each stacked frame as soon as its audio has arrived.

    Parameters
    ----------
    audio : (n,) array
        Samples in [-1, 1], n >= 1.
    rate : int
        Samples per second.
    settings : FeatureSettings
        How audio becomes frames.

    Yields
    ------
    heard : float
        Seconds of audio that have arrived.
    frame : (1, D) float32 array
        The frames laid end to end are those of the whole audio: `stack(log_mel(audio, ...))`.

    Raises
    ------
    ArgumentError
        As `log_mel`.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.data.features import FeatureSettings
    >>> from refkd.networks.recognize import arriving_frames
    >>> frames = arriving_frames(np.ones(540), 8000, FeatureSettings())
    >>> [(heard, frame.shape) for heard, frame in frames]
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


def listen(network: Network, audio: ArrayLike, rate: int) -> Iterator[Emission]:
    """Let a network hear audio frame by frame, and give each phone when it is said.

    A phone is said at the first frame that likes it best, as by `greedy_decode`; nothing that comes
    later is waited for.

    Parameters
    ----------
    network : Network
        Unidirectional, with the metadata that `refkd run` saves.
    audio : (n,) array
        Samples in [-1, 1], n >= 1.
    rate : int
        Samples per second, those of the network's training.

    Returns
    -------
    iterator of Emission
        In the order of time; each frame is heard when the iterator is asked.

    Raises
    ------
    ArgumentError
        If the network is bidirectional or the audio is empty or not of finite samples of full
        scale 1.
    DataError
        If the metadata do not say how to hear, or the rate is another.
    """
    facts, settings = hearing(network)
    if rate != facts["rate"].item():
        expected = f"{facts['rate'].item()} samples per second, as the network was trained on"
        raise DataError(f"audio: expected {expected}, got {rate}")
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
    for t, (heard, frame) in enumerate(frames):
        normal = ((frame - facts["mean"]) / facts["std"]).astype(np.float32)
        before, best = best, int(stream.push(normal)[0].argmax())
        computing = time.perf_counter() - begin
        if best not in (0, before):
            middle = float(settings.times(t + 1, rate)[t])
            yield Emission(str(facts["symbols"][best]), middle, heard - middle, computing)
        begin = time.perf_counter()


def _frame(samples: NDArray[Any], rate: int, settings: FeatureSettings) -> NDArray[np.float32]:
    """One stacked frame of `span` or, at the end of the audio, fewer samples."""
    return stack(log_mel(samples, rate, settings), settings.stack)


def hearing(network: Network) -> tuple[Values, FeatureSettings]:
    """How a network hears, from what is saved with it.

    Parameters
    ----------
    network : Network
        With the metadata of `hearing_facts`, and symbols, mean and std.

    Returns
    -------
    facts : dict of arrays
        The metadata, complete and of the network's sizes; symbols in NFC.
    settings : FeatureSettings
        How audio becomes its frames.

    Raises
    ------
    DataError
        If something is missing or of another size.
    """
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
    symbols = np.array([nfc(str(symbol)) for symbol in facts["symbols"]])
    return {**facts, "symbols": symbols}, settings

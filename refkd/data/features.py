"""Log-mel features: the energy of each short frame in some 40 bands.

Equations: docs/guides/features.md.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from refkd import check
from refkd.check import Floats
from refkd.data.corpus import check_audio

TAPERS = {"hann": 0.5, "hamming": 0.54}  # the constant a of (F2)
# Far beyond speech; larger ones would ask for gigabytes.
LONGEST_WINDOW = 2**16  # samples
MOST_BANDS = 1024


@dataclass(frozen=True)
class FeatureSettings:
    """How audio becomes frames.

    Examples
    --------
    >>> from refkd.data.features import FeatureSettings
    >>> settings = FeatureSettings()
    >>> settings.samples(8000), round(settings.frame_shift(8000), 6)
    ((200, 80), 0.02)
    >>> settings.times(3, rate=8000).round(4).tolist()
    [0.0175, 0.0375, 0.0575]
    """

    window: float = 0.025  # seconds
    hop: float = 0.01  # seconds from one frame to the next, at most `window`
    taper: str = "hann"
    bands: int = 40
    low: float = 20.0  # Hz
    high: float | None = None  # Hz; None is half the rate
    floor: float = 1e-8  # the least energy of a band, so that silence has a logarithm
    stack: int = 2  # consecutive frames joined to one

    def __post_init__(self) -> None:
        check.store(
            self,
            window=check.positive("window", self.window),
            hop=check.positive("hop", self.hop),
            taper=check.one_of("taper", self.taper, TAPERS),
            bands=check.integer("bands", self.bands, low=1, high=MOST_BANDS),
            low=check.non_negative("low", self.low),
            high=None if self.high is None else check.positive("high", self.high),
            floor=check.positive("floor", self.floor),
            stack=check.integer("stack", self.stack, low=1),
        )
        if self.hop > self.window:
            check.fail("hop", f"at most window={self.window} seconds", self.hop)
        if self.high is not None and self.high <= self.low:
            check.fail("high", f"more than low={self.low} Hz", self.high)

    def samples(self, rate: int) -> tuple[int, int]:
        """Samples in a window, and from one window to the next."""
        if rate > LONGEST_WINDOW / self.window:
            got = f"window={self.window} at {check.shown(rate)} Hz"
            check.fail("window", f"at most {LONGEST_WINDOW} samples", got)
        window, hop = round(self.window * rate), round(self.hop * rate)
        if window < 2 or hop < 1:
            got = f"window={self.window}, hop={self.hop} at {rate} Hz"
            check.fail("window, hop", "at least 2 samples and 1 sample", got)
        return window, hop

    def frame_shift(self, rate: int) -> float:
        """Seconds from one stacked frame to the next."""
        return self.stack * self.samples(rate)[1] / rate

    def span(self, rate: int) -> float:
        """Seconds of audio that one stacked frame covers."""
        window, hop = self.samples(rate)
        return (window + (self.stack - 1) * hop) / rate

    def times(self, frames: int, rate: int) -> Floats:
        """The time (T,) in seconds of each stacked frame: the middle of the audio that it covers.

        The frame is complete, and a network can compute its output, half a `span` later.
        """
        steps = np.arange(frames, dtype=np.float64)
        return steps * self.frame_shift(rate) + self.span(rate) / 2.0  # (F6)


def mel(frequency: ArrayLike) -> Floats:
    """The pitch (...) in mel of a frequency (...) in Hz, >= 0."""
    return 2595.0 * np.log10(1.0 + np.asarray(frequency, dtype=np.float64) / 700.0)  # (F3)


def hertz(pitch: ArrayLike) -> Floats:
    """The frequency (...) in Hz: the inverse of `mel`."""
    return 700.0 * (10.0 ** (np.asarray(pitch, dtype=np.float64) / 2595.0) - 1.0)


def mel_filters(rate: int, size: int, settings: FeatureSettings) -> Floats:
    """Triangular weights (bands, size // 2 + 1) over the bins of a Fourier transform.

    Each triangle rises from 0 at its lower neighbour's centre to 1 at its own and falls to 0 at its
    upper neighbour's; centres are equally spaced in mel.

    Examples
    --------
    >>> from refkd.data.features import FeatureSettings, mel_filters
    >>> mel_filters(8000, 8, FeatureSettings(bands=2, low=0.0)).round(3)
    array([[0.   , 0.676, 0.   , 0.   , 0.   ],
           [0.   , 0.324, 0.906, 0.453, 0.   ]])
    """
    high = rate / 2.0 if settings.high is None else settings.high
    if high > rate / 2.0 or high <= settings.low:
        check.fail("low, high", f"low < high <= {rate / 2.0} Hz", f"{settings.low}, {high}")
    edges = hertz(np.linspace(mel(settings.low), mel(high), settings.bands + 2))
    below, centre, above = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    bins = np.arange(size // 2 + 1) * rate / size
    rising, falling = (bins - below) / (centre - below), (above - bins) / (above - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling))  # (F4)
    if (weights.sum(axis=1) == 0.0).any():
        got = f"{settings.bands} bands with bins {rate / size:.4g} Hz apart"
        check.fail("bands", "few enough that each contains a bin of the transform", got)
    return weights


def log_mel(
    audio: ArrayLike, rate: int, settings: FeatureSettings | None = None
) -> NDArray[np.float32]:
    """The natural logarithm of the energy in each mel band of each frame.

    Parameters
    ----------
    audio : (n,) array
        Samples in [-1, 1], n >= 1; fewer than one window are followed by zeros.
    rate : int
        Samples per second.
    settings : FeatureSettings, optional
        Window, hop, taper, bands and floor; `stack` is not used here.

    Returns
    -------
    (T, bands) float32 array
        Frame t covers the samples from t hop on; samples after the last whole window are not used.

    Raises
    ------
    ArgumentError
        If the audio is empty or not of finite samples of full scale 1, or the settings do not fit
        the rate.

    Notes
    -----
    The mel formula is O'Shaughnessy's (Speech Communication, 1987). No dither, no pre-emphasis.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.data.features import FeatureSettings, log_mel
    >>> tone = np.sin(2.0 * np.pi * 1000.0 * np.arange(800) / 8000.0)
    >>> features = log_mel(tone, 8000, FeatureSettings())
    >>> features.shape, features.argmax(axis=1).tolist()
    ((8, 40), [18, 18, 18, 18, 18, 18, 18, 18])
    """
    settings = FeatureSettings() if settings is None else settings
    check.instance("settings", settings, FeatureSettings)
    rate = check.integer("rate", rate, low=1)
    samples = check_audio("audio", audio).astype(np.float64, copy=False)
    window, hop = settings.samples(rate)
    samples = np.pad(samples, (0, max(0, window - samples.size)))
    size = 2 ** math.ceil(math.log2(window))
    level = TAPERS[settings.taper]
    taper = level - (1.0 - level) * np.cos(2.0 * np.pi * np.arange(window) / window)  # (F2)

    frames = np.lib.stride_tricks.sliding_window_view(samples, window)[::hop]  # (F1)
    spectrum = np.fft.rfft(frames * taper, size, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    energy = np.empty((len(frames), settings.bands))
    for band, (bins, weights) in enumerate(_narrow_filters(rate, size, settings)):
        energy[:, band] = np.einsum("tf,f->t", power[:, bins], weights)  # (F5)
    return np.log(np.maximum(energy, settings.floor)).astype(np.float32)  # (F5)


@lru_cache
def _narrow_filters(rate: int, size: int, settings: FeatureSettings) -> list[tuple[slice, Floats]]:
    """Each band's bins and its weights there: most weights are zero."""
    filters = mel_filters(rate, size, settings)
    positive = [np.flatnonzero(weights) for weights in filters]
    slices = [slice(int(bins[0]), int(bins[-1]) + 1) for bins in positive]
    return [(bins, weights[bins]) for bins, weights in zip(slices, filters, strict=True)]


def stack(frames: NDArray[Any], n: int) -> NDArray[Any]:
    """Join each n consecutive frames (T, D) to one, (ceil(T / n), n D); the last one is repeated.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.data.features import stack
    >>> stack(np.array([[1.0], [2.0], [3.0]]), 2)
    array([[1., 2.],
           [3., 3.]])
    """
    frames = check.array("frames", frames, ("T", "D"))
    check.integer("n", n, low=1)
    if len(frames) == 0:
        check.fail("frames", "T >= 1", "T=0")
    filled = np.pad(frames, ((0, -len(frames) % n), (0, 0)), mode="edge")
    return filled.reshape(len(filled) // n, -1)

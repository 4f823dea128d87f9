"""The speech itself above a figure: a spectrogram or a waveform."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from refkd import check
from refkd.alignment.clock import Clock
from refkd.check import Floats
from visualize.layout.colorbar import draw_cells
from visualize.layout.style import BLANK, HEAT_MAP

FAINTEST, BRIGHTEST = 10.0, 99.5  # percentiles of the band values between which the colours run
MOST_SAMPLES = 4000  # a longer waveform is drawn as the lowest and highest sample of each stretch


@dataclass(frozen=True, eq=False)
class Speech:
    """The speech as a spectrogram, for the strip above a figure.

    Parameters
    ----------
    values : (n, B) or (n,) array
        Values of B >= 2 bands from the lowest frequency (a spectrogram), or samples (a waveform).
    clock : Clock
        When each row or sample is; for a waveform of `rate` samples a second, Clock(1 / rate).
    label : str
        What the bands are.

    Raises
    ------
    ArgumentError
        If the values are neither, not finite, or none.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.clock import Clock
    >>> from visualize import Speech
    >>> Speech(np.zeros((100, 40)), Clock(0.01, first_frame=0.0125)).is_waveform
    False
    >>> Speech(np.zeros(16000), Clock(1 / 16000)).is_waveform
    True
    """

    values: Floats
    clock: Clock
    label: str = "mel band"

    def __post_init__(self) -> None:
        check.instance("clock", self.clock, Clock)
        check.positive("clock.frame_shift", self.clock.frame_shift)
        shape: tuple[int | str, ...] = ("n",) if np.ndim(self.values) == 1 else ("n", "B")
        values = check.finite_array("values", self.values, shape)
        if len(values) == 0 or (values.ndim == 2 and values.shape[1] < 2):
            expected = "samples (n,), or bands (n, B) with B >= 2, n >= 1"
            check.fail("values", expected, f"shape {values.shape}")
        object.__setattr__(self, "values", values)

    @classmethod
    def of_features(cls, features: ArrayLike, bands: int, clock: Clock) -> "Speech":
        """Take stacked frames apart again.

        Parameters
        ----------
        features : (T, S * bands) array
            S frames of bands side by side, the earliest first, as from `refkd.data.features`.
        bands : int
            In one frame.
        clock : Clock
            When the middle of each stack is.

        Returns
        -------
        Speech
            A spectrogram of S T rows.
        """
        stacked = check.array("features", features, ("T", "D"))
        width = check.integer("bands", bands, low=1)
        if stacked.shape[1] % width:
            check.fail("bands", f"a divisor of D={stacked.shape[1]}", width)
        stack = stacked.shape[1] // width
        shift = clock.frame_shift / stack
        begin = clock.first_frame - (stack - 1) / 2 * shift
        return cls(stacked.reshape(-1, width), Clock(shift, begin))

    @property
    def is_waveform(self) -> bool:
        """Samples rather than bands."""
        return self.values.ndim == 1


def draw_speech(axes: Axes, speech: Speech) -> None:
    """Draw a spectrogram as colours, or a waveform as a line, x in seconds."""
    axes.tick_params(axis="y", length=0)
    if speech.is_waveform:
        seconds, samples = _outline(speech)
        highest = float(abs(samples).max()) or 1.0
        axes.plot(seconds, samples, color=BLANK, linewidth=0.5, gid="waveform")
        axes.set(ylim=(-1.05 * highest, 1.05 * highest), yticks=[], ylabel="waveform")
        axes.spines[:].set_visible(False)
        return
    n, bands = speech.values.shape
    lowest, highest = np.percentile(speech.values, [FAINTEST, BRIGHTEST])
    edges = speech.clock.seconds(-0.5), speech.clock.seconds(n - 0.5), 0.5, bands + 0.5
    limits, look = (lowest, max(highest, lowest + 1e-12)), {"cmap": HEAT_MAP, "gid": speech.label}
    draw_cells(axes, speech.values.T, edges, limits, origin="lower", **look)
    axes.set(yticks=[1, bands], ylabel=speech.label)
    axes.spines[:].set_visible(False)


def _outline(speech: Speech) -> tuple[Floats, Floats]:
    """Times and samples: all of them, or the extremes of each of MOST_SAMPLES / 2 stretches."""
    samples = speech.values
    seconds = speech.clock.seconds(np.arange(len(samples), dtype=np.float64))
    if len(samples) <= MOST_SAMPLES:
        return seconds, samples
    starts = np.linspace(0, len(samples), MOST_SAMPLES // 2, endpoint=False).astype(np.int64)
    low, high = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
    return np.repeat(seconds[starts], 2), np.stack([low, high], axis=1).ravel()

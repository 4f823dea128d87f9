"""The speech of an utterance as audio and as a spectrogram."""

import base64
import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refkd.alignment.clock import Clock
from refkd.alignment.posteriors.part import WHOLE, Part
from refkd.data.features import FeatureSettings, log_mel
from refkd.data.wav import read_wav
from visualize.panels.speech import Speech
from visualize.report.packing import band_centres, pack_speech


def pack_sound(path: Path | None, part: Part = WHOLE) -> dict[str, Any]:
    """Pack the "audio" of a part of a WAV file, which begins at "audio_from" seconds.

    Its energies are "speech". Without a file, or where it has ended, there is nothing.
    """
    if path is None:
        return {}
    samples, rate = read_wav(path)
    places = part.slice(1 / rate, 0.0)
    begin, samples = places.start / rate, samples[places]
    if samples.size == 0:
        return {}
    settings = FeatureSettings(stack=1)
    energies = log_mel(samples, rate, settings).astype(np.float64)
    normal = (energies - energies.mean()) / (energies.std() or 1.0)
    clock = Clock(settings.frame_shift(rate), begin + settings.span(rate) / 2)
    return {
        "speech": pack_speech(Speech(normal, clock), band_centres(settings, rate)),
        "audio": _sound(samples, rate),
        "audio_from": begin,
    }


def _sound(samples: NDArray[np.float32], rate: int) -> str:
    """Samples in [-1, 1] as a WAV file of 16 bits, in base64."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        whole = np.rint(np.clip(samples, -1.0, 1.0) * 32767).astype("<i2")
        out.writeframes(whole.tobytes())
    return base64.b64encode(file.getvalue()).decode("ascii")

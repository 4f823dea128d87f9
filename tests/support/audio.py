"""Recordings, and untrained networks that hear them: what tests of speech share."""

import wave

import numpy as np

import refkd
from refkd.data.features import FeatureSettings, log_mel, stack
from refkd.networks.stream_audio import frontend_metadata

RATE = 1000
SETTINGS = FeatureSettings(bands=3, low=0.0)  # frames of 35 samples, 20 apart; the first at 0.0175


def noise(samples, seed=0):
    return np.random.default_rng(seed).uniform(-0.9, 0.9, samples).astype(np.float32)


def tone(seconds, rate=RATE, period=3.0):
    return 0.25 * np.sin(np.arange(round(seconds * rate)) / period)


def write_wav(path, samples, rate=RATE, width=2, channels=1):
    """Samples in [-1, 1], or the bytes of the file's own."""
    if not isinstance(samples, bytes):
        samples = (np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(samples)


def hearing_network(symbols, bidirectional=False, seed=0, settings=SETTINGS, dtype=np.float32):
    """Untrained, with weights so large that its best label changes often."""
    width = settings.stack * settings.bands
    net = refkd.Network.create(width, 4, 1, len(symbols), bidirectional, seed=seed, dtype=dtype)
    values = {name: 5.0 * value for name, value in net.parameters().items()}
    return net.with_parameters(values).with_metadata(
        symbols=symbols,
        mean=np.full(width, 1.5),
        std=np.full(width, 0.5),
        **frontend_metadata(settings, RATE),
    )


def offline_logits(net, audio, settings=SETTINGS):
    frames = stack(log_mel(audio, RATE, settings), settings.stack)
    normal = ((frames - 1.5) / 0.5).astype(np.float32)
    return net.forward(refkd.Ragged.from_list([normal])).logits[0]

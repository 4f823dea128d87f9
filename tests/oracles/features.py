"""Log-mel features by definition: a discrete Fourier transform written as a sum, band by band."""

import cmath
import math


def mel(frequency: float) -> float:
    return 2595.0 * math.log10(1.0 + frequency / 700.0)


def hertz(pitch: float) -> float:
    return 700.0 * (10.0 ** (pitch / 2595.0) - 1.0)


def power_spectrum(samples: list[float], size: int) -> list[float]:
    """|DFT|^2 at 0 .. size/2 of samples followed by zeros."""
    result = []
    for k in range(size // 2 + 1):
        total = 0j
        for n, sample in enumerate(samples):
            total += sample * cmath.exp(-2j * math.pi * ((k * n) % size) / size)
        result.append(abs(total) ** 2)
    return result


def triangle(frequency: float, below: float, centre: float, above: float) -> float:
    if below < frequency <= centre:
        return (frequency - below) / (centre - below)
    if centre < frequency < above:
        return (above - frequency) / (above - centre)
    return 0.0


def log_mel(
    audio: list[float],
    rate: int,
    window: int,
    hop: int,
    taper: str,
    bands: int,
    low: float,
    high: float,
    floor: float,
) -> list[list[float]]:
    """(T, bands) logarithms of energies; window and hop in samples."""
    audio = audio + [0.0] * max(0, window - len(audio))
    size = 1
    while size < window:
        size *= 2
    edges = [mel(low) + n * (mel(high) - mel(low)) / (bands + 1) for n in range(bands + 2)]
    frames = []
    start = 0
    while start + window <= len(audio):
        samples = []
        for n in range(window):
            turn = math.cos(2.0 * math.pi * n / window)
            weight = 0.5 - 0.5 * turn if taper == "hann" else 0.54 - 0.46 * turn
            samples.append(weight * audio[start + n])
        power = power_spectrum(samples, size)
        frame = []
        for band in range(bands):
            below, centre, above = (hertz(edge) for edge in edges[band : band + 3])
            energy = 0.0
            for k, share in enumerate(power):
                energy += share * triangle(k * rate / size, below, centre, above)
            frame.append(math.log(max(energy, floor)))
        frames.append(frame)
        start += hop
    return frames

"""A small formant synthesizer: speech-like audio, exact phone times (docs/guides/synthetic.md)."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from refkd.check import Floats
from refkd.kernels.synthesizer import resonate

RATE = 8000  # samples per second
HOP = 8  # samples that share one setting of the vocal tract: 1 ms
BANDWIDTHS = np.array([70.0, 100.0, 150.0, 250.0])  # Hz, of the four formants
FOURTH = 3400.0  # Hz, the formant that no phone moves
NEUTRAL = (500.0, 1500.0, 2500.0)  # Hz, the vocal tract at rest
OPEN = 0.6  # share of a pitch period during which the glottis is open
EDGE = 0.008  # seconds, the time in which a source is switched on or off


@dataclass(frozen=True)
class Stage:
    """Part of a phone, and the levels of its sources."""

    seconds: float  # at rate 1
    voice: float = 0.0  # pulses through the formants
    breath: float = 0.0  # noise through the formants
    hiss: float = 0.0  # noise through the band of the phone


@dataclass(frozen=True)
class Phone:
    """How a phone is made."""

    formants: tuple[float, float, float]  # Hz, of a man's average
    stages: tuple[Stage, ...]
    damping: float = 1.0  # factor on the bandwidths of all formants but the first
    band: tuple[float, float] = (2000.0, 2000.0)  # centre and width of its hiss, in Hz


def _vowel(*formants: float) -> Phone:
    first, second, third = formants
    return Phone((first, second, third), (Stage(0.125, voice=1.0),))


def _nasal(second: float) -> Phone:
    return Phone((260.0, second, 2400.0), (Stage(0.085, voice=0.6),), damping=4.0)


def _liquid(*formants: float) -> Phone:
    first, second, third = formants
    return Phone((first, second, third), (Stage(0.085, voice=0.7),), damping=1.3)


def _fricative(second: float, centre: float, width: float, hiss: float, voice: float) -> Phone:
    stage = Stage(0.11, voice=voice, hiss=hiss)
    return Phone((300.0, second, 2500.0), (stage,), damping=3.0, band=(centre, width))


def _stop(second: float, third: float, centre: float, width: float, voiced: bool) -> Phone:
    if voiced:
        stages = (Stage(0.06, voice=0.2), Stage(0.012, hiss=0.25), Stage(0.015, voice=0.7))
    else:
        stages = (Stage(0.07), Stage(0.014, hiss=0.35), Stage(0.035, breath=0.15, hiss=0.04))
    return Phone((250.0, second, third), stages, damping=2.0, band=(centre, width))


PHONES = {
    "i": _vowel(270, 2290, 3010),
    "e": _vowel(530, 1840, 2480),
    "ae": _vowel(660, 1720, 2410),
    "a": _vowel(730, 1090, 2440),
    "o": _vowel(570, 840, 2410),
    "u": _vowel(300, 870, 2240),
    "m": _nasal(1000),
    "n": _nasal(1600),
    "l": _liquid(360, 1200, 2700),
    "r": _liquid(400, 1200, 1600),
    "f": _fricative(1000, 2200, 3000, 0.06, 0.0),
    "s": _fricative(1700, 3700, 500, 0.25, 0.0),
    "sh": _fricative(1900, 2500, 500, 0.25, 0.0),
    "z": _fricative(1700, 3700, 500, 0.15, 0.3),
    "p": _stop(800, 2200, 700, 1500, voiced=False),
    "t": _stop(1800, 2700, 3500, 700, voiced=False),
    "k": _stop(1900, 2100, 1900, 500, voiced=False),
    "b": _stop(800, 2200, 700, 1500, voiced=True),
    "d": _stop(1800, 2700, 3500, 700, voiced=True),
    "g": _stop(1900, 2100, 1900, 500, voiced=True),
}
VOWELS = ("i", "e", "ae", "a", "o", "u")
CONSONANTS = tuple(symbol for symbol in PHONES if symbol not in VOWELS)


@dataclass(frozen=True)
class Speaker:
    """A voice."""

    pitch: float  # Hz
    tract: float  # factor on a man's formants: above 1 for a shorter vocal tract


def resonance(frequency: Floats, bandwidth: Floats) -> Floats:
    """Coefficients a, b, c (..., 3) of resonators (...) in Hz with unit gain at 0 Hz."""
    c = -np.exp(-2.0 * np.pi * bandwidth / RATE)  # (V2)
    b = 2.0 * np.sqrt(-c) * np.cos(2.0 * np.pi * frequency / RATE)  # (V2)
    return np.stack([1.0 - b - c, b, c], axis=-1)  # (V2)


def noise_band(centre: Floats, width: Floats) -> Floats:
    """Coefficients a, b, c (..., 3) of resonators (...) in Hz that keep the power of noise."""
    _, b, c = np.moveaxis(resonance(centre, width), -1, 0)
    return np.stack(
        [np.sqrt((1.0 + c) * ((1.0 - c) ** 2 - b**2) / (1.0 - c)), b, c], axis=-1
    )  # (V3)


def glottis(pitch: Floats) -> Floats:
    """The derivative (n,) of the pulses of air flow, for a pitch (n,) in Hz, sample by sample."""
    phase = np.cumsum(pitch / RATE) % 1.0 / OPEN
    return np.where(phase < 1.0, 2.0 * phase - 3.0 * phase**2, 0.0)  # (V4)


def smooth(track: Floats, seconds: float) -> Floats:
    """The moving average (m, d) of a row for each ms under a Hann window; the ends are held."""
    half = round(seconds * RATE / HOP) // 2
    weights = np.hanning(2 * half + 3)[1:-1]
    padded = np.pad(track, ((half, half), (0, 0)), mode="edge")
    columns = [np.convolve(column, weights / weights.sum(), "valid") for column in padded.T]
    return np.stack(columns, axis=1)


def speak(
    phones: tuple[str, ...], speaker: Speaker, rate: float, coarticulation: float, rng: Generator
) -> tuple[Floats, Floats]:
    """The audio (n,) of L phones, not yet scaled, and their boundaries (L + 1,) in seconds.

    The random numbers decide durations, the course of the pitch, and the noise in the sources.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.data.synthesizer import Speaker, speak
    >>> audio, times = speak(("m", "a"), Speaker(120.0, 1.0), 1.0, 0.06, np.random.default_rng(0))
    >>> len(times), bool(times[-1] < len(audio) / 8000)
    (3, True)
    """
    silence = Phone(NEUTRAL, (Stage(0.08),))
    spoken = [silence, *(PHONES[symbol] for symbol in phones), silence]
    stretch = rng.uniform(0.8, 1.25, len(spoken)) / rate
    stages = [(phone, stage) for phone in spoken for stage in phone.stages]
    lengths = [
        max(1, round(stage.seconds * factor * RATE / HOP))
        for phone, factor in zip(spoken, stretch, strict=True)
        for stage in phone.stages
    ]
    edges = np.cumsum([0, *lengths])
    phone_edges = edges[np.cumsum([0, *(len(phone.stages) for phone in spoken)])]

    shape = np.array([(*phone.formants, phone.damping) for phone, _ in stages])
    shape = smooth(np.repeat(shape, lengths, axis=0), coarticulation)
    bands = np.repeat(np.array([phone.band for phone, _ in stages]), lengths, axis=0)
    levels = np.array([(stage.voice, stage.breath, stage.hiss) for _, stage in stages])
    levels = smooth(np.repeat(levels, lengths, axis=0), EDGE)
    voice, breath, hiss = np.repeat(levels, HOP, axis=0).T

    formants = np.column_stack([shape[:, :3], np.full(len(shape), FOURTH)]) * speaker.tract
    widths = BANDWIDTHS * np.column_stack([np.ones(len(shape)), *([shape[:, 3]] * 3)])
    fall = np.linspace(1.1, 0.9, len(voice))
    wander = np.interp(np.arange(len(voice)), edges[:-1] * HOP, rng.normal(1.0, 0.03, len(lengths)))
    pulses = glottis(speaker.pitch * fall * wander)
    noise = rng.normal(size=(2, len(voice)))

    voiced, hissed = np.empty(len(voice)), np.empty(len(voice))
    tract = resonance(formants, widths)
    resonate(voice * pulses + breath * noise[0], tract, HOP, np.zeros((4, 2)), voiced)
    filters = noise_band(*bands.T)[:, None]
    resonate(noise[1], filters, HOP, np.zeros((1, 2)), hissed)
    return voiced + hiss * hissed, phone_edges[1:-1] * HOP / RATE

"""Log-mel features, their times, and stacking."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import features as plain
from support.refusals import sentence_of
from tolerances import VALUE, assert_close, assert_within_ulp, foreign_float32

from refkd.check import ArgumentError
from refkd.data.corpus import check_audio
from refkd.data.features import FeatureSettings, hertz, log_mel, mel, mel_filters, stack

SETTINGS = FeatureSettings()
ROUNDING_TO_FLOAT32 = 1  # unit in the last place: both sides round nearly the same float64


def noise(samples, seed=0):
    return np.random.default_rng(seed).uniform(-1.0, 1.0, samples)


def test_a_thousand_hertz_are_a_thousand_mel():
    assert mel(0.0) == 0.0
    assert round(float(mel(1000.0))) == 1000
    frequencies = np.array([20.0, 700.0, 4000.0])
    assert_close(hertz(mel(frequencies)), frequencies, VALUE)


def test_two_triangles_by_hand():
    # bins 0, 1000, .., 4000 Hz; 2146.06 mel at 4000 Hz, so edges at 0, 620.8, 1521.9, 4000 - by
    # hertz(2146.06 * n / 3) - and the triangles are read off at the bins.
    edges = [0.0, hertz(mel(4000.0) / 3), hertz(mel(4000.0) * 2 / 3), 4000.0]
    weights = mel_filters(8000, 8, FeatureSettings(bands=2, low=0.0))
    first = [0.0, (edges[2] - 1000.0) / (edges[2] - edges[1]), 0.0, 0.0, 0.0]
    second = [
        0.0,
        (1000.0 - edges[1]) / (edges[2] - edges[1]),
        (4000.0 - 2000.0) / (4000.0 - edges[2]),
        (4000.0 - 3000.0) / (4000.0 - edges[2]),
        0.0,
    ]
    assert_close(weights, np.array([first, second]), VALUE)


def test_a_tone_is_loudest_in_the_band_around_it():
    edges = hertz(np.linspace(mel(20.0), mel(4000.0), 42))
    for band in (5, 18, 38):
        tone = np.sin(2.0 * np.pi * edges[band + 1] * np.arange(1600) / 8000.0)
        assert (log_mel(tone, 8000).argmax(axis=1) == band).all()


@given(
    samples=st.integers(1, 120),
    rate=st.sampled_from([1000, 1600]),
    window=st.sampled_from([0.016, 0.02, 0.025]),
    hop=st.sampled_from([0.005, 0.01, 0.016]),
    taper=st.sampled_from(["hann", "hamming"]),
    bands=st.integers(1, 3),
    low=st.sampled_from([0.0, 20.0]),
    high=st.sampled_from([None, 450.0]),
    seed=st.integers(0, 99),
)
def test_equals_a_plain_fourier_sum(samples, rate, window, hop, taper, bands, low, high, seed):
    settings = FeatureSettings(
        window=window, hop=hop, taper=taper, bands=bands, low=low, high=high, floor=1e-3
    )
    audio = noise(samples, seed)
    expected = plain.log_mel(
        audio.tolist(),
        rate,
        round(window * rate),
        round(hop * rate),
        taper,
        bands,
        low,
        rate / 2.0 if high is None else high,
        1e-3,
    )
    actual = log_mel(audio, rate, settings)
    assert_within_ulp(actual, np.array(expected, dtype=np.float32), ROUNDING_TO_FLOAT32)


def test_neighbouring_triangles_sum_to_one():
    weights = mel_filters(16000, 512, SETTINGS)
    bins = np.arange(257) * 16000 / 512
    edges = hertz(np.linspace(mel(20.0), mel(8000.0), 42))
    inside = (bins >= edges[1]) & (bins <= edges[-2])
    assert inside.sum() > 200
    assert_close(weights.sum(axis=0)[inside], 1.0, VALUE)


def test_a_louder_signal_adds_a_constant():
    audio = noise(800)
    loud, quiet = log_mel(audio, 8000), log_mel(0.25 * audio, 8000)
    assert_close(loud - quiet, 2.0 * np.log(4.0), foreign_float32(loud))


def test_a_signal_later_by_one_hop_is_later_by_one_frame():
    audio = noise(1000)
    np.testing.assert_array_equal(log_mel(audio, 8000)[1:], log_mel(audio[80:], 8000))


@pytest.mark.parametrize(
    ("samples", "frames"), [(1, 1), (50, 1), (199, 1), (200, 1), (279, 1), (280, 2), (360, 3)]
)
def test_number_of_frames(samples, frames):
    assert log_mel(noise(samples), 8000).shape == (frames, 40)
    silence = log_mel(np.zeros(samples), 8000)
    assert (silence == np.float32(np.log(SETTINGS.floor))).all()
    if samples < 200:  # a window of zeros behind
        padded = np.pad(noise(samples), (0, 200 - samples))
        np.testing.assert_array_equal(log_mel(noise(samples), 8000), log_mel(padded, 8000))


@pytest.mark.parametrize("stacked", [1, 2, 3])
def test_a_frame_is_loudest_when_a_click_is_at_its_time(stacked):
    settings = FeatureSettings(stack=stacked, bands=20)
    times = settings.times(9, 8000)
    assert_close(np.diff(times), settings.frame_shift(8000), VALUE)
    for t in (1, 4, 8):
        audio = np.zeros(4000)
        audio[round(times[t] * 8000)] = 1.0
        loudness = stack(log_mel(audio, 8000, settings), stacked).mean(axis=1)
        assert loudness.argmax() == t


def test_a_frame_sees_its_span_and_nothing_else():
    settings = FeatureSettings(stack=2)
    first, beyond = (round(x * 8000) for x in (0.02 * 3, 0.02 * 3 + settings.span(8000)))
    audio = noise(2000)
    frame = stack(log_mel(audio, 8000, settings), 2)[3]
    audio[:first] = 0.0
    audio[beyond:] = 0.0
    np.testing.assert_array_equal(stack(log_mel(audio, 8000, settings), 2)[3], frame)
    assert_close(settings.times(4, 8000)[3], (first + beyond) / 2 / 8000, VALUE)


def test_stacking_by_hand():
    frames = np.arange(10.0).reshape(5, 2)
    assert stack(frames, 2).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 8, 9]]
    assert stack(frames, 5).tolist() == [list(range(10))]
    assert stack(frames[:1], 3).tolist() == [[0, 1, 0, 1, 0, 1]]
    np.testing.assert_array_equal(stack(frames, 1), frames)
    assert stack(frames.astype(np.float32), 2).dtype == np.float32


OF_SETTINGS = {
    "window: expected a number > 0, got 0.0": {"window": 0.0},
    "window: expected a number, got 'long'": {"window": "long"},
    "hop: expected a number > 0, got -0.01": {"hop": -0.01},
    "hop: expected at most window=0.025 seconds, got 0.03": {"hop": 0.03},
    "taper: expected one of 'hann', 'hamming', got 'box'": {"taper": "box"},
    "bands: expected a whole number >= 1, got 0": {"bands": 0},
    "bands: expected a whole number <= 1024, got 1025": {"bands": 1025},
    "bands: expected a whole number, got 2.5": {"bands": 2.5},
    "low: expected a number >= 0, got -1.0": {"low": -1.0},
    "high: expected more than low=20.0 Hz, got 10.0": {"high": 10.0},
    "floor: expected a number > 0, got 0.0": {"floor": 0.0},
    "floor: expected a finite number, got nan": {"floor": float("nan")},
    "stack: expected a whole number >= 1, got 0": {"stack": 0},
}
RANGE = "audio: expected samples in [-1, 1] (divide those of 16 bits by 32768), got "
OF_AUDIO = {
    "audio: expected at least one sample, got none": ([], 8000),
    "audio: expected shape (n,), got shape (1, 1)": ([[0.0]], 8000),
    "audio: expected finite numbers, got nan at (1,)": ([0.0, np.nan], 8000),
    RANGE + "whole numbers": (np.array([0, 1, -1], np.int16), 8000),
    RANGE + "-32768.0": (np.array([0.0, -32768.0]), 8000),
    RANGE + "2.5": (np.array([0.5, 2.5], np.float32), 8000),
    "rate: expected a whole number >= 1, got 0": ([0.0], 0),
    "window, hop: expected at least 2 samples and 1 sample, got window=0.025, hop=0.01 at 40 Hz":
        ([0.0], 40),
    "window: expected at most 65536 samples, got window=0.025 at 9223372036854775808 Hz":
        ([0.0], 2**63),
    "low, high: expected low < high <= 4000.0 Hz, got 20.0, 5000.0":
        ([0.0], 8000, FeatureSettings(high=5000.0)),
    "bands: expected few enough that each contains a bin of the transform, got 200 bands with bins"
    " 31.25 Hz apart":
        ([0.0], 8000, FeatureSettings(bands=200)),
}  # fmt: skip


@pytest.mark.parametrize(("sentence", "settings"), OF_SETTINGS.items())
def test_settings_out_of_range(sentence, settings):
    assert sentence_of(FeatureSettings, **settings) == sentence


@pytest.mark.parametrize(("sentence", "arguments"), OF_AUDIO.items())
def test_audio_and_settings_that_do_not_fit(sentence, arguments):
    assert sentence_of(log_mel, *arguments) == sentence


def test_samples_may_overshoot_full_scale_as_resampling_does():
    assert check_audio("audio", [1.2, -2.0]).tolist() == [1.2, -2.0]


def test_stacking_nothing():
    with pytest.raises(ArgumentError, match=r"frames: expected T >= 1, got T=0"):
        stack(np.zeros((0, 2)), 2)
    with pytest.raises(ArgumentError, match=r"n: expected a whole number >= 1, got 0"):
        stack(np.zeros((1, 2)), 0)

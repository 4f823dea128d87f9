"""Hearing audio as it arrives: the offline features and phones, their times, the command."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.audio import RATE, SETTINGS, hearing_network, noise, offline_logits, write_wav
from support.strategies import SEEDS
from tolerances import VALUE, assert_close

import refkd
from refkd.alignment.decode import spikes
from refkd.check import ArgumentError, DataError
from refkd.cli import main
from refkd.data.features import FeatureSettings, log_mel, stack
from refkd.data.wav import read_wav
from refkd.networks.stream_audio import arriving_frames, recognize_stream

SYMBOLS = ["<blank>", "a", "b"]


def student(**options):
    return hearing_network(SYMBOLS, **options)


@pytest.fixture
def files(tmp_path):
    """A student and a recording."""
    student().save(tmp_path / "student.npz")
    write_wav(tmp_path / "audio.wav", noise(1234))
    return tmp_path


# --- frames --------------------------------------------------------------------------------------


def test_when_frames_are_complete_by_hand():
    # Two windows of 25, 10 apart: samples 0-34, 20-54, 40-74; then 60-84 holds one window more.
    arrival = [seconds for seconds, _ in arriving_frames(noise(90), RATE, SETTINGS)]
    assert arrival == [0.035, 0.055, 0.075, 0.09]
    assert [seconds for seconds, _ in arriving_frames(noise(84), RATE, SETTINGS)] == arrival[:3]


@given(st.integers(1, 200), st.integers(1, 4), st.sampled_from([0.01, 0.02, 0.025]), SEEDS)
def test_arriving_frames_are_those_of_the_whole_audio(samples, joined, hop, seed):
    settings = FeatureSettings(bands=3, low=0.0, stack=joined, hop=hop)
    audio = noise(samples, seed)
    pieces = list(arriving_frames(audio, RATE, settings))
    whole = stack(log_mel(audio, RATE, settings), joined)
    assert_close(np.concatenate([frame for _, frame in pieces]), whole, VALUE)
    assert all(arrival <= samples / RATE for arrival, _ in pieces)


def test_a_frame_needs_nothing_that_comes_later():
    audio = noise(200)
    for arrival, frame in arriving_frames(audio, RATE, SETTINGS):
        begun = audio[: round(arrival * RATE)]
        *_, (again, last) = arriving_frames(begun, RATE, SETTINGS)
        assert again == arrival
        np.testing.assert_array_equal(last, frame)


def test_samples_of_16_bits_are_refused():
    whole = (32767 * noise(90)).astype(np.int16)
    for hear in (
        lambda: recognize_stream(student(), whole, RATE),
        lambda: next(arriving_frames(whole, RATE, SETTINGS)),
    ):
        with pytest.raises(ArgumentError, match=r"samples in \[-1, 1\] \(divide those of 16 bits"):
            hear()


# --- phones --------------------------------------------------------------------------------------


@given(st.integers(1, 900), SEEDS)
def test_phones_and_times_are_those_of_greedy_decoding(samples, seed):
    net, audio = student(seed=seed), noise(samples, seed)
    recognized = list(recognize_stream(net, audio, RATE))
    labels, frames = spikes(offline_logits(net, audio))
    assert [phone.phone for phone in recognized] == [SYMBOLS[k] for k in labels]
    assert_close([phone.time for phone in recognized], 0.0175 + 0.02 * frames, VALUE)
    assert all(phone.computing > 0.0 for phone in recognized)


def test_the_network_of_these_tests_has_something_to_say():
    recognized = [phone.phone for phone in recognize_stream(student(), noise(3000), RATE)]
    assert len(recognized) > 9
    assert set(recognized) == {"a", "b"}


def test_the_lag_is_half_a_span():
    *recognized, _ = recognize_stream(student(), noise(3000), RATE)
    assert_close([phone.lag for phone in recognized], 0.0175, VALUE)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"features.hop": None}, "network: expected metadata .* got no 'features.hop'"),
        ({"symbols": ["a"]}, r"expected metadata 'symbols' of shape \(3,\), got \(1,\)"),
        ({"mean": [0.0]}, r"expected metadata 'mean' of shape \(6,\), got \(1,\)"),
        ({"features.bands": 4}, "network: expected frames of 6 numbers, got 2 x 4"),
        ({"rate": 8000}, "audio: expected 8000 samples per second, .* got 1000"),
    ],
)
def test_metadata_that_do_not_fit(facts, sentence):
    net = student().with_metadata(**facts)
    for name, fact in facts.items():
        if fact is None:
            del net.metadata[name]
    with pytest.raises(DataError, match=sentence):
        list(recognize_stream(net, noise(100), RATE))


def test_settings_survive_the_file(files):
    settings = FeatureSettings(taper="hamming", bands=3, low=0.0, high=400.0, stack=3)
    student(settings=settings).save(files / "other.npz")
    net = refkd.Network.load(files / "other.npz")
    audio = noise(1500)
    labels, frames = spikes(offline_logits(net, audio, settings))
    recognized = list(recognize_stream(net, audio, RATE))
    assert [phone.phone for phone in recognized] == [SYMBOLS[k] for k in labels]
    assert_close([phone.time for phone in recognized], settings.times(75, RATE)[frames], VALUE)


# --- command -------------------------------------------------------------------------------------


def test_json_lines(files, capsys):
    assert main(["stream", str(files / "student.npz"), str(files / "audio.wav"), "--json"]) == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    audio, rate = read_wav(files / "audio.wav")
    expected = list(recognize_stream(student(), audio, rate))
    assert len(expected) > 3
    for got, phone in zip(printed, expected, strict=True):
        assert (got["phone"], got["time"], got["lag"]) == (
            phone.phone,
            round(phone.time, 6),
            round(phone.lag, 6),
        )
        assert got["computing"] > 0.0


def test_the_table_for_people(files, capsys):
    assert main(["stream", str(files / "student.npz"), str(files / "audio.wav")]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["time", "(s)", "lag", "(ms)", "computing", "(ms)", "phone"]
    expected = list(recognize_stream(student(), *read_wav(files / "audio.wav")))
    for row, event in zip(rows, expected, strict=True):
        seconds, lag, _, phone = row.split()
        assert (seconds, lag) == (f"{event.time:.4f}", f"{1000 * event.lag:.1f}")
        assert phone == event.phone


@pytest.mark.parametrize(
    ("model", "audio", "code", "sentence"),
    [
        ("none.npz", "audio.wav", 1, "expected a network saved as npz, got no such file"),
        ("student.npz", "none.wav", 1, "expected a readable WAV file"),
        ("student.npz", "fast.wav", 1, "audio: expected 1000 samples per second"),
        ("teacher.npz", "audio.wav", 2, "network: expected a unidirectional network"),
    ],
)
def test_one_sentence_for_what_cannot_be_done(files, capsys, model, audio, code, sentence):
    student(bidirectional=True).save(files / "teacher.npz")
    write_wav(files / "fast.wav", noise(99), 2000)
    assert main(["stream", str(files / model), str(files / audio)]) == code
    printed, error = capsys.readouterr()
    assert printed == ""
    assert error.startswith("refkd: ")
    assert sentence in error
    assert error.count("\n") == 1

"""The resonator, the synthesizer and the embedded corpus."""

from itertools import pairwise

import numpy as np
import pytest
from tolerances import VALUE, assert_close

from refkd.data.synthesizer import (
    FOURTH,
    PHONES,
    RATE,
    VOWELS,
    Speaker,
    glottis,
    noise_band,
    resonance,
    smooth,
    speak,
)
from refkd.data.synthetic import make_corpus, make_lexicon
from refkd.kernels.synthesizer import resonate

MAN = Speaker(pitch=100.0, tract=1.0)


def filtered(source, coefficients, hop=10**6, memory=None):
    signal = np.empty(len(source))
    memory = np.zeros((coefficients.shape[1], 2)) if memory is None else memory
    resonate(np.asarray(source, dtype=np.float64), coefficients, hop, memory, signal)
    return signal


def spoken(*phones, speaker=MAN, rate=1.0, coarticulation=0.06, seed=0):
    return speak(phones, speaker, rate, coarticulation, np.random.default_rng(seed))


def between(audio, start, end):
    return audio[round(start * RATE) : round(end * RATE)]


def loudness(audio):
    return np.sqrt(np.mean(audio**2))


def spectrum(audio):
    """Power at 0, 10, .. 4000 Hz, averaged over Hann windows of 100 ms."""
    frames = np.lib.stride_tricks.sliding_window_view(audio, RATE // 10)[:: RATE // 100]
    return (np.abs(np.fft.rfft(frames * np.hanning(RATE // 10))) ** 2).mean(axis=0)


# --- the resonator -------------------------------------------------------------------------------


def test_one_resonator_by_hand():
    # y0 = 2, y1 = 2 * 0 + 0.5 * 2 = 1, y2 = 0.5 * 1 - 0.25 * 2 = 0, y3 = -0.25, y4 = -0.125
    coefficients = np.array([[[2.0, 0.5, -0.25]]])
    answer = filtered([1.0, 0.0, 0.0, 0.0, 0.0], coefficients)
    np.testing.assert_array_equal(answer, [2.0, 1.0, 0.0, -0.25, -0.125])


def test_coefficients_change_after_each_hop():
    coefficients = np.array([[[1.0, 0.0, 0.0]], [[3.0, 0.0, 0.0]]])
    answer = filtered([1.0, 1.0, 1.0, 1.0], coefficients, hop=2)
    np.testing.assert_array_equal(answer, [1.0, 1.0, 3.0, 3.0])


def test_a_sine_comes_out_with_the_gain_of_the_transfer_function():
    formants = resonance(np.array([[500.0, 1500.0]]), np.array([[80.0, 120.0]]))
    frequency = 700.0
    t = np.arange(4000)
    answer = filtered(np.cos(2.0 * np.pi * frequency / RATE * t), formants)[2000:]
    z = np.exp(2j * np.pi * frequency / RATE)
    gain = np.prod([a / (1.0 - b / z - c / z**2) for a, b, c in formants[0]])
    expected = (gain * np.exp(2j * np.pi * frequency / RATE * t)).real[2000:]
    assert_close(answer, expected, VALUE)


def test_memory_carries_a_signal_over_calls():
    formants = resonance(np.array([[500.0, 1500.0]]), np.array([[80.0, 120.0]]))
    source = np.random.default_rng(0).normal(size=50)
    memory = np.zeros((2, 2))
    parts = [filtered(part, formants, memory=memory) for part in (source[:20], source[20:])]
    np.testing.assert_array_equal(np.concatenate(parts), filtered(source, formants))


def test_a_resonator_passes_a_constant_and_decays_by_its_bandwidth():
    formant = resonance(np.array([[600.0]]), np.array([[100.0]]))
    assert_close(filtered(np.ones(4000), formant)[-1], 1.0, VALUE)
    ringing = filtered(np.eye(1, 2000)[0], formant)
    # a 1 / (pi 100 Hz) s later the envelope has fallen by e; 600 Hz has whole periods in 1/75 s
    period = RATE * 4 // 300
    later = ringing[period:] / np.exp(-np.pi * 100.0 * period / RATE)
    assert np.abs(later[:1000:]).max() <= np.abs(ringing).max()
    assert_close(np.abs(formant[0, 0, 2]), np.exp(-2.0 * np.pi * 100.0 / RATE), VALUE)


@pytest.mark.parametrize(("centre", "width"), [(700.0, 1500.0), (2500.0, 500.0), (3700.0, 500.0)])
def test_a_noise_band_keeps_the_power_of_white_noise(centre, width):
    answer = filtered(np.eye(1, 2000)[0], noise_band(np.array([[centre]]), np.array([[width]])))
    assert_close(np.sum(answer**2), 1.0, VALUE)


# --- the synthesizer -----------------------------------------------------------------------------


def test_the_glottis_pulses_at_the_pitch_and_carries_no_constant_flow():
    pulses = glottis(np.full(RATE, 125.0))
    np.testing.assert_array_equal(pulses[64:128], pulses[128:192])
    closures = np.flatnonzero((pulses[:-1] < -0.5) & (pulses[1:] == 0.0))
    assert len(closures) == 125
    assert abs(pulses.mean()) < 0.02


def test_smoothing_keeps_a_constant_and_crosses_a_step_halfway():
    assert_close(smooth(np.full((50, 2), 3.0), 0.02), 3.0, VALUE)
    step = np.repeat([0.0, 1.0], 50)[:, None]
    track = smooth(step, 0.02)[:, 0]
    assert track[39] == 0.0
    assert track[60] == 1.0
    assert_close(track[49] + track[50], 1.0, VALUE)
    assert (np.diff(track) >= 0.0).all()
    np.testing.assert_array_equal(smooth(step, 0.0), step)


@pytest.mark.parametrize("vowel", VOWELS)
@pytest.mark.parametrize("tract", [0.9, 1.1])
def test_a_vowel_has_its_formants(vowel, tract):
    audio, times = spoken(vowel, speaker=Speaker(60.0, tract), rate=0.25)
    power = spectrum(between(audio, times[0] + 0.05, times[1] - 0.05))
    power *= np.arange(len(power)) ** 2  # the source falls by 6 dB an octave
    formants = np.array([*PHONES[vowel].formants, FOURTH]) * tract / 10.0
    borders = [0, *np.round((formants[1:] + formants[:-1]) / 2.0).astype(int), 400]
    for formant, low, high in zip(formants[:3], borders[:3], borders[1:4], strict=True):
        peak = low + power[low:high].argmax()
        assert abs(peak - formant) < 7.0  # of 10 Hz: the nearest harmonic, or the one beside it


def test_fricatives_hiss_where_they_should():
    centres = {}
    for symbol in ("f", "s", "sh"):
        audio, times = spoken("a", symbol, "a", rate=0.5)
        power = spectrum(between(audio, times[1] + 0.02, times[2] - 0.02))
        centres[symbol] = np.sum(power * np.arange(len(power)) * 10.0) / power.sum()
    assert 1500.0 < centres["f"] < 2500.0
    assert 2300.0 < centres["sh"] < 2800.0
    assert 3200.0 < centres["s"] < 3900.0


def test_voiced_fricatives_and_nasals_have_a_low_murmur():
    for symbol, unvoiced in (("z", "s"), ("m", "f"), ("n", "f")):
        murmur = []
        for phone in (symbol, unvoiced):
            audio, times = spoken("a", phone, "a", rate=0.4)
            murmur.append(spectrum(between(audio, times[1] + 0.03, times[2] - 0.03))[5:40].max())
        assert murmur[0] > 30.0 * murmur[1]


@pytest.mark.parametrize("stop", ["p", "t", "k"])
def test_a_voiceless_stop_is_silent_then_bursts(stop):
    audio, times = spoken("a", stop, "a", rate=0.5)
    length = times[2] - times[1]
    closure = between(audio, times[1] + 0.3 * length, times[1] + 0.5 * length)
    release = between(audio, times[1] + 0.6 * length, times[2])
    assert loudness(closure) < 1e-3
    assert loudness(release) > 0.03


@pytest.mark.parametrize("stop", ["b", "d", "g"])
def test_a_voiced_stop_keeps_its_voice_during_the_closure(stop):
    audio, times = spoken("a", stop, "a", rate=0.2)
    length = times[2] - times[1]
    power = spectrum(between(audio, times[1] + 0.15 * length, times[1] + 0.6 * length))
    assert power[5:45].max() > 100.0 * power[100:].max()


def test_formants_move_towards_the_neighbour():
    def second_formant(*phones, coarticulation):
        audio, times = spoken(*phones, speaker=Speaker(200.0, 1.0), coarticulation=coarticulation)
        power = spectrum(np.pad(between(audio, times[1] - 0.02, times[1]), 400))
        return 10 * (120 + power[120:260].argmax())

    moved, still = (second_formant("i", "u", coarticulation=share) for share in (0.06, 0.0))
    assert moved < still


def test_every_sound_lies_within_its_times():
    audio, times = spoken("s", "a", "m")
    assert len(times) == 4
    assert (np.diff(times) > 0.03).all()
    edge = 0.02  # the sources' ramps and the ringing of the formants
    assert loudness(between(audio, 0.0, times[0] - edge)) < 1e-6
    assert loudness(between(audio, times[-1] + edge, len(audio) / RATE)) < 0.02
    for start, end in pairwise(times):
        assert loudness(between(audio, start, end)) > 0.03


def test_a_slower_speaker_takes_longer():
    slow, quick = spoken("s", "a", rate=0.5)[1], spoken("s", "a", rate=1.0)[1]
    assert 1.9 < (slow[-1] - slow[0]) / (quick[-1] - quick[0]) < 2.1


# --- the corpus ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corpus():
    return make_corpus(train=12, validation=4, test=6, noise=0.06)


def test_splits_have_their_sizes_and_share_no_sentence(corpus):
    sizes = {split: len(utterances) for split, utterances in corpus.splits().items()}
    assert sizes == {"train": 12, "validation": 4, "test": 6}
    groups = [{clip.group for clip in split} for split in corpus.splits().values()]
    assert not groups[0] & groups[1]
    assert not groups[0] & groups[2]
    assert not groups[1] & groups[2]


def test_utterances_are_sentences_of_the_lexicon(corpus):
    words = {word for utterance in corpus for word in utterance.group.split()}
    assert len(words) <= 40
    for utterance in corpus:
        assert 2 <= len(utterance.group.split()) <= 4
        assert utterance.phones == tuple(utterance.group.replace(" ", "-").split("-"))
        assert all(a != b for a, b in pairwise(utterance.phones))
        assert utterance.rate == RATE
        assert utterance.audio.dtype == np.float32
        np.testing.assert_array_equal(utterance.starts[1:], utterance.ends[:-1])


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(corpus):
    again = make_corpus(train=12, validation=4, test=6, noise=0.06)
    for utterance, two in zip(corpus, again, strict=True):
        assert utterance.phones == two.phones
        np.testing.assert_array_equal(utterance.audio, two.audio)
        np.testing.assert_array_equal(utterance.ends, two.ends)
    other = make_corpus(train=1, validation=1, test=1, seed=1)
    assert other.train[0].phones != corpus.train[0].phones


def test_an_utterance_does_not_depend_on_how_many_are_made(corpus):
    fewer = make_corpus(train=3, validation=1, test=2, noise=0.06)
    for split, utterances in fewer.splits().items():
        for utterance, other in zip(utterances, corpus.splits()[split], strict=False):
            assert utterance.name == other.name
            np.testing.assert_array_equal(utterance.audio, other.audio)


def test_noise_is_added_to_the_same_speech(corpus):
    clean = make_corpus(train=2, validation=1, test=1, noise=0.0)
    for noisy, utterance in zip(corpus.train, clean.train, strict=False):
        assert noisy.phones == utterance.phones
        np.testing.assert_array_equal(noisy.starts, utterance.starts)
        assert 0.2 <= np.abs(utterance.audio).max() <= 0.8
        assert 0.05 < (noisy.audio - utterance.audio).std() < 0.07


def test_loud_noise_stays_within_full_scale():
    loud = make_corpus(train=1, validation=1, test=1, noise=2.0)
    assert np.abs(loud.train[0].audio).max() == 1.0


def test_the_lexicon_has_as_many_different_words_as_asked():
    words = make_lexicon(40, np.random.default_rng(0))
    assert len(set(words)) == 40
    assert {phone for word in words for phone in word} <= set(PHONES)

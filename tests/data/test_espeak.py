"""Text spoken by espeak-ng: events against the sound, splits, the same bits again, errors."""

import hashlib
import importlib
import json
import subprocess
import sys

import numpy as np
import pytest
from support.refusals import sentence_of

from refkd.check import DataError
from refkd.cli import main
from refkd.data.dataset import load, prepare
from refkd.data.espeak import MARGIN, Request, _clip, read_espeak, read_text
from refkd.data.features import FeatureSettings, log_mel, mel_filters

RATE = 22050
REQUEST = Request("one", "a", "en", 170, 50)
LINES = (
    "She sees six ships.",
    "The boat is old.",
    "We sat on the sand.",
    "A fire, and then a long rest.",
    "Five horses pass.",
    "The boat is OLD!",
    "Her letter came.",
    "Who sings this song?",
)


@pytest.fixture
def extra():
    pytest.importorskip("espeakng_loader")


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("\n".join(("", *LINES, "* * *", LINES[0], "")), encoding="utf-8")
    return path


def everything(corpus):
    return [
        (clip.name, clip.phones, clip.starts.tobytes(), clip.ends.tobytes(), clip.audio.tobytes())
        for clip in corpus
    ]


def crossings(utterance, start, end):
    """Changes of sign for each sample, which hissing has and voice has not."""
    inside = utterance.audio[round(start * RATE) : round(end * RATE)]
    return np.mean(np.signbit(inside[1:]) != np.signbit(inside[:-1]))


def test_lines_and_their_words(text):
    assert list(read_text(text)) == list(LINES)
    assert read_text(text)["The boat is OLD!"] == read_text(text)["The boat is old."]


def test_control_characters_are_no_commands(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"\xef\xbb\xbfone\x01\ttwo\r\n")
    assert read_text(path) == {"one two": "one two"}


def test_events_become_phones():
    """By hand, at 10 samples a second, so that the margin is one; the last phone has no event
    after it."""
    pause, switch, stress = (0, ""), (6, "(en)"), (7, "\u02cc")
    events = [pause, (2, "\u02c8a\u02d0"), (4, "t"), (4, "t"), switch, stress, (8, "s")]
    sound = np.arange(1, 11, dtype=np.int16).tobytes()
    clip = _clip(REQUEST, 10, sound, events, "a")
    assert clip.phones == ("a\u02d0", "t", "s")
    assert clip.starts.tolist() == [0.3, 0.5, 0.9]
    assert clip.ends.tolist() == [0.5, 0.7, 1.1]
    assert (clip.audio * 2**15).tolist() == [0, *range(1, 11), 0]


@pytest.mark.parametrize("events", [[], [(0, ""), (3, "(de)")], [(0, "a"), (11, "")]])
def test_nothing_said_or_later_than_the_sound(events):
    assert _clip(REQUEST, 2, np.zeros(10, np.int16).tobytes(), events, "a") is None


def test_times_lie_where_the_sound_is(extra, text):
    corpus = read_espeak(text)
    assert (corpus.rate, corpus.problems) == (RATE, {})
    assert len(list(corpus)) == 4 * len(LINES)
    for clip in corpus:
        assert len(clip.phones) == len(clip.starts) == len(clip.ends) >= 9
        assert clip.starts[0] >= MARGIN
        assert clip.ends[-1] <= clip.seconds - MARGIN
        assert (np.diff(clip.starts) > 0.0).all()
        quiet = round(MARGIN * RATE)
        assert not clip.audio[:quiet].any()
        assert not clip.audio[-quiet:].any()
        assert np.abs(clip.audio).max() > 0.1
    for clip in (clip for clip in corpus if clip.group == "she sees six ships"):
        assert clip.phones[:3] == ("\u0283", "i\u02d0", "s")  # the words at their two ends
        assert clip.phones[-4:] == ("\u0283", "\u026a", "p", "s")
        hisses, vowels = (
            [
                crossings(clip, start, end)
                for phone, start, end in zip(clip.phones, clip.starts, clip.ends, strict=True)
                if phone in symbols
            ]
            for symbols in (("s", "\u0283"), ("i\u02d0", "\u026a"))
        )
        assert len(hisses) == 6
        assert min(hisses) > max(vowels)


def test_pauses_are_no_phones(extra, text):
    clip = next(clip for clip in read_espeak(text, ("en-us",)) if clip.group.startswith("a fire"))
    gaps = clip.starts[1:] - clip.ends[:-1]
    longest = int(gaps.argmax())
    assert gaps[longest] > 0.1  # the comma
    assert clip.phones[longest + 1 : longest + 4] == ("\u00e6", "n", "d")
    assert (np.delete(gaps, longest) < 0.02).all()


def test_a_line_is_in_one_split_in_all_voices(extra, text):
    corpus = read_espeak(text, ["en-us", "en-gb+f3"])
    groups = {split: {clip.group for clip in part} for split, part in corpus.splits().items()}
    assert groups["validation"] == {"the boat is old"}  # the second, said in two ways
    assert groups["test"] == {"we sat on the sand"}
    assert len(groups["train"]) == 5
    assert [clip.name for clip in corpus.test] == ["00003-en-us", "00003-en-gb+f3"]
    assert [len(part) for part in corpus.splits().values()] == [10, 4, 2]


def test_limits_are_not_exceeded(extra, text):
    corpus = read_espeak(text, train=3, validation=2, test=1)
    assert [len(part) for part in corpus.splits().values()] == [3, 2, 1]
    assert corpus.problems == {
        "clips left out, expected at most 3 for train": 17,
        "clips left out, expected at most 2 for validation": 6,
        "clips left out, expected at most 1 for test": 3,
    }


def test_what_is_too_long_is_left_out(extra, text):
    whole = read_espeak(text, ("en-us",))
    longest = max(clip.seconds for clip in whole)
    left = read_espeak(text, ("en-us",), longest=longest - 0.001)
    assert left.problems == {f"clips left out, expected at most {longest - 0.001} seconds": 1}


def test_rate_and_pitch_are_heard(extra, text):
    slow, fast, high = (
        list(read_espeak(text, ("en-us",), rates=rates, pitches=pitches))
        for rates, pitches in (((80,), (50,)), ((449,), (50,)), ((80,), (99,)))
    )
    for clip, other, another in zip(slow, fast, high, strict=True):
        assert clip.seconds > 2.0 * other.seconds
        assert clip.phones == another.phones
        assert not np.array_equal(clip.audio, another.audio)


def test_the_same_bits_again_and_in_another_process(extra, text):
    here = everything(read_espeak(text))
    assert everything(read_espeak(text)) == here
    assert [row[4] for row in everything(read_espeak(text, seed=1))] != [row[4] for row in here]
    program = (
        "import hashlib, sys; from refkd.data.espeak import read_espeak\n"
        "sound = b''.join(one.audio.tobytes() for one in read_espeak(sys.argv[1]))\n"
        "print(hashlib.sha256(sound).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program, str(text)], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }
    assert digests == {hashlib.sha256(b"".join(row[4] for row in here)).hexdigest() + "\n"}


def test_the_program_needs_the_standard_library_alone(extra):
    """It runs with -I, outside the package; and espeak-ng stays out of this process."""
    from refkd.data import espeak_library

    loader = importlib.import_module("espeakng_loader")
    request = {
        "library": loader.get_library_path(),
        "data": loader.get_data_path(),
        "voices": ["en-gb", "en-us+f2", "de-at", "nowhere", "en-us+nobody", "en-us+", ""],
        "utterances": [],
    }
    process = subprocess.run(
        [sys.executable, "-I", "-S", espeak_library.__file__],
        input=json.dumps(request).encode(),
        capture_output=True,
        check=True,
    ).stdout
    assert json.loads(process) == {"rate": RATE, "unknown": ["nowhere", "en-us+nobody", "en-us+"]}


@pytest.mark.parametrize("voice", ["nowhere", "en-us+nobody", "en-us+"])
def test_an_unknown_voice_is_one_sentence(extra, text, voice):
    assert sentence_of(read_espeak, text, ("en-us", voice)) == (
        f"voices: expected voices of espeak-ng, such as 'en-us' or 'de+f2', got {voice!r}"
    )


def test_a_library_that_does_not_run_is_one_sentence(text, tmp_path, monkeypatch):
    (tmp_path / "espeakng_loader.py").write_text(
        "def get_library_path(): return 'no library'\ndef get_data_path(): return 'no data'\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "espeakng_loader", raising=False)
    with pytest.raises(DataError, match=r"expected espeak-ng to run, got \w*Error: "):
        read_espeak(text)
    sys.modules.pop("espeakng_loader", None)


def test_without_the_extra_one_sentence_says_what_to_install(text, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    assert main(["data", "describe", f"espeak:{text}"]) == 1
    assert capsys.readouterr().err == (
        f"refkd: espeak:{text}: expected the extra refkd[speech] (pip install 'refkd[speech]'), "
        "got no module espeakng_loader\n"
    )


def test_texts_that_cannot_be_spoken(tmp_path, extra):
    with pytest.raises(DataError, match=r"none\.txt: expected a text file, got No such file"):
        read_espeak(tmp_path / "none.txt")
    path = tmp_path / "text.txt"
    path.write_text("\n...\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"text\.txt: expected a line with a word, got none"):
        read_espeak(path)
    path.write_text("one\ntwo\n", encoding="utf-8")
    with pytest.raises(DataError, match="expected at least one clip for test, got none"):
        read_espeak(path)


def test_the_command_describes_it(extra, text, tmp_path, capsys):
    config = tmp_path / "voices.toml"
    config.write_text('[speech]\nvoices = ["de"]\nrates = [200, 250]\n', encoding="utf-8")
    arguments = ["data", "describe", f"espeak:{text}", "--config", str(config), "--json"]
    assert main(arguments) == 0
    description = json.loads(capsys.readouterr().out)
    assert (description["rate"], description["times"]) == (RATE, True)
    assert [split["utterances"] for split in description["splits"].values()] == [5, 2, 1]


def test_features_at_this_rate(extra, text):
    """Windows of 551 samples every 220, 40 bands to 11,025 Hz, each with a bin of 1,024."""
    settings = FeatureSettings()
    assert settings.samples(RATE) == (551, 220)
    assert mel_filters(RATE, 1024, settings).shape == (settings.bands, 513)
    clip = read_espeak(text, ("en-us",), train=1).train[0]
    frames = log_mel(clip.audio, RATE, settings)
    assert len(frames) == 1 + (clip.audio.size - 551) // 220
    assert np.isfinite(frames).all()


def test_a_corpus_can_be_trained_on(extra, text):
    dataset = prepare(load(f"espeak:{text}", voices=("en-us",)), FeatureSettings())
    split = dataset.train
    assert len(split) == 5
    lengths = np.diff(split.features.offsets)
    assert (lengths > 2 * np.diff(split.labels.offsets)).all()  # CTC needs a frame for each
    assert (split.ends.values <= lengths.max() * dataset.frame_shift).all()

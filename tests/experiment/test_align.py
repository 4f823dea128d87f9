"""When a network hears each phone: by hand, equal to the offline path, left out, the command."""

import json
import math
from types import SimpleNamespace
from urllib.parse import unquote

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from praatio import textgrid as praat
from support.audio import RATE, hearing_network, noise, offline_logits, write_wav
from support.refusals import sentence_of
from support.strategies import SEEDS
from tolerances import VALUE, assert_close

import refkd
from refkd.alignment.decode import spikes
from refkd.check import ArgumentError, DataError
from refkd.cli import main
from refkd.data.corpus import Corpus, Utterance
from refkd.data.features import FeatureSettings
from refkd.data.wav import read_wav
from refkd.experiment.align import AlignmentError, align_audio, align_corpus
from refkd.networks.network import Network

SYMBOLS = ("<blank>", "a", '"', "ж")


def network(bidirectional=False, seed=0, symbols=SYMBOLS, **options):
    return hearing_network(symbols, bidirectional, seed, **options)


def utterance(name, phones, samples=900, seed=0, times=True):
    starts = ends = None
    if times:
        edges = np.linspace(0.05, samples / RATE - 0.01, len(phones) + 1)
        starts, ends = edges[:-1], edges[1:]
    return Utterance(name, noise(samples, seed), RATE, tuple(phones), starts, ends, name)


def corpus(*test, times=True):
    """One utterance to train, one to validate, and those given to test."""
    others = [utterance(name, "a", times=times) for name in ("train", "validation")]
    return Corpus("made", RATE, (others[0],), (others[1],), test, {"unreadable": 2})


# --- one recording -------------------------------------------------------------------------------


@pytest.fixture
def say(monkeypatch):
    """A network that hears given posteriors, whatever the audio is."""

    def with_posteriors(rows, **options):
        net = network(**options)
        with np.errstate(divide="ignore"):
            trace = SimpleNamespace(logits=[np.log(rows)])
        monkeypatch.setattr(Network, "forward", lambda self, features: trace)
        return net

    return with_posteriors


def test_spans_by_hand(say):
    net = say([[0.7, 0.1, 0.1, 0.1], [0.1, 0.6, 0.2, 0.1], [0.1, 0.5, 0.2, 0.2],
               [0.1, 0.1, 0.1, 0.7], [0.7, 0.1, 0.1, 0.1]])  # fmt: skip
    first, second = align_audio(net, noise(115), RATE, ("a", "ж"))  # five frames
    assert (first.symbol, second.symbol) == ("a", "ж")
    assert_close(first[1:], [0.0375, 0.0775, math.sqrt(0.6 * 0.5)], VALUE)
    assert_close(second[1:], [0.0775, 0.0975, 0.7], VALUE)
    assert align_audio(net, noise(115), RATE) == (first, second)  # decoded
    quote = align_audio(net, noise(115), RATE, ('"',))[0]  # forced: nobody would decode it
    assert_close(quote[1:], [0.0375, 0.0775, 0.2], VALUE)


def test_the_last_span_ends_with_the_audio(say):
    net = say([[0.7, 0.1, 0.1, 0.1], [0.1, 0.7, 0.1, 0.1]])
    (phone,) = align_audio(net, noise(45), RATE)
    assert_close(phone[1:], [0.0375, 0.045, 0.7], VALUE)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("phones", [("a",), ("ж", "a", "a", '"', "ж"), ()])
def test_forced_is_the_path_of_the_offline_logits(bidirectional, dtype, phones):
    net, audio = network(bidirectional, dtype=dtype), noise(700)
    labels = [SYMBOLS.index(phone) for phone in phones]
    spans = refkd.ctc_align(offline_logits(net, audio), labels).spans
    phones_aligned = align_audio(net, audio, RATE, phones)
    assert [phone.symbol for phone in phones_aligned] == list(phones)
    for phone, span in zip(phones_aligned, spans, strict=True):
        times = 0.0175 + 0.02 * span.start, 0.0175 + 0.02 * span.end
        assert_close(phone[1:], [*times, math.exp(span.score)], VALUE)


@given(st.integers(50, 900), st.booleans(), SEEDS)
def test_decoded_phones_begin_at_the_spikes(samples, bidirectional, seed):
    net, audio = network(bidirectional, seed), noise(samples, seed)
    labels, frames = spikes(offline_logits(net, audio))
    phones_aligned = align_audio(net, audio, RATE)
    assert [phone.symbol for phone in phones_aligned] == [SYMBOLS[label] for label in labels]
    assert_close([phone.start for phone in phones_aligned], 0.0175 + 0.02 * frames, VALUE)
    edges = [edge for phone in phones_aligned for edge in phone[1:3]]
    assert edges == sorted(edges)
    assert all(phone.start < phone.end <= samples / RATE for phone in phones_aligned)
    assert all(0.0 < phone.confidence <= 1.0 for phone in phones_aligned)


def test_the_networks_of_these_tests_have_something_to_say():
    for bidirectional in (False, True):
        symbols = {phone.symbol for phone in align_audio(network(bidirectional), noise(3000), RATE)}
        assert len(symbols) >= 2


def test_symbols_are_matched_by_name():
    turned = network(symbols=("<blank>", "ж", '"', "a"))
    phones_aligned = align_audio(network(), noise(700), RATE, ("a", "ж"))
    renamed = align_audio(turned, noise(700), RATE, ("ж", "a"))
    assert [phone[1:] for phone in renamed] == [phone[1:] for phone in phones_aligned]


SYMBOLS_OF = "phones: expected symbols of the network, got"
LONG_FRAMES = FeatureSettings(bands=3, low=0.0, stack=8)  # the middle of the first at 0.0475 s
REFUSED = [
    (AlignmentError, f"{SYMBOLS_OF} 'x'", (network(), noise(700), RATE, ("a", "x"))),
    (AlignmentError, f"{SYMBOLS_OF} '<blank>'", (network(), noise(700), RATE, ("a", "<blank>"))),
    # five frames: each repeat needs a blank
    (AlignmentError, "phones: expected at most as many as the frames allow",
     (network(), noise(115), RATE, ["a"] * 4)),
    (AlignmentError, "phones: expected each to begin within the audio, got a",
     (network(settings=LONG_FRAMES), noise(30), RATE, ("a",))),
    (DataError, "audio: expected 1000 samples per second, as the network was trained on, got 8000",
     (network(), noise(700), 8000)),
    (DataError, "network: expected metadata as `refkd run` saves",
     (Network.create(6, 4, 1, 3, True), noise(700), RATE)),
]  # fmt: skip


@pytest.mark.parametrize(("error", "sentence", "arguments"), REFUSED)
def test_refused_recordings(error, sentence, arguments):
    assert sentence_of(align_audio, *arguments, error=error).startswith(sentence)


def test_what_is_just_possible():
    align_audio(network(), noise(115), RATE, ["a"] * 3)
    align_audio(network(settings=LONG_FRAMES), noise(50), RATE, ("a",))


def test_no_path(say):
    net = say([[0.5, 0.0, 0.5, 0.0]] * 5)
    with pytest.raises(AlignmentError, match="phones: expected a path of probability > 0"):
        align_audio(net, noise(115), RATE, ("a",))


# --- a corpus ------------------------------------------------------------------------------------


def test_a_corpus_with_times():
    first_spoken, second_spoken = utterance("one", "aж"), utterance("two", "ж", 500, seed=1)
    (first, second), problems = align_corpus(network(), corpus(first_spoken, second_spoken))
    assert (first.name, second.name) == ("one", "two")
    assert (first.seconds, second.seconds) == (0.9, 0.5)
    assert first.phones == align_audio(network(), first_spoken.audio, RATE, "aж")
    true = first_spoken.phones, first_spoken.starts, first_spoken.ends
    assert [phone[:3] for phone in first.true] == list(zip(*true, strict=True))
    assert problems == {"unreadable": 2}


def test_decoding_a_corpus_keeps_the_truth_beside_it():
    spoken = utterance("one", "xyz", 3000)  # phones that the network does not know
    (aligned,), _ = align_corpus(network(), corpus(spoken), labels="decoded")
    assert aligned.phones == align_audio(network(), spoken.audio, RATE)
    assert [phone.symbol for phone in aligned.true] == ["x", "y", "z"]


def test_a_corpus_without_times():
    aligned, _ = align_corpus(network(), corpus(utterance("one", "a", times=False), times=False))
    assert aligned[0].true is None
    assert len(aligned[0].phones) == 1


def test_splits():
    for split, names in (("train", ["train"]), ("validation", ["validation"]), ("test", ["one"])):
        aligned, _ = align_corpus(network(), corpus(utterance("one", "a")), split)
        assert [recording.name for recording in aligned] == names
    aligned, _ = align_corpus(network(), corpus(utterance("one", "a")), "all")
    assert [recording.name for recording in aligned] == ["train", "validation", "one"]


def test_what_cannot_be_aligned_is_counted_and_the_others_go_on():
    many = corpus(
        utterance("long", "aж" * 60),
        utterance("good", "a"),
        utterance("strange", "ax"),
        utterance("stranger", "aax", seed=3),
    )
    aligned, problems = align_corpus(network(), many)
    assert [utterance_aligned.name for utterance_aligned in aligned] == ["good"]
    assert problems == {
        "unreadable": 2,
        "left out, phones: expected at most as many as the frames allow, got more": 1,
        "left out, phones: expected symbols of the network, got 'x'": 2,
    }


def test_nothing_left():
    sentence = "made: expected utterances that can be aligned, got none of 1; phones: expected symb"
    with pytest.raises(DataError, match=sentence):
        align_corpus(network(), corpus(utterance("one", "x")))


def test_nothing_decoded(say):
    net = say([[0.7, 0.1, 0.1, 0.1]])
    (aligned,), problems = align_corpus(net, corpus(utterance("one", "a")), labels="decoded")
    assert aligned.phones == ()
    assert problems["no phone was decoded"] == 1


@pytest.mark.parametrize("wrong", [{"split": "dev"}, {"labels": "guessed"}])
def test_choices(wrong):
    with pytest.raises(ArgumentError, match="expected one of"):
        align_corpus(network(), corpus(utterance("one", "a")), **wrong)


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path, capsys):
    """A teacher, a student, and a corpus whose names and phones are no plain words."""
    network(True).save(tmp_path / "teacher.npz")
    network().save(tmp_path / "student.npz")
    lines = []
    names = ["train.wav", "validation.wav", 'говорит "эй".wav', "strange.wav"]
    for n, name in enumerate(names):
        write_wav(tmp_path / name, noise(600 + n, n))
        line = {"audio": name, "phones": ["ж", '"', "x" if n == 3 else "a"]}
        line |= {"starts": [0.1, 0.2, 0.4], "ends": [0.2, 0.3, 0.5]}
        lines.append(json.dumps(line | {"split": ("train", "validation", "test", "test")[n]}))
    (tmp_path / "all.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def run(files, *options, model="student", data=None):
    data = f"manifest:{files / 'all.jsonl'}" if data is None else data
    return main(["align", str(files / f"{model}.npz"), data, *map(str, options)])


def expected_of(files, name, model="student", phones=None):
    net = Network.load(files / f"{model}.npz")
    return align_audio(net, *read_wav(files / name), phones)


def ctm_rows(text):
    """By the definition of CTM: columns between white space, no line a comment."""
    rows = [line.split() for line in text.splitlines()]
    assert all(len(row) == 6 for row in rows)
    return [
        (unquote(name), unquote(label), float(start), float(start) + float(length), float(score))
        for name, _, start, length, label, score in rows
    ]


@pytest.mark.parametrize("model", ["teacher", "student"])
def test_ctm_of_a_corpus(files, capsys, model):
    assert run(files, "--format", "ctm", model=model) == 0
    printed = capsys.readouterr()
    name = 'говорит "эй".wav'
    rows = ctm_rows(printed.out)
    expected = expected_of(files, name, model, ("ж", '"', "a"))
    assert [row[:2] for row in rows] == [(name, "ж"), (name, '"'), (name, "a")]
    for row, phone in zip(rows, expected, strict=True):
        assert np.round(row[2:], 6).tolist() == np.round(phone[1:], 6).tolist()
    assert printed.err == "refkd: left out, phones: expected symbols of the network, got 'x': 1\n"


def test_ctm_to_a_file_is_what_is_printed(files, capsys):
    assert run(files, "--format", "ctm", "--split", "all") == 0
    printed = capsys.readouterr().out
    assert run(files, "--format", "ctm", "--split", "all", "--out", files / "all.ctm") == 0
    assert capsys.readouterr().out == ""
    assert (files / "all.ctm").read_text(encoding="utf-8") == printed
    assert len(printed.splitlines()) == 9


@pytest.mark.parametrize("labels", ["true", "decoded"])
def test_textgrids_of_a_corpus(files, labels):
    out = files / "grids"
    assert run(files, "--format", "textgrid", "--labels", labels, "--out", out) == 0
    names = {'говорит "эй".wav': "говорит %22эй%22.wav", "strange.wav": "strange.wav"}
    if labels == "true":
        del names["strange.wav"]
    assert {path.stem for path in out.glob("*.TextGrid")} == set(names.values())
    assert len(list(out.iterdir())) == len(names)
    for name, file in names.items():
        audio, rate = read_wav(files / name)
        grid = praat.openTextgrid(str(out / f"{file}.TextGrid"), includeEmptyIntervals=False)
        assert grid.tierNames == ("phones", "true")
        assert (grid.minTimestamp, grid.maxTimestamp) == (0.0, round(audio.size / rate, 6))
        phones = ("ж", '"', "a") if labels == "true" else None
        expected = [
            (round(phone.start, 6), round(phone.end, 6), phone.symbol)
            for phone in expected_of(files, name, phones=phones)
        ]
        assert [tuple(entry) for entry in grid.getTier("phones").entries] == expected
        last = "x" if name == "strange.wav" else "a"
        true = [(0.1, 0.2, "ж"), (0.2, 0.3, '"'), (0.4, 0.5, last)]
        assert [tuple(entry) for entry in grid.getTier("true").entries] == true


def test_a_recording_is_decoded(files, capsys):
    assert run(files, "--format", "ctm", data=str(files / "strange.wav"), model="teacher") == 0
    rows = ctm_rows(capsys.readouterr().out)
    expected = expected_of(files, "strange.wav", "teacher")
    assert [(row[0], row[1]) for row in rows] == [("strange", phone.symbol) for phone in expected]
    out = files / "grids"
    data = str(files / "strange.wav")
    assert run(files, "--format", "textgrid", "--out", out, data=data, model="teacher") == 0
    grid = praat.openTextgrid(str(out / "strange.TextGrid"), includeEmptyIntervals=False)
    assert grid.tierNames == ("phones",)
    labels = [entry.label for entry in grid.getTier("phones").entries]
    assert labels == [phone.symbol for phone in expected]


def test_options_of_the_reader(files, capsys):
    (files / "few.toml").write_text("[speech]\ntest = 1\n")
    for options, names in (([], 2), (["--config", files / "few.toml"], 1)):
        assert run(files, "--format", "ctm", "--labels", "decoded", *options) == 0
        assert len({row[0] for row in ctm_rows(capsys.readouterr().out)}) == names


@pytest.mark.parametrize(
    ("options", "data", "code", "sentence"),
    [
        ([], None, 2, "out: expected a folder for the TextGrids, got none"),
        (["--out", "FILES"], None, 2, "out: expected a new or empty folder, got "),
        (["--out", "new"], "none.wav", 1, "none.wav: expected a readable WAV file, got"),
        (["--out", "new"], "none", 2, "data: expected one of 'synthetic', "),
        (["--out", "new", "--labels", "true"], "a.wav", 2, "labels: expected 'decoded' for a rec"),
        (["--out", "new", "--config", "a"], "a.WAV", 2, "config: expected none for a recording"),
        (["--out", "new", "--split", "all"], "a.wav", 2, "split: expected none for a recording"),
    ],
)
def test_refusals(files, capsys, monkeypatch, options, data, code, sentence):
    monkeypatch.chdir(files)
    options = [str(files) if word == "FILES" else word for word in options]
    assert run(files, "--format", "textgrid", *options, data=data) == code
    printed = capsys.readouterr()
    assert printed.err.startswith(f"refkd: {sentence}")
    assert printed.err.count("\n") == 1
    assert not list(files.glob("new/*"))


def test_files_are_not_overwritten(files, capsys):
    (files / "old.ctm").write_text("mine")
    assert run(files, "--format", "ctm", "--out", files / "old.ctm") == 2
    assert "old.ctm, which exists" in capsys.readouterr().err
    assert (files / "old.ctm").read_text() == "mine"


def test_a_model_that_is_none(files, capsys):
    assert run(files, "--format", "ctm", model="none") == 1
    assert "none.npz: expected a network saved as npz, got no such file" in capsys.readouterr().err

"""Corpora on disk: WAV files, labels, clips, splits, and what is wrong with them."""

import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.audio import RATE, tone, write_wav
from support.refusals import sentence_of

from refkd.check import DataError
from refkd.data.dataset import load
from refkd.data.festvox import Label, read_corpus, read_labels, read_sentences
from refkd.data.wav import read_wav
from refkd.files.text import FileError


def write_lab(path, labels, header="separator ;\nnfields 1\n#\n"):
    lines = [f"{end:.5f} 125 {phone}" for end, phone in labels]
    path.write_text(header + "\n".join(lines) + "\n", encoding="utf-8")


SPOKEN = [(0.3, "pau"), (0.5, "a"), (0.7, "m"), (0.9, "pau"), (1.2, "o"), (1.4, "SIL")]


def write_corpus(folder, sentences=7, labels=SPOKEN, seconds=1.4, rate=RATE):
    """`sentences` files of a tone, all with the same labels and different texts."""
    for part in ("wav", "lab", "etc"):
        (folder / part).mkdir(parents=True)
    texts = []
    for n in range(sentences):
        write_wav(folder / "wav" / f"s{n}.wav", tone(seconds, rate), rate)
        write_lab(folder / "lab" / f"s{n}.lab", labels)
        texts.append(f'( s{n} "Sentence, number {n}." )')
    (folder / "etc" / "txt.done.data").write_text("\n".join(texts), encoding="utf-8")
    return folder


# --- sound ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "samples"),
    [
        (1, bytes([0, 128, 192])),
        (2, struct.pack("<3h", -(2**15), 0, 2**14)),
        (3, bytes([0, 0, 128, 0, 0, 0, 0, 0, 64])),
        (4, struct.pack("<3i", -(2**31), 0, 2**30)),
    ],
)
def test_full_scale_is_one_at_every_width(tmp_path, width, samples):
    write_wav(tmp_path / "a.wav", samples, width=width)
    audio, rate = read_wav(tmp_path / "a.wav")
    assert audio.tolist() == [-1.0, 0.0, 0.5]
    assert audio.dtype == np.float32
    assert rate == RATE


def test_channels_are_averaged(tmp_path):
    samples = struct.pack("<4h", 2**14, 0, -(2**14), 2**14)
    write_wav(tmp_path / "a.wav", samples, channels=2)
    assert read_wav(tmp_path / "a.wav")[0].tolist() == [0.25, 0.0]


def wav_bytes(path):
    write_wav(path, struct.pack("<50h", *range(50)))
    return path.read_bytes()


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda data: b"", "expected a WAV file of plain PCM, got a truncated file"),
        (lambda data: b"fLaC" + data[4:], "expected a WAV file of plain PCM, got a file that beg"),
        (lambda data: data[:20] + b"\x07" + data[21:], "expected a WAV file of plain PCM, got enc"),
        (lambda data: data[:20] + b"\x03" + data[21:], "expected a WAV file of plain PCM, got flo"),
        (lambda data: data[:32] + b"\x04" + data[33:], "expected frames of 2 bytes, as its bits"),
        (lambda data: data[:36], "expected a WAV file with a chunk 'fmt ' and a chunk 'data' afte"),
        (lambda data: data[:24] + bytes(4) + data[28:], "expected a WAV file of plain PCM, got 0"),
        (lambda data: data[:34] + b"\x78" + data[35:], "expected samples of 8, 16, 24 or 32 bits"),
        (lambda data: b"NIST_1A\n" + data, "expected a WAV file with a RIFF header, got a SPHERE"),
        (lambda data: data[:-20], "expected as many samples as its header states, got 40 of 50"),
        (lambda data: data[:40] + bytes(4), "expected at least one sample, got none"),
    ],
)
def test_a_damaged_wav_is_named(tmp_path, damage, sentence):
    path = tmp_path / "a.wav"
    path.write_bytes(damage(wav_bytes(path)))
    assert sentence_of(read_wav, path, error=FileError).startswith(f"{path}: {sentence}")


HALVES = struct.pack("<4h", 2**14, -(2**14), 2**13, 3 * 2**13)
HALVES_24 = b"".join((n * 2**21).to_bytes(3, "little", signed=True) for n in (2, -2, 1, 3))
UNTIL_THE_END = 0xFFFFFFFF  # what ffmpeg writes to a pipe


def riff(data, bits=16, extensible=False, encoding=1, length=None, whole=None):
    """A WAV file of 8000 Hz with one channel, and the lengths that its headers state."""
    size = bits // 8
    form = struct.pack(
        "<HHIIHH", 0xFFFE if extensible else encoding, 1, 8000, 8000 * size, size, bits
    )
    if extensible:
        subformat = struct.pack("<H", encoding) + bytes.fromhex("000000001000800000aa00389b71")
        form += struct.pack("<HHI", 22, bits, 4) + subformat
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"LIST" + struct.pack("<I", 3)
    chunks += b"abc\0data" + struct.pack("<I", len(data) if length is None else length) + data
    return b"RIFF" + struct.pack("<I", len(chunks) if whole is None else whole) + chunks


@pytest.mark.parametrize(
    "data",
    [
        riff(HALVES),
        riff(HALVES, extensible=True),
        riff(HALVES_24, bits=24, extensible=True),
        riff(HALVES, length=UNTIL_THE_END, whole=UNTIL_THE_END),
        riff(HALVES + b"\0", length=UNTIL_THE_END),
        riff(HALVES, length=0x7FFFF000),
        riff(HALVES, length=0x7FFFFF00),
        riff(HALVES, length=0x80000000),
        riff(HALVES, whole=20),
        riff(HALVES) + b"LIST\x02\0\0\0ab",
    ],
)
def test_headers_that_recorders_and_pipes_write(tmp_path, data):
    (tmp_path / "a.wav").write_bytes(data)
    audio, rate = read_wav(tmp_path / "a.wav")
    assert (audio.tolist(), rate) == ([0.5, -0.5, 0.25, 0.75], 8000)


@pytest.mark.parametrize("length", [9, 0x7FFFE000, 0x80000000])
def test_a_length_that_the_file_does_not_have_is_refused(tmp_path, length):
    (tmp_path / "a.wav").write_bytes(riff(HALVES_24, bits=24, length=length + 6))
    with pytest.raises(FileError, match=r"as many samples as its header states, got 4 of \d+$"):
        read_wav(tmp_path / "a.wav")


def test_an_extensible_header_of_another_encoding_is_refused(tmp_path):
    (tmp_path / "a.wav").write_bytes(riff(HALVES, extensible=True, encoding=3))
    with pytest.raises(FileError, match=r"got floating-point samples \(convert it by: ffmpeg"):
        read_wav(tmp_path / "a.wav")


def test_a_missing_wav_is_named(tmp_path):
    with pytest.raises(FileError, match=r"a\.wav: expected a readable WAV file, got "):
        read_wav(tmp_path / "a.wav")
    with pytest.raises(FileError, match="expected a readable WAV file, got "):
        read_wav("a\0b.wav")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 60), values=st.binary(min_size=1, max_size=8), cut=st.integers(0, 200))
def test_no_damage_raises_anything_else(tmp_path, place, values, cut):
    path = tmp_path / "a.wav"
    data = wav_bytes(path)
    path.write_bytes((data[:place] + values + data[place + len(values) :])[:cut])
    try:
        audio, rate = read_wav(path)
    except FileError:
        return
    assert audio.ndim == 1
    assert rate > 0
    assert np.abs(audio).max() <= 1.0


def test_vowel_signs_tell_sentences_apart(tmp_path):
    write_corpus(tmp_path / "a", sentences=3)
    text = '( a "\u0915\u0940" )\n(\tb\t"\u0915\u093e, we\u0301" )\n( c\u00a0d "x" )\n'
    (tmp_path / "a" / "etc" / "txt.done.data").write_text(text, encoding="utf-8")
    sentences = read_sentences(tmp_path / "a")
    assert sentences == {"a": "\u0915\u0940", "b": "\u0915\u093e w\u00e9", "c\u00a0d": "x"}


# --- labels --------------------------------------------------------------------------------------


def test_labels_by_hand(tmp_path):
    write_lab(tmp_path / "a.lab", [(0.25, "pau"), (0.5, "a"), (0.75, "#")])
    labels = read_labels(tmp_path / "a.lab")
    assert labels == [Label("pau", 0.0, 0.25), Label("a", 0.25, 0.5), Label("#", 0.5, 0.75)]
    assert [label.pause for label in labels] == [True, False, True]


@pytest.mark.parametrize("phone", ["pau", "SIL", "sil", "#", "H#", "h#", "H"])
def test_pauses_are_no_phones_but_a_capital_h_is(phone):
    assert Label(phone, 0.0, 1.0).pause == (phone != "H")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "expected a line '#' before the labels, got none"),
        ("0.1 125 a\n", "expected a line '#' before the labels, got none"),
        ("#\n", "expected a phone other than pauses, got none"),
        ("#\n0.1 125 pau\n", "expected a phone other than pauses, got none"),
        ("#\n0.1 a\n", "expected lines of end time, colour and phone, got '0.1 a'"),
        ("#\nend 125 a\n", "expected lines of end time, colour and phone, got 'end 125 a'"),
        ("#\n0.2 125 a\n0.1 125 b\n", "expected increasing end times, got 0.1 after 0.2"),
        ("#\n0.2 125 a\n0.2 125 b\n", "expected increasing end times, got 0.2 after 0.2"),
        ("#\n0.0 125 a\n", "expected increasing end times, got 0.0 after 0.0"),
        ("#\nnan 125 a\n", "expected increasing end times, got nan after 0.0"),
    ],
)
def test_wrong_labels_are_named(tmp_path, text, sentence):
    path = tmp_path / "a.lab"
    path.write_text(text, encoding="utf-8")
    assert sentence_of(read_labels, path, error=FileError) == f"{path}: {sentence}"


# --- clips and splits ----------------------------------------------------------------------------


def test_a_sentence_is_cut_at_pauses_and_keeps_part_of_them(tmp_path):
    corpus = read_corpus(write_corpus(tmp_path / "c"), shortest=0.1)
    first, second = (clip for clip in corpus.train if clip.name.startswith("s0-"))
    # pauses 0 to 0.3, 0.7 to 0.9 and 1.2 to 1.4 s; a margin is at most half of one, and 0.1 s
    assert first.phones == ("a", "m")
    assert len(first.audio) == 600  # 0.2 to 0.8 s
    np.testing.assert_allclose(first.starts, [0.1, 0.3], rtol=0, atol=1e-12)
    np.testing.assert_allclose(first.ends, [0.3, 0.5], rtol=0, atol=1e-12)
    assert second.phones == ("o",)
    assert len(second.audio) == 500  # 0.8 to 1.3 s
    whole = read_wav(tmp_path / "c" / "wav" / "s0.wav")[0]
    np.testing.assert_array_equal(first.audio, whole[200:800])
    np.testing.assert_array_equal(second.audio, whole[800:1300])


def test_a_clip_goes_on_until_it_is_long_enough(tmp_path):
    corpus = read_corpus(write_corpus(tmp_path / "c"), shortest=1.0)
    assert {clip.phones for clip in corpus} == {("a", "m", "o")}


def test_long_clips_are_left_out_and_counted(tmp_path):
    corpus = read_corpus(write_corpus(tmp_path / "c"), shortest=0.1, longest=0.55)
    assert {clip.phones for clip in corpus} == {("o",)}
    assert corpus.problems == {"clips left out, expected at most 0.55 seconds": 7}


def test_whole_sentences_are_held_out(tmp_path):
    folder = write_corpus(tmp_path / "c", sentences=9)
    lines = [f'( s{n} "The same, again." )' for n in range(2)]
    lines += [f'( s{n} "Number {n}." )' for n in range(2, 9)]
    (folder / "etc" / "txt.done.data").write_text("\n".join(lines), encoding="utf-8")
    corpus = read_corpus(folder, shortest=0.1)
    files = [sorted({clip.name[:2] for clip in part}) for part in corpus.splits().values()]
    assert files == [["s0", "s1", "s4", "s5", "s6", "s7", "s8"], ["s2"], ["s3"]]


def test_each_split_keeps_to_its_limit(tmp_path):
    corpus = read_corpus(write_corpus(tmp_path / "c"), shortest=0.1, train=3, test=1)
    assert [len(part) for part in corpus.splits().values()] == [3, 2, 1]
    assert corpus.problems == {
        "clips left out, expected at most 3 for train": 7,
        "clips left out, expected at most 1 for test": 1,
    }


def test_the_name_and_the_rate_of_the_corpus(tmp_path):
    corpus = load(f"festvox:{write_corpus(tmp_path / 'voice')}")
    assert (corpus.name, corpus.rate) == ("voice", RATE)
    assert corpus.problems == {}


# --- bad corpora ---------------------------------------------------------------------------------


def test_files_of_another_rate_are_left_out(tmp_path):
    folder = write_corpus(tmp_path / "c")
    write_wav(folder / "wav" / "s0.wav", np.zeros(2 * 1400), 2 * RATE)
    corpus = read_corpus(folder, shortest=0.1)
    assert corpus.rate == RATE
    assert corpus.problems == {"clips left out, expected 1000 samples per second": 2}


def test_nothing_of_the_rate_that_was_asked_for(tmp_path):
    folder = write_corpus(tmp_path / "c")
    assert sentence_of(read_corpus, folder, rate=16000, error=DataError) == (
        f"{folder}: expected at least 3 sentences that can be used, got 0 of 7 "
        "(clips left out, expected 16000 samples per second)"
    )


@pytest.mark.parametrize(
    ("place", "content", "problem"),
    [
        ("lab/s1.lab", None, "a readable label file"),
        ("wav/s1.wav", None, "a readable WAV file"),
        ("wav/s1.wav", b"", "a WAV file of plain PCM"),
        ("wav/s1.wav", b"RIFF", "a WAV file of plain PCM"),
        ("lab/s1.lab", b"", "a line '#' before the labels"),
        ("lab/s1.lab", b"#\n0.3 125 pau\n", "a phone other than pauses"),
        ("lab/s1.lab", b"#\n0.3 125 a\n0.2 125 b\n", "increasing end times"),
        ("lab/s1.lab", b"#\n0.3 a\n", "lines of end time, colour and phone"),
        ("lab/s1.lab", b"#\n0.3 125 a\n9.0 125 pau\n", "labels within the audio"),
        ("lab/s1.lab", b"#\ninf 125 a\n", "labels within the audio"),
        ("lab/s1.lab", b"#\n1.41 125 a\n1.42 125 b\n", "labels that fit the audio"),
    ],
)
def test_a_bad_file_is_skipped_and_counted(tmp_path, place, content, problem):
    folder = write_corpus(tmp_path / "c")
    (folder / place).unlink()
    if content is not None:
        (folder / place).write_bytes(content)
    corpus = read_corpus(folder, shortest=0.1)
    assert corpus.problems == {f"left out, expected {problem}": 1}
    assert "s1" not in {clip.name[:2] for clip in corpus}
    assert all(len(part) >= 1 for part in corpus.splits().values())


def test_a_label_may_exceed_the_audio_a_little(tmp_path):
    labels = [(0.3, "pau"), (0.5, "a"), (1.43, "m")]
    corpus = read_corpus(write_corpus(tmp_path / "c", labels=labels))
    assert corpus.problems == {}
    assert corpus.train[0].ends[-1] == corpus.train[0].seconds


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("", "a folder"),
        ("wav", "a folder"),
        ("lab", "a folder"),
        ("etc", 'sentences as ( name "text" )'),
    ],
)
def test_a_missing_part_is_named(tmp_path, part, expected):
    folder = write_corpus(tmp_path / "c")
    (folder / part).rename(tmp_path / "elsewhere")
    with pytest.raises(DataError) as error:
        read_corpus(folder)
    path = folder / part if part != "etc" else folder / "etc" / "txt.done.data"
    assert str(error.value).startswith(f"{path}: expected {expected}, got ")


@pytest.mark.parametrize("text", ["", "s1 Sentence one.\n", "\0\xff"])
def test_no_sentences(tmp_path, text):
    folder = write_corpus(tmp_path / "c")
    path = folder / "etc" / "txt.done.data"
    path.write_text(text, encoding="latin-1")
    assert (
        sentence_of(read_corpus, folder, error=DataError)
        == f'{path}: expected sentences as ( name "text" ), got none'
    )


def test_too_few_sentences(tmp_path):
    folder = write_corpus(tmp_path / "c", sentences=3)
    assert [len(part) for part in read_corpus(folder).splits().values()] == [1, 1, 1]
    (folder / "lab" / "s2.lab").write_text("", encoding="utf-8")
    assert sentence_of(read_corpus, folder, error=DataError) == (
        f"{folder}: expected at least 3 sentences that can be used, got 2 of 3 "
        f"({folder / 'lab' / 's2.lab'}: expected a line '#' before the labels, got none)"
    )

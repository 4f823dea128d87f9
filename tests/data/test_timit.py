"""The layout of TIMIT: sample counts, folding, splits by speaker."""

import pytest
from support.audio import tone, write_wav
from support.refusals import sentence_of

from refkd.check import ArgumentError, DataError
from refkd.data.dataset import load, prepare
from refkd.data.timit import FOLDED, fold, read_phones, read_timit

RATE = 8000
SPOKEN = "0 400 h#\n400 800 ao\n800 1000 tcl\n1000 1200 t\n1200 1300 q\n1300 2400 h#\n"


def write_sentence(folder, name, labels=SPOKEN, samples=2400, rate=RATE, suffix=".WAV"):
    folder.mkdir(parents=True, exist_ok=True)
    write_wav(folder / f"{name}{suffix}", tone(samples / rate, rate), rate)
    (folder / f"{name}.PHN").write_text(labels, encoding="utf-8")


def write_timit(root, speakers=11):
    for n in range(speakers):
        for name in ("SA1", "SI5", "SX3"):
            write_sentence(root / "TRAIN" / f"DR{n % 3}" / f"MA{n:02}0", name)
    for name in ("SA1", "SX3"):
        write_sentence(root / "TEST" / "DR1" / "FTES0", name)
    return root


# --- folding -------------------------------------------------------------------------------------


def test_61_symbols_become_39():
    assert len(FOLDED) == 61
    assert len(set(FOLDED.values()) - {None}) == 39
    assert [phone for phone, symbol in FOLDED.items() if symbol is None] == ["q"]
    merged = {phone for phone, symbol in FOLDED.items() if phone != symbol}
    assert {FOLDED[symbol] for symbol in set(FOLDED.values()) - {None, "sil"}} <= set(FOLDED)
    assert len(merged) == 61 - 38  # all but sil are names of their own


@pytest.mark.parametrize(
    ("phone", "symbol"),
    [("ao", "aa"), ("ax-h", "ah"), ("axr", "er"), ("ix", "ih"), ("nx", "n"), ("zh", "sh")],
)
def test_a_phone_folds_into_its_neighbour(phone, symbol):
    assert fold([(phone, 3, 9)]) == [(symbol, 3, 9)]


def test_silences_join_and_a_glottal_stop_goes():
    spans = [("pau", 0, 2), ("tcl", 2, 4), ("t", 4, 5), ("q", 5, 6), ("h#", 6, 9)]
    assert fold(spans) == [("sil", 0, 4), ("t", 4, 5), ("sil", 6, 9)]
    assert fold([("h#", 0, 2), ("q", 2, 4), ("epi", 4, 5)]) == [("sil", 0, 5)]


def test_a_phone_of_another_alphabet():
    with pytest.raises(ArgumentError, match=r"phone: expected one of .*, got 'sil'"):
        fold([("sil", 0, 1)])


# --- corpora -------------------------------------------------------------------------------------


def test_splits_are_by_speaker_and_sa_is_left_out(tmp_path):
    corpus = load(f"timit:{write_timit(tmp_path / 'timit')}")
    assert (corpus.rate, corpus.problems) == (RATE, {})
    splits = corpus.splits()
    speakers = {split: {clip.group for clip in splits[split]} for split in splits}
    assert speakers["validation"] == {"ma090"}
    assert speakers["test"] == {"ftes0"}
    assert len(speakers["train"]) == 10
    assert [utterance.name for utterance in corpus.validation] == ["ma090-si5", "ma090-sx3"]
    assert [utterance.name for utterance in corpus.train[:2]] == ["ma000-si5", "ma010-si5"]
    assert len(corpus.train) == 20


def test_sample_counts_become_seconds(tmp_path):
    corpus = read_timit(write_timit(tmp_path / "timit"))
    utterance = corpus.test[0]
    assert utterance.phones == ("sil", "aa", "sil", "t", "sil")
    assert utterance.starts.tolist() == [0.0, 0.05, 0.1, 0.125, 0.1625]
    assert utterance.ends.tolist() == [0.05, 0.1, 0.125, 0.15, 0.3]
    assert prepare(corpus).symbols == ("<blank>", "aa", "sil", "t")
    labelled = read_timit(tmp_path / "timit", symbols=61).test[0]
    assert labelled.phones == ("h#", "ao", "tcl", "t", "q", "h#")


def test_lower_case_and_a_second_suffix(tmp_path):
    root = tmp_path / "timit"
    for n in range(10):
        write_sentence(root / "train" / "dr1" / f"m{n}", "SX1", suffix=".WAV.wav")
        (root / "train" / "dr1" / f"m{n}" / "SX1.WAV").write_bytes(b"NIST_1A\n   1024\n")
    write_sentence(root / "test" / "dr1" / "f0", "sx1", suffix=".wav")
    (root / "test" / "dr1" / "f0" / "sx1.PHN").rename(root / "test" / "dr1" / "f0" / "sx1.phn")
    corpus = read_timit(root)
    assert (len(corpus.train), corpus.problems) == (9, {})
    assert corpus.test[0].name == "f0-sx1"


def test_the_last_label_may_exceed_the_audio_a_little(tmp_path):
    root = write_timit(tmp_path / "timit")
    write_sentence(root / "TEST" / "DR1" / "FTES0", "SX3", samples=2100)
    assert read_timit(root).test[0].ends[-1] == 2100 / RATE


def test_files_that_cannot_be_used_are_counted(tmp_path):
    root = write_timit(tmp_path / "timit")
    speaker = root / "TRAIN" / "DR0" / "MA000"
    write_sentence(speaker, "SX11", samples=1900)
    write_sentence(speaker, "SX12", labels="0 2400 ax-q\n")
    write_sentence(speaker, "SX13", labels="0 2400 q\n")
    write_sentence(speaker, "SX14", rate=16000)
    write_sentence(speaker, "SX15")
    (speaker / "SX15.WAV").unlink()
    corpus = read_timit(root)
    assert len(corpus.train) == 20
    assert corpus.problems == {
        "left out, expected labels within the audio": 1,
        "left out, expected phones of the 61 of TIMIT": 1,
        "left out, expected a phone other than q": 1,
        "left out, expected a readable WAV file": 1,
        "clips left out, expected 8000 samples per second": 1,
    }


def test_sphere_files_say_how_to_convert_them(tmp_path):
    root = write_timit(tmp_path / "timit", speakers=1)
    for path in root.rglob("*.WAV"):
        path.write_bytes(b"NIST_1A\n   1024\n")
    with pytest.raises(DataError, match=r"got a SPHERE header \(convert it by: sox "):
        read_timit(root)


def test_a_folder_without_the_layout(tmp_path):
    with pytest.raises(DataError, match="TRAIN: expected a folder, got none"):
        read_timit(tmp_path / "nowhere")
    (tmp_path / "TRAIN").mkdir()
    with pytest.raises(DataError, match="TEST: expected a folder, got none"):
        read_timit(tmp_path)
    (tmp_path / "TEST").mkdir()
    with pytest.raises(DataError, match="expected at least one clip for train, got none"):
        read_timit(tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "a phone, got none"),
        ("0 400\n", "lines of first sample, end sample and phone, got '0 400'"),
        ("0 0.5 aa\n", "lines of first sample, end sample and phone, got '0 0.5 aa'"),
        ("0 400 aa\n300 500 b\n", "successive phones, each of positive duration, got '300 500 b'"),
        ("400 400 aa\n", "successive phones, each of positive duration, got '400 400 aa'"),
        ("-1 400 aa\n", "successive phones, each of positive duration, got '-1 400 aa'"),
    ],
)
def test_wrong_labels_are_named(tmp_path, text, sentence):
    path = tmp_path / "a.PHN"
    path.write_text(text, encoding="utf-8")
    assert sentence_of(read_phones, path, error=DataError) == f"{path}: expected {sentence}"

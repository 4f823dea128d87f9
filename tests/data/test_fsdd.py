"""Digits on disk whose file names say what is spoken and whose phones have no times."""

import json

import pytest
from support.audio import tone, write_wav
from support.refusals import sentence_of

from refkd.check import DataError
from refkd.cli import main
from refkd.data.dataset import load
from refkd.data.fsdd import LEXICON, read_fsdd
from refkd.experiment.experiment import run_experiment
from refkd.experiment.settings import read_settings


def write_digit(folder, name, rate=8000):
    write_wav(folder / name, tone(0.3, rate, 2.0 + int(name[0])), rate)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Two speakers, three digits, twelve recordings of each."""
    folder = tmp_path_factory.mktemp("digits")
    for digit in (0, 2, 8):
        for speaker in ("ann", "bob"):
            for index in range(12):
                write_digit(folder, f"{digit}_{speaker}_{index}.wav")
    return folder


def test_names_say_what_is_spoken_and_to_which_split_it_belongs(digits):
    corpus = load(f"fsdd:{digits}")
    assert (corpus.rate, corpus.problems) == (8000, {})
    assert {split: len(part) for split, part in corpus.splits().items()} == {
        "train": 12,
        "validation": 30,
        "test": 30,
    }
    indices = {
        split: {int(utterance.name.split("_")[2]) for utterance in part}
        for split, part in corpus.splits().items()
    }
    assert indices == {"train": {10, 11}, "validation": set(range(5, 10)), "test": set(range(5))}
    spoken = {utterance.name[0]: utterance.phones for utterance in corpus}
    assert spoken == {"0": ("z", "ih", "r", "ow"), "2": ("t", "uw"), "8": ("ey", "t")}
    assert all(utterance.starts is None and utterance.ends is None for utterance in corpus)


def test_the_lexicon_has_ten_different_digits():
    assert len(set(LEXICON)) == 10
    assert len({phone for phones in LEXICON for phone in phones}) == 19


def test_a_limit_keeps_digits_and_speakers_mixed(digits):
    corpus = read_fsdd(digits, train=6, validation=4, test=4)
    assert [utterance.name for utterance in corpus.train] == [
        f"{digit}_{speaker}_10" for digit in (0, 2, 8) for speaker in ("ann", "bob")
    ]
    assert corpus.problems == {
        "clips left out, expected at most 6 for train": 6,
        "clips left out, expected at most 4 for validation": 26,
        "clips left out, expected at most 4 for test": 26,
    }


def test_what_is_left_out_is_counted(tmp_path):
    for index in (0, 1, 5, 10, 11):
        write_digit(tmp_path, f"7_ann_{index}.wav")
    write_digit(tmp_path, "7_ann_12.wav", rate=16000)
    write_digit(tmp_path, "7seven.wav")
    (tmp_path / "7_ann_13.wav").write_bytes(b"no sound")
    corpus = read_fsdd(tmp_path)
    assert len(list(corpus)) == 5
    assert corpus.problems == {
        "left out, expected a name as {digit}_{speaker}_{index}.wav": 1,
        "left out, expected a WAV file of plain PCM": 1,
        "clips left out, expected 8000 samples per second": 1,
    }
    assert [utterance.name for utterance in read_fsdd(tmp_path, train=1).train] == ["7_ann_10"]


@pytest.mark.parametrize("name", [None, "readme.txt", "10_ann_0.wav", "a_ann_0.wav", "1_ann.wav"])
def test_a_folder_without_digits_is_one_sentence(tmp_path, name):
    if name is not None:
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(DataError, match="expected at least one clip for train, got none"):
        read_fsdd(tmp_path)


def test_a_split_that_is_empty_names_the_first_fault(tmp_path):
    for index in (0, 5):
        write_digit(tmp_path, f"7_ann_{index}.wav")
    (tmp_path / "7_ann_10.wav").write_bytes(b"")
    assert sentence_of(read_fsdd, tmp_path, error=DataError) == (
        f"{tmp_path}: expected at least one clip for train, got none "
        f"({tmp_path / '7_ann_10.wav'}: expected a WAV file of plain PCM, got a truncated file)"
    )


@pytest.mark.compiled_only
def test_without_times_no_delay_is_measured(digits):
    options = {"data": f"fsdd:{digits}", "rules": ["CTC"]}
    options |= {"network": {"hidden": 4}, "training": {"epochs": 1}}
    experiment = run_experiment(read_settings(overrides=options))
    for model in (experiment.teacher, *experiment.students):
        assert model.measured.delay.n == 0


@pytest.mark.proof
@pytest.mark.compiled_only
def test_a_run_without_times_measures_no_delay(digits, tmp_path, capsys):
    config = tmp_path / "tiny.toml"
    config.write_text("[network]\nhidden = 4\n[training]\nepochs = 1\n", encoding="utf-8")
    arguments = ["run", "--data", f"fsdd:{digits}", "--config", str(config), "--rules", "CTC"]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    row = capsys.readouterr().out.splitlines()[3].split()
    assert row[0] == "teacher"
    assert "none" in row
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    for model in (results["teacher"], *results["students"]):
        assert (model["delay"]["n"], model["delay"]["mean"]) == (0, None)
        assert model["delay"]["phones_left_out"] == results["data"]["test_phones"] == 80
    assert (tmp_path / "out" / "figures" / "shift.svg").stat().st_size > 2000

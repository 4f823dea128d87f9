"""Every run leaves one test recording in its folder, and the pages' command streams it."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from refkd.alignment.decode import greedy_decode
from refkd.cli import main
from refkd.data.corpus import Utterance
from refkd.data.dataset import load
from refkd.data.features import FeatureSettings, log_mel
from refkd.data.wav import read_wav
from refkd.experiment.experiment import run_experiment
from refkd.experiment.results_json import read_results, results, write_results
from refkd.experiment.run_reader import read_run
from refkd.experiment.run_writer import write_recording, write_run
from refkd.experiment.settings import read_settings
from visualize.output.run_drawing import RunDrawing

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", "docs/guides/streaming.md"]
OPTIONS = {
    "rules": ["OrderedPath"],
    "network": {"hidden": 16},
    "training": {"epochs": 3},
    "speech": {"train": 40, "validation": 1, "test": 4},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Where a quick run has left its folder `refkd-run`; nothing is drawn."""
    place = tmp_path_factory.mktemp("place")
    result = run_experiment(read_settings(overrides=OPTIONS, quick=True))
    (place / "refkd-run").mkdir()
    write_run(result, place / "refkd-run")
    write_results(results(result), place / "refkd-run")
    return place


def spoken(run):
    """The utterance of the corpus that the recording holds."""
    corpus = load("synthetic", seed=0, **OPTIONS["speech"])
    name = run.results["recording"]["utterance"]
    return next(utterance for utterance in corpus.test if utterance.name == name)


@pytest.mark.compiled_only
@pytest.mark.parametrize("page", PAGES)
def test_the_command_of_the_page_streams_the_recording(place, page, monkeypatch, capsys):
    monkeypatch.chdir(place)
    text = (ROOT / page).read_text(encoding="utf-8")
    commands = re.findall(r"^refkd (stream .*)$", text, re.M)
    assert commands
    for command in commands:
        assert main(shlex.split(command)) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.compiled_only
def test_the_recording_is_of_the_utterance_of_the_figures(place):
    run = read_run(place / "refkd-run")
    recording, utterance = run.results["recording"], spoken(run)
    assert recording["utterance"] == RunDrawing.of(run).utterance
    assert recording["file"] == "recording.wav"
    assert recording["phones"] == list(utterance.phones)
    assert recording["starts"] == utterance.starts.tolist()
    assert recording["ends"] == utterance.ends.tolist()
    audio, rate = read_wav(place / "refkd-run" / recording["file"])
    assert rate == utterance.rate == run.results["data"]["rate"]
    assert np.abs(audio - np.clip(utterance.audio, -1.0, 1.0)).max() <= 1 / 32768


@pytest.mark.compiled_only
def test_the_phones_of_the_stream_are_those_of_the_posteriors(place, capsys):
    run = read_run(place / "refkd-run")
    model = place / "refkd-run" / "networks" / "OrderedPath.npz"
    assert main(["stream", str(model), str(place / "refkd-run" / "recording.wav")]) == 0
    phones = [line.split()[-1] for line in capsys.readouterr().out.splitlines()[1:]]
    logits = run.of("OrderedPath").posteriors.arrays[run.results["recording"]["utterance"]]
    assert phones == [run.symbols[label] for label in greedy_decode(logits)]


def test_samples_of_16_bits_come_back_bit_by_bit(tmp_path):
    samples = np.random.default_rng(0).integers(-32768, 32768, 999) / 32768.0
    utterance = Utterance("one", samples.astype(np.float32), 16000, ("a",), None, None, "one")
    for name in ("first.wav", "second.wav"):
        write_recording(utterance, tmp_path / name)
    audio, rate = read_wav(tmp_path / "first.wav")
    assert rate == 16000
    assert audio.tobytes() == utterance.audio.tobytes()
    assert (tmp_path / "first.wav").read_bytes() == (tmp_path / "second.wav").read_bytes()
    assert (tmp_path / "first.wav").stat().st_size == 44 + 2 * 999
    settings = FeatureSettings()
    assert np.array_equal(log_mel(audio, rate, settings), log_mel(samples, rate, settings))


@pytest.mark.compiled_only
def test_a_folder_of_an_older_version_is_still_read(place, monkeypatch):
    """It has neither the recording nor its entry in results.json."""
    folder = place / "refkd-run"
    older = {name: value for name, value in read_results(folder).items() if name != "recording"}
    write_results(older, folder)
    (folder / "recording.wav").unlink()
    assert read_run(folder).results == older

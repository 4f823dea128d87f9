"""The page of all figures, and the delays of a run that it shows."""

import re

import numpy as np
import pytest
from tolerances import MICROSECONDS, assert_close

from refkd.check import ArgumentError
from refkd.cli import main
from refkd.experiment.experiment import run_experiment
from refkd.experiment.results_json import results, write_results
from refkd.experiment.run_reader import read_run
from refkd.experiment.run_writer import write_run
from refkd.experiment.settings import read_settings
from visualize.layout.style import WIDTHS
from visualize.output import gallery
from visualize.output.drawing import Drawn
from visualize.output.figures import FIGURES

pytestmark = pytest.mark.compiled_only

TINY = {
    "network": {"hidden": 6},
    "training": {"epochs": 1},
    "speech": {"train": 8, "validation": 1, "test": 3},
    "rules": ["CTC", "Hard"],
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    study = run_experiment(read_settings(overrides=TINY))
    write_run(study, folder)
    write_results(results(study), folder)
    return study, folder


@pytest.mark.proof
def test_every_figure_is_on_the_page_at_every_size(trained, tmp_path, capsys):
    _, folder = trained
    assert main(["plot", str(folder), "--gallery", str(tmp_path / "all")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "all" / "index.html")
    page = (tmp_path / "all" / "index.html").read_text(encoding="utf-8")
    shown = re.findall(r'src="([^"]*)"', page)
    drawn = [name for name in FIGURES if name != "sweep"]  # nothing was tried
    assert shown == [f"{name}-{size}.png" for name in drawn for size in ("natural", *WIDTHS)]
    for name in shown:
        with (tmp_path / "all" / name).open("rb") as file:
            assert file.read(4) == b"\x89PNG"
    widths = dict(re.findall(r'src="lattice-(\w+)\.png"\s+width="(\d+)"', page))
    assert widths == {"column": "326", "page": "672", "slide": "640"}  # 96 pixels an inch


def test_every_figure_has_words():
    assert all(row.title and row.caption.endswith(".") for row in FIGURES.values())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--model", "a=a.npz"], "gallery: expected it without --model, got both"),
        (["--size", "page"], "gallery: expected it without --size, got both"),
        (["--figures", "shift"], "gallery: expected it without --figures, got both"),
        (["--utterance", "none"], "utterance: expected one of 3, such as 'test-0000', got 'none'"),
    ],
)
def test_what_a_gallery_decides_itself(trained, tmp_path, capsys, options, sentence):
    gallery_options = ["--gallery", str(tmp_path / "all"), *options]
    assert main(["plot", str(trained[1]), *gallery_options]) == 2
    assert capsys.readouterr().err.strip() == f"refkd: {sentence}"


def test_other_files_are_left_alone(trained, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert main(["plot", str(trained[1]), "--gallery", str(tmp_path)]) == 2
    assert "expected a new or empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_names_are_escaped(trained, monkeypatch, tmp_path):
    run = read_run(trained[1])
    run.results["data"]["name"] = "<festvox & co>"
    monkeypatch.setattr(gallery, "figures_of_run", lambda drawing: Drawn())
    files, failures = gallery.write_gallery(run, tmp_path)
    (page,) = files
    assert failures == {}
    assert "<h1>Figures: &lt;festvox &amp; co&gt;</h1>" in page.read_text(encoding="utf-8")


def test_delays_of_a_run_are_those_that_were_measured(trained):
    study, folder = trained
    run = read_run(folder)
    for student in (study.teacher, *study.students):
        starts, ends = run.delays(student.name, "starts"), run.delays(student.name, "ends")
        assert_close(np.sort(starts.delay), np.sort(student.measured.delay.delay), MICROSECONDS)
        assert_close(
            np.sort(ends.delay), np.sort(student.measured.delay_to_ends.delay), MICROSECONDS
        )
        assert starts.phones_left_out == student.measured.delay.phones_left_out
        assert starts.spikes_left_out == student.measured.delay.spikes_left_out


def test_a_run_without_an_utterance_is_one_sentence(trained, tmp_path):
    with pytest.raises(ArgumentError, match="utterance: expected one of"):
        gallery.write_gallery(read_run(trained[1]), tmp_path, "none")

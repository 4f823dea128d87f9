"""A finished run is never lost to a drawing: what fails is a sentence, what is missing is drawn."""

import contextlib
import dataclasses
import io
import shutil

import pytest
from support.trainings import complaints

from refkd.check import DataError
from refkd.cli import main
from refkd.experiment.run_folder import LOCK
from visualize.output import run as animations
from visualize.output.figures import FIGURES
from visualize.report.whole_run import draw_backwards

pytestmark = pytest.mark.compiled_only

TINY = """
rules = ["CTC", "Hard"]
animate = true
[network]
hidden = 6
[training]
epochs = 1
[speech]
train = 6
validation = 1
test = 2
"""


def fail(*arguments, **options):
    raise KeyError("Earliest")


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != LOCK
    }


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    path = tmp_path_factory.mktemp("settings") / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(settings, tmp_path_factory):
    """The folder of a run in which everything was drawn."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    with contextlib.redirect_stderr(io.StringIO()) as errors:
        assert main(["run", "--config", str(settings), "--out", str(folder)]) == 0
    assert complaints(errors.getvalue()) == ""
    return folder


@pytest.fixture
def again(whole, settings, tmp_path, monkeypatch, capsys):
    """A copy of the folder, and its command: exit code and standard error; nothing is trained."""

    def trained(*arguments):
        raise DataError("training: expected none, got some")

    monkeypatch.setattr("refkd.experiment.experiment.run_experiment", trained)
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)

    def command():
        capsys.readouterr()
        code = main(["run", "--config", str(settings), "--out", str(folder)])
        return code, capsys.readouterr().err

    return folder, command


def undrawn(folder, name):
    return (
        f"refkd: {folder}: {name} could not be drawn, got KeyError: 'Earliest'; repeat the "
        "command to try again\n"
    )


@pytest.mark.proof
def test_a_figure_that_fails_in_the_first_run_costs_a_sentence(
    whole, settings, tmp_path, monkeypatch, capsys
):
    folder = tmp_path / "run"
    command = ["run", "--config", str(settings), "--out", str(folder)]
    with monkeypatch.context() as patched:
        row = dataclasses.replace(FIGURES["shift"], of_run=fail)  # the second process draws others
        patched.setitem(FIGURES, "shift", row)
        assert main(command) == 0
    printed = capsys.readouterr()
    assert complaints(printed.err) == undrawn(folder, "shift")
    assert printed.out.endswith(f" seconds; report: {folder / 'report.html'}\n")
    missing = {f"figures/shift.{ending}" for ending in ("png", "svg", "csv")}
    assert files(whole).keys() - files(folder).keys() == missing
    page = (folder / "report.html").read_bytes()
    assert b'id="figure-shift"' not in page
    assert main(command) == 0
    assert files(folder).keys() == files(whole).keys()
    assert b'id="figure-shift"' in (folder / "report.html").read_bytes()


@pytest.mark.parametrize(
    ("place", "name"),
    [("figures/offsets.svg", "offsets"), ("figures/spikes-Hard.gif", "spikes-Hard.gif")],
)
def test_what_was_removed_is_drawn_again_without_training(whole, again, place, name):
    folder, command = again
    (folder / place).unlink()
    assert command() == (0, "")
    assert files(folder) == files(whole)


def test_another_process_draws_the_same_from_the_end_until_it_meets_the_first(whole, again):
    folder, _ = again
    for path in (folder / "figures").glob("[!s]*"):
        path.unlink()
    draw_backwards(folder, folder / "figures")
    assert files(folder) == files(whole)
    for name in ("offsets.png", "toy.svg"):
        (folder / "figures" / name).unlink()
    draw_backwards(folder, folder / "figures")
    assert files(whole).keys() - files(folder).keys() == {"figures/offsets.png"}


def test_a_page_that_fails_costs_a_sentence(whole, again, monkeypatch):
    folder, command = again
    (folder / "report.html").unlink()
    with monkeypatch.context() as patched:
        patched.setattr("visualize.report.whole_run.write_report", fail)
        assert command() == (0, undrawn(folder, "report.html"))
    assert not (folder / "report.html").exists()
    assert command() == (0, "")
    assert files(folder) == files(whole)


@pytest.mark.parametrize("part", ["RunDrawing.of", "pictures_of"])
def test_what_all_figures_need_may_fail_too(again, monkeypatch, part):
    folder, command = again
    monkeypatch.setattr(f"visualize.report.whole_run.{part}", fail)
    assert command() == (0, undrawn(folder, "figures"))


def test_without_its_page_a_run_names_its_results(again, monkeypatch, settings, capsys):
    folder, _ = again
    (folder / "report.html").unlink()
    monkeypatch.setattr("visualize.report.whole_run.write_report", fail)
    assert main(["run", "--config", str(settings), "--out", str(folder)]) == 0
    assert capsys.readouterr().out.endswith(f"results: {folder / 'results.json'}\n")


def test_an_animation_that_fails_leaves_the_others(whole, again, monkeypatch):
    folder, command = again
    for name in ("spikes-CTC.gif", "spikes-Hard.gif", "spikes.gif"):
        (folder / "figures" / name).unlink()
    save = animations.save_animation

    def save_some(frames, path, *arguments):
        return fail() if path.name == "spikes-CTC.gif" else save(frames, path, *arguments)

    monkeypatch.setattr(animations, "save_animation", save_some)
    assert command() == (0, undrawn(folder, "spikes-CTC.gif"))
    assert files(whole).keys() - files(folder).keys() == {"figures/spikes-CTC.gif"}


def test_a_run_whose_posteriors_are_gone_still_has_its_table(again):
    folder, command = again
    shutil.rmtree(folder / "posteriors")
    shutil.rmtree(folder / "figures")
    code, error = command()
    assert code == 0
    assert error.startswith(f"refkd: {folder}: figures could not be drawn, got FileError: ")
    assert error.count("\n") == 1


def test_a_full_disk_is_still_an_error(again, monkeypatch):
    folder, command = again
    shutil.rmtree(folder / "figures")

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("visualize.report.whole_run.save_figure", full)
    sentence = f"refkd: {folder}: expected to write there, got No space left on device\n"
    assert command() == (1, sentence)

"""A figure, a page or a moving picture that fails while it is drawn costs nothing else."""

import json
from dataclasses import replace

import pytest
from support.made_runs import made_run
from support.plot import LATE, TEACHER, arguments, arrays_of, write

from refkd.cli import main
from visualize.output import run as animations
from visualize.output.figures import FIGURES, OF_MODELS, figures_of_run
from visualize.output.run_drawing import RunDrawing
from visualize.report import whole_run

pytestmark = pytest.mark.compiled_only

SETTINGS = """
rules = ["CTC", "Hard"]
animate = true
network.hidden = 6
training.epochs = 1
speech = { train = 8, validation = 1, test = 3 }
"""
STUDENTS = ("CTC", "Hard")
FIGURES_OF_RUN = {name for name in FIGURES if name != "sweep"}  # nothing was tried


def broken(*arguments, **options):
    raise KeyError("no such rule")


def break_figures(monkeypatch, *names):
    for name in names:
        monkeypatch.setitem(FIGURES, name, replace(FIGURES[name], of_run=broken))
        monkeypatch.setitem(OF_MODELS, name, broken)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A command that trains a small run, its folder, and what it printed while some drawing failed:
    a figure, a figure as it is written, a moving picture, and the page.
    """
    folder = tmp_path_factory.mktemp("run")
    (folder / "run.toml").write_text(SETTINGS, encoding="utf-8")
    return [
        "run",
        "--config",
        str(folder / "run.toml"),
        "--out",
        str(folder / "out"),
    ], folder / "out"


def files_of(folder):
    return {path.stem for path in (folder / "figures").glob("*.svg")}


def test_a_run_ends_well_whatever_cannot_be_drawn(run, monkeypatch, capsys):
    command, folder = run
    write_file, draw_picture = whole_run.save_figure, animations.draw_animation
    break_figures(monkeypatch, "offsets")

    def save_figure(figure, path, formats):
        return (broken if path.name == "learning" else write_file)(figure, path, formats)

    def draw_animation(run, students, path):
        return (broken if path.name == "spikes-CTC.gif" else draw_picture)(run, students, path)

    monkeypatch.setattr(whole_run, "save_figure", save_figure)
    monkeypatch.setattr(whole_run, "draw_animation", draw_animation)
    monkeypatch.setattr(whole_run, "write_report", broken)
    assert main(command) == 0
    printed = capsys.readouterr()
    undrawn = ("offsets", "learning", "spikes-CTC.gif", "report.html")
    assert printed.err.splitlines() == [
        f"refkd: {folder}: {name} could not be drawn, got KeyError: 'no such rule'; the same "
        "command tries it again"
        for name in undrawn
    ]
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert {student["rule"] for student in results["students"]} == set(STUDENTS)
    assert files_of(folder) == FIGURES_OF_RUN - {"offsets", "learning"}
    pictures = {path.name for path in (folder / "figures").glob("*.gif")}
    assert pictures == {"spikes-Hard.gif", "spikes.gif"}
    assert "CTC alone" in printed.out

    monkeypatch.undo()
    shift = (folder / "figures" / "shift.svg").stat().st_mtime_ns
    assert main(command) == 0  # it draws what is missing, and nothing else
    assert capsys.readouterr().err == ""
    assert files_of(folder) == FIGURES_OF_RUN
    assert (folder / "figures" / "spikes-CTC.gif").exists()
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert all(f'id="figure-{name}"' in page for name in FIGURES_OF_RUN)
    assert (folder / "figures" / "shift.svg").stat().st_mtime_ns == shift


def test_plotting_a_run_draws_the_others_and_ends_with_1(run, monkeypatch, tmp_path, capsys):
    _, folder = run
    if not (folder / "results.json").exists():
        assert main(run[0]) == 0
        capsys.readouterr()
    break_figures(monkeypatch, "tradeoff")
    out = tmp_path / "plot"
    names = "offsets,tradeoff,cumulative"
    command = ["plot", str(folder), "--figures", names, "--format", "svg", "--report"]
    assert main([*command, "--out", str(out)]) == 1
    printed = capsys.readouterr()
    sentence = "refkd: tradeoff could not be drawn, got KeyError: 'no such rule'"
    assert printed.err.splitlines() == [sentence]
    assert {path.stem for path in out.glob("*.svg")} == {"offsets", "cumulative"}
    assert 'id="figure-offsets"' in (out / "report.html").read_text(encoding="utf-8")


def test_plotting_models_draws_the_others_and_ends_with_1(monkeypatch, tmp_path, capsys):
    models = [
        f"{name}={write(tmp_path / f'{name}.npz', arrays_of(events), frame_shift=0.02, blank=0)}"
        for name, events in (("teacher", TEACHER), ("small", LATE))
    ]
    break_figures(monkeypatch, "offsets")
    out = tmp_path / "plot"
    assert main(arguments(models, "--format", "svg", "--report", "--out", str(out))) == 1
    printed = capsys.readouterr()
    assert "refkd: offsets could not be drawn, got KeyError" in printed.err
    assert "after teacher (ms)" in printed.out
    assert {path.name for path in out.glob("*.*")} >= {"shift.svg", "cumulative.svg", "report.html"}
    assert not (out / "offsets.svg").exists()


def test_a_figure_that_cannot_read_what_it_needs_is_one_that_fails(tmp_path):
    """The folder of this run holds no networks, from which gates are computed."""
    drawn = figures_of_run(RunDrawing.of(replace(made_run(), folder=tmp_path)), ["gates", "toy"])
    assert list(drawn.figures) == ["toy"]
    assert list(drawn.failures) == ["gates"]

"""A figure, a page or an animation that fails while it is drawn costs nothing else."""

from dataclasses import replace

import pytest
from support.made_runs import made_run
from support.plot import LATE, TEACHER, arguments, arrays_of, write

from refkd.cli import main
from visualize.output.figures import OF_MODELS, OF_RUN, figures_of_run
from visualize.output.run_drawing import RunDrawing

pytestmark = pytest.mark.compiled_only


def broken(*arguments, **options):
    raise KeyError("no such rule")


def break_figures(monkeypatch, *names):
    for name in names:
        for table in (OF_RUN, OF_MODELS):
            monkeypatch.setitem(table, name, broken)


def test_plotting_a_run_draws_the_others_and_ends_with_1(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("refkd.cli.plot_forms.read_run", lambda folder: made_run())
    break_figures(monkeypatch, "cumulative")
    out = tmp_path / "plot"
    command = ["plot", "run", "--figures", "band,cumulative,lattice", "--format", "svg"]
    assert main([*command, "--report", "--out", str(out)]) == 1
    printed = capsys.readouterr()
    assert printed.err == "refkd: cumulative could not be drawn, got KeyError: 'no such rule'\n"
    assert {path.stem for path in out.glob("*.svg")} == {"band", "lattice"}
    assert 'id="figure-band"' in (out / "report.html").read_text(encoding="utf-8")


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

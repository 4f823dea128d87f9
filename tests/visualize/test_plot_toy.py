"""`refkd plot --toy`: the figure that needs nothing, and the table beside it."""

import json

import pytest

from refkd.cli import main
from visualize.figures.toy import toy_table


def test_the_late_student_is_charged_nearly_twice_what_the_silent_one_is(tmp_path, capsys):
    assert main(["plot", "--toy", "--out", str(tmp_path / "toy"), "--format", "svg"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["FrameWise", "0.582", "0.304", "1.91"]
    assert lines[2].split() == ["Hard", "0.000", "0.000"]  # no ratio of nothing to nothing
    assert lines[-1] == str(tmp_path / "toy" / "toy.svg")
    assert "FrameWise" in (tmp_path / "toy" / "toy.svg").read_text(encoding="utf-8")


def test_numbers_as_json_and_csv(tmp_path, capsys):
    words = ["plot", "--toy", "--out", str(tmp_path / "toy"), "--format", "png", "--json"]
    assert main([*words, "--numbers", str(tmp_path / "toy.csv")]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["loss"] == toy_table()
    assert printed["files"] == [str(tmp_path / "toy" / "toy.png"), str(tmp_path / "toy.csv")]
    assert (tmp_path / "toy.csv").read_text(encoding="utf-8").startswith("figure,")


@pytest.mark.parametrize(
    ("words", "name"),
    [(["somewhere"], "run"), (["--model", "a=b.npz"], "model"), (["--gallery", "x"], "gallery")],
)
def test_what_the_toy_decides_itself(capsys, words, name):
    assert main(["plot", "--toy", *words]) == 2
    assert f"toy: expected it without {name}, got both" in capsys.readouterr().err

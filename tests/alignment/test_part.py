"""A part of long utterances: `refkd plot --from SECONDS --to SECONDS`."""

import json

import numpy as np
import pytest
from support.strategies import spiky

from refkd.alignment.posteriors.part import Part
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.alignment.posteriors.reference import Reference
from refkd.alignment.posteriors.truth import Truth
from refkd.check import ArgumentError
from refkd.cli import main

FRAMES = np.arange(10.0)[:, None] * [1, 1]


@pytest.mark.parametrize(
    ("begin", "end", "shift", "first", "frames"),
    [
        (0.04, 0.1, 0.02, 0.0, [2, 3, 4]),  # the begin is in it, the end is not
        (0.05, 0.11, 0.02, 0.0, [3, 4, 5]),
        (0.14, 0.7, 0.02, 0.0, [7, 8, 9]),  # 7 * 0.02 is a little more than 0.14
        (0.1, 0.2, 0.04, 0.02, [2, 3, 4]),
        (-1.0, 0.05, 0.04, 0.02, [0]),
        (-np.inf, 0.1, 0.04, -0.02, [0, 1, 2]),
        (0.3, np.inf, 0.04, 0.0, [8, 9]),
        (-np.inf, np.inf, 0.04, 0.0, list(range(10))),
    ],
)
def test_frames_of_a_part_by_hand(begin, end, shift, first, frames):
    whole = PosteriorSet("a", {"one": FRAMES}, frame_shift=shift, first_frame=first)
    (part,) = Part(begin, end).of([whole])
    assert part.arrays["one"][:, 0].tolist() == frames
    assert part.first_frame == first + frames[0] * shift


def test_utterances_of_which_nothing_is_left_are_left_out():
    posteriors = PosteriorSet("a", {"short": FRAMES[:3], "long": FRAMES}, frame_shift=0.1)
    (part,) = Part(0.3, 0.5).of([posteriors])
    assert part.names == ("long",)
    sentence = "from, to: expected frames of a between them, which end at 1 s, got 2 s to the end"
    with pytest.raises(ArgumentError, match=sentence):
        Part(2.0).of([posteriors])
    with pytest.raises(ArgumentError, match="from: expected less than --to, 3 s, got 3 s"):
        Part(3.0, 3.0)


def test_the_blank_of_a_part_is_that_of_the_whole():
    """Where nobody names it, it is best most often in the whole, but not in the last three."""
    prob = np.eye(2)[[0, 0, 0, 0, 0, 1, 1, 0]]
    posteriors = PosteriorSet("a", {"one": prob}, frame_shift=0.1)
    (part,) = Part(0.5).of([posteriors])
    assert (part.kind, part.blank) == ("probabilities", 0)


def test_true_labels_are_in_a_part_with_their_middles():
    starts = np.array([0.0, 1.0, 2.0])
    spoken = Reference(("a", "b", "c"), starts, starts + 1.0)
    truth = Part(0.5, 1.5).of_truth(Truth({"one": spoken, "two": spoken}, words={"one": spoken}))
    for part in (truth.labels["one"], truth.labels["two"], truth.words["one"]):
        assert (part.labels, part.starts.tolist(), part.ends.tolist()) == (("a",), [0.0], [1.0])
    assert Part(7.0).of_truth(truth).labels == {}


@pytest.fixture
def files(tmp_path):
    """Two models of 60 and 30 frames over 1.2 s, the whole and 0.4 s to 1 s of it; true times."""
    teacher = spiky({5: 1, 22: 2, 30: 3, 41: 1, 55: 2}, frames=60)
    student = spiky({3: 1, 12: 2, 16: 3, 22: 1, 28: 2}, frames=30)
    for name, logits, shift in (("teacher", teacher, 0.02), ("small", student, 0.04)):
        facts = {"kind": "logits", "blank": 0, "frame_shift": shift}
        for folder, begin, cut in (("whole", 0, 60), ("cut", 20, 50)):
            (tmp_path / folder).mkdir(exist_ok=True)
            frames = slice(round(begin * 0.02 / shift), round(cut * 0.02 / shift))
            metadata = {f"metadata.{fact}": np.array(value) for fact, value in facts.items()}
            metadata["metadata.first_frame"] = np.array(begin * 0.02)
            np.savez(tmp_path / folder / f"{name}.npz", one=logits[frames], **metadata)
    (tmp_path / "true.ctm").write_text("one 1 0.1 0.1 1\none 1 0.44 0.1 2\none 1 0.6 0.1 3\n")
    (tmp_path / "cut.ctm").write_text("one 1 0.44 0.1 2\none 1 0.6 0.1 3\n")
    return tmp_path


def plotted(files, folder, *more):
    models = [f"{name}={files / folder / name}.npz" for name in ("teacher", "small")]
    out = files / f"{folder}-out"
    table = files / f"{folder}.csv"
    words = [word for model in models for word in ("--model", model)]
    figures = ["--format", "svg", "--numbers", str(table), "--out", str(out)]
    code = main(["plot", *words, *figures, *more])
    return code, table.read_text(encoding="utf-8") if code == 0 else ""


def test_a_part_is_drawn_as_if_the_files_held_nothing_else(files, capsys):
    ctm = ["--reference", str(files / "true.ctm")]
    code, part = plotted(files, "whole", "--from", "0.4", "--to", "1", "--json", *ctm)
    result = json.loads(capsys.readouterr().out)
    assert code == 0
    code, cut = plotted(files, "cut", "--json", "--reference", str(files / "cut.ctm"))
    alone = json.loads(capsys.readouterr().out)
    assert part == cut
    assert {line.split(",")[0] for line in part.splitlines()} > {"shift", "offsets", "delays"}
    assert result | {"files": 0} == alone | {"files": 0}


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--from", "nan"], "from: expected a finite number, got nan"),
        (["--from", "1", "--to", "0.5"], "from: expected less than --to, 0.5 s, got 1 s"),
        (
            ["--from", "1", "--to", "0.5", "--unit", "px"],
            "from: expected less than --to, 0.5 px, got 1 px",
        ),
        (["--from", "5"], "from, to: expected frames of teacher between them, which end at 1.2 s"),
    ],
)
def test_refusals(files, more, sentence, capsys):
    code, _ = plotted(files, "whole", *more)
    assert code == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"refkd: {sentence}")


def test_a_crowd_of_spikes_is_told_how_to_see_a_part(files, monkeypatch, capsys):
    monkeypatch.setattr("refkd.cli.plot_models.MOST_SPIKES", 4)
    sentence = "left out: names and numbers of most of the 5 spikes of 'one': --from and --to draw"
    assert plotted(files, "whole")[0] == 0
    assert sentence in capsys.readouterr().err
    assert plotted(files, "whole", "--to", "1")[0] == 0
    assert sentence[:20] not in capsys.readouterr().err

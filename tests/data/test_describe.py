"""`refkd data describe`: what is in a corpus, counted by hand."""

import json

import numpy as np
import pytest

from refkd.cli import main
from refkd.data.corpus import Corpus, Utterance
from refkd.data.describe import describe, description

RATE = 1000


def utterance(name, phones, samples, peak=0.5, group=None):
    audio = np.zeros(samples)
    audio[0] = peak
    return Utterance(name, audio, RATE, tuple(phones), None, None, group or name)


def corpus():
    return Corpus(
        "made",
        RATE,
        train=(
            utterance("a", "xyx", 500, group="g"),
            utterance("b", "x", 100, peak=0.0, group="g"),
            utterance("c", "xx", 300, peak=-1.0),
        ),
        validation=(utterance("d", "y", 200),),
        test=(utterance("e", "zxz", 400),),
        problems={"left out, expected a folder": 2},
    )


def split(*numbers):
    names = "utterances", "groups", "phones", "seconds", "shortest", "median", "longest"
    return dict(zip(names, numbers, strict=True))


def test_counts_by_hand():
    assert describe(corpus()) == {
        "name": "made",
        "rate": RATE,
        "times": False,
        "splits": {
            "train": split(3, 2, 6, 0.9, 0.1, 0.3, 0.5),
            "validation": split(1, 1, 1, 0.2, 0.2, 0.2, 0.2),
            "test": split(1, 1, 3, 0.4, 0.4, 0.4, 0.4),
        },
        "symbols": {
            "x": {"train": 5, "validation": 0, "test": 1},
            "y": {"train": 1, "validation": 1, "test": 0},
            "z": {"train": 0, "validation": 0, "test": 2},
        },
        "problems": {
            "left out, expected a folder": 2,
            "phone 'z' never occurs in training": 2,
            "utterances without any sound": 1,
            "utterances that reach full scale and may be clipped": 1,
        },
    }


def test_the_text_says_the_same():
    lines = [" ".join(line.split()) for line in description(describe(corpus())).splitlines()]
    assert lines[0] == "made: 1000 samples per second, without phone times"
    assert lines[3] == "train 3 2 6 0.0 0.10 s 0.30 s 0.50 s"
    assert "3 symbols" in lines
    assert lines[8:12] == ["symbol train validation test", "x 5 0 1", "y 1 1 0", "z 0 0 2"]
    assert lines[-1] == "1 utterances that reach full scale and may be clipped"


@pytest.mark.compiled_only
def test_the_command(tmp_path, capsys):
    config = tmp_path / "few.toml"
    config.write_text("[speech]\ntrain = 3\nvalidation = 1\ntest = 2\n", encoding="utf-8")
    arguments = ["data", "describe", "synthetic", "--config", str(config)]
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("synthetic: 8000 samples per second, with phone")
    assert main([*arguments, "--json"]) == 0
    description = json.loads(capsys.readouterr().out)
    assert [split["utterances"] for split in description["splits"].values()] == [3, 1, 2]


def test_mistakes_are_one_line(tmp_path, capsys):
    assert main(["data", "describe", "mp3:x"]) == 2
    assert capsys.readouterr().err.startswith("refkd: data: expected one of 'synthetic', ")
    assert main(["data", "describe", f"fsdd:{tmp_path / 'none'}"]) == 1
    assert capsys.readouterr().err.endswith("none: expected a folder, got none\n")
    assert main(["data"]) == 2
    assert "describe" in capsys.readouterr().out

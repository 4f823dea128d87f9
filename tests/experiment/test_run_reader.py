"""A run read back from its folder is the run that was written."""

import dataclasses
import json
import math
import re
import shutil

import numpy as np
import pytest
from PIL import Image
from tolerances import MICROSECONDS, assert_close

import refkd
from refkd.check import ArgumentError, DataError
from refkd.cli import main
from refkd.experiment.experiment import run_experiment
from refkd.experiment.results_form import misfits
from refkd.experiment.results_json import results, write_results
from refkd.experiment.run_reader import read_run
from refkd.experiment.run_writer import write_run
from refkd.experiment.settings import read_settings
from refkd.losses.rule_json import rule_from_dict, rule_to_dict
from refkd.networks.network import logits_of
from visualize import offsets_figure
from visualize.output.run import draw_animations

RULES = [
    refkd.FrameWise(),
    refkd.Shift(2),
    refkd.Blend([0.25, 0.75]),
    refkd.Hard(refkd.Window(5, -1)),
    refkd.TopK(refkd.Window.whole(), 3),
    refkd.TopK(refkd.Window(2, 2), 3, 0.5),
    refkd.Soft(refkd.Window(5), 0.3),
    refkd.Soft(refkd.Window(5), math.inf),
    refkd.Monotone(refkd.Window(5), 1),
    refkd.Monotone(refkd.Window(5)),
    refkd.OrderedPath(refkd.Window(5, 1)),
    refkd.PerTeacher(refkd.Window(5)),
]
TINY = {
    "network": {"hidden": 6},
    "training": {"epochs": 1},
    "speech": {"train": 8, "validation": 1, "test": 3},
    "rules": ["CTC", "Hard", "UniTeacher", "RandomChoice", "OrderedPath"],
    "distill": {"Hard": {"temperature": 2.0, "divergence": "js", "blank_frames": "drop_selected"}},
    "seeds": 2,
    "animate": True,
}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    study = run_experiment(read_settings(overrides=TINY))
    write_run(study, folder)
    write_results(results(study), folder)
    return study, folder


@pytest.fixture(scope="module")
def run(written):
    return read_run(written[1])


compiled_only = pytest.mark.compiled_only


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_rules_survive_as_plain_values(rule):
    facts = json.loads(json.dumps(rule_to_dict(rule), allow_nan=False))
    assert rule_from_dict(facts) == rule


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({}, "rule: expected one of 'FrameWise', .*, got None"),
        ({"rule": "Hardest"}, "rule: expected one of .*, got 'Hardest'"),
        ({"rule": "Hard", "window": [5]}, r"window: expected .left, right. or 'whole', got .5."),
        ({"rule": "Hard", "window": [5, 0], "tau": 1}, "Hard: expected its own parameters, got"),
        ({"rule": "Shift", "d": -1}, "d: expected a whole number >= 0"),
    ],
)
def test_other_plain_values_are_refused(facts, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        rule_from_dict(facts)


@compiled_only
def test_models_are_those_of_the_first_seed(written, run):
    study, _ = written
    first = [trained for trained in (*study.teachers, *study.students) if trained.seed == 0]
    assert [model.name for model in run.models] == [trained.name for trained in first]
    assert [student.name for student in run.students] == TINY["rules"]
    assert run.teacher.name == "teacher"
    for model, trained in zip(run.models, first, strict=True):
        assert model.error == trained.measured.phone_error_rate
        assert run.network(model.name).hash() == trained.network.hash()
        logits = logits_of(trained.network, study.data.test.features)
        for name, expected in zip(study.data.test.names, logits, strict=True):
            np.testing.assert_array_equal(model.posteriors.arrays[name], expected)


@compiled_only
def test_what_was_said_of_one_utterance_comes_back(written, run):
    tracked = written[0].tracked
    assert (run.followed,) == tracked.utterance.names
    assert run.followed not in run.names
    for model in run.models:
        logits = run.logits_by_epoch(model.name)
        np.testing.assert_array_equal(logits, tracked.logits[model.name])
        assert len(logits) == 2
    symbols = [run.symbols[label] for label in tracked.utterance.labels[0]]
    assert list(run.reference[run.followed].labels) == symbols


@compiled_only
def test_rules_their_teachers_and_their_options_are_told(run):
    assert run.of("CTC").rule is None
    assert run.of("RandomChoice").rule is None
    assert run.of("Hard").rule == refkd.Hard(refkd.Window(5, 0))
    assert run.of("OrderedPath").taught_by == "teacher"
    assert run.of("UniTeacher").taught_by == "unidirectional-teacher"
    assert run.of("Hard").title == "Hard [5, 0]"
    name = run.names[0]
    logits = (run.of(model).posteriors.arrays[name] for model in ("Hard", "teacher"))
    expected = refkd.distill_trace(*logits, run.of("Hard").rule, **TINY["distill"]["Hard"])
    assert run.trace("Hard", name).loss == expected.loss
    np.testing.assert_array_equal(run.trace("Hard", name).pairs, expected.pairs)


@compiled_only
def test_the_test_speech_is_kept(written, run):
    test = written[0].data.test
    assert run.names == test.names
    assert test.starts is not None
    for n, name in enumerate(test.names):
        np.testing.assert_array_equal(run.features[name], test.features[n])
        np.testing.assert_array_equal(run.labels[name], test.labels[n])
        reference = run.reference[name]
        assert [run.symbols.index(label) for label in reference.labels] == test.labels[n].tolist()
        assert_close(reference.starts, test.starts[n], MICROSECONDS)
        assert_close(reference.ends, test.ends[n], MICROSECONDS)


@compiled_only
def test_offsets_are_pooled_over_seeds_and_histories_told_seed_by_seed(written, run):
    study, _ = written
    for name in study.names:
        every = [offset for model in study.of(name) for offset in model.measured.offsets.offset]
        got = run.offsets(name)
        assert sorted(got.offset.tolist()) == sorted(every)
        unmatched = sum(model.measured.offsets.teacher_unmatched for model in study.of(name))
        assert got.teacher_unmatched == unmatched
        assert run.histories(name) == [list(model.history) for model in study.of(name)]
    assert run.histories("teacher") == [list(study.teacher.history)]


@compiled_only
def test_a_student_that_says_nothing_has_no_offsets(run):
    (silent,) = (row for row in run.results["students"] if (row["rule"], row["seed"]) == ("CTC", 0))
    offset = {**silent["offset"], "histogram": {}}
    document = {**run.results, "students": [{**silent, "offset": offset}]}
    got = dataclasses.replace(run, results=document).offsets("CTC")
    assert (got.n, got.offset.dtype) == (0, np.int64)
    offsets_figure({"CTC": got}, 0.02)


@compiled_only
def test_students_that_came_to_the_same_rule_have_two_names(written):
    document = json.loads((written[1] / "results.json").read_text(encoding="utf-8"))
    for row in document["students"]:
        if row["rule"] in ("Hard", "OrderedPath"):
            row["title"] = "Hard [5, 0]"
    titles = [row.title for row in read_run(written[1], document).students]
    hard = [title for title in titles if title.startswith("Hard")]
    assert hard == ["Hard [5, 0] (Hard)", "Hard [5, 0] (OrderedPath)"]
    assert len(set(titles)) == len(titles)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(DataError, match="expected the folder of a finished run, got no"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("{}", "no such value at refkd;"),
        ("[]", "no JSON object;"),
        ("null", "no JSON object;"),
        ('{"refkd": "0", "seconds": true}', "no such value at seconds;"),
        ("[" * 100_000, "something else;"),
        ("", "something else;"),
    ],
)
def test_results_of_another_version_are_refused(tmp_path, text, got):
    (tmp_path / "results.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=rf"results\.json: expected the results of .*, got {got}"):
        read_run(tmp_path)


@compiled_only
def test_whatever_is_missing_in_the_results_is_named(written):
    document = results(written[0])
    assert list(misfits(document)) == []
    places = []

    def check(value, place):
        """Put something else in place of each part that the form knows, one after the other."""
        for name in list(value):
            inner = f"{place}.{name}".lstrip(".")
            original, value[name] = value[name], object()
            misfitting = list(misfits(document))
            assert not misfitting or inner in misfitting
            places.extend(misfitting)
            value[name] = original
            if isinstance(original, dict):
                check(original, inner)
            elif isinstance(original, list) and original and isinstance(original[0], dict):
                check(original[0], f"{inner}[0]")

    check(document, "")
    assert {"summary", "students[0].offset.mean", "teachers[0].seconds", "seeds"} <= set(places)


@compiled_only
def test_damaged_speech_is_refused(written, tmp_path):
    study, _ = written
    write_run(study, tmp_path)
    (tmp_path / "speech" / "test.npz").write_bytes(b"PK, but no archive")
    with pytest.raises(DataError, match="expected the test speech of a run, got a damaged"):
        read_run(tmp_path, results(study))


def test_a_run_is_plotted_again(written, tmp_path, capsys):
    folder, out = written[1], tmp_path / "again"
    more = ("--format", "svg", "--size", "column", "--numbers", tmp_path / "numbers.csv")
    asked = ["plot", folder, "--figures", "offsets,toy", "--out", out, *more]
    assert main([str(word) for word in asked]) == 0
    expected = [out / "offsets.svg", out / "toy.svg", tmp_path / "numbers.csv"]
    assert capsys.readouterr().out.splitlines() == [str(file) for file in expected]
    inches = re.search(r'width="([\d.]+)pt"', (out / "toy.svg").read_text(encoding="utf-8"))
    assert float(inches[1]) / 72 == pytest.approx(3.4)


@compiled_only
def test_every_student_has_a_moving_picture_if_the_run_was_animated(run, tmp_path):
    alone = dataclasses.replace(run, models=(run.teacher, run.of("Hard")))
    (file,), _ = draw_animations(alone, tmp_path)
    assert file.name == "spikes-Hard.gif"
    with Image.open(file) as gif:
        assert gif.n_frames == 2


@compiled_only
def test_moving_pictures_are_not_drawn_over_those_of_others(run, tmp_path, capsys):
    (tmp_path / "plot.json").write_text('{"files": []}', encoding="utf-8")
    (tmp_path / "spikes.gif").write_bytes(b"mine")
    assert main(["plot", str(run.folder), "--figures", "spikes", "--out", str(tmp_path)]) == 2
    assert "without spikes.gif or with one that `refkd plot` drew" in capsys.readouterr().err
    assert (tmp_path / "spikes.gif").read_bytes() == b"mine"


@pytest.mark.proof
@compiled_only
def test_moving_pictures_of_all_students_are_drawn_again(run, tmp_path, capsys):
    assert main(["plot", str(run.folder), "--figures", "spikes", "--out", str(tmp_path)]) == 0
    names = [*(f"spikes-{student.name}.gif" for student in run.students), "spikes.gif"]
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / name) for name in names]


@compiled_only
def test_a_run_that_was_not_animated_has_no_moving_pictures(run, tmp_path, capsys):
    plain = dataclasses.replace(run, results={**run.results, "followed": None})
    assert draw_animations(plain, tmp_path) == ([], {})
    shutil.copytree(run.folder, tmp_path / "plain")
    (tmp_path / "plain" / "results.json").write_text(json.dumps(plain.results), encoding="utf-8")
    out = tmp_path / "no"
    assert main(["plot", str(tmp_path / "plain"), "--figures", "spikes", "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert error == "refkd: figures: expected spikes of a run with --animate, got a run without\n"
    assert not out.exists()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--blank", "0"], "blank: expected --model to be given, too, got a run"),
        (["--utterance", "none"], "utterance: expected one of "),
        (["--utterance", "a", "--utterance", "b"], "utterance: expected one for a run, got 2"),
        (["--figures", "lateness"], "figures: expected one of 'shift', "),
    ],
)
def test_what_a_run_is_not_asked_for(more, sentence, written, tmp_path, capsys):
    assert main(["plot", str(written[1]), "--out", str(tmp_path / "again"), *more]) == 2
    assert f"refkd: {sentence}" in capsys.readouterr().err
    assert not (tmp_path / "again").exists()

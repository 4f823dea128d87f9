"""Classes that are folded together, and spikes as files, of `refkd plot --model ...`."""

import csv
import json
import re

import numpy as np
import pytest
from support.plot import FRAMES, LATE, SYMBOLS, TEACHER, arguments, arrays_of, logits, write
from support.report import Page
from tolerances import VALUE, assert_close

from refkd.alignment.decode import log_posteriors
from refkd.alignment.posteriors.conventions import log_posteriors_of
from refkd.alignment.posteriors.folding import Folding, fold_classes
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.alignment.posteriors.reference import Reference, read_reference
from refkd.check import ArgumentError
from refkd.cli import main

FACTS = {"kind": "logits", "blank": 0, "frame_shift": 0.02, "first_frame": 0.01}


def files(folder, models, symbols=SYMBOLS, **facts):
    """`NAME=FILE` of models given by their spikes."""
    posteriors = FACTS | {"symbols": symbols} | facts
    return [
        f"{name}={write(folder / f'{name}.npz', arrays, **posteriors)}"
        for name, arrays in models.items()
    ]


@pytest.fixture
def plot(tmp_path, capsys):
    def run(models, *more):
        options = [
            "--figures",
            "shift",
            "--format",
            "svg",
            "--json",
            "--out",
            str(tmp_path / "out"),
        ]
        code = main(arguments(models, *options, *map(str, more)))
        printed = capsys.readouterr()
        return code, json.loads(printed.out) if printed.out else None, printed.err

    return run


# --- folding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["logits", "log_probabilities", "probabilities"])
def test_probabilities_of_one_class_are_added(kind):
    """Whatever the numbers are, the folded posteriors are the sums of the posteriors."""
    values = np.random.default_rng(0).normal(size=(5, 5))
    prob = np.exp(log_posteriors(values))
    values = {"logits": values, "log_probabilities": np.log(prob), "probabilities": prob}[kind]
    posteriors = PosteriorSet("small", {"one": values}, kind, 1, ("a", "-", "A", "|", "m"))
    (folded,), _ = fold_classes([posteriors], Folding({"A": "a"}, ["|"]))
    expected = np.stack([prob[:, 0] + prob[:, 2], prob[:, 1] + prob[:, 3], prob[:, 4]], axis=1)
    assert (folded.symbols, folded.blank, folded.kind) == (("a", "-", "m"), 1, kind)
    assert_close(np.exp(log_posteriors_of(folded, kind, "one")), expected, VALUE)


def test_a_class_may_take_a_name_that_the_model_does_not_have():
    posteriors = PosteriorSet("small", {"one": np.eye(3)}, symbols=("-", "a", "m"), blank=0)
    other = PosteriorSet("tiny", {"one": np.eye(3)}, symbols=("-", "A", "m"), blank=0)
    (first, second), _ = fold_classes([posteriors, other], Folding({"A": "a"}))
    assert first is posteriors
    assert second.symbols == ("-", "a", "m")
    np.testing.assert_array_equal(second.arrays["one"], np.eye(3))


def test_classes_of_one_name_stay_apart_unless_they_are_folded():
    posteriors = PosteriorSet("small", {"one": np.eye(4)}, symbols=("-", "m", "m", "a"), blank=0)
    (folded,), _ = fold_classes([posteriors], Folding({}, ["a"]))
    assert folded.symbols == ("-", "m", "m")


def test_classes_without_names_are_folded_by_their_numbers():
    posteriors = PosteriorSet("small", {"one": np.eye(3)}, "probabilities", 2)
    (folded,), _ = fold_classes([posteriors], Folding({"0": "1"}))
    assert (folded.symbols, folded.blank) == (("1", "2"), 1)


@pytest.mark.parametrize(("scale", "flag"), [(1.0, "--blank"), (0.95, "--kind")])
def test_what_has_to_be_told_is_not_settled_by_folding(scale, flag):
    """A hyphen that is never best is no blank, and 0.95 is no sum of probabilities."""
    rare = np.array([[0.9, 0.0, 0.1, 0.0], [0.2, 0.0, 0.8, 0.0]]) * scale
    posteriors = PosteriorSet("small", {"one": rare}, symbols=("x", "-", "a", "|"))
    with pytest.raises(ArgumentError, match=f"small: expected {flag} to specify"):
        fold_classes([posteriors], Folding({}, ["|"]))


def test_true_labels_are_folded_alike():
    truth = Reference(("A", "|", "m"), np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0]))
    folded = Folding({"A": "a"}, ["|"]).labels(truth)
    assert folded.labels == ("a", "m")
    assert (folded.starts.tolist(), folded.ends.tolist()) == ([0.0, 2.0], [1.0, 3.0])


@pytest.mark.parametrize(
    ("merge", "drop", "says"),
    [
        ({"x": "a"}, (), "merge: expected symbols of the models, got 'x'"),
        ({}, ("x",), "drop: expected symbols of the models, got 'x'"),
        ({}, ("-",), "merge, drop: expected classes other than the blank of small, got '-'"),
        ({"a": "m", "m": "a"}, (), "merge: expected symbols that do not merge in a circle"),
        ({"a": "a"}, (), "merge: expected symbols that do not merge in a circle"),
        ({"a": "m"}, ("a",), "merge: expected symbols that are not also dropped, got 'a'"),
    ],
)
def test_what_cannot_be_folded_is_one_sentence(merge, drop, says):
    posteriors = PosteriorSet("small", {"one": np.eye(3)}, symbols=("-", "a", "m"), blank=0)
    with pytest.raises(ArgumentError, match=f"^{says}"):
        fold_classes([posteriors], Folding(merge, drop))


def test_a_class_of_pauses_no_longer_counts_as_an_error(tmp_path, plot):
    """The student says <wb> between the teacher's symbols; dropped, both say the same."""
    symbols = ("-", "a", "<wb>")
    teacher = {"one": logits({3: 1, 9: 1}, 20, 3)}
    small = {"one": logits({4: 1, 6: 2, 10: 1}, 20, 3)}
    models = files(tmp_path, {"teacher": teacher, "small": small}, symbols)
    truth = tmp_path / "true.ctm"
    truth.write_text("one 1 0.05 0.05 a\none 1 0.1 0.02 <wb>\none 1 0.15 0.05 a\n", "utf-8")
    _, before, _ = plot(models, "--reference", truth)
    _, after, err = plot(models, "--reference", truth, "--drop", "<wb>")
    assert before["truth"]["models"]["teacher"]["error"] == pytest.approx(1 / 3)
    assert after["truth"]["models"]["teacher"]["error"] == 0.0
    assert before["shift"]["small"]["student_unmatched"] == 1
    assert after["shift"]["small"]["student_unmatched"] == 0
    assert "small: assumed: folded: '<wb>' into the blank '-'" in err.splitlines()


def test_models_of_different_classes_are_compared_once_they_are_folded(tmp_path, plot):
    teacher = files(tmp_path, {"teacher": {"one": logits({3: 1}, 9, 2)}}, ("-", "a"))
    small = files(tmp_path, {"small": {"one": logits({4: 1}, 9, 3)}}, ("-", "a", "A"))
    assert plot([*teacher, *small])[0] == 1
    code, results, _ = plot([*teacher, *small], "--merge", "A=a")
    assert (code, results["classes"], results["shift"]["small"]["n"]) == (0, 2, 1)


# --- all spikes as files -------------------------------------------------------------------------


def test_every_spike_is_a_row_with_its_partner(tmp_path, plot):
    teacher = {"one": logits({3: 1, 9: 2}, 20), "two": logits({2: 3}, 9)}
    small = {"one": logits({8: 1, 12: 3}, 40), "two": logits({6: 3}, 18)}
    models = files(tmp_path, {"teacher": teacher}, frame_shift=0.04)
    models += files(tmp_path, {"small": small}, frame_shift=0.02, first_frame=0.0)
    path = tmp_path / "pairs.csv"
    code, results, _ = plot(models, "--pairs", path)
    assert code == 0
    assert str(path) in results["files"]
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header[:5] == ["utterance", "student", "symbol", "teacher_frame", "student_frame"]
    assert header[5:] == ["teacher_time", "student_time", "offset", "unit"]
    assert rows == [
        ["one", "small", "a", "3", "8", "0.13", "0.16", "0.03", "s"],
        ["one", "small", "s", "", "12", "", "0.24", "", "s"],
        ["one", "small", "m", "9", "", "0.37", "", "", "s"],
        ["two", "small", "s", "2", "6", "0.09", "0.12", "0.03", "s"],
    ]
    assert plot(models, "--pairs", path)[0] == 0  # its own table is replaced


def test_somebody_elses_table_is_not_replaced(tmp_path, plot):
    models = files(tmp_path, {"teacher": arrays_of(TEACHER)})
    path = tmp_path / "mine.csv"
    path.write_text("mine\n", encoding="utf-8")
    code, _, err = plot(models, "--pairs", path)
    assert code == 2
    assert err.startswith("refkd: pairs: expected a new file or one of this command in a folder")
    assert path.read_text(encoding="utf-8") == "mine\n"


def test_one_file_does_not_take_two_tables(tmp_path, plot):
    models = files(tmp_path, {"teacher": arrays_of(TEACHER)})
    path = tmp_path / "both.csv"
    code, _, err = plot(models, "--pairs", path, "--numbers", path)
    assert (code, path.exists()) == (2, False)
    assert err.startswith("refkd: pairs: expected a file other than that of --numbers, got ")


def test_a_ctm_of_spikes_is_read_back_as_the_truth_it_agrees_with(tmp_path, plot):
    models = files(tmp_path, {"teacher": arrays_of(TEACHER), "small": arrays_of(LATE)})
    _, results, _ = plot(models, "--spikes", "ctm")
    assert [name for name in results["files"] if name.endswith(".ctm")] == [
        str(tmp_path / "out" / f"{name}.ctm") for name in ("teacher", "small")
    ]
    reference = read_reference(tmp_path / "out" / "small.ctm")
    frames = np.array(list(LATE["one"]))
    assert reference["one"].labels == tuple(SYMBOLS[label] for label in LATE["one"].values())
    assert_close(reference["one"].starts, 0.01 + 0.02 * frames, VALUE)
    assert_close(reference["one"].ends, 0.03 + 0.02 * frames, VALUE)
    _, results, _ = plot(models, "--reference", tmp_path / "out" / "teacher.ctm")
    delays = {name: model["after_start"] for name, model in results["truth"]["models"].items()}
    assert_close(delays["teacher"]["p95"], 0.0, VALUE)
    assert delays["small"]["mean"] == pytest.approx(results["shift"]["small"]["mean"])


def test_textgrids_have_a_folder_for_each_model(tmp_path, plot):
    pytest.importorskip("praatio")
    models = files(tmp_path, {"teacher": arrays_of(TEACHER)})
    _, results, _ = plot(models, "--spikes", "textgrid")
    assert results["files"][-1] == str(tmp_path / "out" / "teacher")
    reference = read_reference(tmp_path / "out" / "teacher")
    assert set(reference) == set(FRAMES)
    assert_close(reference["two"].starts, 0.01 + 0.02 * np.array(list(TEACHER["two"])), VALUE)


def test_spikes_without_a_name_are_refused(tmp_path, plot):
    """A line of a CTM would lack its label."""
    models = files(tmp_path, {"teacher": arrays_of(TEACHER)}, symbols=("-", "", *SYMBOLS[2:]))
    code, _, err = plot(models, "--spikes", "ctm")
    assert code == 2
    assert err.splitlines()[-1] == (
        "refkd: spikes: expected symbols that are not empty, got '' of class 1"
    )


def test_spikes_before_the_audio_are_refused(tmp_path, plot):
    models = files(tmp_path, {"teacher": arrays_of(TEACHER)}, first_frame=-1.0)
    code, _, err = plot(models, "--spikes", "ctm")
    assert code == 2
    assert err.splitlines()[-1] == (
        "refkd: spikes: expected times that are not before the audio, got -0.9 s of teacher "
        "in 'one'"
    )


# --- another unit than seconds -------------------------------------------------------------------


def in_pixels(tmp_path):
    """A line of text that is read in steps of 8 and 4 px."""
    models = files(tmp_path, {"teacher": {"line": logits({3: 1, 9: 2}, 20)}}, first_frame=0.0)
    models += files(tmp_path, {"small": {"line": logits({8: 1, 20: 2}, 40)}}, first_frame=0.0)
    truth = tmp_path / "true.ctm"
    truth.write_text("line 1 20 8 a\nline 1 68 8 m\n", encoding="utf-8")
    return models, ("--unit", "px", "--frame-shift", "8", "--frame-shift", "small=4"), truth


def test_offsets_and_delays_are_in_the_unit(tmp_path, capsys):
    """Spikes at 24 and 72 px, and at 32 and 80."""
    models, unit, truth = in_pixels(tmp_path)
    more = ("--format", "svg", "--reference", truth, "--out", tmp_path / "out")
    numbers = ("--numbers", tmp_path / "numbers.csv", "--pairs", tmp_path / "pairs.csv")
    assert main(arguments(models, *map(str, (*unit, *more, *numbers)))) == 0
    out, err = capsys.readouterr()
    out = " ".join(out.split())
    assert "after teacher (px) n mean median p5 p95 unmatched extra small 2 +8 +8 +8 +8 " in out
    assert "after true start (px) n mean" in out
    assert "teacher 2 +4 +4 +4 +4 " in out
    assert "small 2 +12 +12 +12 +12 " in out
    assert "unusual" not in err
    with (tmp_path / "pairs.csv").open(encoding="utf-8") as file:
        assert file.readlines()[1] == "line,small,a,3,8,24.0,32.0,8.0,px\n"
    with (tmp_path / "numbers.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    units = {row["figure"]: row["x_unit"] for row in rows}
    assert units == dict.fromkeys(("shift", "offsets", "cumulative", "delays", "tradeoff"), "px")
    tried = {row["series"]: float(row["x"]) for row in rows if row["figure"] == "tradeoff"}
    assert set(tried.values()) >= {4.0, 12.0}


def test_nothing_of_a_page_in_pixels_speaks_of_seconds(tmp_path):
    models, unit, truth = in_pixels(tmp_path)
    more = ("--format", "svg", "--reference", truth, "--out", tmp_path / "out", "--report")
    assert main(arguments(models, *map(str, (*unit, *more)))) == 0
    page = Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    words = " ".join(page.words)
    assert "small +8 px" in words
    assert "small: frames of 4 px" in words
    assert not re.search(r"\d ?m?s\b|\bms\b", words)
    assert (page.data["unit"], page.data["late"]) == ("px", "px")
    assert page.data["utterances"][0]["students"][0]["late"] == [8, 8]


def test_models_that_last_differently_are_told_in_the_unit(tmp_path, plot):
    models = files(tmp_path, {"teacher": {"line": logits({3: 1}, 20)}})
    models += files(tmp_path, {"small": {"line": logits({8: 1}, 40)}})
    _, _, err = plot(models, "--unit", "px", "--frame-shift", "8", "--first-frame", "0")
    assert "small: warning: 1 of 1 shared utterances differ in duration from teacher" in err
    assert "320 px, there 160 px" in err


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--audio", "."), "audio: expected times in seconds, got --unit px"),
        (("--spikes", "ctm"), "spikes: expected times in seconds, got --unit px"),
        (("--unit", "a b"), "unit: expected 1 to 8 letters, such as px, got 'a b'"),
        (("--unit", ""), "unit: expected 1 to 8 letters, such as px, got ''"),
    ],
)
def test_what_needs_seconds_says_so(tmp_path, plot, more, says):
    models, unit, _ = in_pixels(tmp_path)
    code, _, err = plot(models, *unit, *more)
    assert (code, err) == (2, f"refkd: {says}\n")

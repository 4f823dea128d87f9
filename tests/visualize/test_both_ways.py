"""The same arrays drawn as a run and as models of one's own: every number is the same."""

import csv
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from support.made_runs import BANDS, OPTIONS, made_run
from tolerances import VALUE, assert_close

import refkd
from refkd.alignment.decode import greedy_decode
from refkd.alignment.edit_distance import edit_distance
from refkd.alignment.posteriors.comparison import compare
from refkd.alignment.posteriors.reference import Reference
from refkd.alignment.posteriors.truth import Truth
from refkd.alignment.statistics import OffsetStatistics
from refkd.losses.rule_json import rule_to_dict
from visualize import Speech, write_numbers
from visualize.layout.style import BLANK, EARLY, TEACHER, TEXT
from visualize.output.figures import OF_MODELS, figures_of_models, figures_of_run
from visualize.output.models_drawing import ModelsDrawing
from visualize.output.run_drawing import RunDrawing, looks_of_run

pytestmark = pytest.mark.compiled_once

RULE = refkd.Hard(refkd.Window(5, 0))
BOTH = sorted(OF_MODELS)
NAMES = {"band": "band-Hard [5, 0]", "gradients": "gradients-CTC alone"}  # of many students' files
OTHERS = {"tradeoff": ("x", "x_unit")}  # a run's delay is that to the teacher, not to true times


def made(**rules):
    """A run whose results are those of its arrays."""
    run = made_run(lengths=(60, 90), names=("a", "b"), rules={**rules, "Hard": RULE})
    run.results["data"]["symbols"] = ["<blank>", "a", "b", "tj", "o", "x"]
    for model in run.students:  # earlier towards the end
        for name, array in model.posteriors.arrays.items():
            model.posteriors.arrays[name] = np.concatenate([array[:30], np.roll(array[30:], -3, 0)])
    labels = {name: np.array([1, 2, 3, 4, 5, 1, 2]) for name in run.names}
    starts = np.array([0.05, 0.2, 0.3, 0.45, 0.55, 0.7, 0.8])
    symbols = tuple(run.symbols[label] for label in labels["a"])
    reference = dict.fromkeys(run.names, Reference(symbols, starts, starts + 0.08))
    run = replace(run, labels=labels, reference=reference)
    for row in (run.results["teacher"], *run.results["students"], *run.results["summary"]):
        model = run.of(row.get("name") or row["rule"])
        arrays = model.posteriors.arrays
        edits = sum(edit_distance(labels[name], greedy_decode(arrays[name])) for name in arrays)
        error = edits / sum(array.size for array in labels.values())
        shifts = OffsetStatistics.pool(
            refkd.alignment_shift(run.teacher.posteriors.arrays[name], arrays[name])
            for name in arrays
        )
        row["phone_error_rate"] = error
        row["offset"] = shifts.as_dict()
        row["lesson"] = model.rule and {"selects": rule_to_dict(model.rule)}
    for row in run.results["summary"]:
        for measure, mean in (("phone_error_rate", row["phone_error_rate"]), ("offset", 1.0)):
            row[measure] = {"mean": mean, "sd": None, "low": mean, "high": mean}
        row |= {"seeds": 1, "utterances": 2}
    return run


def as_models(run, shift=None):
    """The arrays of its models alone, under the names by which it calls them."""
    facts = {
        "kind": "logits",
        "blank": 0,
        "symbols": run.symbols,
        "frame_shift": run.clock.frame_shift,
        "first_frame": run.clock.first_frame,
    }
    sets = [replace(model.posteriors, name=model.title, **facts) for model in run.models]
    sets[0] = replace(sets[0], frame_shift=shift or run.clock.frame_shift)
    comparison, truth = compare(sets), Truth(run.reference)
    speech = {"b": Speech.of_features(run.features["b"], BANDS, run.clock)}
    distance = {name: OPTIONS[name] for name in ("divergence", "temperature")}
    return ModelsDrawing.of(
        comparison, ("b",), truth, rule=RULE, options=distance, spectrograms=speech
    )


def compared(row):
    """Intervals are of chance, and models have one rule for all students, CTC alone among them."""
    return "interval" not in row["series"] and row["panel"] != "choices CTC alone"


@pytest.mark.parametrize("name", BOTH)
def test_every_figure_has_the_same_numbers_both_ways(name, tmp_path):
    run = made()
    of_run = figures_of_run(RunDrawing.of(run, "b"), [name]).figures[name]
    of_models = figures_of_models(as_models(run), [name]).figures[NAMES.get(name, name)]
    tables = []
    for figure in (of_run, of_models):
        path = write_numbers({name: figure}, tmp_path / "numbers.csv")
        with path.open(encoding="utf-8", newline="") as file:
            tables.append([row for row in csv.DictReader(file) if compared(row)])
    assert len(tables[0]) == len(tables[1]) > 2
    for column in tables[0][0]:
        if column in OTHERS.get(name, ()):
            continue
        ours, theirs = ([row[column] for row in table] for table in tables)
        if ours != theirs:
            ours, theirs = ([float(number or 0.0) for number in few] for few in (ours, theirs))
            assert_close(ours, theirs, VALUE)
    colours = [
        {axes.get_label(): [line.get_color() for line in axes.lines] for axes in figure.axes}
        for figure in (of_run, of_models)
    ]
    assert colours[0].items() <= colours[1].items()


def test_a_model_has_one_name_and_one_colour_in_every_figure():
    run = made(Shift=refkd.Shift(1), FrameWise=refkd.FrameWise())
    teacher, *students = run.models
    run = replace(run, models=(replace(teacher, title="BiLSTM"), *students))
    looks = looks_of_run(run)
    taught = {"Shift 1", "FrameWise", "Hard [5, 0]"}
    students = {"CTC alone", *taught}
    expected = {
        **{name: {"BiLSTM", *students} for name in ("shift", "delays", "tradeoff")},
        **dict.fromkeys(("offsets", "cumulative"), students),
        "rules": taught,
    }
    assert looks["BiLSTM"] == (TEACHER, "-")
    assert len({colour for colour, _ in looks.values()} | {EARLY, TEXT, BLANK}) == 5 + 3
    for name, figure in figures_of_run(RunDrawing.of(run, "b"), expected).figures.items():
        texts = figure.findobj(matplotlib.text.Text)
        colours_of_titles = {
            text.get_text(): text.get_color() for text in texts if text.get_text() in looks
        }
        assert colours_of_titles == {title: looks[title][0] for title in expected[name]}
        assert not {text.get_text() for text in texts} & {"teacher", "Shift", "Hard", "CTC"}


def test_models_are_alike_in_every_figure_of_a_plot():
    drawing = as_models(made())
    drawn = figures_of_models(drawing, ["shift", "offsets", "delays", "cumulative"])
    for figure in drawn.figures.values():
        for text in figure.findobj(matplotlib.text.Text):
            if text.get_text() in drawing.looks:
                assert text.get_color() == drawing.looks[text.get_text()][0]


@pytest.mark.parametrize(("shift", "shaded"), [(0.02, 2), (0.04, 0)])
def test_a_window_is_shaded_where_all_count_the_same_frames(shift, shaded):
    figure = figures_of_models(as_models(made(), shift), ["offsets"]).figures["offsets"]
    windows = [patch for axes in figure.axes for patch in axes.patches if not patch.get_gid()]
    assert len(windows) == shaded

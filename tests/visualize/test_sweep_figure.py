"""The sweep of weights and windows: what a run tried, and where it is drawn."""

import csv

import numpy as np
import pytest
from support.figures import assert_readable, axes_of, proofs, texts_of
from support.figures_algorithms import lines_of
from support.figures_shift import caption_of
from tolerances import VALUE, assert_close

import refkd
from refkd.experiment.settings import read_settings
from visualize import sweep_figure, sweep_points, write_numbers
from visualize.layout.style import WIDTHS

WINDOWS = {
    (rule, f"[{left}, 0]", weight): np.array([0.2, 0.22]) + 0.01 * left * weight
    for rule in ("Hard", "OrderedPath")
    for left in (3, 5)
    for weight in (0.1, 0.3, 1.0)
}


def told_of(settings, tried, seeds=1):
    """A results.json as far as a sweep reads it: {student: {weight: validation error}}."""
    students, tuning = [], {}
    for name in settings.distill:
        errors = tried.get(name, {0.0: 0.26})
        best = min(errors, key=errors.get)
        if len(errors) > 1:
            tuning[name] = [{"weight": w, "validation": error} for w, error in errors.items()]
        for seed in range(seeds):
            last = {"validation": None if errors[best] is None else errors[best] + seed}
            students.append({"rule": name, "weight": best, "history": [{"validation": 1.0}, last]})
    return {"configuration": settings.as_dict(), "students": students, "tuning": tuning}


def study(**tables):
    return read_settings(overrides={"rules": list(tables), "distill": tables})


# --- what a run tried ----------------------------------------------------------------------------


def test_tuned_weights_are_points_and_the_best_is_chosen():
    settings = read_settings(
        overrides={"rules": ["CTC", "FrameWise", "Hard"], "distill": {"weight": [0.1, 1.0]}}
    )
    tried = {"FrameWise": {0.1: 0.29, 1.0: 0.35}, "Hard": {0.1: 0.24, 1.0: 0.23}}
    sweep = sweep_points(told_of(settings, tried, seeds=3))
    assert sweep.points == {
        ("FrameWise", "", 0.1): [0.29],
        ("FrameWise", "", 1.0): [0.35],
        ("Hard", "[5, 0]", 0.1): [0.24],
        ("Hard", "[5, 0]", 1.0): [0.23],
    }
    assert sweep.chosen == {("FrameWise", "", 0.1), ("Hard", "[5, 0]", 1.0)}
    assert sweep.alone == 0.26  # of the first seed


def test_students_that_differ_in_weight_or_window_alone_share_a_panel():
    settings = study(
        OrderedPath={},
        light={"rule": "OrderedPath", "weight": 0.1},
        wide={"rule": "OrderedPath", "window": [8, 0]},
        whole={"rule": "OrderedPath", "window": "whole"},
        noisy={"rule": "OrderedPath", "weight": 1.0, "teacher_hears": "noisy"},
        noisier={"rule": "OrderedPath", "weight": 3.0, "teacher_hears": "noisy"},
        Hard={},
    )
    tried = {
        "OrderedPath": {0.3: 0.2}, "light": {0.1: 0.21}, "wide": {0.3: 0.22}, "whole": {0.3: 0.4},
        "noisy": {1.0: 0.23}, "noisier": {3.0: 0.24}, "Hard": {0.3: 0.25},
    }  # fmt: skip
    sweep = sweep_points(told_of(settings, tried))
    assert sweep.points == {
        ("OrderedPath", "[5, 0]", 0.3): [0.2],
        ("OrderedPath", "[5, 0]", 0.1): [0.21],
        ("OrderedPath", "[8, 0]", 0.3): [0.22],
        ("OrderedPath", "whole", 0.3): [0.4],
        ("noisy", "[5, 0]", 1.0): [0.23],
        ("noisy", "[5, 0]", 3.0): [0.24],
    }
    assert sweep.chosen == set()  # nobody chose: each was asked for
    assert sweep.alone is None


def test_fixed_shifts_are_lines_of_one_panel():
    settings = read_settings(overrides={"rules": ["CTC", "Shift1", "Shift2", "Shift"]})
    tried = {name: {0.3: 0.2} for name in ("Shift1", "Shift2", "Shift")}
    assert list(sweep_points(told_of(settings, tried)).points) == [
        ("Shift", "delta = 1", 0.3),
        ("Shift", "delta = 2", 0.3),
        ("Shift", "delta = median lag", 0.3),
    ]


def test_a_run_that_varied_nothing_has_no_points():
    settings = read_settings(overrides={"rules": ["CTC", "FrameWise", "Hard", "Shift"]})
    results = told_of(settings, {name: {0.3: 0.2} for name in settings.distill})
    assert sweep_points(results).points == {}


def test_errors_that_nobody_measured_are_left_out():
    settings = read_settings(overrides={"rules": ["Shift1", "Shift2", "Shift3"]})
    tried = {"Shift1": {0.3: None}, "Shift2": {0.3: 0.2}, "Shift3": {0.3: 0.3}}
    windows = [window for _, window, _ in sweep_points(told_of(settings, tried)).points]
    assert windows == ["delta = 2", "delta = 3"]


# --- the figure ----------------------------------------------------------------------------------


def test_weights_rise_along_x_and_windows_are_lines():
    chosen = ("Hard", "[5, 0]", 0.3)
    figure = sweep_figure(dict(reversed(WINDOWS.items())), chosen=[chosen], alone=[0.25, 0.27])
    for rule in ("Hard", "OrderedPath"):
        axes = axes_of(figure, rule)
        assert [text.get_text() for text in axes.get_xticklabels()] == ["0.1", "0.3", "1"]
        lines = lines_of(axes)
        for left in (3, 5):
            line = lines[f"[{left}, 0]"]
            assert line.get_xdata().tolist() == [0, 1, 2]
            assert_close(line.get_ydata(), 21 + left * np.array([0.1, 0.3, 1.0]), VALUE)
            seeds = lines[f"[{left}, 0], seeds"]
            assert seeds.get_xdata().tolist() == [0, 0, 1, 1, 2, 2]
            assert_close(seeds.get_ydata()[:2], np.array([20, 22]) + 0.1 * left, VALUE)
        assert_close(lines["CTC alone"].get_ydata(), [26.0, 26.0], VALUE)
    ring = lines_of(axes_of(figure, "Hard"))["[5, 0], chosen"]
    assert_close(ring.get_xydata(), [[1, 22.5]], VALUE)
    assert "[5, 0], chosen" not in lines_of(axes_of(figure, "OrderedPath"))
    assert set(texts_of(axes_of(figure, "key of lines"))) == {"[3, 0]", "[5, 0]"}
    assert figure.get_supxlabel() == "weight of the auxiliary loss"
    assert figure.get_supylabel() == "validation phone error (%)"
    caption = caption_of(figure)
    for sentence in ("Small dots: seeds", "Ring: chosen.", "Horizontal line: CTC alone, 26.0 %."):
        assert sentence in caption


def test_windows_stand_along_x_if_there_is_one_weight():
    points = {point: errors for point, errors in WINDOWS.items() if point[2] == 0.3}
    figure = sweep_figure(points)
    axes = axes_of(figure, "Hard")
    assert [text.get_text() for text in axes.get_xticklabels()] == ["[3, 0]", "[5, 0]"]
    assert_close(lines_of(axes)["weight 0.3"].get_ydata(), [21.9, 22.5], VALUE)
    assert figure.get_supxlabel() == "window"
    assert [panel.get_label() for panel in figure.axes] == ["Hard", "OrderedPath"]  # and no key
    assert "Weight 0.3." in caption_of(figure)


def test_one_window_has_no_key_and_rules_without_one_have_a_line():
    points = {("FrameWise", "", weight): 0.3 for weight in (0.1, 1.0)}
    points |= {("Hard", "[5, 0]", weight): 0.2 for weight in (0.1, 0.3)}
    figure = sweep_figure(points)
    assert [panel.get_label() for panel in figure.axes] == ["FrameWise", "Hard"]
    assert lines_of(axes_of(figure, "FrameWise"))["FrameWise"].get_xdata().tolist() == [0, 2]
    assert lines_of(axes_of(figure, "Hard"))["[5, 0]"].get_xdata().tolist() == [0, 1]
    assert "Window [5, 0]." in caption_of(figure)


def test_all_panels_have_one_scale_logarithmic_where_errors_span_a_factor():
    close = {("Hard", "", 0.1): 0.2, ("Hard", "", 0.3): 0.3, ("Soft", "", 0.1): 0.25}
    figure = sweep_figure(close, alone=0.45)
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    assert figure.axes[0].get_ylim()[1] > 45.0
    assert {axes.get_yscale() for axes in figure.axes} == {"linear"}
    far = sweep_figure({**close, ("Soft", "", 0.3): 0.9})
    assert {axes.get_yscale() for axes in far.axes} == {"log"}
    low, high = far.axes[0].get_ylim()
    assert low < 20.0 < 90.0 < high


@pytest.mark.parametrize("width", [WIDTHS["column"], *proofs(7.0, 6.67, None)])
def test_sweeps_are_readable_in_every_size(width):
    assert_readable(sweep_figure(WINDOWS, chosen=list(WINDOWS)[:1], alone=0.3, width=width))
    many = {
        (rule, f"[{left}, 0]", weight): 0.2 + weight * (rule == "RandomChoice")
        for rule in ("FrameWise", "Hard", "RandomChoice", "OrderedPath with a long name", "Soft")
        for left in range(9)
        for weight in (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
    }
    assert_readable(sweep_figure(many, width=width))
    row = {point: error for point, error in many.items() if point[2] == 0.3}
    assert_readable(sweep_figure(row, width=width))


def test_numbers_of_a_sweep_carry_weights(tmp_path):
    path = write_numbers({"sweep": sweep_figure(WINDOWS)}, tmp_path / "sweep.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["series"] == "[3, 0]"]
    assert [(row["panel"], row["x"]) for row in rows[:3]] == [
        ("Hard", "0.1"),
        ("Hard", "0.3"),
        ("Hard", "1"),
    ]
    assert_close([float(row["y"]) for row in rows[:3]], [21.3, 21.9, 24.0], VALUE)
    assert {(row["x_unit"], row["y_unit"]) for row in rows} == {
        ("weight of the auxiliary loss", "%")
    }


@pytest.mark.parametrize(
    ("points", "options", "sentence"),
    [
        ({}, {}, "points: expected several weights or windows of one rule, got none"),
        (
            {("Hard", "", 0.1): 0.2, ("Soft", "", 0.3): 0.2},
            {},
            "points: expected several weights or windows of one rule, got none",
        ),
        ({("Hard", "", 0.1): [0.2], ("Hard", "", 1): []}, {}, r"points\[.*: expected at least one"),
        ({("Hard", "", 0.1): 0.2, ("Hard", "", 1): np.nan}, {}, r"points\[.*: expected finite"),
        ({("Hard", "", 0.1): 0.2, ("Hard", "", -1): 0.2}, {}, "weight: expected a number >= 0"),
        (WINDOWS, {"chosen": [("Hard", "", 0.1)]}, "chosen: expected one of"),
        (WINDOWS, {"width": 2.0}, "width: expected at least 3 inches, got 2"),
    ],
)
def test_sweep_refusals(points, options, sentence):
    with pytest.raises(refkd.ArgumentError, match=sentence):
        sweep_figure(points, **options)

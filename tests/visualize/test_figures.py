"""Figures: the numbers are read back from the axes, and nothing covers anything else."""

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from support.figures import SHIFT, assert_readable, axes_of, between, draw_everything, texts_of
from support.figures_algorithms import gradients, history, lattice, lines_of, lstm
from tolerances import PRINTED_3, VALUE, assert_close

import refkd
from refkd.alignment.statistics import OffsetStatistics
from refkd.losses.rules import Window
from visualize import (
    band_figure,
    gates_figure,
    learning_figure,
    new_figure,
    offsets_figure,
    save_figure,
    sweep_figure,
    tradeoff_figure,
)
from visualize.figures.toy import SPIKE_FRAMES, toy_figure, toy_models, toy_table

# --- offsets -------------------------------------------------------------------------------------


def test_bars_hold_the_histogram_and_the_line_its_sum():
    offsets = OffsetStatistics(np.array([-1, 0, 0, 2, 2, 2, 2, 3]), 2, 0)
    axes = axes_of(offsets_figure({"CTC": offsets}, SHIFT), "CTC")
    bars = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in axes.patches}
    assert bars == {-1: 12.5, 0: 25.0, 1: 0.0, 2: 50.0, 3: 12.5}
    cumulative, mean = axes.lines
    assert cumulative.get_ydata().tolist() == [0.0, 12.5, 37.5, 87.5, 100.0, 100.0]
    assert cumulative.get_xdata().tolist() == [-1.5, -1.0, 0.0, 2.0, 3.0, 3.5]
    assert cumulative.get_drawstyle() == "steps-post"
    assert mean.get_xdata() == [1.25, 1.25]
    words = " ".join(text.get_text() for text in axes.texts)
    assert "n = 8, mean +1.25 (+25 ms)" in words
    assert "unmatched: 20.0 % teacher, 0.0 % student" in words
    assert axes.get_xticklabels()[-1].get_text() == "+3\n+60"


def test_the_outermost_bars_hold_what_lies_beyond():
    offsets = OffsetStatistics(np.array([-40, 0, 0, 50]), 0, 0)
    axes = axes_of(offsets_figure({"CTC": offsets}, SHIFT), "CTC")
    heights = [bar.get_height() for bar in axes.patches]
    assert (len(heights), heights[0], heights[-1]) == (25, 25.0, 25.0)


def test_the_window_is_shaded_with_the_share_inside():
    offsets = OffsetStatistics(np.array([-1, 0, 1, 2]), 0, 0)
    windows = {"Hard": Window(1, 0)}
    axes = axes_of(offsets_figure({"Hard": offsets}, SHIFT, windows=windows), "Hard")
    *_, shade = axes.patches
    corners = shade.get_patch_transform().transform(shade.get_path().vertices)  # any matplotlib
    assert (corners[:, 0].min(), corners[:, 0].max()) == (-0.5, 1.5)
    assert "in the window: 50.0 %" in texts_of(axes)


# --- error against delay -------------------------------------------------------------------------


def test_points_stand_at_the_means_of_the_seeds():
    students = {"CTC": (0.9, 0.26), "Hard": ([1.0, 2.0], [0.2, 0.3])}
    axes = axes_of(tradeoff_figure(students, SHIFT, teacher=(0.0, 0.13)), "tradeoff")
    points = lines_of(axes)
    assert_close(np.ravel(points["CTC"].get_data()), [0.9, 26.0], VALUE)
    assert_close(np.ravel(points["Hard"].get_data()), [1.5, 25.0], VALUE)
    assert_close(np.ravel(points["teacher"].get_data()), [0.0, 13.0], VALUE)
    assert (points["CTC"].get_marker(), points["Hard"].get_marker()) == ("D", "o")
    seeds = [line for line in axes.lines if line.get_marker() == "."]
    assert_close(seeds[0].get_data(), [[1.0, 2.0], [20.0, 30.0]], VALUE)
    (ms,) = axes.child_axes
    FigureCanvasAgg(axes.figure).draw()
    assert_close(ms.get_xlim(), 20.0 * np.array(axes.get_xlim()), VALUE)


def test_a_student_without_matched_spikes_is_named_below():
    students = {"Hard": (np.nan, 1.0), "CTC": ([1.0, np.nan], [0.2, 0.9])}
    figure = tradeoff_figure(students, SHIFT)
    axes = axes_of(figure, "tradeoff")
    assert [text.get_text() for text in axes.texts] == ["CTC"]
    assert_close(np.ravel(lines_of(axes)["CTC"].get_data()), [1.0, 20.0], VALUE)
    assert "without a delay: Hard (100.0 % error)" in figure.texts[0].get_text().replace("\n", " ")
    assert_readable(figure)
    assert_readable(tradeoff_figure({"Hard": (np.nan, 1.0)}, SHIFT))


@pytest.mark.parametrize("seeds", [1, 5])
def test_tradeoff_figure_is_readable(seeds):
    rng = np.random.default_rng(2)
    rows = {
        "CTC": (0.9, 0.262), "FrameWise": (0.0, 0.289), "Hard(5)": (1.5, 0.243),
        "Soft": (1.6, 0.248), "Monotone": (1.0, 0.254), "OrderedPath(5)": (1.7, 0.231),
        "OrderedPath(8)": (2.0, 0.228), "PerTeacher, 0.3": (2.1, 0.214),
        "PerTeacher, 1": (2.1, 0.218), "Shift(2)": (2.0, 0.219), "Shift(3)": (3.0, 0.217),
    }  # fmt: skip
    students = {
        name: (delay + rng.normal(0, 0.04, seeds), error + rng.normal(0, 0.002, seeds))
        for name, (delay, error) in rows.items()
    }
    assert_readable(tradeoff_figure(students, SHIFT, teacher=(0.0, 0.13)))


def test_bars_span_the_intervals_and_take_the_place_of_the_seeds():
    students = {"CTC": ([0.8, 1.0], [0.2, 0.3]), "Hard": ([1.8, 2.0], [0.1, 0.2])}
    intervals = {"Hard": (between(1.7, 1.9, 2.0), between(0.12, 0.15, 0.21))}
    figure = tradeoff_figure(students, SHIFT, intervals=intervals)
    lines = lines_of(axes_of(figure, "tradeoff"))
    assert_close(np.ravel(lines["Hard"].get_data()), [1.9, 15.0], VALUE)
    assert_close(lines["Hard, interval of delay"].get_data(), [[1.7, 2.0], [15.0, 15.0]], VALUE)
    assert_close(lines["Hard, interval of error"].get_data(), [[1.9, 1.9], [12.0, 21.0]], VALUE)
    assert "CTC, interval of delay" not in lines
    (seeds,) = [line for line in axes_of(figure, "tradeoff").lines if line.get_marker() == "."]
    assert_close(seeds.get_data(), [[0.8, 1.0], [20.0, 30.0]], VALUE)


def test_bars_stay_inside_the_axes():
    intervals = {"Hard": (between(-9.0, 1.0, 9.0), between(0.0, 0.2, 0.9))}
    axes = axes_of(tradeoff_figure({"Hard": (1.0, 0.2)}, SHIFT, intervals=intervals), "tradeoff")
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert left < -9.0 < 9.0 < right
    assert bottom <= 0.0 < 90.0 < top


@pytest.mark.parametrize(("seeds", "what"), [(5, "utterances and seeds."), (1, "utterances.")])
def test_the_caption_says_what_the_bars_are(seeds, what):
    intervals = {"CTC": (between(0.9, 1.0, 1.1, seeds), between(0.1, 0.2, 0.3, seeds))}
    figure = tradeoff_figure({"CTC": (1.0, 0.2)}, SHIFT, intervals=intervals)
    caption = figure.texts[0].get_text().replace("\n", " ")
    assert f"Bars: 95 % bootstrap intervals over {what}" in caption
    assert "Bars" not in tradeoff_figure({"CTC": (1.0, 0.2)}, SHIFT).texts[0].get_text()


def test_fixed_shifts_are_joined_in_order_of_delay():
    students = {"Shift 3": (3.0, 0.2), "Hard": (2.5, 0.21), "Shift 1": (1.0, 0.3)}
    students |= {"Shift 2": ([1.9, 2.1], [0.24, 0.26]), "Shift 9": (np.nan, 1.0)}
    names = [name for name in students if name.startswith("Shift")]
    figure = tradeoff_figure(students, SHIFT, line=names)
    line = lines_of(axes_of(figure, "tradeoff"))["fixed shifts"]
    assert_close(line.get_data(), [[1.0, 2.0, 3.0], [30.0, 25.0, 20.0]], VALUE)
    assert "Open circles: fixed shifts." in figure.texts[0].get_text().replace("\n", " ")


@pytest.mark.parametrize("argument", [{"intervals": {"Soft": ()}}, {"line": ["Soft"]}])
def test_bars_and_lines_are_of_students(argument):
    with pytest.raises(refkd.ArgumentError, match="expected one of 'CTC', got 'Soft'"):
        tradeoff_figure({"CTC": (1.0, 0.2)}, SHIFT, **argument)


@pytest.mark.parametrize(
    ("students", "sentence"),
    [
        ({}, "students: expected at least one, got none"),
        ({"CTC": ([1.0], [0.1, 0.2])}, r"students\['CTC'\] error: expected n=1 to match its delay"),
        ({"CTC": (np.inf, 0.2)}, r"students\['CTC'\] delay: expected finite numbers or nan"),
        ({"CTC": ([], [])}, r"students\['CTC'\]: expected at least one seed, got none"),
    ],
)
def test_tradeoff_refusals(students, sentence):
    with pytest.raises(refkd.ArgumentError, match=sentence):
        tradeoff_figure(students, SHIFT)


# --- band and toy --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule",
    [refkd.Hard(Window(6)), refkd.OrderedPath(Window(6, 2)), refkd.Soft(Window.whole(), 0.3)],
    ids=lambda rule: type(rule).__name__,
)
def test_band_holds_the_divergences_and_the_pairs(rule):
    models = toy_models()
    trace = refkd.distill_trace(models["3 frames late"], models["teacher"], rule)
    figure = band_figure(trace, teacher_spikes=SPIKE_FRAMES)
    axes = axes_of(figure, "band")
    cells = np.ma.filled(axes.images[0].get_array(), np.inf)
    np.testing.assert_array_equal(cells, trace.divergence.T)
    left, right, bottom, top = axes.images[0].get_extent()
    T, W = trace.divergence.shape
    assert (left, right) == (-0.5, T - 0.5)
    assert (bottom, top) == (-trace.window.left - 0.5, W - trace.window.left - 0.5)
    every, at_spikes = axes.collections
    i, j = trace.pairs.T
    assert every.get_offsets().tolist() == np.column_stack([i, j - i]).tolist()
    assert set(at_spikes.get_offsets().sum(axis=1)) == set(SPIKE_FRAMES)
    assert_readable(figure)


def test_toy_charges_are_those_of_the_docs():
    table = toy_table()
    expected = {
        "FrameWise": [0, 0.582, 0.304, 0.582, 0.582],
        "Hard": [0, 0, 0, 0.271, 0.278],
        "Monotone,\nany step": [0, 0, 0, 0.271, 0.278],
        "Monotone,\nstep 0 or 1": [0, 0, 0.304, 0.271, 0.582],
        "OrderedPath": [0, 0, 0.304, 0.271, 0.582],
        "PerTeacher": [0, 0, 0.304, 0.271, 0.304],
    }
    assert list(table) == list(expected)
    for rule, charges in expected.items():
        assert_close(list(table[rule].values()), charges, PRINTED_3, rule)
    figure = toy_figure(table)
    for axes in figure.axes:
        drawn = [bar.get_width() for bar in axes.patches]
        assert drawn == list(table[axes.get_label()].values())
    assert_readable(figure)


# --- files ---------------------------------------------------------------------------------------


def draw_all():
    yield from draw_everything()
    yield lattice()[-1]
    yield gradients()[-1]
    yield gates_figure(lstm(9), SHIFT)
    yield learning_figure({"CTC": [history(2.0, 1.0), history(2.0, 0.5)]})
    yield sweep_figure({("Hard", "[5, 0]", 0.1): 0.2, ("Hard", "[5, 0]", 0.3): 0.3})


def test_svg_has_the_same_bytes_every_time(tmp_path):
    for figures in zip(draw_all(), draw_all(), strict=True):
        first, second = (
            save_figure(figure, tmp_path / f"{n}", ["svg"])[0].read_bytes()
            for n, figure in enumerate(figures)
        )
        assert first == second


def test_three_formats_and_no_leftovers(tmp_path):
    files = save_figure(tradeoff_figure({"CTC": (1.0, 0.2)}, SHIFT), tmp_path / "a.b")
    assert [file.name for file in files] == ["a.b.png", "a.b.svg", "a.b.pdf"]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    png, svg, pdf = (file.read_bytes() for file in files)
    assert png.startswith(b"\x89PNG")
    assert b"<svg" in svg
    assert b"<dc:date>" not in svg
    assert b"/FontFile2" in pdf  # TrueType
    assert b"/CreationDate" not in pdf


def test_nothing_is_left_behind_when_drawing_fails(tmp_path):
    with pytest.raises(refkd.ArgumentError, match="formats: expected one of 'png', 'svg', 'pdf'"):
        save_figure(new_figure(1, 1), tmp_path / "figure", ["gif"])
    assert list(tmp_path.iterdir()) == []


def test_the_caller_keeps_his_settings(tmp_path):
    before = dict(matplotlib.rcParams)
    for figure in draw_everything():
        save_figure(figure, tmp_path / "figure", ["svg"])
    assert dict(matplotlib.rcParams) == before


def test_no_leader_of_the_tradeoff_runs_through_a_name():
    """Nine students close together: names that stand apart from their points."""
    students = {
        f"{name} {n}": (1.6 + 0.12 * n + 0.05 * k, 0.26 - 0.01 * n + 0.002 * k)
        for n in range(3)
        for k, name in enumerate(["OrderedPath", "PerTeacher", "Monotone"])
    }
    figure = tradeoff_figure(students, 0.02, teacher=(0.0, 0.129))
    FigureCanvasAgg(figure).draw()
    axes = figure.axes[0]
    boxes = [text.get_window_extent().padded(-1.0) for text in axes.texts]
    leaders = [line for line in axes.lines if len(line.get_xdata()) == 2 and line.get_zorder() == 2]
    assert leaders
    for line in leaders:
        ends = axes.transData.transform(line.get_xydata())
        for along in np.linspace(0.0, 1.0, 50)[:, None] * (ends[1] - ends[0]) + ends[0]:
            assert not any(box.contains(*along) for box in boxes)

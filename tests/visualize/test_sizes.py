"""Figures of a column, a page and a slide: nothing is cut, covered or too small in any."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image
from support.figures import SHIFT, assert_readable, axes_of, between, proofs, spiky, texts_of
from support.figures_algorithms import SYMBOLS, history, lines_of, lstm
from tolerances import VALUE, assert_close

import refkd
from refkd.alignment.statistics import OffsetStatistics, TimedOffsets
from refkd.losses.rules import Window
from visualize import (
    Phones,
    band_figure,
    cumulative_figure,
    gates_figure,
    gradients_figure,
    lattice_figure,
    learning_figure,
    new_figure,
    offsets_figure,
    save_figure,
    toy_figure,
    tradeoff_figure,
)
from visualize.figures.toy import toy_models, toy_table
from visualize.layout.grid import columns_of
from visualize.layout.layout import panel_width
from visualize.layout.legend import draw_legend, legend_height, legend_places, looks_of
from visualize.layout.style import BLANK, EARLY, SLIDE_PIXELS, TEACHER, TEXT, WIDTHS
from visualize.layout.text import TOGETHER, wrapped

STUDENTS = ["CTC alone", "FrameWise", "Shift 2", "Hard [5, 0]", "OrderedPath [5, 0]", "silent"]
ROWS = {
    "CTC alone": (1.67, 0.256), "FrameWise": (0.05, 0.333), "Shift 1": (1.1, 0.27),
    "Shift 2": (2.03, 0.228), "Shift 3": (2.9, 0.217), "Shift 4": (3.8, 0.213),
    "Shift 5": (4.7, 0.214), "OrderedPath [8, 0]": (2.6, 0.212),
    "Hard [5, 0]": (2.08, 0.234), "Soft [5, 0]": (1.9, 0.238), "TopK [5, 0]": (2.0, 0.24),
    "Monotone [5, 0]": (1.8, 0.246), "Blend": (1.5, 0.262), "Hard, weight 1": (2.9, 0.31),
    "OrderedPath [5, 0]": (2.34, 0.215), "PerTeacher [5, 0]": (2.57, 0.221),
}  # fmt: skip


def band(**size):
    models = toy_models()
    rule = refkd.OrderedPath(Window(6))
    trace = refkd.distill_trace(models["3 frames late"], models["teacher"], rule)
    return band_figure(trace, teacher_spikes=[8], title="A title for the band", **size)


def lattice(**size):
    logits = np.random.default_rng(0).normal(0, 2, (150, len(SYMBOLS)))
    labels = [1 + n % 3 for n in range(25)]
    trace, best = refkd.ctc_trace(logits, labels), refkd.ctc_align(logits, labels)
    return lattice_figure(trace, SYMBOLS, SHIFT, best=best, title="A title", **size)


def gradients(**size):
    teacher, student = spiky({3: 2, 10: 1}, frames=90), spiky({6: 2, 80: 1}, frames=90)
    names = {"FrameWise": refkd.FrameWise(), "OrderedPath [5, 0]": refkd.OrderedPath(Window(5))}
    traces = {name: refkd.distill_trace(student, teacher, rule) for name, rule in names.items()}
    title = "A title that is as long as the name of an utterance sometimes is"
    return gradients_figure(traces, student, teacher, SYMBOLS, SHIFT, title=title, **size)


def gates(hidden=40, **size):
    phones = Phones(np.array([1, 3]), np.array([0.1, 0.6]), np.array([0.3, 1.7]))
    trace = lstm(hidden, frames=100)
    return gates_figure(trace, SHIFT, phones=phones, symbols=SYMBOLS, title="Units", **size)


def learning(**size):
    histories = {
        name: [history(3.0, 0.3 + 0.001 * n, lesson=0.1 + n, validation=0.2)]
        for n, name in enumerate(["teacher", *STUDENTS])
    }
    return learning_figure(histories, title="Seven models", **size)


def statistics():
    rng = np.random.default_rng(0)
    return {
        name: OffsetStatistics(rng.poisson(n, 500 * (name != "silent")) - 1, 20 * n, 30)
        for n, name in enumerate(STUDENTS)
    }


def offsets(**options):
    windows = {"OrderedPath [5, 0]": Window(5), "Hard [5, 0]": Window(5)}
    return offsets_figure(statistics(), SHIFT, **{"windows": windows, **options})


def cumulative(**size):
    return cumulative_figure(statistics(), SHIFT, title="Six students", **size)


def tradeoff(students=None, **size):
    rows = dict(list(ROWS.items())[:students])
    intervals = {
        name: (between(x - 0.1, x, x + 0.1), between(0.94 * y, y, 1.05 * y))
        for name, (x, y) in rows.items()
    }
    line = [name for name in rows if name.startswith("Shift")]
    options = {"baseline": "CTC alone", "intervals": intervals, "line": line, **size}
    return tradeoff_figure(rows, SHIFT, teacher=(0.0, 0.13), **options)


def few(**size):
    return tradeoff(6, **size)


def units(**size):
    return gates(3, **size)


def toy(**size):
    return toy_figure(toy_table(), **size)


FIGURES = [
    band, lattice, gradients, gates, units, learning, offsets, cumulative, tradeoff, few, toy,
]  # fmt: skip


@pytest.mark.parametrize("width", [WIDTHS["column"], *proofs(7.0, 6.67, None)])
@pytest.mark.parametrize("draw", FIGURES)
def test_every_figure_is_readable_in_every_size(draw, width):
    figure = draw(width=width)
    assert_readable(figure)
    if width is not None:
        assert_close(figure.get_figwidth(), width, VALUE)


@pytest.mark.parametrize("draw", FIGURES)
def test_a_figure_too_narrow_to_read_is_refused(draw):
    with pytest.raises(refkd.ArgumentError, match=r"^width: expected at least [\d.]+ inches, got"):
        draw(width=2.0)
    with pytest.raises(refkd.ArgumentError, match="width: expected a number > 0, got -1"):
        draw(width=-1)


def test_long_names_need_more_room_and_the_sentence_says_how_much():
    with pytest.raises(refkd.ArgumentError, match=r"width: expected at least 4\.8 inches, got 3.4"):
        panel_width(3.4, 5.0, 3.0, 1.0)
    assert_close(panel_width(4.8, 5.0, 3.0, 1.0), 0.8, VALUE)


def edges(figure, side):
    """Left or lower edges of the panels, from left to right or from the top."""
    return sorted({round(getattr(axes.get_position(), side), 6) for axes in figure.axes})


def test_grids_have_fewer_columns_where_there_is_less_room():
    for draw, most in ((offsets, 3), (toy, 6)):
        assert [len(edges(draw(width=width), "x0")) for width in (None, 7.0, 3.4)] == [most, 3, 2]
    labelled = [axes for axes in toy(width=7.0).axes if axes.yaxis.get_tick_params()["labelleft"]]
    assert [axes.get_label() for axes in labelled] == ["FrameWise", "Monotone,\nstep 0 or 1"]


def test_offsets_are_readable_in_their_natural_size():
    assert_readable(offsets(windows={"OrderedPath [5, 0]": Window.whole()}, caption="Seed 0."))
    assert_readable(offsets_figure({"CTC": statistics()["CTC alone"]}, SHIFT))


def test_a_window_is_not_parted_from_its_other_side():
    offsets_of = OffsetStatistics(np.array([0, 1]), 0, 0)
    names = ["OrderedPath [5, 0]", "PerTeacher [5, 0]"]
    figure = offsets_figure(dict.fromkeys(names, offsets_of), SHIFT, width=3.4)
    assert {"OrderedPath", "[5, 0]"} <= set(texts_of(axes_of(figure, names[0])))


def test_rows_are_as_full_as_can_be():
    assert [columns_of(n, 3, 9.0, 1.0) for n in range(1, 8)] == [1, 2, 3, 2, 3, 3, 3]
    assert columns_of(6, 6, 0.5, 1.0) == 1


@pytest.mark.parametrize(("draw", "panel"), [(learning, "ctc"), (cumulative, "cumulative")])
def test_names_of_lines_stand_above_where_there_is_no_room_beside(draw, panel):
    wide, narrow = draw(width=7.0), draw(width=3.4)
    assert set(texts_of(axes_of(wide, panel))) >= {"CTC alone"}
    assert not axes_of(narrow, panel).texts
    key = axes_of(narrow, "key of lines")
    looks = {line.get_gid(): (line.get_color(), line._dash_pattern) for line in wide.axes[0].lines}
    written = [text.get_text() for text in key.texts]
    assert set(written) <= {"teacher", *STUDENTS}
    for name, line in zip(written, key.lines, strict=True):
        assert looks.get(name) in (None, (line.get_color(), line._dash_pattern))
    assert key.get_position().y0 >= axes_of(narrow, panel).get_position().y1


def test_a_key_fills_its_rows_and_keeps_the_margins():
    names = [f"student {n}" for n in range(9)]
    places = legend_places(names, 3.1)
    assert [row for _, row in places] == sorted(row for _, row in places)
    assert places[0] == (0.0, 0)
    height = legend_height(names, 3.1)
    figure = new_figure(3.4, 2 * height)
    axes = figure.add_axes((0.4, 0.25, 0.5, 0.5))
    draw_legend(axes, looks_of(names))
    FigureCanvasAgg(figure).draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert max(box.x1 for box in boxes) <= (3.4 - 0.15) * figure.dpi
    assert_readable(figure)


def test_eighteen_students_look_different_and_the_teacher_is_solid():
    looks = looks_of([f"student {n}" for n in range(18)] + ["teacher"], "teacher")
    assert len({(colour, str(dashes)) for colour, dashes in looks.values()}) == 19
    assert list(looks)[-1] == "teacher"
    assert len({str(dashes) for _, dashes in list(looks.values())[:3]}) == 3
    assert looks["teacher"] == (TEACHER, "-")
    assert not {colour for colour, _ in list(looks.values())[:-1]} & {TEACHER, EARLY, BLANK, TEXT}


def test_numbers_stand_for_names_where_these_would_cover_the_points():
    figure = tradeoff(width=3.4)
    axes = axes_of(figure, "tradeoff")
    order = sorted(ROWS, key=lambda name: ROWS[name][0])
    texts = texts_of(axes)
    assert set(texts) == {"teacher", *(str(n + 1) for n in range(len(order)))}
    caption = figure.texts[0].get_text().replace("\n", " ")
    listed = ", ".join(f"{n} {name}" for n, name in enumerate(order, start=1))
    assert f"From left to right: {listed}." in caption
    assert set(lines_of(axes)) > set(ROWS)  # the numbers of the figure keep the names
    assert "From left" not in tradeoff(width=7.0).texts[0].get_text()


def test_names_of_sixteen_students_cover_no_end_of_a_bar():
    figure = tradeoff(width=None)
    assert_readable(figure)
    axes = axes_of(figure, "tradeoff")
    ends = [line for line in axes.lines if "interval" in str(line.get_gid())]
    assert len(ends) == 32
    caps = axes.transData.transform(np.concatenate([end.get_xydata() for end in ends]))
    for text in axes.texts:
        assert not any(text.get_window_extent().contains(*cap) for cap in caps), text.get_text()


def test_a_small_band_has_its_scale_below():
    small, large = band(width=3.4), band(width=7.0)
    (scale,) = [axes for axes in small.axes if axes.get_xlabel() == "divergence (nats)"]
    assert scale.get_position().y1 < axes_of(small, "band").get_position().y0
    (scale,) = [axes for axes in large.axes if axes.get_ylabel() == "divergence (nats)"]
    assert scale.get_position().x0 > axes_of(large, "band").get_position().x1
    heights = [axes_of(figure, "band").get_window_extent().height for figure in (small, large)]
    assert_close(heights[0], heights[1], VALUE)  # rows are as high at every width


def test_gates_are_letters_where_there_is_little_room():
    figure = gates(width=3.4)
    assert [list(texts_of(axes_of(figure, name))) for name in "ifo"] == [["i"], ["f"], ["o"]]
    assert "i input, f forget" in figure.texts[0].get_text().replace("\n", " ")
    assert list(texts_of(axes_of(gates(width=7.0), "i"))) == ["input gate i"]


def test_a_slide_has_its_pixels(tmp_path):
    for width in (*WIDTHS.values(), 5.123):
        (file,) = save_figure(new_figure(width, 2.0), tmp_path / "a", ["png"], pixels=SLIDE_PIXELS)
        with Image.open(file) as picture:
            assert picture.size[0] == 1920
    with pytest.raises(refkd.ArgumentError, match="pixels: expected a whole number >= 1"):
        save_figure(new_figure(2.0, 2.0), tmp_path / "b", ["png"], pixels=0)


def test_words_held_together_are_not_parted():
    assert wrapped(f"one two{TOGETHER}three", 0.75) == "one\ntwo three"
    assert wrapped(f"a{TOGETHER}b", 9.0) == "a b"


# --- offsets in seconds, and all students in one axes --------------------------------------------


def test_offsets_in_seconds_are_counted_in_bins_of_a_frame_shift():
    late = TimedOffsets(np.array([-0.02, -0.011, -0.01, 0.009, 0.01, 0.3 - 0.27, 0.045]), 1, 0)
    axes = axes_of(offsets_figure({"S": late}, SHIFT, windows={"S": Window(1)}), "S")
    *bars, shade = axes.patches
    heights = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in bars}
    assert list(heights) == [-20, 0, 20, 40, 60]
    assert_close(list(heights.values()), 100 * np.array([2, 2, 1, 2, 0]) / 7, VALUE)
    assert_close([shade.get_x(), shade.get_width()], [-10.0, 40.0], VALUE)
    numbers = [text.get_text() for text in axes.get_xticklabels()]
    assert numbers == ["\N{MINUS SIGN}20", "0", "+20", "+40", "+60"]
    assert axes.figure.get_supxlabel() == "student \N{MINUS SIGN} teacher (ms)"
    words = texts_of(axes)
    assert "n = 7, mean +8 ms" in words
    assert "in the window: 28.6 %" in words  # 0.009 and 0.01 s: between 0 and one frame late
    (mean,) = [line for line in axes.lines if line.get_gid() == "mean"]
    assert_close(mean.get_xdata()[0], 1000 * late.mean, VALUE)


def test_frames_and_seconds_do_not_mix():
    mixed = {"A": OffsetStatistics(np.array([1]), 0, 0), "B": TimedOffsets(np.array([0.1]), 0, 0)}
    for draw in (offsets_figure, cumulative_figure):
        with pytest.raises(refkd.ArgumentError, match="statistics: expected offsets all in frames"):
            draw(mixed, SHIFT)
        with pytest.raises(refkd.ArgumentError, match="statistics: expected at least one student"):
            draw({}, SHIFT)


def test_frames_and_seconds_rise_at_the_same_time():
    """A share is read at its time: not at the end of the bin in which that time is counted."""
    offset = np.array([-1, 0, 0, 2, 2, 2, 2, 3])
    frames = OffsetStatistics(offset, teacher_unmatched=2, student_unmatched=0)
    seconds = TimedOffsets(SHIFT * offset, teacher_unmatched=2, student_unmatched=0)
    for draw, panel, every in ((offsets_figure, "S", 8), (cumulative_figure, "cumulative", 10)):
        in_frames, in_ms = (
            next(
                line
                for line in axes_of(draw({"S": offsets}, SHIFT), panel).lines
                if len(line.get_xdata()) > 2
            )
            for offsets in (frames, seconds)
        )
        assert_close(in_ms.get_xdata(), 1000 * SHIFT * np.array(in_frames.get_xdata()), VALUE)
        assert_close(in_ms.get_ydata(), in_frames.get_ydata(), VALUE)
        at = {0: 3, 1: 3, 2: 7}  # how many of all are at most so late
        for late, count in at.items():
            step = np.searchsorted(in_ms.get_xdata(), 1000 * SHIFT * late + 1e-9) - 1
            assert_close(in_ms.get_ydata()[step], 100 * count / every, VALUE)


@pytest.mark.parametrize("width", [3.4, *proofs(None)])
def test_timed_offsets_are_readable(width):
    rng = np.random.default_rng(0)
    timed = {name: TimedOffsets(rng.normal(0.1, 0.1, 300), 9, 3) for name in STUDENTS}
    assert_readable(offsets_figure(timed, 0.0125, width=width))
    assert_readable(cumulative_figure(timed, 0.0125, width=width))


def test_curves_rise_by_the_teachers_spikes_and_end_at_the_matched_share():
    students = {
        "early": OffsetStatistics(np.array([-1, 0, 0]), teacher_unmatched=1, student_unmatched=5),
        "late": OffsetStatistics(np.array([1, 2, 2, 2]), teacher_unmatched=0, student_unmatched=0),
        "silent": OffsetStatistics(np.zeros(0, dtype=int), 4, 0),
    }
    axes = axes_of(cumulative_figure(students, SHIFT), "cumulative")
    curves = lines_of(axes)
    assert curves["early"].get_xdata().tolist() == [-1.5, -1, 0, 2.5]
    assert curves["early"].get_ydata().tolist() == [0, 25, 75, 75]
    assert curves["late"].get_xdata().tolist() == [-1.5, 1, 2, 2.5]
    assert curves["late"].get_ydata().tolist() == [0, 25, 100, 100]
    assert curves["silent"].get_ydata().tolist() == [0, 0]
    assert {line.get_drawstyle() for line in curves.values()} == {"steps-post"}
    heights = {text.get_text(): text.get_position()[1] for text in axes.texts}
    assert heights["late"] > heights["early"] > heights["silent"]
    nothing = cumulative_figure({"S": OffsetStatistics(np.zeros(0, dtype=int), 0, 0)}, SHIFT)
    assert_readable(nothing)

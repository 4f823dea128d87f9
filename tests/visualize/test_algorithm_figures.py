"""Figures of the algorithms at work: their numbers and places are read back from the axes."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from support.figures import assert_readable, axes_of, spiky, texts_of
from support.figures_algorithms import (
    FIRST,
    SHIFT,
    SYMBOLS,
    gradients,
    history,
    lattice,
    lines_of,
    lstm,
    parts_of,
)
from tolerances import VALUE, assert_close

import refkd
from visualize import (
    Phones,
    gates_figure,
    gradients_figure,
    lattice_figure,
    learning_figure,
)
from visualize.figures.lattice import log_state_posteriors
from visualize.layout.labels import spread
from visualize.layout.style import BLANK, STUDENT, TEACHER

NAN = float("nan")


def image_of(axes):
    return axes.images[0].get_array()


# --- lattice -------------------------------------------------------------------------------------


def test_tables_stand_with_time_to_the_right_and_states_from_the_top():
    trace, _, figure = lattice()
    tables = {"alpha": trace.log_alpha, "beta": trace.log_beta}
    for name, table in tables.items():
        axes = axes_of(figure, name)
        assert np.array_equal(np.ma.filled(image_of(axes), -np.inf), table.T)
        assert_close(axes.get_xlim(), [FIRST - SHIFT / 2, FIRST + 19.5 * SHIFT], VALUE)
        assert axes.get_ylim() == (8.5, -0.5)
        assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "b", "b", "tj"]
        assert axes.get_yticks().tolist() == [1, 3, 5, 7]
        ticks = axes.yaxis.get_minor_ticks()
        assert [tick.get_loc() for tick in ticks] == [0, 2, 4, 6, 8]
        assert {to_hex(tick.tick1line.get_color()) for tick in ticks} == {BLANK.lower()}
    assert_readable(figure)


def test_state_posteriors_add_up_to_the_occupancy():
    trace, _, figure = lattice()
    drawn = np.exp(np.ma.filled(image_of(axes_of(figure, "posterior")), -np.inf)).T
    assert_close(np.exp(log_state_posteriors(trace)), drawn, VALUE)
    for k in range(len(SYMBOLS)):
        assert_close(drawn[:, trace.states == k].sum(axis=1), trace.occupancy[:, k], VALUE)


def test_the_line_is_the_best_path():
    trace, best, figure = lattice()
    for name in ("alpha", "beta", "posterior"):
        line = lines_of(axes_of(figure, name))["best"]
        states = line.get_ydata()
        assert np.array_equal(trace.states[states], best.frames)
        assert states[0] <= 1
        assert states[-1] >= 7
        assert set(np.diff(states)) <= {0, 1, 2}
        assert_close(line.get_xdata(), FIRST + SHIFT * np.arange(20), VALUE)


def test_transitions_are_those_of_the_paths():
    """Two frames for one label: `- a`, `a a` and `a -`, each of one step."""
    figure = lattice_figure(refkd.ctc_trace(np.zeros((2, 4)), [1]), SYMBOLS, 1.0)
    for name in ("alpha", "beta", "posterior"):
        (lines,) = axes_of(figure, name).collections
        ends = [segment.tolist() for segment in lines.get_segments()]
        assert ends == [[[0, 0], [1, 1]], [[0, 1], [1, 1]], [[0, 1], [1, 2]]]


def test_large_lattices_have_no_transitions_and_fewer_names():
    labels = [1 + n % 3 for n in range(45)]
    _, _, figure = lattice(150, labels)
    axes = axes_of(figure, "posterior")
    assert not axes.collections
    assert len(axes.get_yticks()) == 23
    assert_readable(figure)


def test_extreme_lattices_are_readable():
    _, _, empty = lattice(5, [])
    assert_readable(empty)
    _, _, single = lattice(1, [1])
    assert_readable(single)


def test_lattice_refusals():
    trace, best, _ = lattice()
    with pytest.raises(refkd.ArgumentError, match="symbols: expected K=4 to match trace, got K=2"):
        lattice_figure(trace, ["-", "a"], SHIFT)
    other = refkd.ctc_trace(np.zeros((9, 4)), [1])
    with pytest.raises(refkd.ArgumentError, match="best: expected T=9 to match trace, got T=20"):
        lattice_figure(other, SYMBOLS, SHIFT, best=best)
    silent = refkd.ctc_trace(np.array([[0.0, -np.inf]]), [1])
    with pytest.raises(refkd.ArgumentError, match="trace: expected labels with a path"):
        lattice_figure(silent, ["-", "a"], SHIFT)


# --- gradients -----------------------------------------------------------------------------------


def test_rows_are_the_symbols_that_matter_and_the_blank():
    traces, figure = gradients()
    for name, trace in traces.items():
        axes = axes_of(figure, name)
        assert [text.get_text() for text in axes.get_yticklabels()] == ["b", "a", "-"]
        assert axes.get_ylim() == (2.5, -0.5)
        assert np.array_equal(image_of(axes), trace.grad[:, [2, 1, 0]].T)
    assert_readable(figure)


def test_frame_wise_pulls_a_late_spike_back_and_a_rule_lets_it_be():
    _, figure = gradients()
    frame_wise, rule = (image_of(axes_of(figure, name)) for name in ("FrameWise", "Hard"))
    assert frame_wise[0, 3] < -0.5  # demanded at the teacher's frame
    assert frame_wise[0, 6] > 0.5  # pushed down where it is
    assert abs(rule[0]).max() < 0.01


def test_colours_are_centred_and_the_same_everywhere():
    traces, figure = gradients()
    strongest = max(abs(trace.grad).max() for trace in traces.values())
    limits = {axes_of(figure, name).images[0].get_clim() for name in traces}
    assert limits == {(-strongest, strongest)}


def test_spikes_are_marked_at_their_times():
    traces, figure = gradients()
    for name in traces:
        teacher, student = axes_of(figure, name).lines
        assert_close(teacher.get_xdata(), FIRST + SHIFT * np.array([3, 10]), VALUE)
        assert_close(student.get_xdata(), FIRST + SHIFT * np.array([6, 10]), VALUE)
        assert list(teacher.get_ydata()) == list(student.get_ydata()) == [0, 1]
        assert (teacher.get_color(), student.get_color()) == (TEACHER, STUDENT)


def test_identical_models_have_no_gradient_and_a_figure():
    silent = spiky({})
    trace = refkd.distill_trace(silent, silent, refkd.FrameWise())
    figure = gradients_figure({"none": trace}, silent, silent, SYMBOLS, SHIFT)
    assert [text.get_text() for text in axes_of(figure, "none").get_yticklabels()] == ["-"]
    assert_readable(figure)


def test_gradients_refusals():
    traces, _ = gradients()
    model, short = spiky({}), spiky({}, frames=9)
    with pytest.raises(refkd.ArgumentError, match="traces: expected at least one, got none"):
        gradients_figure({}, model, model, SYMBOLS, SHIFT)
    with pytest.raises(refkd.ArgumentError, match="teacher_logits: expected T=30"):
        gradients_figure(traces, model, short, SYMBOLS, SHIFT)
    with pytest.raises(refkd.ArgumentError, match=r"traces\['FrameWise'\].grad: expected shape"):
        gradients_figure(traces, short, short, SYMBOLS, SHIFT)


# --- gates ---------------------------------------------------------------------------------------


def test_heat_maps_hold_all_units_by_their_peak():
    trace = lstm(9)
    figure = gates_figure(trace, SHIFT, first_frame=FIRST)
    peaks = abs(image_of(axes_of(figure, "h"))).argmax(axis=1)
    assert (np.diff(peaks) >= 0).all()
    order = sorted(range(9), key=lambda unit: (abs(trace.hidden[:, unit]).argmax(), unit))
    for name, values in parts_of(trace).items():
        axes = axes_of(figure, name)
        assert np.array_equal(image_of(axes), values[:, order].T)
        low, high = axes.images[0].get_clim()
        assert (low, high) == (0.0, 1.0) if name in "ifo" else low == -high
    assert_readable(figure)


def test_few_units_are_lines_and_phones_stand_above():
    trace = lstm(3)
    phones = Phones(np.array([1, 3]), np.array([0.1, 0.3]), np.array([0.3, 0.7]))
    figure = gates_figure(trace, SHIFT, phones=phones, symbols=SYMBOLS, title="Three units")
    order = np.argsort(abs(trace.hidden).argmax(axis=0), kind="stable")
    for name, values in parts_of(trace).items():
        lines = axes_of(figure, name).lines
        assert np.array_equal([line.get_ydata() for line in lines], values[:, order].T)
        assert_close(lines[0].get_xdata(), SHIFT * np.arange(40), VALUE)
    assert list(texts_of(axes_of(figure, "phones"))) == ["a", "tj"]
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    assert_readable(figure)


def test_a_backward_layer_is_named_and_phones_need_symbols():
    figure = gates_figure(lstm(3, reverse=True), SHIFT)
    assert "runs backward" in figure.texts[0].get_text().replace("\n", " ")
    assert_readable(gates_figure(lstm(64, frames=1), SHIFT))
    phones = Phones(np.array([1]), np.array([0.1]), np.array([0.3]))
    with pytest.raises(refkd.ArgumentError, match="symbols: expected a name of every phone"):
        gates_figure(lstm(3), SHIFT, phones=phones)


# --- learning curves -----------------------------------------------------------------------------


def test_lines_are_means_over_seeds_as_far_as_all_of_them_go():
    students = {"Hard": [history(3.0, 2.0, lesson=0.3), history(1.0, 1.0, 0.5, lesson=0.1)]}
    figure = learning_figure({**students, "CTC": [history(2.0, 1.5)]})
    axes = axes_of(figure, "ctc")
    assert axes.get_ylabel() == "CTC loss\n(nats per frame)"
    first, second, mean, _ = axes.lines
    assert first.get_ydata().tolist() == [3.0, 2.0]
    assert second.get_xdata().tolist() == [1, 2, 3]
    assert (mean.get_gid(), mean.get_ydata().tolist()) == ("Hard", [2.0, 1.5])
    assert_close(lines_of(axes_of(figure, "lesson"))["Hard"].get_ydata(), [0.2, 0.2], VALUE)
    assert lines_of(axes_of(figure, "validation"))["CTC"].get_ydata().tolist() == [50.0, 50.0]
    assert_readable(figure)


def test_what_was_not_measured_has_no_line():
    alone = [history(2.0, 1.0, validation=NAN)]
    figure = learning_figure({"CTC": alone})
    assert [axes.get_label() for axes in figure.axes] == ["ctc"]
    taught = [history(2.0, 1.0, lesson=0.1)]
    figure = learning_figure({"CTC": alone, "Hard": taught})
    assert list(lines_of(axes_of(figure, "lesson"))) == ["Hard"]
    assert list(lines_of(axes_of(figure, "validation"))) == ["Hard"]


def test_names_stand_by_the_ends_of_their_lines_in_order():
    names = [f"OrderedPath [{n}, 0]" for n in range(11)]
    histories = {
        name: [history(3.0, 0.3 + 0.001 * n, lesson=0.1 + n, validation=0.2)]
        for n, name in enumerate([*names, "teacher"])
    }
    figure = learning_figure(histories, title="Twelve")
    assert_readable(figure)
    axes = axes_of(figure, "ctc")
    ends = {name: line.get_ydata()[-1] for name, line in lines_of(axes).items()}
    for text in axes.texts:
        assert text.xy == (2.0, ends[text.get_text()])
    heights = [text.get_position()[1] for text in axes.texts]
    assert heights == sorted(heights)
    teacher, student = lines_of(axes)["teacher"], lines_of(axes)[names[0]]
    assert (teacher.get_color(), teacher.get_linestyle()) == (TEACHER, "-")
    assert (student.get_color(), student.get_linestyle()) == (STUDENT, "--")
    looks = {(line.get_color(), str(line._dash_pattern)) for line in lines_of(axes).values()}
    assert len(looks) == 12


def test_learning_refusals():
    with pytest.raises(refkd.ArgumentError, match="histories: expected at least one model"):
        learning_figure({})
    with pytest.raises(refkd.ArgumentError, match=r"histories\['CTC'\]: expected at least one"):
        learning_figure({"CTC": [[]]})


def test_labels_move_apart_and_stay_inside():
    assert spread([1.0, 3.0, 1.0], 1.0, 0.0, 5.0).tolist() == [0.5, 3.0, 1.5]
    assert spread([0.0, 0.1], 1.0, 0.0, 5.0).tolist() == [0.0, 1.0]
    assert spread([5.0, 5.0, 5.0], 1.0, 0.0, 5.0).tolist() == [3.0, 4.0, 5.0]
    centres = np.random.default_rng(0).uniform(0, 9, 20)
    placed = spread(centres.tolist(), 0.4, 0.0, 9.0)
    assert (np.diff(np.sort(placed)) > 0.4 - 1e-9).all()
    assert np.array_equal(np.argsort(placed), np.argsort(centres))

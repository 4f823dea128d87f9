"""Rules side by side: windows, choices and spikes read back from the panels."""

import numpy as np
import pytest
from support.figures import SHIFT, SYMBOLS, assert_readable, axes_of, spiky, utterance
from support.figures_shift import EXTREMES, caption_of, series
from tolerances import VALUE, assert_close

import refkd
from refkd.losses.rules import Window
from visualize import rules_figure
from visualize.layout.style import EARLY, STUDENT, TEXT
from visualize.panels.choices import shape_of

TEACHER = spiky({3: 1, 10: 2, 20: 3})
LATE = spiky({5: 1, 9: 2, 20: 3})
RULES = {
    "FrameWise": refkd.FrameWise(),
    "Shift(2)": refkd.Shift(2),
    "Hard(5, 2)": refkd.Hard(Window(5, 2)),
    "TopK(5)": refkd.TopK(Window(5), 3),
    "Soft(whole)": refkd.Soft(Window.whole(), 0.3),
    "OrderedPath(5)": refkd.OrderedPath(Window(5)),
    "PerTeacher(5)": refkd.PerTeacher(Window(5)),
    "Blend": refkd.Blend([0.2, 0.3, 0.5]),
}


def traces_of(teacher, student, names=tuple(RULES)):
    return {name: refkd.distill_trace(student, teacher, RULES[name]) for name in names}


def drawn_by(name, student=LATE, first_frame=0.0):
    figure = rules_figure(
        traces_of(TEACHER, student, [name]),
        student,
        TEACHER,
        SYMBOLS[:4],
        SHIFT,
        first_frame=first_frame,
    )
    return axes_of(figure, name), series(axes_of(figure, name))


def test_panels_are_square_and_share_their_axes():
    traces = traces_of(TEACHER, LATE)
    figure = rules_figure(traces, LATE, TEACHER, SYMBOLS[:4], SHIFT, width=7.0)
    assert [axes.get_label() for axes in figure.axes] == list(RULES)
    sides = {
        tuple(np.round(axes.get_position().size * figure.get_size_inches(), 6))
        for axes in figure.axes
    }
    ((across, high),) = sides
    assert_close(across, high, VALUE)
    limits = {(*axes.get_xlim(), *axes.get_ylim()) for axes in figure.axes}
    assert limits == {(-0.5 * SHIFT, 29.5 * SHIFT) * 2}
    assert (figure.get_supxlabel(), figure.get_supylabel()) == (
        "student time (s)",
        "teacher time (s)",
    )
    below, left = (
        [getattr(axes, axis).get_tick_params()[side] for axes in figure.axes]
        for axis, side in (("xaxis", "labelbottom"), ("yaxis", "labelleft"))
    )
    assert below == [False] * 4 + [True] * 4
    assert left == [True, False, False, False] * 2
    ticks = {(*axes.get_xticks(), *axes.get_yticks()) for axes in figure.axes}
    assert len(ticks) == 1


def test_titles_tell_the_rule_and_its_loss_per_frame():
    traces = traces_of(TEACHER, LATE, ["FrameWise", "Hard(5, 2)"])
    figure = rules_figure(traces, LATE, TEACHER, SYMBOLS[:4], SHIFT)
    for name, trace in traces.items():
        words = [text.get_text() for text in axes_of(figure, name).texts]
        assert {name, f"{trace.loss / 30:.3f} nats per frame"} <= set(words)


def test_the_staircase_has_the_teachers_time_for_every_student_frame():
    _, drawn = drawn_by("Hard(5, 2)", first_frame=0.5)
    trace = traces_of(TEACHER, LATE)["Hard(5, 2)"]
    (line,) = drawn["chosen"]
    frames = np.arange(30)
    assert_close(line.get_xdata()[::2], 0.5 + SHIFT * (frames - 0.5), VALUE)
    assert_close(line.get_xdata()[1::2], 0.5 + SHIFT * (frames + 0.5), VALUE)
    assert_close(line.get_ydata()[::2], 0.5 + SHIFT * trace.pairs[:, 1], VALUE)
    (dots,) = drawn["chosen at teacher spikes"]
    assert_close(dots.get_data(), 0.5 + SHIFT * np.array([[5, 9, 20], [3, 10, 20]]), VALUE)


def test_the_window_is_a_band_along_the_diagonal():
    _, drawn = drawn_by("Hard(5, 2)")
    (window,) = drawn["window"]
    (path,) = window.get_paths()
    for i in range(30):
        seen = [path.contains_point((SHIFT * i, SHIFT * (j + 0.1))) for j in range(-8, 38)]
        assert np.flatnonzero(seen).tolist() == [
            j + 8 for j in range(max(i - 5, 0), min(i + 2, 29) + 1)
        ]


def test_spikes_are_marked_at_the_edges_and_their_pairs_by_circles():
    _, drawn = drawn_by("Shift(2)", student=spiky({5: 1, 9: 2, 20: 3, 25: 1}))
    (teachers,), (students,) = drawn["teacher's spikes"], drawn["student's spikes"]
    edge = -0.5 * SHIFT
    assert_close(teachers.get_data(), [[edge] * 3, [3 * SHIFT, 10 * SHIFT, 20 * SHIFT]], VALUE)
    assert_close(students.get_data()[0], SHIFT * np.array([5, 9, 20, 25]), VALUE)
    assert_close(students.get_data()[1], [edge] * 4, VALUE)
    (circles,) = drawn["matched spikes"]
    assert_close(circles.get_offsets(), SHIFT * np.array([[5, 3], [9, 10], [20, 20]]), VALUE)
    colours = [tuple(np.round(255 * edge[:3]).astype(int)) for edge in circles.get_edgecolors()]
    expected_colours = [tuple(bytes.fromhex(colour[1:])) for colour in (STUDENT, EARLY, TEXT)]
    assert colours == expected_colours


def test_names_stand_at_the_teachers_times_clear_of_the_choices():
    axes, _ = drawn_by("Hard(5, 2)")
    names = {text.get_text(): text.get_position() for text in axes.texts[:3]}
    assert list(names) == ["a", "b", "tj"]
    assert_close([y for _, y in names.values()], SHIFT * np.array([3, 10, 20]), VALUE)
    for (x, _), (left, right) in zip(names.values(), [(3, 5), (9, 10), (20, 20)], strict=True):
        assert x > right * SHIFT or x < left * SHIFT


def test_weights_are_cells():
    _, drawn = drawn_by("Soft(whole)")
    trace = traces_of(TEACHER, LATE)["Soft(whole)"]
    (every,), (at_spikes,) = drawn["weight"], drawn["weight at teacher spikes"]
    cells, blue = (np.ma.filled(image.get_array(), np.nan) for image in (every, at_spikes))
    for (i, j), weight in zip(trace.pairs, trace.pair_weight, strict=True):
        assert cells[j, i] == weight
        assert blue[j, i] == weight if j in (3, 10, 20) else np.isnan(blue[j, i])
    assert_close(every.get_extent(), np.tile([-0.5, 29.5], 2) * SHIFT, VALUE)


def test_shapes_by_rule():
    shapes = {name: shape_of(trace) for name, trace in traces_of(TEACHER, LATE).items()}
    stairs, weights = "staircase", "weights"
    assert list(shapes.values()) == [
        stairs,
        stairs,
        stairs,
        weights,
        weights,
        "path",
        weights,
        weights,
    ]


def test_each_rule_may_have_its_own_student():
    students = {"FrameWise": TEACHER, "Shift(2)": LATE}
    traces = {
        name: refkd.distill_trace(logits, TEACHER, RULES[name]) for name, logits in students.items()
    }
    figure = rules_figure(traces, students, TEACHER, SYMBOLS[:4], SHIFT)
    circles = [
        series(axes_of(figure, name))["matched spikes"][0].get_offsets() for name in students
    ]
    assert_close(circles[0], SHIFT * np.array([[3, 3], [10, 10], [20, 20]]), VALUE)
    assert_close(circles[1], SHIFT * np.array([[5, 3], [9, 10], [20, 20]]), VALUE)


@pytest.mark.parametrize("width", [None, 3.4, 6.67, 7.0])
@pytest.mark.parametrize("rules", [1, 2, 5, 8])
def test_rules_figure_is_readable(rules, width):
    models, _ = utterance(rules, {"CTC": 2})
    names = list(RULES)[-rules:]
    traces = traces_of(models["teacher"], models["CTC"], names)
    figure = rules_figure(
        traces,
        models["CTC"],
        models["teacher"],
        SYMBOLS,
        SHIFT,
        title="CTC alone, an utterance with a title of many words",
        caption="Seed 0.",
        width=width,
    )
    assert_readable(figure)
    assert_close(figure.get_figwidth(), width or figure.get_figwidth(), VALUE)


def test_long_names_keep_to_their_panels():
    trace = refkd.distill_trace(LATE, TEACHER, RULES["Shift(2)"])
    traces = {f"student {n} of a rule with a long name [5, 0]": trace for n in range(4)}
    for width in (3.4, 7.0):
        assert_readable(rules_figure(traces, LATE, TEACHER, SYMBOLS[:4], SHIFT, width=width))


@pytest.mark.parametrize(("teacher", "student"), EXTREMES.values(), ids=EXTREMES)
def test_extreme_utterances_are_readable(teacher, student):
    symbols = ["-", "phone_a", "phone_b", "$x$"]
    figure = rules_figure(traces_of(teacher, student), student, teacher, symbols, SHIFT, width=7.0)
    assert_readable(figure)


def test_the_caption_tells_what_is_drawn():
    lines = rules_figure(traces_of(TEACHER, LATE, ["Shift(2)"]), LATE, TEACHER, "-abc", SHIFT)
    cells = rules_figure(traces_of(TEACHER, LATE, ["Blend"]), LATE, TEACHER, "-abc", SHIFT)
    assert ("Line:" in caption_of(lines), "Cells:" in caption_of(lines)) == (True, False)
    assert ("Line:" in caption_of(cells), "Cells:" in caption_of(cells)) == (False, True)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"traces": {}}, "traces: expected at least one, got none"),
        ({"traces": {"A": 3}}, r"traces\['A'\]: expected a DistillTrace, got int"),
        ({"symbols": ["-"]}, "teacher_logits: expected K=1, got K=4"),
        ({"student_logits": np.zeros((30, 3))}, "student_logits: expected K=4, got K=3"),
        ({"student_logits": {"B": LATE}}, r"student_logits: expected logits of 'A', got names"),
        ({"student_logits": {"A": LATE[:9]}}, r"student_logits\['A'\]: expected T=30 to match"),
        ({"teacher_logits": TEACHER[:9]}, r"teacher_logits: expected T=30 to match traces\['A'\]"),
        ({"frame_shift": 0}, "frame_shift: expected a number > 0"),
        ({"width": 2.0}, "width: expected at least 3 inches, got 2"),
    ],
)
def test_rules_figure_refusals(changed, sentence):
    arguments = {
        "traces": {"A": refkd.distill_trace(LATE, TEACHER, refkd.FrameWise())},
        "student_logits": LATE,
        "teacher_logits": TEACHER,
        "symbols": SYMBOLS[:4],
        "frame_shift": SHIFT,
    }
    with pytest.raises(refkd.ArgumentError, match=sentence):
        rules_figure(**{**arguments, **changed})

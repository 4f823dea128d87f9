"""The figure of the alignment shift: numbers read back from its strips, and readable always."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from support.figures import (
    SHIFT,
    SYMBOLS,
    assert_readable,
    axes_of,
    proofs,
    spiky,
    texts_of,
    utterance,
)
from support.figures_shift import EXTREMES, caption_of, series
from tolerances import VALUE, assert_close

import refkd
from refkd.alignment.clock import Clock
from refkd.alignment.decode import spikes
from refkd.losses.rules import Window
from visualize import Phones, Speech, looks_of, shift_figure
from visualize.layout.style import EARLY, STUDENT, TEACHER, TEXT


def traced(rule, teacher, students):
    return {name: refkd.distill_trace(logits, teacher, rule) for name, logits in students.items()}


# --- connectors ----------------------------------------------------------------------------------


def test_connectors_join_matched_spikes_and_crosses_mark_the_others():
    teacher, student = spiky({3: 1, 8: 2, 15: 3, 20: 1}), spiky({5: 1, 7: 2, 20: 1, 25: 3})
    figure = shift_figure({"T": teacher, "S": student}, SYMBOLS[:4], SHIFT, first_frame=0.01)
    strip = axes_of(figure, "shift S")
    drawn = series(strip)
    assert list(drawn) == ["matched a", "matched b", "teacher only", "student only"]
    connectors = [drawn["matched a"][0], drawn["matched b"][0], drawn["matched a"][1]]
    ends = np.array([line.get_xdata() for line in connectors])
    assert_close(ends, 0.01 + SHIFT * np.array([[5, 3], [7, 8], [20, 20]]), VALUE)
    assert [tuple(line.get_ydata()) for line in connectors] == [(0, 1)] * 3  # student below
    assert [text.get_text() for text in strip.texts] == ["+2", "\N{MINUS SIGN}1", "0"]
    colours = [STUDENT, EARLY, TEXT]  # late, early, neither
    assert [line.get_color() for line in connectors] == colours
    (teacher_only,), (student_only,) = drawn["teacher only"], drawn["student only"]
    assert_close(teacher_only.get_xdata(), [0.01 + 15 * SHIFT], VALUE)
    assert_close(student_only.get_xdata(), [0.01 + 25 * SHIFT], VALUE)
    assert teacher_only.get_ydata() > 0.5 > student_only.get_ydata()
    for text, line in zip(strip.texts, connectors, strict=True):  # the number is on its line
        x, y = text.get_position()
        assert_close(x, np.interp(y, [0, 1], line.get_xdata()), VALUE)


def test_models_with_clocks_of_their_own_are_told_in_milliseconds():
    models = {"T": spiky({3: 1, 10: 2}), "S": spiky({2: 1, 5: 2}, frames=15), "U": spiky({4: 1})}
    shifts, firsts = {"T": 0.02, "S": 0.04, "U": 0.02}, {"T": 0.0, "S": 0.03, "U": 0.0}
    figure = shift_figure(models, SYMBOLS[:4], shifts, first_frame=firsts)
    strip = axes_of(figure, "shift S")
    first, second = series(strip)["matched a"][0], series(strip)["matched b"][0]
    assert_close(first.get_xdata(), [0.03 + 2 * 0.04, 3 * 0.02], VALUE)
    assert_close(second.get_xdata(), [0.03 + 5 * 0.04, 10 * 0.02], VALUE)
    assert [text.get_text() for text in strip.texts] == ["+50", "+30"]
    assert "mean +40 ms" in texts_of(axes_of(figure, "S"))
    assert [text.get_text() for text in axes_of(figure, "shift U").texts] == ["+20"]
    (curve,) = series(axes_of(figure, "S"))["a"]
    assert_close(curve.get_xdata()[1], 0.03 + 2 * 0.04, VALUE)
    assert axes_of(figure, "T").child_axes == []  # no frames above: whose would they be
    assert axes_of(figure, "T").get_xlim() == (-0.01, 0.03 + 14.5 * 0.04)
    assert "Frame shift 20 ms (T, U), 40 ms (S);" in caption_of(figure)
    assert_readable(figure)


def test_peaks_are_compared_with_peaks_whatever_the_clocks():
    teacher = np.array([[9, 0], [0, 1], [0, 5], [9, 0]])
    student = np.array([[9, 0], [9, 0], [0, 5], [0, 1]])
    for shifts, start, peak in ((0.02, "+1", "0"), ({"T": 0.02, "S": 0.03}, "+40", "+20")):
        for at, number in (("start", start), ("peak", peak)):
            figure = shift_figure({"T": teacher, "S": student}, ["-", "a"], shifts, at=at)
            assert [text.get_text() for text in axes_of(figure, "shift S").texts] == [number]


def test_equal_clocks_by_name_are_one_clock():
    models = {"T": spiky({3: 1}), "S": spiky({5: 1})}
    shared = shift_figure(models, SYMBOLS[:4], SHIFT, first_frame=0.01)
    each = shift_figure(
        models, SYMBOLS[:4], {"S": SHIFT, "T": SHIFT}, first_frame={"S": 0.01, "T": 0.01}
    )
    assert caption_of(shared) == caption_of(each)
    assert [text.get_text() for text in axes_of(each, "shift S").texts] == ["+2"]
    assert len(axes_of(each, "T").child_axes) == 1


# --- posteriors and phones -----------------------------------------------------------------------


def test_panels_stand_in_order_and_hold_the_posteriors():
    models, phones = utterance(0, {"CTC": 2, "Hard": 3})
    figure = shift_figure(models, SYMBOLS, SHIFT, phones=phones)
    labels = [axes.get_label() for axes in figure.axes]
    assert labels == [
        *("phones", "teacher", "shift CTC", "CTC"),
        *("teacher above Hard", "shift Hard", "Hard"),
    ]
    edges = [axes.get_position().y0 for axes in figure.axes]
    assert edges == sorted(edges, reverse=True)
    for name, logits in models.items():
        prob = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        curves = series(axes_of(figure, name))
        for k, symbol in enumerate(SYMBOLS):
            visible = prob[:, k] > (0.01 if k else 0.0)  # the blank is drawn everywhere
            if visible.any():
                (curve,) = curves[symbol]
                drawn = np.isfinite(curve.get_ydata())
                frames = np.rint(curve.get_xdata()[drawn] / SHIFT).astype(int)
                assert_close(curve.get_ydata()[drawn], prob[frames, k], VALUE)
                assert set(np.flatnonzero(visible)) <= set(frames)
        fills = [
            collection
            for collection in axes_of(figure, name).collections
            if collection.get_gid() is None
        ]
        assert fills


@pytest.mark.parametrize("width", [None, 3.4, *proofs(6.67, 7.0, 13.0)])
def test_connectors_begin_at_the_spikes_of_the_teacher_whatever_stands_above(width):
    models, _ = utterance(0, {"CTC": 2, "Hard": 3})
    models = {"BiLSTM": models.pop("teacher"), **models}
    figure = shift_figure(models, SYMBOLS, SHIFT, width=width)
    order = sorted(figure.axes, key=lambda axes: -axes.get_position().y1)
    labels = [axes.get_label() for axes in order if axes.get_label()]
    spiking, frames = spikes(models["BiLSTM"])
    for student in ("CTC", "Hard"):
        above = labels[labels.index(f"shift {student}") - 1]
        if above == "BiLSTM":  # the first student, where its name stands beside
            assert student == "CTC"
            assert width != 3.4
            continue
        assert above == f"teacher above {student}"
        strip, below = axes_of(figure, above), axes_of(figure, f"shift {student}")
        (stems,) = strip.collections
        assert_close([stem[0, 0] for stem in stems.get_segments()], SHIFT * frames, VALUE)
        assert to_hex(stems.get_color()[0]) == TEACHER.lower()
        written = [text.get_text() for text in strip.texts]
        assert [word for word in written if word in SYMBOLS] == [
            SYMBOLS[label] for label in spiking
        ]
        assert "BiLSTM" in written
        touching = strip.get_position().y0, below.get_position().y1
        assert_close(touching[0], touching[1], VALUE)
    sentence = "Blue dots: spikes of BiLSTM, joined to those of the student below."
    assert sentence in caption_of(figure)


def test_every_model_has_one_colour_in_its_strips():
    models, _ = utterance(0, {"CTC": 2, "Hard": 3})
    looks = looks_of(["teacher", "Shift", "Hard", "CTC"], "teacher")
    figure = shift_figure(models, SYMBOLS, SHIFT, looks=looks)
    for name in models:
        heading = next(text for text in axes_of(figure, name).texts if text.get_text() == name)
        curves = [line for line in axes_of(figure, name).lines if line.get_gid() != SYMBOLS[0]]
        assert {line.get_color() for line in curves} == {heading.get_color()} == {looks[name][0]}
    for name in ("CTC", "Hard"):  # green is early, black is neither
        joined = [x for x in axes_of(figure, f"shift {name}").lines if x.get_gid()]
        colours = {x.get_color() for x in joined if not x.get_gid().endswith("only")}
        assert looks[name][0] in colours <= {looks[name][0], EARLY, TEXT}
    with pytest.raises(refkd.ArgumentError, match=r"looks: expected one of 'teacher', got 'CTC'"):
        shift_figure(models, SYMBOLS, SHIFT, looks={"teacher": looks["teacher"]})


def test_a_gap_is_left_where_a_symbol_cannot_be_seen():
    figure = shift_figure({"T": 9 * spiky({3: 1, 20: 1}), "S": spiky({})}, SYMBOLS[:4], SHIFT)
    (curve,) = series(axes_of(figure, "T"))["a"]
    frames, gap = [2, 3, 4, 19, 20, 21], 3
    assert_close(np.delete(curve.get_xdata(), gap), SHIFT * np.array(frames), VALUE)
    assert np.isnan(curve.get_ydata()[gap])


def test_spikes_are_named_at_their_times():
    figure = shift_figure({"T": spiky({3: 1, 8: 3}), "S": spiky({9: 3})}, SYMBOLS[:4], SHIFT)
    names = [(t.get_text(), t.get_position()[0]) for t in axes_of(figure, "T").texts]
    assert [name for name, _ in names if name in SYMBOLS] == ["a", "tj"]
    assert_close([x for name, x in names if name in SYMBOLS], [3 * SHIFT, 8 * SHIFT], VALUE)


def test_margin_tells_mean_matches_and_notes():
    models = {"T": spiky({3: 1, 9: 2}), "S": spiky({5: 1})}
    figure = shift_figure(models, SYMBOLS[:4], SHIFT, notes={"S": "error 20 %"})
    texts = texts_of(axes_of(figure, "S"))
    assert {"S", "error 20 %", "mean +2 (+40 ms)", "1 of 2 matched"} <= set(texts)


def test_true_phones_are_spans():
    models, phones = utterance(1, {"CTC": 2})
    strip = axes_of(shift_figure(models, SYMBOLS, SHIFT, phones=phones), "phones")
    (spans,) = strip.collections
    edges = np.array([(p.vertices[:, 0].min(), p.vertices[:, 0].max()) for p in spans.get_paths()])
    assert_close(edges, np.stack([phones.starts, phones.ends], axis=1), VALUE)
    assert [text.get_text() for text in strip.texts] == [SYMBOLS[k] for k in phones.labels]


def test_one_time_axis_in_seconds_and_frames():
    models = {"T": spiky({3: 1}, frames=30), "S": spiky({5: 1}, frames=50)}
    figure = shift_figure(models, SYMBOLS[:4], SHIFT, first_frame=0.01)
    FigureCanvasAgg(figure).draw()
    limits = {axes.get_xlim() for axes in figure.axes}
    assert len(limits) == 1
    (frames,) = axes_of(figure, "T").child_axes
    assert_close(frames.get_xlim(), [-0.5, 49.5], VALUE)


def test_of_thousands_of_symbols_those_are_drawn_that_matter():
    symbols = [f"t{k}" for k in range(3000)]
    weak = np.arange(100, 364)  # twelve share a frame, the later ones higher
    prob = np.full((40, 3000), 1e-9)
    prob[6 + np.arange(weak.size) // 12, weak] = 0.012 + 1e-4 * np.arange(weak.size)
    prob[:, 0] = 1.0 - prob.sum(axis=1)
    for frame, label in ((2, 7), (35, 2999)):
        prob[frame] = np.where(np.arange(3000) == label, 1.0, 1e-9)
    figure = shift_figure({"T": np.log(prob), "S": np.log(prob)}, symbols, SHIFT)
    drawn = set(series(axes_of(figure, "T")))
    assert drawn == {"t0", "t7", "t2999", *(f"t{k}" for k in weak[-98:])}
    assert "Drawn of 3000 symbols" in caption_of(figure)


def test_what_spikes_is_drawn_however_low():
    prob = np.full((130, 200), 1e-9)
    prob[np.arange(10, 120), np.arange(80, 190)] = 0.45  # higher than the spike, but no spikes
    prob[5, 1:60], prob[5, 7] = 0.01, 0.3
    prob[:, 0] = 1.0 - prob[:, 1:].sum(axis=1)
    prob[5, 0] = 0.12
    figure = shift_figure(
        {"T": np.log(prob), "S": np.log(prob)}, [f"t{k}" for k in range(200)], SHIFT
    )
    assert "t7" in series(axes_of(figure, "T"))


# --- speech --------------------------------------------------------------------------------------


def test_a_spectrogram_stands_above_everything_at_its_times():
    models, phones = utterance(0, {"CTC": 2})
    bands = np.random.default_rng(0).normal(size=(240, 40))
    speech = Speech(bands, Clock(0.01, first_frame=0.005))
    figure = shift_figure(models, SYMBOLS, SHIFT, phones=phones, speech=speech)
    assert [axes.get_label() for axes in figure.axes][:3] == ["speech", "phones", "teacher"]
    strip = axes_of(figure, "speech")
    (image,) = strip.images
    assert np.array_equal(image.get_array(), bands.T)
    assert_close(image.get_extent(), [0.0, 2.4, 0.5, 40.5], VALUE)
    assert image.origin == "lower"
    assert strip.get_ylabel() == "mel band"
    assert strip.get_xlim() == axes_of(figure, "CTC").get_xlim()
    assert len(strip.child_axes) == 1  # the frames
    assert_readable(figure)


def test_stacked_features_are_taken_apart():
    features = np.arange(24.0).reshape(3, 8)
    speech = Speech.of_features(features, 4, Clock(0.02, first_frame=0.0175))
    assert np.array_equal(speech.values, np.arange(24.0).reshape(6, 4))
    assert_close(speech.clock.seconds(np.arange(2)), [0.0125, 0.0225], VALUE)
    with pytest.raises(refkd.ArgumentError, match="bands: expected a divisor of D=8, got 3"):
        Speech.of_features(features, 3, Clock(0.02))


def test_a_waveform_keeps_its_samples_or_their_extremes():
    models = {"T": spiky({3: 1}), "S": spiky({5: 1})}
    few, many = np.sin(np.arange(600.0)), np.sin(np.arange(9600.0))
    many[5000] = 7.0
    for samples in (few, many):
        speech = Speech(samples, Clock(0.6 / samples.size))
        strip = axes_of(shift_figure(models, SYMBOLS[:4], SHIFT, speech=speech), "speech")
        (line,) = series(strip)["waveform"]
        x, y = line.get_data()
        assert (x[0], y.max(), y.min()) == (0.0, samples.max(), samples.min())
        low, high = strip.get_ylim()
        assert low < samples.min()
        assert high > samples.max()
        if samples is few:
            assert np.array_equal(y, few)
        else:
            assert x[y.argmax()] <= 5000 * 0.6 / 9600 < x[y.argmax() + 1]  # in its stretch


@pytest.mark.parametrize("values", [np.zeros(0), np.zeros((0, 3)), np.zeros((5, 1))])
def test_speech_needs_samples_or_bands(values):
    with pytest.raises(refkd.ArgumentError, match="values: expected samples"):
        Speech(values, Clock(0.01))
    with pytest.raises(refkd.ArgumentError, match="clock: expected a Clock, got float"):
        Speech(np.zeros(5), 0.01)


# --- choices -------------------------------------------------------------------------------------


def choices_of(rule, teacher, student, distillation=None, **options):
    """What a rule chose, and the strip that shows it."""
    trace = refkd.distill_trace(student, teacher, rule, **(distillation or {}))
    models = {"T": teacher, "S": student}
    figure = shift_figure(models, SYMBOLS[:4], SHIFT, traces={"S": trace}, **options)
    return trace, axes_of(figure, "choices S")


def test_the_staircase_has_a_tread_for_each_student_frame():
    teacher, student = spiky({3: 1, 10: 2}), spiky({5: 1, 11: 2})
    trace, strip = choices_of(refkd.Hard(Window(4)), teacher, student, first_frame=0.5)
    (line,) = series(strip)["chosen"]
    frames = np.arange(30)
    assert_close(line.get_xdata()[::2], 0.5 + SHIFT * (frames - 0.5), VALUE)
    assert_close(line.get_xdata()[1::2], 0.5 + SHIFT * (frames + 0.5), VALUE)
    assert np.array_equal(line.get_ydata()[::2], -trace.offset)
    assert np.array_equal(line.get_ydata()[1::2], -trace.offset)
    (dots,) = series(strip)["chosen at teacher spikes"]
    assert_close(dots.get_data(), [[0.5 + 5 * SHIFT, 0.5 + 11 * SHIFT], [-2, -1]], VALUE)
    assert_readable(strip.figure)


def test_the_window_is_shaded_as_far_as_there_are_frames():
    teacher = spiky({3: 1}, frames=6)
    _, strip = choices_of(refkd.Hard(Window(2, 1)), teacher, teacher)
    (window,) = series(strip)["window"]
    (path,) = window.get_paths()
    sees = {0: (0, 1), 1: (-1, 1), 2: (-2, 1), 3: (-2, 1), 4: (-2, 1), 5: (-2, 0)}
    for frame, (low, high) in sees.items():
        inside = [path.contains_point((SHIFT * frame, y)) for y in (low - 0.4, high + 0.4)]
        outside = [path.contains_point((SHIFT * frame, y)) for y in (low - 0.6, high + 0.6)]
        assert inside == [True, True]
        assert outside == [False, False]
    edges = path.get_extents()
    assert_close([edges.x0, edges.x1], [-0.5 * SHIFT, 5.5 * SHIFT], VALUE)


def test_a_frame_that_learns_nothing_interrupts_the_staircase():
    teacher = spiky({3: 1, 7: 2}, frames=10)
    _, strip = choices_of(refkd.Shift(2), teacher, teacher)
    (line,) = series(strip)["chosen"]
    assert_close(line.get_xdata()[0], 1.5 * SHIFT, VALUE)  # frames 0 and 1 see nothing
    assert set(line.get_ydata()) == {-2}
    dropped = {"blank_frames": "drop_selected"}
    _, strip = choices_of(refkd.Hard(Window(2)), teacher, teacher, dropped)
    (line,) = series(strip)["chosen"]
    assert_close(line.get_xdata(), SHIFT * np.array([2.5, 3.5, np.nan, 6.5, 7.5]), VALUE)


def test_weighted_pairs_are_cells_as_strong_as_their_weight():
    teacher, student = spiky({3: 1, 10: 2}), spiky({5: 1, 11: 2})
    trace, strip = choices_of(refkd.Soft(Window(3, 3), 50.0), teacher, student)
    drawn = series(strip)
    (every,), (at_spikes,) = drawn["weight"], drawn["weight at teacher spikes"]
    cells, blue = (np.ma.filled(image.get_array(), np.nan) for image in (every, at_spikes))
    assert_close(every.get_extent(), [-0.5 * SHIFT, 29.5 * SHIFT, -3.5, 3.5], VALUE)
    assert np.isfinite(cells).sum() == len(trace.pairs)
    for (i, j), weight in zip(trace.pairs, trace.pair_weight, strict=True):
        assert cells[j - i + 3, i] == weight
        assert blue[j - i + 3, i] == weight if j in (3, 10) else np.isnan(blue[j - i + 3, i])
    assert every.get_cmap()(1.0)[3] > every.get_cmap()(0.0)[3]  # covers more of the ground
    assert every.get_clim() == at_spikes.get_clim() == (0.0, trace.pair_weight.max())
    assert trace.pair_weight.max() < 0.5
    assert_readable(strip.figure)


def test_a_path_visits_every_pair():
    teacher, student = spiky({3: 1, 10: 2}), spiky({6: 1, 11: 2})
    trace, strip = choices_of(refkd.OrderedPath(Window(4)), teacher, student)
    (line,) = series(strip)["chosen"]
    assert_close(line.get_xdata(), SHIFT * trace.pairs[:, 0], VALUE)
    assert np.array_equal(line.get_ydata(), -trace.offset)


def test_a_wide_window_does_not_press_the_choices_together():
    teacher, student = spiky({3: 1, 100: 2}, frames=200), spiky({5: 1, 101: 2}, frames=200)
    for window, lowest in ((Window.whole(), -5), (Window(3), -3), (Window(150, 150), -5)):
        trace, strip = choices_of(refkd.Hard(window), teacher, student)
        assert (-trace.offset).min() == -2
        assert lowest - 1.0 < strip.get_ylim()[0] < lowest - 0.5


# --- readable ------------------------------------------------------------------------------------


WIDTHS = [3.4, *proofs(None, 6.67, 7.0, 13.0)]


RULES = {
    "FrameWise": refkd.FrameWise(),
    "Shift(2)": refkd.Shift(2),
    "Hard(5)": refkd.Hard(Window(5)),
    "OrderedPath(5)": refkd.OrderedPath(Window(5)),
    "PerTeacher(5)": refkd.PerTeacher(Window(5)),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("students", "seed"), [(2, 1), *proofs((1, 0), (6, 3))])
def test_shift_figure_is_readable(students, seed, width):
    names = ["CTC", *RULES]
    models, phones = utterance(seed, {name: n % 4 for n, name in enumerate(names[:students])})
    traces = {
        name: refkd.distill_trace(models[name], models["teacher"], RULES[name])
        for name in models
        if name in RULES
    }
    figure = shift_figure(
        models,
        SYMBOLS,
        SHIFT,
        phones=phones,
        speech=Speech(np.random.default_rng(0).normal(size=(240, 40)), Clock(0.01)),
        traces=traces,
        notes=dict.fromkeys(models, "weight 0.3\nerror 21.7 %"),
        title="An utterance",
        width=width,
    )
    assert_readable(figure)
    assert width is None or figure.get_figwidth() == width
    strips = [axes.get_position().width * figure.get_figwidth() for axes in figure.axes]
    assert min(strips) > 0.6 * figure.get_figwidth()


@pytest.mark.parametrize(
    ("teacher", "student"),
    [*EXTREMES.values(), (spiky({4: 1}), spiky({}))],
    ids=[*EXTREMES, "one spike"],
)
@pytest.mark.parametrize("width", WIDTHS)
def test_extreme_utterances_are_readable(teacher, student, width):
    symbols, models = ["-", "phone_a", "phone_b", "$x$"], {"T": teacher, "S": student}
    traces = traced(refkd.Hard(Window(3)), teacher, {"S": student})
    assert_readable(shift_figure(models, symbols, SHIFT, width=width))
    assert_readable(shift_figure(models, symbols, SHIFT, traces=traces, width=width))


def test_a_model_alone_among_words_that_are_no_symbols():
    words = Phones(["two", "\u4f60"], np.array([0.1, 0.2]), np.array([0.2, 0.5]))
    with pytest.warns(UserWarning, match=r"1 of the symbols drawn has .*: U\+4F60\."):
        figure = shift_figure({"T": spiky({5: 1, 12: 2})}, SYMBOLS[:4], SHIFT, phones=words)
    assert [axes.get_label() for axes in figure.axes] == ["phones", "T"]
    assert [text.get_text() for text in axes_of(figure, "phones").texts] == ["two", "U+4F60"]
    (caption,) = [text for text in figure.texts if text.get_gid() == "caption"]
    assert "student" not in caption.get_text()
    assert_readable(figure)


def test_names_without_room_are_counted():
    crowded = spiky({2 * n: 1 for n in range(100)}, frames=200)
    figure = shift_figure(
        {"T": crowded, "S": crowded}, ["-", "a_long_name", "b", "c"], 0.01, width=7
    )
    left_out = int(caption_of(figure).split("for lack of room: ")[1].split(".")[0])
    written = [text.get_text() for axes in figure.axes for text in axes.texts]
    names = written.count("a_long_name")
    zeros = sum(text.get_text() == "0" for text in axes_of(figure, "shift S").texts)
    assert left_out == 300 - names - zeros > 0


def test_numbers_without_room_are_counted():
    crowded = spiky({2 * n: 1 for n in range(100)}, frames=200)
    figure = shift_figure(
        {"T": crowded, "S": crowded},
        ["-", "a", "b", "c"],
        SHIFT,
        first_frame={"T": 0.0, "S": 0.13},
        width=3.4,
    )
    strip = axes_of(figure, "shift S")
    written = [text.get_text() for axes in figure.axes for text in axes.texts].count("a")
    left_out = int(caption_of(figure).split("for lack of room: ")[1].split(".")[0])
    pairs = len(series(strip)["matched a"])
    numbers = sum(text.get_text().startswith(("+", "\N{MINUS SIGN}", "0")) for text in strip.texts)
    assert numbers < pairs
    assert left_out == 300 - written + pairs - numbers  # the teacher's are named twice


@pytest.mark.parametrize("width", WIDTHS)
def test_long_notes_keep_clear_of_the_next_model(width):
    models = {"T": spiky({3: 1}), "S": spiky({5: 1}), "U": spiky({4: 1})}
    notes = dict.fromkeys(models, "\n".join(f"remark {n}" for n in range(12)))
    assert_readable(shift_figure(models, SYMBOLS[:4], SHIFT, notes=notes, width=width))


def test_a_narrow_figure_has_names_above_and_the_frames_below_them():
    models = {"a teacher with a name as long as the figure is wide": spiky({3: 1}), "S": spiky({})}
    figure = shift_figure(models, SYMBOLS[:4], SHIFT, width=3.4)
    assert_readable(figure)
    (heading,) = [text for axes in figure.axes for text in axes.texts if "wide" in text.get_text()]
    (frames,) = axes_of(figure, next(iter(models))).child_axes
    FigureCanvasAgg(figure).draw()
    assert heading.get_window_extent().y0 > frames.xaxis.label.get_window_extent().y1


@pytest.mark.parametrize(
    ("students", "options", "sentence"),
    [
        ({"S": np.zeros((3, 3))}, {}, r"logits\['S'\]: expected K=2 to match symbols, got K=3"),
        (
            {"S": np.zeros((3, 2))},
            {"frame_shift": {"T": 1.0}},
            "frame_shift: expected a number",
        ),
        (
            {"S": np.zeros((3, 2))},
            {"frame_shift": 0.0},
            "frame_shift of 'T': expected a num",
        ),
        ({"S": np.zeros((3, 2))}, {"first_frame": np.nan}, "first_frame of 'T': expected a finite"),
        ({"S": np.zeros((3, 2))}, {"width": 2.0}, "width: expected at least 3 inches, got 2"),
        ({"S": np.zeros((3, 2))}, {"traces": {"S": 1}}, r"traces\['S'\]: expected a DistillTrace"),
        ({"S": np.zeros((3, 2))}, {"traces": {"U": 1}}, "traces: expected one of 'S', got 'U'"),
        (
            {"S": np.zeros((4, 2))},
            {"traces": traced(refkd.FrameWise(), np.zeros((4, 2)), {"S": np.zeros((4, 2))})},
            r"logits\['T'\]: expected T=4 to match traces\['S'\], got T=3",
        ),
    ],
)
def test_shift_figure_refusals(students, options, sentence):
    logits, options = {"T": np.zeros((3, 2)), **students}, {"frame_shift": SHIFT, **options}
    with pytest.raises(refkd.ArgumentError, match="logits: expected at least one model, got none"):
        shift_figure({}, ["-", "a"], SHIFT)
    with pytest.raises(refkd.ArgumentError, match=sentence):
        shift_figure(logits, ["-", "a"], **options)

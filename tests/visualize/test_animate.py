"""Moving pictures: every frame is read back, nothing moves but what has changed, and the file."""

import io
import math

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image
from support.figures import (
    SHIFT,
    SYMBOLS,
    assert_readable,
    axes_of,
    spiky,
    text_boxes,
    texts_of,
    utterance,
)
from support.figures_algorithms import lines_of
from tolerances import VALUE, assert_close

from refkd.check import ArgumentError
from refkd.experiment.checkpoint import Epoch
from visualize import new_figure, save_animation, save_figure, spikes_frames
from visualize.layout.style import BLANK, EARLY, STUDENT, STUDENTS, TEACHER, TEXT
from visualize.output.animate import SHADES

TEACHER_SPIKES = {3: 1, 8: 2, 20: 3}
EPOCHS = [{}, {6: 1}, {5: 1, 7: 2, 20: 3, 25: 1}]  # before training, after the first, the second
OFFSETS = [[], [3], [2, -1, 0]]
HISTORY = [Epoch(0.75, 0.0, 0.9, 1.0), Epoch(0.5, 0.0, 0.125, 1.0)]


def film(histories=None, **options):
    by_epoch = [spiky(spikes) for spikes in EPOCHS]
    errors = {"CTC": HISTORY} if histories is None else histories
    return spikes_frames(
        spiky(TEACHER_SPIKES), {"CTC": by_epoch}, SYMBOLS[:4], SHIFT, histories=errors, **options
    )


@pytest.fixture(scope="module")
def frames():
    return film()


def title_of(figure):
    return next(text.get_text() for text in figure.texts if text.get_weight() == "bold")


def test_there_is_a_frame_before_training_and_one_for_each_epoch(frames):
    assert [title_of(frame) for frame in frames] == [
        "before training",
        "epoch 1 of 2",
        "epoch 2 of 2",
    ]


@pytest.mark.parametrize("epoch", range(3))
def test_connectors_are_those_of_the_epoch(frames, epoch):
    strip = axes_of(frames[epoch], "shift CTC")
    linked = [line for line in strip.lines if (line.get_gid() or "").startswith("matched")]
    late = [np.subtract(*line.get_xdata()) / SHIFT for line in linked]
    assert_close(late, OFFSETS[epoch], VALUE)
    written = [text.get_text().replace("\N{MINUS SIGN}", "-") for text in strip.texts]
    assert [int(number) for number in written] == OFFSETS[epoch]
    lonely = 3 - len(OFFSETS[epoch])
    lines = lines_of(strip)
    assert len(lines["teacher only"].get_xdata()) == lonely
    assert len(lines["student only"].get_xdata()) == len(EPOCHS[epoch]) - len(linked)


def test_the_student_is_that_of_the_epoch_and_the_teacher_always_the_same(frames):
    for epoch, spikes in enumerate(EPOCHS):
        for label, expected in (("CTC", spikes), ("teacher", TEACHER_SPIKES)):
            names = [SYMBOLS[symbol] for symbol in expected.values()]
            panel = axes_of(frames[epoch], label)
            shown = [name for name in texts_of(panel) if name in SYMBOLS]
            assert sorted(shown) == sorted(set(names))
            colour = {"CTC": STUDENT, "teacher": TEACHER}[label]
            assert {line.get_color() for line in panel.lines} <= {BLANK, colour}


def test_error_and_loss_of_the_epoch_stand_by_the_student(frames):
    written = [set(texts_of(axes_of(frame, "CTC"))) for frame in frames]
    assert {"90.0 % error", "CTC 0.750", "1 of 3 matched"} <= written[1]
    assert {"12.5 % error", "CTC 0.500", "3 of 3 matched", "1 extra"} <= written[2]
    assert not [word for word in written[0] if "error" in word or word.startswith("CTC ")]


def test_the_curve_of_errors_grows_with_the_epochs(frames):
    for epoch, figure in enumerate(frames):
        grown = lines_of(axes_of(figure, "validation"))["validation error"]
        assert grown.get_xdata().tolist() == list(range(epoch + 1))
        assert_close(grown.get_ydata(), [math.nan, 90.0, 12.5][: epoch + 1], VALUE)


def test_without_errors_there_is_no_curve():
    for histories in ({}, {"CTC": [Epoch(0.7, 0.0, math.nan, 1.0)] * 2}):
        figure = film(histories)[-1]
        assert "validation" not in [axes.get_label() for axes in figure.axes]
        assert "% error" not in " ".join(texts_of(axes_of(figure, "CTC")))


def test_nothing_moves_from_frame_to_frame():
    models, phones = utterance(0, {"CTC": 2, "Hard": 3})
    teacher, *students = models.values()
    noise = np.random.default_rng(0).normal(0.0, 3.0, (2, *teacher.shape))
    by_epoch = {
        name: [0.01 * noise[0], 0.3 * array + noise[1], array]
        for name, array in zip(("CTC", "Hard"), students, strict=True)
    }
    frames = spikes_frames(teacher, by_epoch, SYMBOLS, SHIFT, phones=phones)
    layouts = [
        [
            (axes.get_label(), axes.get_position().bounds, axes.get_xlim(), axes.get_ylim())
            for axes in figure.axes
        ]
        for figure in frames
    ]
    assert [label for label, *_ in layouts[0]] == [
        *("phones", "teacher", "shift CTC", "CTC"),
        *("teacher above Hard", "shift Hard", "Hard"),
    ]
    assert layouts[0] == layouts[1] == layouts[2]
    assert len({tuple(figure.get_size_inches()) for figure in frames}) == 1
    for name in ("CTC", "Hard"):  # numbers of the first row stand on one height
        heights = [
            [text.get_position()[1] for text in axes_of(figure, f"shift {name}").texts]
            for figure in frames
        ]
        assert len(set(heights[-1])) > 1
        assert len({min(some) for some in heights if some}) == 1
    for figure in frames:
        assert_readable(figure)


def test_there_is_room_for_the_names_of_the_fullest_epoch():
    crowd = {frame: label for label, frame in enumerate((6, 7, 8), start=1)}
    by_epoch = [spiky(spikes) for spikes in ({}, {6: 1}, crowd)]
    *_, last = spikes_frames(spiky({6: 1}), {"CTC": by_epoch}, SYMBOLS[:4], SHIFT)
    assert set(SYMBOLS[1:4]) <= set(texts_of(axes_of(last, "CTC")))


def test_every_frame_is_readable_and_each_text_by_its_strip(frames):
    for figure in frames:
        assert_readable(figure)
        boxes = dict(text_boxes(figure))
        student, errors = axes_of(figure, "CTC").bbox, axes_of(figure, "validation").bbox
        assert boxes["time (s)"].y0 > errors.y1
        for remark in texts_of(axes_of(figure, "CTC")):
            if "matched" in remark or "extra" in remark:
                assert student.y0 <= boxes[remark].y0 < student.y1


def test_the_errors_of_several_students_are_told_but_not_drawn():
    by_epoch = [spiky(spikes) for spikes in EPOCHS]
    students = {"CTC": by_epoch, "Hard": by_epoch}
    histories = dict.fromkeys(students, HISTORY)
    *_, last = spikes_frames(spiky({3: 1}), students, SYMBOLS[:4], SHIFT, histories=histories)
    assert "validation" not in [axes.get_label() for axes in last.axes]
    for name in students:
        assert "12.5 % error" in texts_of(axes_of(last, name))


def test_the_last_epochs_of_a_shorter_training_stay():
    long, short = [spiky({n: 1}) for n in (2, 3, 4, 5)], [spiky({n: 1}) for n in (6, 7)]
    frames = spikes_frames(spiky({1: 1}), {"long": long, "short": short}, SYMBOLS[:4], SHIFT)
    assert len(frames) == 4
    numbers = {
        name: [axes_of(frame, f"shift {name}").texts[0].get_text() for frame in frames]
        for name in ("long", "short")
    }
    assert numbers == {"long": ["+1", "+2", "+3", "+4"], "short": ["+5", "+6", "+6", "+6"]}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"students": {}}, "students: expected at least one, got none"),
        (
            {"students": {"a": [np.zeros((4, 3))]}},
            r"students\['a'\]: expected outputs before",
        ),
        (
            {"students": {"a": [np.zeros((4, 3)), np.zeros((4, 2))]}},
            r"students\['a'\]\[1\]: expected K=3, got K=2",
        ),
        (
            {"students": {"teacher": [np.zeros((4, 3))] * 2}},
            "students: expected other names than phones, validation, teacher, got 'teacher'",
        ),
        ({"symbols": ["-", "a"]}, "teacher: expected K=2 to match symbols, got K=3"),
        ({"frame_shift": 0.0}, "frame_shift: expected a number > 0"),
        ({"width": 0.0}, "width: expected a number > 0"),
        ({"width": 1.0}, r"width: expected at least \d\.\d inches for such names, got 1"),
        ({"histories": {"b": HISTORY}}, "histories: expected one of 'a', got 'b'"),
        (
            {"histories": {"a": HISTORY}},
            r"histories\['a'\]: expected epochs=1 to match students\['a'\], got epochs=2",
        ),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(changed, sentence):
    arguments = {
        "teacher": np.zeros((4, 3)),
        "students": {"a": [np.zeros((4, 3))] * 2},
        "symbols": ["-", "a", "b"],
        "frame_shift": SHIFT,
    }
    with pytest.raises(ArgumentError, match=sentence):
        spikes_frames(**{**arguments, **changed})


# --- the file ------------------------------------------------------------------------------------


def pictures(path):
    """Each frame as an array of colours, and how long it is shown."""
    with Image.open(path) as gif:
        assert gif.info["loop"] == 0
        shown = []
        for n in range(gif.n_frames):
            gif.seek(n)
            shown.append((np.array(gif.convert("RGB")), gif.info["duration"]))
    return shown


def test_the_file_holds_every_frame_and_the_last_one_stays(frames, tmp_path):
    shown = pictures(save_animation(frames, tmp_path / "spikes.gif"))
    assert [milliseconds for _, milliseconds in shown] == [500, 500, 2500]
    for picture, _ in shown:
        assert picture.shape[1] == 900
        assert picture[0, 0].tolist() == [255, 255, 255]


def test_twenty_epochs_take_six_seconds(tmp_path):
    figures = [new_figure(0.5, 0.5) for _ in range(21)]
    for n, figure in enumerate(figures):
        figure.text(0.0, 0.0, str(n))
    milliseconds = [shown for _, shown in pictures(save_animation(figures, tmp_path / "n.gif"))]
    assert milliseconds == [290] * 20 + [2500]


@pytest.mark.proof
def test_colours_are_those_of_the_figures_or_shades_of_them(frames, tmp_path):
    """Where a figure has a colour of the style, its picture has the same; no other is invented."""
    bases = np.array([to_rgb(colour) for colour in (TEACHER, EARLY, TEXT, *STUDENTS)])
    share = np.linspace(0, 1, SHADES)[:, None, None]
    shades = np.rint(255 * (bases * (1 - share) + share)).astype(int).reshape(-1, 3)
    allowed = {tuple(shade) for shade in shades.tolist()}
    shown = pictures(save_animation(frames, tmp_path / "spikes.gif"))
    for figure, (picture, _) in zip(frames, shown, strict=True):
        (png,) = save_figure(figure, tmp_path / "frame", ["png"], dpi=150)
        drawn = np.array(Image.open(io.BytesIO(png.read_bytes())).convert("RGB"))
        assert drawn.shape == picture.shape
        for colour in np.rint(255 * bases).astype(int):
            exact = (drawn == colour).all(axis=2)
            assert (picture[exact] == colour).all()
        assert {
            tuple(colour) for colour in np.unique(picture.reshape(-1, 3), axis=0).tolist()
        } <= allowed
    last = shown[-1][0].reshape(-1, 3)
    for colour in np.rint(255 * bases[:4]).astype(int):  # an early connector is there, too
        assert (last == colour).all(axis=1).any()


@pytest.mark.proof
def test_the_same_frames_give_the_same_bytes(tmp_path):
    first, again = (save_animation(film(), tmp_path / f"{n}.gif").read_bytes() for n in (1, 2))
    assert first == again


@pytest.mark.parametrize(
    ("figures", "name", "sentence"),
    [
        ([], "a.gif", "frames: expected at least one, got none"),
        ([new_figure(1, 1), new_figure(1, 2)], "a.gif", "expected figures of one size, got 2"),
        ([new_figure(1, 1)], "a.png", "path: expected a name that ends in .gif, got 'a.png'"),
    ],
)
def test_what_is_no_animation_is_refused_in_a_sentence(tmp_path, figures, name, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        save_animation(figures, tmp_path / name)
    assert list(tmp_path.iterdir()) == []

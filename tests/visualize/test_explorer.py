"""The alignment explorer in a browser: what it shows is what `distill_trace` found."""

import io
import os
import re

import numpy as np
import pytest
from PIL import Image
from support.browser import Browser
from support.explorer import (
    GUTTER,
    LENGTHS,
    NAMES,
    RIGHT,
    Explorer,
    needs_browser,
    says_that_it_scrolls,
)
from support.figures import proofs
from support.made_runs import RULES, made_run

import refkd
from refkd.alignment.decode import log_posteriors, spikes
from visualize import new_figure, save_figure, write_numbers
from visualize.layout.glyphs import visible
from visualize.layout.style import STUDENTS, STUDENTS_ON_DARK
from visualize.output.run_drawing import looks_of_run
from visualize.report import write_report
from visualize.report.colours import darker

pytestmark = [
    pytest.mark.compiled_only,
    needs_browser,
    pytest.mark.skipif(
        os.environ.get("NUMBA_BOUNDSCHECK", "0") not in ("", "0"), reason="no kernel is tested here"
    ),
]
NARROW = refkd.Soft(refkd.Window(5, 1), 0.3)
TEACHER_TOP, LINKS_MIDDLE, BELOW_BAND = (
    184,
    316,
    48,
)  # pixels to a posterior of 1, and from the band down


@pytest.fixture(scope="module")
def run():
    rules = {**RULES, "Soft": NARROW, "Wide": refkd.Hard(refkd.Window(30, 2))}
    return made_run(LENGTHS, NAMES, rules, options={"Wide": {"temperature": 2.0}})


@pytest.fixture(scope="module")
def path(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    figure = new_figure(3.0, 2.0)
    axes = figure.add_axes((0.2, 0.2, 0.7, 0.7), label="100 % # &")
    axes.plot([0, 1], gid="<blank> & 'a'")
    axes.imshow(np.eye(3))
    save_figure(figure, folder / "shift", ("svg",))
    write_numbers({"shift": figure}, folder / "shift.csv")
    write_report(run, folder, folder / "report.html")
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser():
    with Browser() as window:
        yield window


@pytest.fixture
def explorer(browser, run, path):
    return Explorer(browser, run, path)


def test_it_loads_without_a_word_on_the_console_and_without_the_network(explorer):
    assert explorer.text("frame") == f"frame {explorer.attribute('aria-valuenow')} of 0 to 46"
    loaded = explorer.browser.run(
        "return performance.getEntriesByType('resource').map((one) => one.name)"
        ".filter((name) => !name.startsWith('data:'))"
    )
    assert loaded == []
    (image,) = explorer.browser.run(
        "return [...document.images].map((one) => [one.complete, one.naturalWidth > 0, one.width])"
    )
    assert image == [True, True, 288]
    assert explorer.browser.messages() == []


def window_rows(run, name, utterance, frame):
    """The rows of the table as they should read."""
    trace = run.trace(name, utterance)
    weights = {
        (int(i), int(j)): weight
        for (i, j), weight in zip(trace.pairs, trace.pair_weight, strict=True)
    }
    frames, columns = trace.divergence.shape
    rows = []
    for column in range(columns):
        j = frame + column - trace.window.left
        value = trace.divergence[frame, column]
        late = frame - j
        rows.append(
            [
                f"{j}" if 0 <= j < frames else "\N{EN DASH}",
                f"{late:+d}".replace("-", "\N{MINUS SIGN}") if late else "0",
                "",
                f"{value:.3f}" if value < 60.0 else "",
                f"{weights[frame, j]:.3f}" if (frame, j) in weights else "",
            ]
        )
    return rows


@pytest.mark.proof
@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("frame", [23, *proofs(2, 46)])
def test_a_pointer_shows_what_the_rule_saw_and_chose(explorer, run, name, frame):
    explorer.choose_student(name)
    explorer.point(frame)
    assert explorer.text("frame") == f"frame {frame} of 0 to 46"
    assert explorer.text("seconds") == f"{run.clock.seconds(frame):.3f} s"
    assert explorer.rows("divergences") == window_rows(run, name, NAMES[1], frame)
    sentence = explorer.text("sentence")
    assert run.of(name).title in sentence or "No teacher frame is selected" in sentence


def probabilities(run, name, frame):
    return np.exp(log_posteriors(run.of(name).posteriors.arrays[NAMES[1]]))[frame]


def posterior_rows(run, student, frame, teacher):
    """Symbol: (teacher, student), as they should read."""
    q = probabilities(run, student, frame)
    return {
        symbol: (f"{teacher[k]:.4f}", f"{q[k]:.4f}")
        for k, symbol in enumerate(visible(run.symbols))
        if max(f"{teacher[k]:.4f}", f"{q[k]:.4f}") > "0.0000"
    }


@pytest.mark.proof
def test_the_sentence_tells_the_numbers_of_the_trace(explorer, run):
    trace = run.trace("Hard", NAMES[1])
    (chosen,) = trace.pairs[trace.pairs[:, 0] == 23][:, 1]
    explorer.choose_student("Hard")
    explorer.point(23)
    sentence = explorer.text("sentence")
    for name, frame, before in (
        ("Hard", 23, "The best class of the student is "),
        (
            "teacher",
            chosen,
            f"selected teacher frame {chosen} ({earlier(23 - chosen)}): best class ",
        ),
    ):
        prob = probabilities(run, name, frame)
        assert f"{before}{run.symbols[prob.argmax()]} ({prob.max():.4f})" in sentence
    value = trace.divergence[23, chosen - 23 + trace.window.left]
    assert sentence.endswith(f"divergence {value:.3f} nats.")


@pytest.mark.proof
def test_the_sentence_tells_what_weighs_most(explorer, run):
    explorer.choose_student("Blend")
    explorer.point(23)
    trace = run.trace("Blend", NAMES[1])
    value = trace.divergence[23, 0]  # two frames earlier: 0.75
    sentence = explorer.text("sentence")
    expected = "mixes 2 teacher frames; the largest weight (0.750) has frame 21 (2 frames earlier)"
    assert expected in sentence
    assert sentence.endswith(f"divergence {value:.3f} nats.")


@pytest.mark.proof
def test_the_sentence_tells_of_several_teacher_frames_or_none(explorer, run):
    explorer.choose_student("PerTeacher")
    pairs = run.trace("PerTeacher", NAMES[1]).pairs
    counts = np.bincount(pairs[:, 0], minlength=47)
    explorer.point(int(counts.argmin()))
    assert counts.min() == 0
    assert "No teacher frame is selected for this frame. The most similar" in explorer.text(
        "sentence"
    )
    most = int(counts.argmax())
    explorer.point(most)
    frames = pairs[pairs[:, 0] == most][:, 1]
    *others, last = frames
    listed = ", ".join(map(str, others))
    expected = f"selected teacher frames {listed} and {last}; the most similar is "
    assert expected in explorer.text("sentence")


def earlier(count):
    return "the same frame" if count == 0 else f"{count} frame{'s' * int(count > 1)} earlier"


@pytest.mark.proof
@pytest.mark.parametrize("name", ["Hard", "Soft", "CTC"])
def test_the_posteriors_are_those_that_are_compared(explorer, run, name):
    """With the chosen frame, the mixture of a weighted rule, or without a rule the same frame."""
    explorer.choose_student(name)
    explorer.point(23)
    frame, other, compared = 23, "teacher, frame 23", None
    if name == "Soft":
        other, compared = "mixture", run.trace("Soft", NAMES[1]).target[23]
    elif name == "Hard":
        trace = run.trace("Hard", NAMES[1])
        ((_, frame),) = trace.pairs[trace.pairs[:, 0] == 23]
        other = f"teacher, frame {frame}"
    if compared is None:
        compared = probabilities(run, "teacher", frame)
    rows = {row[2]: (row[0], row[4]) for row in explorer.rows("posteriors")}
    assert rows == posterior_rows(run, name, 23, compared)
    assert explorer.text("other") == other
    hidden = explorer.browser.run("return document.querySelector('[data-part=window]').hidden")
    assert hidden == (name == "CTC")


@pytest.mark.proof
@pytest.mark.parametrize("frame", [13, 40])
def test_a_wide_window_is_told_around_the_chosen_frame(explorer, run, frame):
    explorer.choose_student("Wide")
    explorer.point(frame)
    every = window_rows(run, "Wide", NAMES[1], frame)
    (chosen,) = [n for n, row in enumerate(every) if row[4]]
    first = min(max(chosen - 6, 0), len(every) - 13)
    assert explorer.rows("divergences") == every[first : first + 13]


@pytest.mark.proof
def test_the_strips_are_drawn_where_the_numbers_are(explorer, run):
    """White dots on the chosen pairs of the band, teacher blue on the curves of its spikes."""
    explorer.choose_student("Hard")
    trace = run.trace("Hard", NAMES[1])
    _, _, width, height = explorer.box("stage")
    picture = explorer.picture()
    x = GUTTER + (np.arange(47) + 0.5) * (width - GUTTER - RIGHT) / 47
    cell, bottom = 11, height - BELOW_BAND
    dots = np.zeros((47, 6), dtype=bool)
    for i, column in np.ndindex(dots.shape):
        y = bottom - (column + 0.5) * cell
        dots[i, column] = (picture[round(y), round(x[i])] == 255).all()
    chosen = np.zeros_like(dots)
    chosen[trace.pairs[:, 0], 5 - trace.offset] = True
    np.testing.assert_array_equal(dots, chosen)
    blue = np.abs(picture[..., :3] - np.array([0, 114, 178])).max(axis=2) < 80
    logits = run.teacher.posteriors.arrays[NAMES[1]]
    for label, frame in zip(*spikes(logits), strict=True):
        column = blue[TEACHER_TOP - 3 :, round(x[frame]) - 1 : round(x[frame]) + 2]
        highest = column.any(axis=1).argmax() - 3  # the end of a line is a little higher
        expected = 77 * (1 - np.exp(log_posteriors(logits))[frame, label])
        assert abs(highest - expected) < 2.5


@pytest.mark.proof
def test_no_line_strikes_an_offset_through(explorer, run):
    """On the canvas of the cursor each offset stands again, on a ground of its own."""
    explorer.choose_student("Hard")
    teacher, student = (run.of(name).posteriors.arrays[NAMES[1]] for name in ("teacher", "Hard"))
    shift = refkd.alignment_shift(teacher, student)
    explorer.point(int(shift.student_frames[2]))
    picture = explorer.picture("cursor")
    _, _, width, _ = explorer.box("stage")
    middles = (shift.teacher_frames + shift.student_frames) / 2
    x = GUTTER + (middles + 0.5) * (width - GUTTER - RIGHT) / 47
    corners = picture[LINKS_MIDDLE - 7, np.rint(x).astype(int)]
    assert len(corners) > 3
    assert (corners == 255).all()


def test_what_has_no_room_is_counted(explorer, run):
    """Of 1500 frames in some 800 pixels, hardly a name stands; in 60 frames, all do."""
    explorer.choose_student("Hard")
    explorer.choose_utterance("long")
    explorer.focus()
    explorer.browser.press("0")
    names, offsets = map(int, re.findall(r"\d+", explorer.text("hidden")))
    arrays = [run.of(name).posteriors.arrays["long"] for name in ("teacher", "Hard")]
    assert explorer.text("hidden") == f"No room for {names} names and {offsets} offsets: zoom in."
    assert 100 < names < sum(spikes(array)[1].size for array in arrays)
    assert 50 < offsets < refkd.alignment_shift(*arrays).n
    explorer.browser.press(*["+"] * 8)
    assert explorer.text("hidden") == ""


@pytest.mark.proof
def test_pointing_at_the_band_compares_with_that_teacher_frame(explorer, run):
    explorer.choose_student("Hard")
    x, _ = explorer.place(23)
    _, top, _, height = explorer.box("stage")
    lowest = top + height - 50  # the earliest teacher frame, above time and overview
    explorer.browser.point(x, lowest)
    assert explorer.text("other") == "teacher, frame 18"


@pytest.mark.proof
def test_another_utterance_is_another(explorer, run):
    explorer.choose_student("OrderedPath")
    explorer.choose_utterance("short")
    explorer.point(9)
    assert explorer.text("frame") == "frame 9 of 0 to 30"
    assert explorer.rows("divergences") == window_rows(run, "OrderedPath", "short", 9)
    assert explorer.attribute("aria-valuemax") == "30"


def test_the_keyboard_moves_the_frame(explorer, run):
    explorer.choose_student("Hard")
    explorer.point(20)
    explorer.focus()
    press = explorer.browser.press
    for keys, frame in (
        (("Right",), 21),
        (("Right", "Right"), 23),
        (("Left",), 22),
        (("PageDown",), 32),
        (("PageUp",), 22),
        (("End",), 46),
        (("Right",), 46),
        (("Home",), 0),
        (("Left",), 0),
    ):
        press(*keys)
        assert explorer.text("frame") == f"frame {frame} of 0 to 46"
        assert explorer.attribute("aria-valuenow") == f"{frame}"
        assert f"frame {frame} of 0 to 46" in explorer.attribute("aria-valuetext")
    assert explorer.rows("divergences") == window_rows(run, "Hard", NAMES[1], 0)


@pytest.mark.proof
def test_the_keyboard_moves_from_spike_to_spike(explorer, run):
    explorer.choose_student("Hard")
    _, frames = spikes(run.of("Hard").posteriors.arrays[NAMES[1]])
    explorer.focus()
    explorer.browser.press("Home")
    texts = []
    for _ in range(3):
        explorer.browser.press("n")
        texts.append(explorer.text("frame"))
    after = [frame for frame in frames if frame > 0][:3]
    assert texts == [f"frame {frame} of 0 to 46" for frame in after]
    explorer.browser.press("p")
    assert explorer.text("frame") == f"frame {after[1]} of 0 to 46"


@pytest.mark.proof
def test_the_keyboard_compares_with_other_teacher_frames(explorer, run):
    explorer.choose_student("Hard")
    explorer.point(23)
    explorer.focus()
    trace = run.trace("Hard", NAMES[1])
    ((_, chosen),) = trace.pairs[trace.pairs[:, 0] == 23]
    for _ in range(6):
        explorer.browser.press("Up")
    assert explorer.text("other") == "teacher, frame 18"  # the end of the window
    for _ in range(chosen - 18):
        explorer.browser.press("Down")
    assert explorer.text("other") == f"teacher, frame {chosen}"
    assert explorer.text("frame") == "frame 23 of 0 to 46"


@pytest.mark.proof
def test_what_is_shown_is_spoken_when_it_rests(explorer):
    explorer.focus()
    explorer.browser.press("Right")
    explorer.browser.wait(lambda: explorer.text("spoken") == explorer.text("sentence"))
    role = explorer.browser.run("return document.querySelector('[data-part=spoken]').role")
    assert role == "status"


@pytest.mark.proof
def test_every_control_is_reached_by_the_tab_key_and_seen(explorer):
    explorer.browser.run("document.querySelector('[data-part=utterance]').focus()")
    focused = []
    for _ in range(6):
        focused.append(
            explorer.browser.run(
                "const one = document.activeElement;"
                "const seen = one.type === 'radio' ? one.nextElementSibling : one;"
                "return [one.dataset.part ?? one.name, getComputedStyle(seen).outlineStyle]"
            )
        )
        explorer.browser.press("Tab")
    names = [name for name, _ in focused]
    assert names == ["utterance", "student", "farther", "nearer", "whole", "stage"]
    assert {outline for _, outline in focused[1:]} == {"solid"}


@pytest.mark.proof
def test_zoom_by_keys_and_buttons(explorer):
    explorer.point(20)
    explorer.focus()
    assert explorer.text("range") == "all 47 frames, 0 to 46"
    explorer.browser.press("+", "+")
    first, last = map(int, re.findall(r"\d+", explorer.text("range"))[:2])
    assert first <= 20 <= last
    assert last - first + 1 in (20, 21)  # 47 / 1.5 / 1.5
    explorer.browser.press("0")
    assert explorer.text("range") == "all 47 frames, 0 to 46"
    explorer.click("nearer")
    assert explorer.text("range") != "all 47 frames, 0 to 46"
    explorer.click("farther")
    assert explorer.text("range") == "all 47 frames, 0 to 46"
    explorer.click("nearer")
    explorer.click("whole")
    assert explorer.text("range") == "all 47 frames, 0 to 46"


@pytest.mark.proof
def test_moving_out_of_view_moves_the_view(explorer):
    explorer.point(20)
    explorer.focus()
    explorer.browser.press("+", "+", "+", "+", "End")
    assert explorer.text("range") == "frames 38 to 46 of 0 to 46"
    explorer.browser.press("Home")
    assert explorer.text("range").startswith("frames 0 to ")


@pytest.mark.proof
def test_dragging_moves_in_time_and_a_click_holds(explorer):
    explorer.point(20)
    explorer.focus()
    explorer.browser.press("+", "+")
    before = explorer.text("range")
    x, y = explorer.place(23)
    down, up = ({"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp"))
    move = {"type": "pointerMove", "x": round(x) - 150, "y": round(y), "duration": 0}
    explorer.browser.point(x, y, down, move, up)
    assert explorer.text("range") != before
    explorer.browser.point(x, y, down, up)
    held = explorer.text("frame")
    explorer.browser.point(x - 200, y)
    assert explorer.text("frame") == held
    explorer.focus()
    explorer.browser.press("Escape")
    explorer.browser.point(x - 210, y)
    assert explorer.text("frame") != held


@pytest.mark.proof
def test_an_utterance_of_1500_frames_is_drawn_and_moved_in(explorer, run):
    explorer.choose_student("Hard")
    explorer.choose_utterance("long")
    assert explorer.text("range") != "all 1500 frames, 0 to 1499"  # a frame would be half a pixel
    explorer.focus()
    explorer.browser.press("0")
    assert explorer.text("range") == "all 1500 frames, 0 to 1499"
    explorer.browser.press("End")
    assert explorer.text("frame") == "frame 1499 of 0 to 1499"
    assert explorer.rows("divergences") == window_rows(run, "Hard", "long", 1499)
    explorer.browser.press(*["+"] * 12)
    assert explorer.text("range") == "frames 1489 to 1499 of 0 to 1499"
    assert np.count_nonzero(explorer.picture()[..., 3]) > 10_000
    assert explorer.browser.messages() == []


@pytest.mark.parametrize("width", [320, *proofs(400)])
def test_a_telephone_is_wide_enough(browser, run, path, width):
    explorer = Explorer(browser, run, path, width=width, height=800)
    wide, inside = browser.run(
        "const page = document.documentElement; return [page.scrollWidth, page.clientWidth]"
    )
    assert wide <= inside
    explorer.choose_student("Hard")
    explorer.point(23)
    assert explorer.rows("divergences") == window_rows(run, "Hard", NAMES[1], 23)
    assert browser.messages() == []


def test_figures_are_dark_where_the_page_is(browser, run, path):
    def ground(scheme):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        browser.devtools("Emulation.setEmulatedMedia", {"features": [feature]})
        explorer = Explorer(browser, run, path)
        browser.run("document.querySelector('figure img').scrollIntoView({ block: 'center' })")
        left, top = browser.run(
            "const box = document.querySelector('figure img').getBoundingClientRect();"
            "return [box.left, box.top]"
        )
        with Image.open(io.BytesIO(browser.picture())) as image:
            pixels = np.asarray(image.convert("RGB"))[round(top) + 2 :, round(left) + 2 :]
        explorer.focus()
        return pixels[:180, :280].reshape(-1, 3)

    light, dark = ground("light"), ground("dark")
    browser.devtools("Emulation.setEmulatedMedia", {"features": []})
    assert (light[0] == 255).all()
    assert (dark[0] < 40).all()
    assert np.median(dark, axis=0).max() < 40
    assert dark.max(axis=1).max() > 220  # text and axes


@pytest.mark.proof
def test_a_table_says_that_it_scrolls(browser, run, path):
    Explorer(browser, run, path, width=390)
    assert says_that_it_scrolls(browser)
    assert not says_that_it_scrolls(browser, 5000)


@pytest.mark.proof
def test_figures_are_in_two_columns_where_there_is_room(browser, run, path):
    for width, columns in ((1400, 2), (800, 1)):
        Explorer(browser, run, path, width=width)
        script = "return document.querySelector('.figures').clientWidth / "
        script += "document.querySelector('figure').offsetWidth"
        assert round(browser.run(script)) == columns


@pytest.mark.proof
def test_a_figure_is_offered_as_files(explorer, path):
    svg, csv = explorer.browser.run(
        "return [...document.querySelectorAll('.files a')].map((one) => [one.download, one.href])"
    )
    assert svg[0] == "shift.svg"
    assert svg[1].startswith("data:image/svg+xml,")
    assert csv[0] == "shift.csv"
    assert csv[1].startswith("blob:")


@pytest.mark.proof
def test_bars_are_kept_in_print_and_in_forced_colours(explorer):
    explorer.choose_student("Hard")
    styles = explorer.browser.run(
        "return ['.bar', '.interval', '.stage canvas'].map((one) => {"
        " const style = getComputedStyle(document.querySelector(one));"
        " return [style.printColorAdjust, style.forcedColorAdjust]; })"
    )
    assert styles == [["exact", "none"]] * 3


def test_a_student_has_the_colour_that_it_has_in_the_figures(browser, run, explorer):
    """In the explorer, and in its row of the table."""

    def shown(scheme, row):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        browser.devtools("Emulation.setEmulatedMedia", {"features": [feature]})
        return browser.run(
            "const row = document.querySelectorAll('#comparison .interval.student')[arguments[0]];"
            "return [document.querySelector('.explorer'), row].map("
            "  (one) => getComputedStyle(one).getPropertyValue('--student'));",
            row,
        )

    for row, student in enumerate(run.students):
        explorer.choose_student(student.name)
        colour, _ = looks_of_run(run)[student.title]
        assert shown("light", row) == [colour] * 2
        assert shown("dark", row) == [STUDENTS_ON_DARK[STUDENTS.index(colour)]] * 2
    browser.devtools("Emulation.setEmulatedMedia", {"features": []})


def contrast(colour, ground):
    """Ratio of the lighter to the darker luminance by WCAG 2, with its 0.05 for stray light."""

    def luminance(colour):
        part = np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)]) / 255
        linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
        return linear @ (0.2126, 0.7152, 0.0722) + 0.05

    darker, lighter = sorted((luminance(colour), luminance(ground)))
    return lighter / darker


@pytest.mark.proof
def test_words_in_the_colour_of_a_student_are_readable_on_either_ground():
    assert min(contrast(darker(colour), "#ffffff") for colour in STUDENTS) > 4.5
    assert min(contrast(colour, "#16181b") for colour in STUDENTS_ON_DARK) > 4.5

"""The page of `refkd plot --model ... --report`: its numbers are those of the comparison."""

import base64
import io
import json
import wave

import numpy as np
import pytest
from support.browser import Browser
from support.explorer import Explorer, needs_browser, says_that_it_scrolls
from support.plot import SYMBOLS, arguments, logits, write
from support.report import Page, assert_told, numbers, unpacked

from refkd.alignment.decode import log_posteriors
from refkd.alignment.posteriors.comparison import compare
from refkd.alignment.posteriors.read import read_posteriors
from refkd.cli import main
from visualize.report import models_explorer

SLOW = {"one": {3: 1, 8: 2, 14: 3}, "two </script>": {2: 2, 9: 1}}
FAST = {"one": {9: 1, 18: 2, 27: 3, 33: 1}, "two </script>": {7: 2, 20: 1}}
FRAMES = {"one": 20, "two </script>": 12}
RATE = 8000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A teacher of 40 ms and students of 20 ms and 40 ms, true times, and audio of `one`."""
    folder = tmp_path_factory.mktemp("models")
    for name, events, times in (("teacher", SLOW, 1), ("small", FAST, 2), ("<b>tiny", SLOW, 1)):
        arrays = {
            utterance: logits(spikes, times * FRAMES[utterance]) + np.eye(4)[2] * (name == "small")
            for utterance, spikes in events.items()
        }
        facts = {"kind": "logits", "blank": 0, "symbols": SYMBOLS, "first_frame": 0.02 / times}
        write(folder / f"{name.strip('<b>')}.npz", arrays, **facts, frame_shift=0.04 / times)
    lines = [
        f"one 1 {0.04 * frame} 0.04 {SYMBOLS[label]}\n" for frame, label in SLOW["one"].items()
    ]
    (folder / "true.ctm").write_text("".join(lines), encoding="utf-8")
    (folder / "wav").mkdir()
    samples = (8000 * np.sin(np.arange(int(0.8 * RATE)) / 5)).astype("<i2")
    with wave.open(str(folder / "wav" / "one.wav"), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(samples.tobytes())
    return folder


def plot(folder, *more, out="out", models=("teacher", "small", "<b>tiny")):
    model_files = [f"{name}={folder / name.strip('<b>')}.npz" for name in models]
    return main(
        arguments(model_files, "--format", "svg", "--out", str(folder / out), *map(str, more))
    )


@pytest.fixture(scope="module")
def path(folder):
    more = ("--reference", folder / "true.ctm", "--audio", folder / "wav", "--report")
    assert plot(folder, *more, "--utterance", "one") == 0
    return folder / "out" / "report.html"


@pytest.fixture(scope="module")
def page(path):
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def comparison(folder):
    return compare(
        [
            read_posteriors(folder / f"{name.strip('<b>')}.npz", name=name)
            for name in ("teacher", "small", "<b>tiny")
        ]
    )


def test_the_page_is_listed_among_the_files(folder, capsys):
    assert plot(folder, "--report", "--figures", "offsets", "--json", out="listed") == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert files == [str(folder / "listed" / name) for name in ("offsets.svg", "report.html")]
    written = json.loads((folder / "listed" / "plot.json").read_text(encoding="utf-8"))["files"]
    assert written == ["offsets.csv", "offsets.svg", "report.html"]


def test_nothing_comes_from_elsewhere_and_nothing_is_injected(page):
    for _, attributes in page.elements:
        for name in ("src", "href"):
            assert attributes.get(name, "#").startswith(("#", "data:"))
    assert not page.of("b")
    (policy,) = [at["content"] for _, at in page.elements if "http-equiv" in at]
    assert policy.startswith("default-src 'none'; img-src data:; media-src data:;")
    assert "<b>tiny" in [row[0] for row in page.rows]


@pytest.mark.proof
def test_the_same_models_give_the_same_bytes(folder, path):
    before = path.read_bytes()
    more = ("--reference", folder / "true.ctm", "--audio", folder / "wav", "--report")
    assert plot(folder, *more, "--utterance", "one") == 0
    assert path.read_bytes() == before


def test_the_table_tells_what_was_measured(page, comparison):
    rows = {row[0]: row[1:] for row in page.rows[1:4]}
    for student in comparison.students:
        offsets = comparison.offsets(student)
        n, mean, median, spread, unmatched, extra, *_ = rows[student.name]
        assert n == f"{offsets.n}"
        assert numbers(mean) == [round(1000 * offsets.mean)]
        assert numbers(median) == [round(1000 * offsets.median)]
        assert numbers(spread) == [round(1000 * offsets.p5), round(1000 * offsets.p95)]
        assert numbers(unmatched) == [round(100 * offsets.teacher_unmatched_share, 1)]
        assert numbers(extra) == [round(100 * offsets.student_unmatched_share, 1)]
    assert numbers(rows["small"][6])[0] == 33.3  # one spike too many of three
    assert numbers(rows["teacher"][6]) == [0.0, 0.0, 0.0]
    assert numbers(rows["teacher"][8])[0] == 20  # its frames end 20 ms after those of the truth


def test_what_was_assumed_is_on_the_page(folder, tmp_path):
    small = read_posteriors(folder / "small.npz")
    np.savez(tmp_path / "small.npz", **small.arrays)
    (tmp_path / "teacher.npz").write_bytes((folder / "teacher.npz").read_bytes())
    assert plot(tmp_path, "--frame-shift", "0.02", "--report", models=("teacher", "small")) == 0
    page = Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    assert ["small", "assumed", "frame 0 is at 0 s"] in page.rows


def test_posteriors_spikes_and_offsets_are_those_of_the_comparison(page, comparison):
    data = page.data
    assert [model["title"] for model in data["models"]] == [
        model.name for model in comparison.models
    ]
    assert [model["clock"] for model in data["models"]] == [
        vars(model.clock) for model in comparison.models
    ]
    for utterance in data["utterances"]:
        name = utterance["name"]
        for model, packed in zip(comparison.models, utterance["distributions"], strict=True):
            assert_told(packed, np.exp(log_posteriors(model.posteriors.arrays[name])))
        for model, packed in zip(comparison.models, utterance["spikes"], strict=True):
            assert [unpacked(column).tolist() for column in packed] == [
                spike.tolist() for spike in model.spikes[name]
            ]
        for student, packed in zip(comparison.students, utterance["students"], strict=True):
            shift = comparison.shift(student, name)
            assert unpacked(packed["links"][0]).tolist() == shift.teacher_frames.tolist()
            assert unpacked(packed["links"][1]).tolist() == shift.student_frames.tolist()
            assert packed["late"] == np.rint(1000 * shift.offset).tolist()
            assert "choices" not in packed
    assert data["late"] == "ms"


def test_models_with_one_clock_are_compared_in_frames(folder):
    assert plot(folder, "--report", models=("teacher", "<b>tiny"), out="frames") == 0
    page = Page((folder / "frames" / "report.html").read_text(encoding="utf-8"))
    assert page.data["late"] == "frames"
    assert page.data["utterances"][0]["students"][0]["late"] == [0, 0, 0]


def test_a_rule_is_shown_where_it_can_choose(folder):
    assert plot(folder, "--report", "--rule", "Hard", "--window", "3,0", out="rule") == 0
    page = Page((folder / "rule" / "report.html").read_text(encoding="utf-8"))
    small, tiny = page.data["utterances"][0]["students"]
    assert "choices" not in small  # its frames are shorter than the teacher's
    assert tiny["choices"]["columns"] == 4
    assert "Hard [3, 0]" in page.data["students"][1]["rule"]


def test_audio_is_in_the_page_as_it_was(page):
    first, second = sorted(page.data["utterances"], key=lambda data: data["name"])
    with wave.open(io.BytesIO(base64.b64decode(first["audio"]))) as sound:
        assert (sound.getframerate(), sound.getnframes()) == (RATE, int(0.8 * RATE))
        samples = np.frombuffer(sound.readframes(10), dtype="<i2")
    expected = 8000 * np.sin(np.arange(10) / 5)
    assert np.abs(samples - expected).max() <= 2
    assert first["speech"]["bands"] == 40
    assert first["speech"]["hertz"][0] < 100 < 3500 < first["speech"]["hertz"][1] < RATE / 2
    assert (second["audio"], second["silenced"]) == ("", False)
    assert "speech" not in second


def test_of_a_part_only_that_part_is_heard(folder):
    more = ("--report", "--audio", folder / "wav", "--utterance", "one")
    assert plot(folder, *more, "--from", 0.2, "--to", 0.6, out="heard") == 0
    path = folder / "heard" / "report.html"
    page = Page(path.read_text(encoding="utf-8"))
    first = {data["name"]: data for data in page.data["utterances"]}["one"]
    with wave.open(io.BytesIO(base64.b64decode(first["audio"]))) as sound:
        assert sound.getnframes() == int(0.4 * RATE)
        sample = np.frombuffer(sound.readframes(1), dtype="<i2")[0]
    assert abs(sample - 8000 * np.sin(0.2 * RATE / 5)) <= 2
    assert first["audio_from"] == 0.2
    assert first["speech"]["clock"]["first_frame"] == pytest.approx(0.2 + 0.0125)


def test_audio_that_finds_no_room_is_said_to_be_left_out(folder, monkeypatch):
    monkeypatch.setattr("visualize.report.explorer.SOUND", 1000)
    assert (
        plot(folder, "--report", "--audio", folder / "wav", "--utterance", "one", out="full") == 0
    )
    page = Page((folder / "full" / "report.html").read_text(encoding="utf-8"))
    data = {utterance["name"]: utterance for utterance in page.data["utterances"]}["one"]
    assert (data["audio"], data["silenced"]) == ("", True)
    assert "levels" in data["speech"]


def test_an_utterance_too_long_for_the_page_is_left_out(folder, monkeypatch):
    monkeypatch.setattr(models_explorer, "LONGEST", 25)
    assert plot(folder, "--report", "--utterance", "one", out="long") == 0
    page = Page((folder / "long" / "report.html").read_text(encoding="utf-8"))
    assert [utterance["name"] for utterance in page.data["utterances"]] == ["two </script>"]
    assert any("Shown here: 1 of 2" in words for words in page.words)


@pytest.mark.parametrize(
    ("models", "more", "says"),
    [
        (("teacher",), ["--report"], "report: expected two models or more, got one"),
        (("teacher", "small"), ["--report", "--format", "png"], "report: expected svg among"),
    ],
)
def test_what_cannot_be_a_page_is_one_sentence(folder, capsys, models, more, says):
    assert plot(folder, *more, models=models, out="none") == 2
    assert f"refkd: {says}" in capsys.readouterr().err
    assert not (folder / "none").exists()


# --- in a browser


@pytest.fixture(scope="module")
def browser():
    with Browser() as window:
        yield window


@pytest.fixture
def explorer(browser, path):
    explorer = Explorer(browser, None, path)
    explorer.frames = 40
    explorer.choose("student", 0)
    return explorer


@needs_browser
def test_a_frame_is_compared_with_the_nearest_in_time(explorer):
    """Teacher frame u is at 20 + 40 u ms, student frame t at 10 + 20 t: 2 u + 0.5."""
    explorer.point(18)
    assert explorer.text("frame") == "frame 18 of 0 to 39"
    assert explorer.text("seconds") == "0.370 s"
    assert explorer.text("other") == "teacher, frame 9"
    assert explorer.text("sentence").startswith("The best class of the student is m (")
    assert "that of the teacher <blk> (0.9802) in frame 9." in explorer.text("sentence")
    assert explorer.browser.messages() == []


@needs_browser
def test_another_clock_keeps_the_moment(explorer):
    explorer.point(18)
    explorer.focus()
    explorer.choose("student", 1)
    assert explorer.text("frame") == "frame 9 of 0 to 19"
    assert explorer.text("seconds") == "0.380 s"
    assert explorer.text("range") == "all 20 frames, 0 to 19"
    explorer.choose("student", 0)
    assert explorer.text("range") == "all 40 frames, 0 to 39"


@needs_browser
def test_the_audio_follows_the_frame_and_the_frame_follows_the_audio(explorer):
    explorer.point(18)
    audio = "const one = document.querySelector('audio');"
    explorer.browser.wait(lambda: explorer.browser.run(f"{audio} return one.readyState > 0"))
    assert explorer.browser.run(f"{audio} return [one.hidden, one.currentTime]") == [False, 0.37]
    explorer.browser.run(f"{audio} one.currentTime = 0.25")
    explorer.browser.wait(lambda: explorer.text("frame") == "frame 12 of 0 to 39")
    explorer.focus()
    explorer.browser.press("a")
    explorer.browser.wait(lambda: explorer.text("frame") == "frame 39 of 0 to 39")
    explorer.choose("utterance", 1)
    assert explorer.browser.run(f"{audio} return one.hidden")
    assert explorer.browser.messages() == []


@needs_browser
def test_the_audio_of_a_part_follows_as_well(folder, browser):
    more = ("--report", "--audio", folder / "wav", "--utterance", "one", "--from", 0.2)
    assert plot(folder, *more, out="part") == 0
    explorer = Explorer(browser, None, folder / "part" / "report.html")
    explorer.frames = 30
    explorer.choose("student", 0)
    explorer.point(5)
    assert explorer.text("seconds") == "0.310 s"
    audio = "const one = document.querySelector('audio');"
    explorer.browser.wait(lambda: explorer.browser.run(f"{audio} return one.readyState > 0"))
    assert explorer.browser.run(f"{audio} return one.currentTime") == pytest.approx(0.11)
    explorer.browser.run(f"{audio} one.currentTime = 0.25")
    explorer.browser.wait(lambda: explorer.text("frame") == "frame 12 of 0 to 29")


@needs_browser
def test_a_table_that_is_seen_whole_does_not_say_that_it_scrolls(explorer):
    assert not says_that_it_scrolls(explorer.browser)


@needs_browser
def test_a_page_without_room_for_an_utterance_has_no_dead_controls(folder, browser, monkeypatch):
    monkeypatch.setattr(models_explorer, "LONGEST", 1)
    assert plot(folder, "--report", "--figures", "offsets", out="empty") == 0
    browser.open(folder / "empty" / "report.html")
    script = "return [...document.querySelectorAll('.choices, .explorer')].map((one) => one.hidden)"
    browser.wait(lambda: browser.run(script) == [True, True])
    assert "Shown here: 0 of 2" in browser.run("return document.body.textContent")
    assert browser.messages() == []

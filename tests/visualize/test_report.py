"""The page of a run: its numbers are those of the run, and it needs nothing but itself."""

import base64
import re
import tomllib
import zlib
from collections import Counter
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest
from support.made_runs import NAMES, RULES, SYMBOLS, made_run
from support.report import Page, assert_told, inflated, numbers, unpacked
from tolerances import PRINTED_2, assert_close

import refkd
from refkd.alignment.decode import log_posteriors, spikes
from refkd.alignment.metrics import alignment_shift
from refkd.experiment.settings import read_settings
from visualize import new_figure, save_figure
from visualize.layout.glyphs import visible
from visualize.report import figures as figures_module
from visualize.report import page as page_module
from visualize.report import write_report
from visualize.report.cells import number_text
from visualize.report.explorer import FEW, explorer_data
from visualize.report.figures import embedded_figures, figures_of
from visualize.report.packing import HIDDEN, HIGHEST, pack_choices, pack_distributions
from visualize.report.reproduce import run_command, run_toml
from visualize.report.run_explorer import explored_run
from visualize.report.run_table import run_table

NUMBER = r"-?\d+\.\d+"


@pytest.fixture(scope="module")
def run():
    return made_run(options={"Hard": {"temperature": 2.0}, "TopK": {"divergence": "js"}})


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    for name in ("zebra", "tradeoff", "shift"):
        figure = new_figure(3.0, 2.0)
        axes = figure.add_axes((0.2, 0.2, 0.7, 0.7), xlabel=f"{name} 100 % # 'quoted'")
        axes.plot([0, 1], gid="<blank> & 'a'")
        axes.imshow(np.eye(3))
        save_figure(figure, folder / name, ("png", "svg"))
    return folder


@pytest.fixture(scope="module")
def text(run, figures, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_report(run, figures, path)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


# --- one file, no network


def test_nothing_comes_from_elsewhere(page, text):
    for tag, attributes in page.elements:
        for name in ("src", "href", "srcset", "action", "data", "poster", "background"):
            assert attributes.get(name, "#").startswith(("#", "data:")), (tag, name)
    outside_images = re.sub(r"src='data:[^']*'", "", text)
    assert "http" not in outside_images.replace("http-equiv", "")
    assert not re.search(r"@import|url\(|\beval\b|new Function|innerHTML", outside_images)


def test_the_browser_is_told_to_load_nothing(page):
    (policy,) = [at["content"] for _, at in page.elements if "http-equiv" in at]
    assert policy.startswith("default-src 'none'; img-src data:; media-src data:;")


def test_the_same_run_gives_the_same_bytes(run, figures, text, tmp_path):
    write_report(run, figures_of(figures), tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == text


def test_no_id_is_there_twice(page):
    ids = Counter(at["id"] for _, at in page.elements if "id" in at)
    assert max(ids.values()) == 1
    links = {at["href"][1:] for _, at in page.of("a") if "href" in at}
    assert links <= set(ids)


# --- the table


def row_of(page, title):
    (row,) = [row for row in page.rows if row and row[0] == title]
    return dict(zip(page.rows[0], row, strict=True))


def expected(interval, scale, digits):
    return [float(f"{scale * interval[name]:.{digits}f}") for name in ("mean", "low", "high")]


def test_the_table_tells_the_numbers_of_results_json(run, page):
    for student in run.results["summary"]:
        row = row_of(page, student["title"])
        assert numbers(row["phone error% [95 %]"])[-3:] == expected(
            student["phone_error_rate"], 100, 1
        )
        assert numbers(row["offsetframes [95 %]"]) == expected(student["offset"], 1, 1)
        assert numbers(row["delayms [95 %]"]) == expected(student["delay"], 1000, 0)
        for name, title in (("CTC", "CTC alone"), ("FrameWise", "FrameWise")):
            difference = student["against"].get(name)
            cell = numbers(row[f"minus {title}points [95 %]"])
            assert cell == (expected(difference, 100, 1) if difference else [])
        line = student["against_shift"]
        cell = numbers(row["minus a shift of equal delaypoints [95 %]"])
        assert cell == (expected(line, 100, 1) if line else [])
        assert numbers(row["weight"]) == ([student["weight"]] if student["weight"] else [])
        assert numbers(row["trainings"]) == [student["seconds"]]


def test_a_teacher_has_no_intervals(run, page):
    row = row_of(page, "teacher")
    error = run.results["teacher"]["phone_error_rate"]
    assert numbers(row["phone error% [95 %]"]) == [float(f"{100 * error:.1f}")]
    assert row["delayms [95 %]"] == "\N{EN DASH}"  # nothing was measured
    assert row["offsetframes [95 %]"] == ""


def test_a_spread_over_seeds_has_a_column_where_there_are_several(figures, page, tmp_path):
    assert "SDpoints" not in page.rows[0]
    run = made_run(rules={"Hard": RULES["Hard"]}, seeds=3)
    write_report(run, {}, tmp_path / "report.html")
    several = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    sd = run.results["summary"][0]["phone_error_rate"]["sd"]
    assert numbers(row_of(several, "CTC alone")["SDpoints"]) == [float(f"{100 * sd:.1f}")]
    assert any("3 seeds" in words and "utterances and seeds" in words for words in several.words)


def test_a_difference_is_strong_where_its_interval_does_not_hold_zero(text, run):
    """All made intervals lie above zero; one that holds zero is written weakly."""
    strong = run.results["summary"][0]
    weak = {**strong, "against": {"FrameWise": {"mean": 0.0, "sd": None, "low": -0.1, "high": 0.1}}}
    assert "<strong>" in run_table({**run.results, "summary": [strong]})
    assert "<strong>" not in run_table({**run.results, "summary": [weak]})


def test_an_interval_is_drawn_where_its_numbers_are(run, text):
    """Pixels grow with the number, for means and both ends of all students alike."""
    drawn = re.findall(
        r'interval student [^"]*".*?M([\d.]+) 11H([\d.]+)"/><circle cx="([\d.]+)"', text
    )
    rates_of_students = [row["phone_error_rate"] for row in run.results["summary"]]
    pixels = np.array(drawn, dtype=float)
    rates = np.array([[rate["low"], rate["high"], rate["mean"]] for rate in rates_of_students])
    slope, start = np.polyfit(rates.ravel(), pixels.ravel(), 1)
    assert np.abs(start + slope * rates - pixels).max() < 0.1
    assert 0 <= pixels.min() < pixels.max() <= 150


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.04, "0"), (-0.04, "0"), (0.6, "+1"), (-0.6, "\N{MINUS SIGN}1"), (None, "\N{EN DASH}")],
)
def test_zero_has_no_sign(value, text):
    assert number_text(value, 1, "+.0f") == text


def test_what_n_is_and_what_the_intervals_are_is_said(page):
    words = " ".join(page.words)
    assert "3 test utterances, 1234 phones, 1 seed" in words
    assert "bootstrap over utterances; differences of phone errors are paired" in words


# --- text that could be taken for HTML


def test_names_and_symbols_stay_text(page):
    assert [at.get("type") for tag, at in page.elements if tag == "script"] == [
        "text/plain",
        "module",
    ]
    assert {utterance["name"] for utterance in page.data["utterances"]} == set(NAMES)
    assert page.data["symbols"] == visible(SYMBOLS)
    assert visible(SYMBOLS[:-1]) == list(SYMBOLS[:-1])  # what can be seen is as it is
    assert "refkd run: Teacher and students: <made>" in page.words


# --- the explorer's numbers are those of the traces, to the digits that are shown


def utterances(page):
    return {utterance["name"]: utterance for utterance in page.data["utterances"]}


@pytest.mark.parametrize("name", RULES)
def test_divergences_pairs_and_weights_are_those_of_the_trace(run, page, name):
    place = [student.name for student in run.students].index(name)
    for utterance, shown_of in utterances(page).items():
        trace = run.trace(name, utterance)
        choices = shown_of["students"][place]["choices"]
        assert (choices["left"], choices["columns"]) == (
            trace.window.left,
            trace.divergence.shape[1],
        )
        assert choices["loss"] == f"{trace.loss:.3f}"
        seen = np.isfinite(trace.divergence).ravel()
        values = unpacked(choices["divergences"])
        assert (values[~seen] == HIDDEN).all()
        shown = [f"{value / 1000:.3f}" for value in values[seen]]
        assert shown == [f"{value:.3f}" for value in trace.divergence.ravel()[seen]]
        np.testing.assert_array_equal(unpacked(choices["pairs"]).reshape(2, -1).T, trace.pairs)
        if "weights" in choices:
            shown = [f"{value / 1000:.3f}" for value in unpacked(choices["weights"])]
            assert shown == [f"{value:.3f}" for value in trace.pair_weight]
        else:
            assert (trace.pair_weight == 1.0).all()
        assert ("mixture" in choices) == trace.rule.weighted
        if trace.target is not None:
            assert_told(choices["mixture"], trace.target)


@pytest.mark.parametrize(("name", "temperature"), [("CTC", 1.0), ("Hard", 2.0), ("Soft", 1.0)])
def test_posteriors_are_those_that_the_rule_compared(run, page, name, temperature):
    place = [student_model.name for student_model in run.students].index(name)
    student = page.data["students"][place]
    for utterance, shown_of in utterances(page).items():
        for who, key in ((name, "distributions"), ("teacher", "teacher_distributions")):
            logits = run.of(who).posteriors.arrays[utterance] / temperature
            assert_told(shown_of["distributions"][student[key]], np.exp(log_posteriors(logits)))


def test_the_most_probable_symbol_comes_first():
    packed = pack_distributions(np.array([[0.2, 0.5, 0.3], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    assert unpacked(packed["counts"], "u1").tolist() == [3, 0, 1]
    assert unpacked(packed["symbols"], "u1").tolist() == [1, 2, 0, 0]
    assert unpacked(packed["values"]).tolist() == [5000, 3000, 2000, 10000]


def test_many_symbols_take_two_bytes():
    packed = pack_distributions(np.eye(300)[[299]])
    assert unpacked(packed["symbols"]).tolist() == [299]


def test_a_divergence_beyond_what_fits_is_marked():
    teacher, student = 1000.0 * np.eye(2), 1000.0 * np.eye(2)[::-1]
    trace = refkd.distill_trace(student, teacher, refkd.Hard(refkd.Window(1)))
    assert unpacked(pack_choices(trace)["divergences"]).tolist() == [HIDDEN, HIGHEST, 0, HIGHEST]


def test_spikes_and_their_partners_are_those_of_refkd(run, page):
    for utterance, data in utterances(page).items():
        teacher = run.teacher.posteriors.arrays[utterance]
        for model, packed in zip(run.models, data["spikes"], strict=True):
            labels_and_frames = spikes(model.posteriors.arrays[utterance])
            for expected_numbers, numbers_of in zip(labels_and_frames, packed, strict=True):
                np.testing.assert_array_equal(unpacked(numbers_of), expected_numbers)
        for student, packed in zip(run.students, data["students"], strict=True):
            shift = alignment_shift(teacher, student.posteriors.arrays[utterance])
            pairs = (shift.teacher_frames, shift.student_frames)
            for expected_numbers, numbers_of in zip(pairs, packed["links"], strict=True):
                np.testing.assert_array_equal(unpacked(numbers_of), expected_numbers)


def test_who_has_no_rule_has_no_choices(run, page):
    assert page.data["students"][0]["rule"] == ""
    for data in utterances(page).values():
        assert "choices" not in data["students"][0]


def test_the_speech_is_told_where_it_is_loud(run, page):
    for utterance, data in utterances(page).items():
        levels = unpacked(data["speech"]["levels"], "u1").astype(float)
        energies = np.clip(run.features[utterance].ravel(), -2.0, 3.0)
        assert np.abs(levels / 255 * 5.0 - 2.0 - energies).max() <= 0.5 * 5.0 / 255 + 1e-6


def test_true_phones_are_there_where_their_times_are_known(page):
    by_name = utterances(page)
    assert by_name[NAMES[0]]["phones"] == [["a", "</script>"], [0.0, 0.1], [0.1, 0.2]]
    assert by_name[NAMES[2]]["phones"] == [[], [], []]


# --- which utterances, and how many bytes


@pytest.fixture(scope="module")
def longer():
    lengths = [20 + 3 * n for n in range(30)]
    rules = {name: RULES[name] for name in ("Hard", "TopK")}
    return made_run(lengths, [f"u{n:02d}" for n in range(30)], rules)


def test_the_median_the_longest_and_the_shortest_come_first(longer):
    chosen = inflated(explorer_data(explored_run(longer, {}), 10**6, 10**6)[0])["utterances"]
    assert [(utterance["name"], utterance["why"]) for utterance in chosen[:3]] == [
        ("u15", "65 frames, median length"),
        ("u29", "107 frames, the longest"),
        ("u00", "20 frames, the shortest"),
    ]
    assert len(chosen) == 30


def test_then_those_whose_spikes_are_furthest_apart():
    names, rolled = ("a", "b", "c", "d", "e", "f"), (0, 1, 2, 3, 1, 2)
    run = made_run((30, 31, 32, 33, 34, 35), names, {"Hard": RULES["Hard"]})
    for student in run.students:
        for name, frames in zip(names, rolled, strict=True):
            teacher = run.teacher.posteriors.arrays[name]
            student.posteriors.arrays[name][:] = np.roll(teacher, frames, axis=0)
    chosen = inflated(explorer_data(explored_run(run, {}), 10**6, 10**6)[0])["utterances"]
    assert [utterance["name"] for utterance in chosen] == ["d", "f", "a", "c", "b", "e"]
    assert chosen[3]["why"] == "32 frames, spikes 2.0 frames apart"


def test_what_is_told_fits_into_its_bytes(longer):
    for usual in (50_000, 100_000, 150_000):
        text, shown = explorer_data(explored_run(longer, {}), usual, usual)
        assert len(text) <= usual
        assert len(inflated(text)["utterances"]) == shown
    assert FEW < shown < 30


def test_the_first_few_may_take_more(longer):
    text, shown = explorer_data(explored_run(longer, {}), 1000, 10**6)
    assert shown == FEW
    text, shown = explorer_data(
        explored_run(longer, {}), 1000, 30_000
    )  # not all of the few: the short ones
    assert 0 < shown < FEW
    assert len(text) <= 30_000


def test_a_page_stays_below_its_bytes(longer, figures, tmp_path, monkeypatch):
    monkeypatch.setattr(page_module, "USUAL", 300_000)
    write_report(longer, figures, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert 250_000 < len(text.encode()) <= 300_000
    shown = len(Page(text).data["utterances"])
    assert f"Shown here: {shown} of 30 utterances, of median" in text


# --- figures


def images(page):
    return [at for tag, at in page.elements if tag == "img"]


def test_figures_are_images_of_their_own_with_words(page):
    sources = [at["src"] for at in images(page)]
    assert len(sources) == 3
    assert all(source.startswith("data:image/svg+xml,%3Csvg") for source in sources)
    assert all(len(at["alt"]) > 4 for at in images(page)[:2])
    assert {int(at["width"]) for at in images(page)} == {288}  # 3 inches


def test_an_image_is_the_drawing_in_the_file(page, figures):
    """The same elements with the same attributes, whatever characters they hold."""
    for name, at in zip(figures_of(figures), images(page), strict=True):
        shown = ElementTree.fromstring(unquote(at["src"].partition(",")[2]))
        drawn = ElementTree.parse(figures / f"{name}.svg").getroot()
        drawn.remove(drawn.find("{http://www.w3.org/2000/svg}metadata"))
        for element, other in zip(shown.iter(), drawn.iter(), strict=True):
            assert element.tag == other.tag
            assert element.attrib.keys() == other.attrib.keys()
            for key, value in element.attrib.items():
                words, expected = (re.split(NUMBER, text) for text in (value, other.attrib[key]))
                assert "".join(words).split() == "".join(expected).split()
                places = [re.findall(NUMBER, text) for text in (value, other.attrib[key])]
                assert_close(*(np.array(place, dtype=float) for place in places), PRINTED_2)


def test_the_numbers_of_a_figure_are_in_the_page(figures, tmp_path):
    text = "figure,panel\nshift,<b> & 音\n" * 9
    (tmp_path / "shift.svg").write_bytes((figures / "shift.svg").read_bytes())
    (tmp_path / "shift.csv").write_text(text, encoding="utf-8")
    page = Page(embedded_figures({"shift": tmp_path / "shift.svg"}))
    (coded,) = page.scripts
    assert zlib.decompress(base64.b64decode(coded)).decode("utf-8") == text
    offered = [at for _, at in page.of("a")]
    assert [at["download"] for at in offered] == ["shift.svg", "shift.csv"]


def test_numbers_that_find_no_room_are_not_offered(figures, tmp_path, monkeypatch):
    (tmp_path / "shift.svg").write_bytes((figures / "shift.svg").read_bytes())
    (tmp_path / "shift.csv").write_text("figure\n", encoding="utf-8")
    monkeypatch.setattr(figures_module, "NUMBER_BYTES", 10)
    page = Page(embedded_figures({"shift": tmp_path / "shift.svg"}))
    assert [at["download"] for _, at in page.of("a")] == ["shift.svg"]


def test_a_figure_of_one_student_is_called_after_it(figures):
    html = embedded_figures({"band-small": figures / "shift.svg"})
    assert "<strong>Divergences and selected pairs: small.</strong>" in html


def test_the_contents_lead_to_every_figure(page, figures):
    links = [at["href"] for _, at in page.of("a") if "href" in at]
    ids = [f"#figure-{name}" for name in figures_of(figures)]
    assert links == ["#comparison", "#explorer", "#figures", *ids, "#made"]


def test_figures_share_their_room(figures, monkeypatch):
    svg = figures / "shift.svg"
    length = len(embedded_figures({"shift": svg}))
    monkeypatch.setattr(figures_module, "FIGURE_BYTES", int(1.5 * length))
    html = embedded_figures({"shift": svg, "tradeoff": figures / "tradeoff.svg"})
    assert html.count("data:image/svg+xml") == 1


def test_known_figures_come_first(figures):
    assert list(figures_of(figures)) == ["shift", "tradeoff", "zebra"]


def test_what_is_too_large_is_a_png_or_is_named(figures, monkeypatch):
    svg = figures / "zebra.svg"
    monkeypatch.setattr(figures_module, "FIGURE_BYTES", 5000)
    (figures / "zebra.png").write_bytes((figures / "shift.png").read_bytes()[:2000])
    assert "src='data:image/png;base64," in embedded_figures({"zebra": svg})
    monkeypatch.setattr(figures_module, "FIGURE_BYTES", 100)
    html = embedded_figures({"zebra": svg})
    assert "<img" not in html
    assert "Too large for this page: zebra.svg" in html


# --- how to make it again


@pytest.mark.parametrize(
    ("overrides", "quick", "command"),
    [
        ({}, False, "refkd run"),
        (
            {"seed": 3, "seeds": 5, "new_teachers": True},
            False,
            "refkd run --seed 3 --seeds 5 --new-teachers",
        ),
        ({"rules": ["CTC", "Shift1"]}, True, "refkd run --rules CTC,Shift1 --quick"),
        ({"data": "fsdd:my speech"}, False, "refkd run --data 'fsdd:my speech'"),
        ({"network": {"cell": "tanh"}}, False, "refkd run --cell tanh"),
        ({"training": {"epochs": 3}}, False, None),
        ({"rules": ["CTC", "mine"], "distill": {"mine": {"rule": "Hard"}}}, False, None),
    ],
)
def test_the_command_is_the_one_that_leads_there(overrides, quick, command):
    assert run_command(read_settings(overrides=overrides, quick=quick).as_dict()) == command


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {
            "data": 'fsdd:"quoted" \\ 音',
            "rules": ["CTC", "Soft", "mine"],
            "distill": {
                "weight": [0.1, 1.0],
                "Soft": {"tau": float("inf"), "window": "whole"},
                "mine": {"rule": "Shift", "d": 2, "scale_t2": True},
            },
        },
    ],
)
def test_the_settings_read_back_are_the_same(overrides, tmp_path):
    settings = read_settings(overrides=overrides)
    file = tmp_path / "run.toml"
    file.write_text(run_toml(settings.as_dict()), encoding="utf-8")
    assert tomllib.loads(file.read_text(encoding="utf-8"))["seed"] == 0
    assert read_settings(file).as_dict() == settings.as_dict()


def test_seed_and_versions_are_told(page):
    words = [words.strip() for words in page.words]
    for fact in ("seed 0", "python", "3.11.0", "numpy", "2.0.0", refkd.__version__):
        assert fact in words

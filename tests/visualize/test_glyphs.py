"""Symbols that the font lacks or nobody could see: codes and signs, and a sentence."""

from contextlib import nullcontext

import numpy as np
import pytest
from fontTools.ttLib import TTFont  # comes with matplotlib
from matplotlib.font_manager import findfont, fontManager
from support.figures import SHIFT, assert_readable, axes_of, proofs, spiky, texts_of

import refkd
from visualize import (
    Phones,
    band_figure,
    cumulative_figure,
    gradients_figure,
    in_font,
    lattice_figure,
    learning_figure,
    offsets_figure,
    rules_figure,
    save_figure,
    shift_figure,
    spikes_frames,
    sweep_figure,
    toy_figure,
    tradeoff_figure,
)
from visualize.layout.glyphs import drawable, lacking, shown
from visualize.layout.style import font_families
from visualize.layout.text import text_width

CHINESE, EMOJI, RARE = "\N{CJK UNIFIED IDEOGRAPH-4F60}", "\N{ROBOT FACE}", "\u1d24"


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("tj", "tj"),
        ("<blank>", "<blank>"),
        ("$x$", "$x$"),
        ("\N{LATIN SMALL LETTER ESH}", "\N{LATIN SMALL LETTER ESH}"),
        ("\N{LOWER ONE EIGHTH BLOCK}the", "\N{LOWER ONE EIGHTH BLOCK}the"),
        (CHINESE, "U+4F60"),
        ("\N{MATHEMATICAL SANS-SERIF CAPITAL A}", "U+1D5A0"),  # not there in bold
        (f"a{EMOJI}", "aU+1F916"),
        ("", '""'),
        (" ", "\N{OPEN BOX}"),
        (" the", "\N{OPEN BOX}the"),
        ("\t", "\N{RIGHTWARDS ARROW TO BAR}"),
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\x00", "U+0000"),
        ("\N{ZERO WIDTH SPACE}", "U+200B"),
        ("\N{NO-BREAK SPACE}", "U+00A0"),
        ("\N{RIGHT-TO-LEFT MARK}", "U+200F"),
        ("\ud800", "U+D800"),
        ("\N{COMBINING TILDE}", "\N{DOTTED CIRCLE}\N{COMBINING TILDE}"),
        ("a\N{COMBINING TILDE}", "a\N{COMBINING TILDE}"),
    ],
)
def test_symbols_are_written_so_that_they_can_be_seen(symbol, name):
    assert drawable([symbol]) == [name]
    assert drawable([name]) == [name]  # nothing is left to do


@pytest.fixture
def made_font(tmp_path, monkeypatch):
    """A font "Made", installed just now, that has a Chinese character besides those of DejaVu."""
    with TTFont(findfont("DejaVu Sans")) as font:
        for table in font["cmap"].tables:
            table.cmap[ord(CHINESE)] = "A"
        for record in font["name"].names:
            record.string = "Made" if record.nameID in (1, 4, 16) else str(record)
        font.save(tmp_path / "made.ttf")
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    files = [str(tmp_path / "made.ttf"), str(tmp_path / "broken.ttf")]
    monkeypatch.setattr(fontManager, "ttflist", list(fontManager.ttflist))
    monkeypatch.setattr("visualize.layout.fonts.findSystemFonts", lambda: files)


@pytest.fixture
def no_fonts(monkeypatch):
    """None but two of those that come with matplotlib."""
    ours = [font for font in fontManager.ttflist if font.name in ("DejaVu Sans", "DejaVu Serif")]
    monkeypatch.setattr(fontManager, "ttflist", ours)
    monkeypatch.setattr("visualize.layout.fonts.findSystemFonts", list)


@pytest.mark.usefixtures("no_fonts")
def test_the_sentence_counts_symbols_and_names_the_first_characters():
    assert lacking(["a", "", " ", "\x00"]) == ""
    symbols = [CHINESE, "a", f"{CHINESE}\u597d", EMOJI, "\u65e5", "\u672c"]
    assert lacking(symbols) == (
        "5 of the symbols drawn have characters that the font DejaVu Sans lacks: U+4F60, U+597D, "
        "U+1F916, and more. Codes stand for them; no installed font has all of them, so install "
        "one: in_font (or --font) chooses a font."
    )
    assert "1 of the symbols drawn has" in lacking(["a", EMOJI])
    assert "; DejaVu Serif has them: in_font" in lacking([RARE])


@pytest.mark.usefixtures("made_font")
def test_a_font_is_found_and_named_right_after_it_was_installed():
    assert "; Made has them: in_font (or --font) chooses a font." in lacking([CHINESE])
    assert "so install one" in lacking([CHINESE, EMOJI])


@pytest.mark.usefixtures("made_font")
def test_a_new_font_is_written_with():
    with in_font("Made"):
        assert drawable([CHINESE]) == [CHINESE]
        assert lacking([CHINESE]) == ""


@pytest.mark.usefixtures("no_fonts")
def test_only_symbols_that_are_drawn_are_warned_of():
    teacher, student = spiky({3: 1}), spiky({5: 1})
    trace = refkd.distill_trace(student, teacher, refkd.FrameWise())
    symbols = ["-", "a", "b", CHINESE]
    models = {"T": teacher, "S": student}
    for name in (*symbols[1:3], CHINESE):
        spoken = Phones([name], np.array([0.1]), np.array([0.2]))
        expected = pytest.warns(UserWarning, match="1 of the symbols drawn has")
        with expected if name == CHINESE else nullcontext():
            shift_figure(models, symbols, SHIFT, phones=spoken)
    rules_figure({"A": trace}, student, teacher, symbols, SHIFT)
    gradients_figure({"A": trace}, student, teacher, symbols, SHIFT)
    lattice_figure(refkd.ctc_trace(teacher, [1]), symbols, SHIFT)
    spikes_frames(teacher, {"S": [student, student]}, symbols, SHIFT)


def test_another_font_fills_the_gap_and_the_old_one_comes_back():
    with in_font("DejaVu Serif"):
        assert font_families() == ("DejaVu Serif", "DejaVu Sans")
        assert (drawable([RARE]), lacking([RARE])) == ([RARE], "")
        serif = text_width("word")
    assert drawable([RARE]) == ["U+1D24"]
    assert font_families() == ("DejaVu Sans",)
    assert serif != text_width("word")


def test_a_font_that_is_not_there_is_refused():
    with (
        pytest.raises(refkd.ArgumentError, match="font: expected the name of an installed font"),
        in_font("No Such Font"),
    ):
        pass


def test_texts_keep_their_spaces_and_lines():
    assert shown(f"one\ntwo {CHINESE}\t") == "one\ntwo U+4F60U+0009"
    assert text_width(CHINESE) == text_width("U+4F60")


def draw_all(name):
    """Figures with one name wherever a user may put it."""
    symbols = ["-", name, "b", "c"]
    teacher, student = spiky({3: 1, 9: 2}), spiky({5: 1, 9: 2})
    trace = refkd.distill_trace(student, teacher, refkd.FrameWise())
    yield gradients_figure({name: trace}, student, teacher, symbols, SHIFT, title=name)
    yield lattice_figure(refkd.ctc_trace(teacher, [1, 2]), symbols, SHIFT, caption=name)
    yield offsets_figure({name: refkd.alignment_shift(teacher, student)}, SHIFT, caption=name)
    yield cumulative_figure({name: refkd.alignment_shift(teacher, student)}, SHIFT, title=name)
    yield band_figure(trace, title=name, caption=name)
    yield sweep_figure({(name, name, 0.1): 0.2, (name, name, 0.3): 0.3}, caption=name)
    yield tradeoff_figure({name: (1.0, 0.2)}, SHIFT, caption=name)
    yield toy_figure({name: {name: 1.0}}, caption=name)
    epochs = [refkd.experiment.checkpoint.Epoch(2.0, 0.1, 0.5, 1.0)] * 2
    yield learning_figure({name: [epochs]}, title=name)


@pytest.mark.parametrize(
    "name", [f"{CHINESE}{EMOJI}$x^$", *proofs(f"{CHINESE}{EMOJI}", "\x07", "$x^$")]
)
@pytest.mark.filterwarnings("ignore:1 of the symbols drawn has characters")  # all others are errors
def test_no_figure_has_a_box_or_reads_a_name_as_a_formula(name, tmp_path):
    for figure in draw_all(name):
        assert_readable(figure)
        save_figure(figure, tmp_path / "figure", ["svg"])


def test_figures_warn_of_symbols_that_the_font_lacks():
    teacher = spiky({3: 1})
    trace = refkd.ctc_trace(teacher, [1])
    with pytest.warns(UserWarning, match="1 of the symbols drawn has characters") as caught:
        figure = lattice_figure(trace, ["-", CHINESE, "b", "c"], SHIFT)
    assert caught[0].filename == __file__
    assert [text.get_text() for text in axes_of(figure, "alpha").get_yticklabels()] == ["U+4F60"]


def test_a_panel_keeps_its_name_in_the_figure():
    figure = offsets_figure({CHINESE: refkd.alignment_shift(spiky({3: 1}), spiky({3: 1}))}, SHIFT)
    assert "U+4F60" in texts_of(axes_of(figure, CHINESE))

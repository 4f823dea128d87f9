"""Symbols that the font lacks or nobody could see: codes and signs, and a sentence."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from test_figures import SHIFT, assert_readable, axes_of, spiky, texts_of

import refkd
from visualize import (
    band_figure,
    cumulative_figure,
    gradients_figure,
    in_font,
    lattice_figure,
    learning_figure,
    offsets_figure,
    save_figure,
    sweep_figure,
    toy_figure,
    tradeoff_figure,
)
from visualize.glyphs import drawable, shown
from visualize.place import text_width
from visualize.style import font_families

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
    assert drawable([symbol])[0] == [name]
    assert drawable([name])[0] == [name]  # nothing is left to do


def test_the_sentence_counts_symbols_and_names_the_first_characters():
    assert drawable(["a", "", " ", "\x00"])[1] == ""
    symbols = [CHINESE, "a", f"{CHINESE}\u597d", EMOJI, "\u65e5", "\u672c"]
    assert drawable(symbols)[1] == (
        "5 of 6 symbols have characters that the font DejaVu Sans lacks: U+4F60, U+597D, U+1F916, "
        "and more. Codes stand for them; in_font (or --font) chooses another installed font."
    )
    assert "1 of 2 symbols has" in drawable(["a", EMOJI])[1]


def test_another_font_fills_the_gap_and_the_old_one_comes_back():
    with in_font("DejaVu Serif"):
        assert font_families() == ("DejaVu Serif", "DejaVu Sans")
        assert drawable([RARE]) == ([RARE], "")
        serif = text_width("word")
    assert drawable([RARE])[0] == ["U+1D24"]
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
    epochs = [refkd.checkpoint.Epoch(2.0, 0.1, 0.5, 1.0)] * 2
    yield learning_figure({name: [epochs]}, title=name)


@pytest.mark.parametrize("name", [f"{CHINESE}{EMOJI}", "\x07", "$x^$"])
@pytest.mark.filterwarnings("ignore:1 of 4 symbols has characters")  # all others are errors
def test_no_figure_has_a_box_or_reads_a_name_as_a_formula(name, tmp_path):
    for figure in draw_all(name):
        FigureCanvasAgg(figure).draw()
        assert_readable(figure)
        save_figure(figure, tmp_path / "figure", ["svg"])


def test_figures_warn_of_symbols_that_the_font_lacks():
    teacher = spiky({3: 1})
    trace = refkd.ctc_trace(teacher, [1])
    with pytest.warns(UserWarning, match="1 of 4 symbols has characters") as caught:
        figure = lattice_figure(trace, ["-", CHINESE, "b", "c"], SHIFT)
    assert caught[0].filename == __file__
    assert [text.get_text() for text in axes_of(figure, "alpha").get_yticklabels()] == ["U+4F60"]


def test_a_panel_keeps_its_name_in_the_figure():
    figure = offsets_figure({CHINESE: refkd.alignment_shift(spiky({3: 1}), spiky({3: 1}))}, SHIFT)
    assert "U+4F60" in texts_of(axes_of(figure, CHINESE))

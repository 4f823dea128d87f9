"""Models with clocks and class orders of their own, and true times of symbols and words."""

import numpy as np
import pytest
from support.strategies import spiky
from tolerances import VALUE, assert_close

from refkd.alignment.metrics import emission_delay
from refkd.alignment.posteriors import conventions
from refkd.alignment.posteriors.comparison import compare
from refkd.alignment.posteriors.conventions import SAMPLE, metadata_of
from refkd.alignment.posteriors.delays import (
    TimedSymbols,
    TrueDelays,
    symbol_delays,
    word_delays_of_phones,
    word_delays_of_tokens,
)
from refkd.alignment.posteriors.diagnose import diagnose
from refkd.alignment.posteriors.part import Part
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.alignment.posteriors.reference import Reference
from refkd.alignment.posteriors.symbol_order import in_one_order
from refkd.alignment.posteriors.truth import Truth, delay_and_error, read_truth
from refkd.alignment.posteriors.words import join_words, word_marks
from refkd.check import ArgumentError

BEGIN = "\N{LOWER ONE EIGHTH BLOCK}"


def a_set(name, spikes, frames=20, **facts):
    facts = {"frame_shift": 0.02, "kind": "logits", "blank": 0} | facts
    return PosteriorSet(name, {"one": spiky(spikes, frames, height=9.0)}, **facts)


def reference(text, *times):
    """Labels that follow each other, from time to time."""
    return Reference(tuple(text.split()), np.array(times[:-1]), np.array(times[1:]))


# --- comparing -----------------------------------------------------------------------------------


def test_each_model_has_its_own_clock():
    teacher = a_set("teacher", {2: 1, 5: 2}, 10, frame_shift=0.04)
    student = a_set("small", {5: 1, 9: 2, 12: 3}, 20, first_frame=0.01)
    both = compare([teacher, student])
    (small,) = both.students
    offsets = both.offsets(small)
    assert_close(offsets.offset, [0.11 - 0.08, 0.19 - 0.2], VALUE)
    assert (offsets.teacher_unmatched, offsets.student_unmatched) == (0, 1)
    assert both.frame_shift is None
    assert both.shift(small, "one").student_frames.tolist() == [5, 9]


def test_latency_is_added_to_all_times_of_one_model():
    sets = a_set("teacher", {2: 1, 5: 2}), a_set("small", {3: 1, 5: 2})
    plain, late = compare(sets), compare(sets, latency={"small": 0.25})
    assert_close(plain.offsets(plain.of("small")).offset, [0.02, 0.0], VALUE)
    assert_close(late.offsets(late.of("small")).offset, [0.27, 0.25], VALUE)
    assert late.teacher.clock == plain.teacher.clock
    assert late.frame_shift == 0.02


def test_spikes_at_their_peaks():
    logits = np.array([[9.0, 0.0], [0.0, 1.0], [0.0, 5.0], [9.0, 0.0]])
    posteriors = PosteriorSet("teacher", {"one": logits}, frame_shift=0.02, kind="logits")
    assert compare([posteriors]).teacher.spikes["one"][1].tolist() == [1]
    assert compare([posteriors], at="peak").teacher.spikes["one"][1].tolist() == [2]


def test_only_utterances_that_all_have_and_the_one_of_median_length():
    def lengths(name, **frames):
        arrays = {key: spiky({1: 1}, number) for key, number in frames.items()}
        return PosteriorSet(name, arrays, frame_shift=0.02, blank=0)

    teacher = lengths("teacher", a=30, b=10, c=20, d=5)
    both = compare([teacher, lengths("small", c=20, b=10, a=30), lengths("tiny", a=4, c=3, b=2)])
    assert both.utterances == ("a", "b", "c")
    assert both.typical == "c"


# --- one order of classes ------------------------------------------------------------------------


def test_classes_are_reordered_by_their_symbols_whatever_the_blank_is_called():
    symbols = ("<blk>", "a", "b", "c")
    teacher = a_set("teacher", {2: 1, 5: 3}, symbols=symbols)
    last = PosteriorSet(
        "nemo",
        {"one": teacher.arrays["one"][:, [3, 1, 2, 0]]},
        symbols=("c", "a", "b", "<blank>"),
        blank=3,
        frame_shift=0.02,
    )
    (_, same), (finding,) = in_one_order([teacher, last])
    assert (same.arrays["one"] == teacher.arrays["one"]).all()
    assert (same.symbols, same.blank) == (symbols, 0)
    assert (finding.level, finding.name) == ("assumed", "nemo")
    assert not [row for row in diagnose(teacher, same) if row.level == "error"]
    assert [row for row in diagnose(teacher, last) if row.level == "error"]


def test_symbols_that_are_others_are_left_to_the_check():
    teacher = a_set("teacher", {2: 1}, symbols=("-", "a", "b", "c"))
    other = a_set("small", {2: 1}, symbols=("-", "a", "b", "x"))
    assert in_one_order([teacher, other]) == ((teacher, other), ())


def test_symbols_told_once_hold_for_all():
    plain = a_set("teacher", {2: 1})
    with_symbols = a_set("small", {2: 1}, symbols=("-", "a", "b", "c"))
    (first, second), (finding,) = in_one_order([plain, with_symbols])
    assert first.symbols == second.symbols == with_symbols.symbols
    assert finding.sentence == "classes are named as in small"
    assert in_one_order([plain, plain]) == ((plain, plain), ())


def test_one_name_of_two_classes_is_no_obstacle_where_nothing_is_moved():
    """Lists for OCR have ideographs that are equal in NFC; toolkits call the blank otherwise."""
    arrays = {"one": np.eye(3)[[0, 1, 0, 2, 0]]}
    teacher, other = (
        PosteriorSet(name, arrays, symbols=(blank, "\uf92c", "\u90ce"))
        for name, blank in (("teacher", "blank"), ("other", "<blank>"))
    )
    (_, same), _ = in_one_order([teacher, other])
    assert (same.symbols, same.blank) == (teacher.symbols, 0)
    np.testing.assert_array_equal(same.arrays["one"], arrays["one"])


# --- looking through -----------------------------------------------------------------------------


def test_facts_of_all_frames_although_few_show_the_kind():
    """The lowest number and the shares are of every frame, the sample of some."""
    prob = np.tile([0.9, 0.1], (3 * SAMPLE, 1)).astype(np.float32)
    prob[1] = [0.2, 0.8]
    facts = metadata_of(PosteriorSet("small", {"one": prob, "two": prob[:2]}))
    assert facts.sample.dtype == np.float32
    assert SAMPLE / 2 < len(facts.sample) <= SAMPLE
    assert facts.shares.tolist() == [3 * SAMPLE / (3 * SAMPLE + 2), 2 / (3 * SAMPLE + 2)]
    prob[1, 0] = -0.1  # between two frames of the sample
    facts = metadata_of(PosteriorSet("small", {"one": prob}, kind="probabilities"))
    assert facts.lowest == np.float32(-0.1)


def test_unusable_frames_count_for_nothing():
    logits = np.array([[np.nan, 0.0], [np.inf, 1.0], [-np.inf, -np.inf], [0.0, -np.inf]])
    facts = metadata_of(PosteriorSet("small", {"one": logits}))
    assert facts.unusable["one"].tolist() == [0, 1, 2]
    assert facts.shares.tolist() == [1.0, 0.0]
    assert facts.sample.tolist() == [[0.0, -np.inf]]


def test_half_precision_becomes_single():
    posteriors = PosteriorSet("small", {"one": np.zeros((2, 3), np.float16)})
    assert posteriors.arrays["one"].dtype == np.float32


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbols", "marks"),
    [
        (("<blk>", BEGIN + "a", "##b", "|"), BEGIN),
        (("[PAD]", "un", "##do"), "##"),
        (("<pad>", "un@@", "do"), "@@"),
        (("<pad>", "|", "a"), "delimiter"),
        (("<blank>", "<space>", "a"), "delimiter"),
        ((" ", "a", "<blank>"), "delimiter"),
        (("<eps>", "a", "sh"), None),
    ],
)
def test_marks_of_tokenizers(symbols, marks):
    assert word_marks(symbols) == marks


@pytest.mark.parametrize(
    ("tokens", "marks", "words"),
    [
        ([BEGIN + "he", "llo", BEGIN, "w", "orld"], BEGIN, [("hello", 0, 1), ("world", 2, 4)]),
        (["x", BEGIN, BEGIN + "a"], BEGIN, [("x", 0, 0), ("a", 2, 2)]),
        (["un", "##do", "it"], "##", [("undo", 0, 1), ("it", 2, 2)]),
        (["##s", "a"], "##", [("s", 0, 0), ("a", 1, 1)]),
        (["un@@", "do", "it", "a@@"], "@@", [("undo", 0, 1), ("it", 2, 2), ("a", 3, 3)]),
        (["|", "H", "I", "|", "|", "A"], "delimiter", [("HI", 1, 2), ("A", 5, 5)]),
        ([], "delimiter", []),
        (["|", "e", "\u0301", "|", "a"], "delimiter", [("\u00e9", 1, 2), ("a", 4, 4)]),
    ],
)
def test_tokens_joined_to_words(tokens, marks, words):
    assert [tuple(word) for word in join_words(tokens, marks)] == words


# --- delays --------------------------------------------------------------------------------------


def test_symbols_are_delayed_as_emission_delay_says():
    """The same spikes as logits and by name; `x` is no symbol of the model."""
    truth = reference("a x b a c", 0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
    spikes = {6: 1, 11: 2, 14: 1, 21: 2}
    spoken = TimedSymbols(["a", "b", "a", "b"], np.array([0.12, 0.22, 0.28, 0.42]))
    delays = symbol_delays(spoken, truth)
    assert_close(delays.starts.delay, [0.12, 0.02, -0.02], VALUE)
    assert_close(delays.ends.delay, [0.02, -0.08, -0.12], VALUE)
    assert (delays.starts.phones_left_out, delays.starts.spikes_left_out) == (2, 1)
    assert (delays.edits, delays.labels, delays.error) == (2, 5, 0.4)
    same = emission_delay(spiky(spikes), [1, 2, 1, 3], truth.starts[[0, 2, 3, 4]], 0.02)
    assert_close(delays.starts.delay, same.delay, VALUE)


def test_words_of_a_model_of_phones():
    """Of `ab c de` the d is missed, and a c is heard before all; silence belongs to no word."""
    phones = reference("a b c sil d e", 0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)
    words = Reference(("AB", "C", "DE"), np.array([0.0, 0.4, 0.8]), np.array([0.4, 0.6, 1.0]))
    spoken = TimedSymbols(["c", "a", "b", "c", "e"], np.array([0.02, 0.1, 0.3, 0.7, 1.05]))
    delays = word_delays_of_phones(spoken, phones, words)
    assert_close(delays.starts.delay, [0.1, 0.3], VALUE)  # a after AB, c after C; d is missed
    assert_close(delays.ends.delay, [-0.1, 0.1, 0.05], VALUE)  # b, c and e
    assert (delays.starts.phones_left_out, delays.ends.phones_left_out) == (1, 0)
    assert delays.ends.spikes_left_out == 1
    assert (delays.edits, delays.labels) == (3, 6)  # of phones


def test_a_word_without_phones_is_left_out():
    phones = reference("a", 0.0, 0.2)
    words = reference("A B", 0.0, 0.2, 0.4)
    delays = word_delays_of_phones(TimedSymbols(["a"], np.array([0.1])), phones, words)
    assert_close(delays.ends.delay, [-0.1], VALUE)
    assert (delays.starts.phones_left_out, delays.ends.phones_left_out) == (1, 1)


def test_words_of_a_model_of_tokens():
    words = reference("Hello big world", 0.0, 0.5, 0.8, 1.2)
    tokens = [BEGIN + "he", "llo", BEGIN + "bi", BEGIN + "wor", "ld"]
    spoken = TimedSymbols(tokens, np.array([0.2, 0.6, 0.9, 1.0, 1.3]))
    delays = word_delays_of_tokens(spoken, words, BEGIN)
    assert_close(delays.starts.delay, [0.2, 0.2], VALUE)
    assert_close(delays.ends.delay, [0.1, 0.1], VALUE)
    assert (delays.ends.phones_left_out, delays.ends.spikes_left_out) == (1, 1)  # big, bi
    assert (delays.edits, delays.labels) == (1, 3)


def test_delays_of_many_utterances():
    single = symbol_delays(TimedSymbols(["a"], np.array([0.1])), reference("a b", 0.0, 0.2, 0.4))
    two = symbol_delays(TimedSymbols(["b", "c"], np.array([0.1, 0.2])), reference("b", 0.0, 0.2))
    both = TrueDelays.pool([single, two])
    assert_close(both.after("start").delay, [0.1, 0.1], VALUE)
    assert_close(both.after("end").delay, [-0.1, -0.1], VALUE)
    assert (both.edits, both.labels) == (2, 3)
    delay, error = delay_and_error([single, two], "end")
    assert_close([delay.mean, error.mean], [-0.1, 2 / 3], VALUE)
    assert error.n_utterances == 2
    assert error.low < 2 / 3 < error.high


# --- reading the truth ---------------------------------------------------------------------------


def ctm(path, *lines):
    path.write_text("".join(f"one 1 {line}\n" for line in lines), encoding="utf-8")
    return path


def test_what_is_timed(tmp_path):
    phones = ctm(tmp_path / "phones.ctm", "0 0.5 a", "0.5 0.1 sil", "0.6 0.4 b")
    words = ctm(tmp_path / "words.ctm", "0 0.5 A", "0.6 0.4 B")
    symbols, subwords = ("-", "a", "b"), ("-", BEGIN + "a", "b")
    plain = read_truth(phones, symbols, skip=("sil",))
    assert plain.labels["one"].labels == ("a", "b")
    assert (plain.by, plain.counted, plain.edge) == ("symbol", "symbol", "start")
    grouped = read_truth(phones, symbols, by="word", words=words)
    assert grouped.words["one"].labels == ("A", "B")
    assert (grouped.by, grouped.counted, grouped.edge) == ("word", "symbol", "end")
    for joined in (
        read_truth(words, subwords, by="word"),
        read_truth(phones, subwords, by="word", words=words),
    ):
        assert joined.labels["one"].labels == ("A", "B")
        assert (joined.by, joined.counted, joined.marks) == ("word", "word", BEGIN)


def test_words_of_the_same_textgrids(tmp_path):
    textgrid = pytest.importorskip("praatio.textgrid")
    grid = textgrid.Textgrid()
    for tier, entries in (
        ("phones", [(0.0, 0.5, "a"), (0.6, 1.0, "b")]),
        ("words", [(0.0, 0.5, "A"), (0.6, 1.0, "B")]),
        ("other", [(0.0, 1.0, "x")]),
    ):
        grid.addTier(textgrid.IntervalTier(tier, entries, 0, 1))
    grid.save(str(tmp_path / "one.TextGrid"), format="long_textgrid", includeBlankSpaces=True)
    symbols, subwords = ("-", "a", "b"), ("-", BEGIN + "a", "b")
    assert read_truth(tmp_path, symbols).labels["one"].labels == ("a", "b")
    assert read_truth(tmp_path, symbols, tier="other").labels["one"].labels == ("x",)
    grouped = read_truth(tmp_path, symbols, by="word")
    assert (grouped.labels["one"].labels, grouped.words["one"].labels) == (("a", "b"), ("A", "B"))
    assert read_truth(tmp_path, subwords, by="word").labels["one"].labels == ("A", "B")


def test_what_cannot_be_timed(tmp_path):
    phones = ctm(tmp_path / "phones.ctm", "0 0.5 a")
    with pytest.raises(ArgumentError, match="words: expected a path by word only"):
        read_truth(phones, ("-", "a"), words=phones)
    with pytest.raises(ArgumentError, match="words: expected a CTM or TextGrids, because"):
        read_truth(phones, ("-", "a"), by="word")
    with pytest.raises(ArgumentError, match="by: expected one of"):
        read_truth(phones, ("-", "a"), by="phone")


def test_utterances_without_true_times_are_passed_over():
    arrays = {name: spiky({3: 1}, 9) for name in ("one", "two")}
    both = compare([PosteriorSet("teacher", arrays, frame_shift=0.1, blank=0)])
    truth = Truth({"two": reference("1", 0.0, 0.5)})
    part = truth.of(both, both.teacher)
    assert list(part) == ["two"]
    assert_close(part["two"].starts.delay, [0.3], VALUE)


def test_the_metadata_of_a_set_are_resolved_once_on_the_whole_trip(monkeypatch):
    looks = []
    look_through = conventions._look_through

    def counted(posteriors):
        looks.append(posteriors.name)
        return look_through(posteriors)

    monkeypatch.setattr(conventions, "_look_through", counted)
    unspecified = {"kind": None, "blank": None}
    sets = [a_set(name, {5: 1, 12: 2}, **unspecified) for name in ("teacher", "student")]
    ordered, _ = in_one_order(sets)
    diagnose(*ordered)
    Part(0.0, 0.3).of(ordered)
    compare(ordered)
    assert looks == ["teacher", "student"]

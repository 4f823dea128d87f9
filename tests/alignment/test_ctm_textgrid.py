"""CTM and TextGrid: by hand, read back by other parsers, names that are no file names, refusals."""

import unicodedata
from itertools import pairwise
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from praatio import textgrid as praat

from refkd.alignment.ctm_textgrid import (
    AlignedUtterance,
    Phone,
    ctm,
    file_names,
    new_file,
    textgrid,
    write_ctm,
    write_textgrids,
)
from refkd.alignment.posteriors.reference import read_reference
from refkd.check import ArgumentError

SYMBOLS = st.text("aж\"'@{\\7", min_size=1, max_size=4)
NAMES = st.text('aAж%/ .;\u00a0"?é\u0301', min_size=1, max_size=6)


@st.composite
def stretches(draw, end):
    """Phones in whole microseconds, some side by side and some apart, as (symbol, start, end)."""
    edges = sorted(draw(st.sets(st.integers(0, end), max_size=9)))
    pairs = pairwise(edges)
    return [(draw(SYMBOLS), a, b) for a, b in pairs if draw(st.booleans())]


@st.composite
def utterances(draw, name="one"):
    end = draw(st.integers(1, 30_000_000))

    def tier():
        scores = st.integers(0, 1000)
        return tuple(
            Phone(symbol, start / 1e6, stop / 1e6, draw(scores) / 1000)
            for symbol, start, stop in draw(stretches(end))
        )

    true = tier() if draw(st.booleans()) else None
    return AlignedUtterance(name, end / 1e6, tier(), true)


def read_ctm(text):
    """{name: [(channel, start, duration, label, confidence)]}, by the definition of the format."""
    phones = {}
    for line in text.splitlines():
        assert not line.startswith(";;")
        name, channel, start, duration, label, score = line.split()
        numbers = float(start), float(duration), float(score)
        phones.setdefault(unquote(name), []).append((channel, unquote(label), *numbers))
    return phones


# --- CTM -----------------------------------------------------------------------------------------


def test_ctm_by_hand():
    utterance = AlignedUtterance("b", 1.0, (Phone("a", 0.1, 0.3, 0.25), Phone("m", 0.3, 0.95)))
    two = AlignedUtterance("a", 1.0, (Phone("o", 0.0, 1.0, 1e-9),))
    assert ctm([utterance, AlignedUtterance("c", 1.0, ()), two]) == (
        "a 1 0.000000 1.000000 o 0.000000\n"
        "b 1 0.100000 0.200000 a 0.250000\n"
        "b 1 0.300000 0.650000 m 1.000000\n"
    )
    no_comment = AlignedUtterance(";;a b", 1.0, (Phone(";", 0.0, 1.0),))
    assert ctm([no_comment]) == "%3B;a%20b 1 0.000000 1.000000 %3B 1.000000\n"


@given(utterances())
def test_ctm_reads_back(utterance):
    read = read_ctm(ctm([utterance])).get("one", [])
    assert [(channel, label) for channel, label, *_ in read] == [
        ("1", phone.symbol) for phone in utterance.phones
    ]
    for (_, _, start, duration, score), phone in zip(read, utterance.phones, strict=True):
        assert (start, score) == (phone.start, phone.confidence)
        assert round(start + duration, 6) == phone.end


def test_rounded_durations_never_overlap():
    edges = [n * 110 / 11025 for n in range(1000)]  # no whole microseconds
    phones = tuple(Phone("a", a, b) for a, b in pairwise(edges))
    lines = [line.split() for line in ctm([AlignedUtterance("one", 10.0, phones)]).splitlines()]
    whole = [[int(time.replace(".", "")) for time in line[2:4]] for line in lines]
    assert all(a + b == c for (a, b), (c, _) in pairwise(whole))
    assert sum(b for _, b in whole) == round(1e6 * edges[-1])


@given(st.sets(NAMES, max_size=5))
def test_names_are_one_column_and_can_be_read_back(names):
    text = ctm([AlignedUtterance(name, 1.0, (Phone(name, 0.0, 1.0),)) for name in names])
    assert read_ctm(text) == {name: [("1", name, 0.0, 1.0, 1.0)] for name in names}
    first = [line.split()[0] for line in text.splitlines()]
    assert first == sorted(first)


# --- TextGrid ------------------------------------------------------------------------------------


def test_textgrid_by_hand():
    utterance = AlignedUtterance("one", 0.5, (Phone('"', 0.1, 0.3),), (Phone("ж", 0.0, 0.5),))
    assert (
        textgrid(utterance)
        == """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0.000000
xmax = 0.500000
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "phones"
        xmin = 0.000000
        xmax = 0.500000
        intervals: size = 3
        intervals [1]:
            xmin = 0.000000
            xmax = 0.100000
            text = ""
        intervals [2]:
            xmin = 0.100000
            xmax = 0.300000
            text = \"\"\"\"
        intervals [3]:
            xmin = 0.300000
            xmax = 0.500000
            text = ""
    item [2]:
        class = "IntervalTier"
        name = "true"
        xmin = 0.000000
        xmax = 0.500000
        intervals: size = 1
        intervals [1]:
            xmin = 0.000000
            xmax = 0.500000
            text = "ж"
"""
    )


@pytest.mark.parametrize("symbol", [" ", "\u00a0", " a", "a b", "a\n", "\r\n", "100%", "%41", "é"])
def test_no_symbol_is_lost_or_changed_in_a_textgrid(tmp_path, symbol):
    """A model of characters has a class of white space."""
    write_textgrids([AlignedUtterance("one", 0.5, (Phone(symbol, 0.1, 0.3),))], tmp_path)
    assert read_reference(tmp_path / "one.TextGrid")["one"].labels == (symbol,)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("grids")


@given(utterances())
def test_textgrid_reads_back_by_praatio(folder, utterance):
    write_textgrids([utterance], folder)
    grid = praat.openTextgrid(str(folder / "one.TextGrid"), includeEmptyIntervals=True)
    assert (grid.minTimestamp, grid.maxTimestamp) == (0.0, utterance.seconds)
    expected = {"phones": utterance.phones}
    if utterance.true is not None:
        expected["true"] = utterance.true
    assert grid.tierNames == tuple(expected)
    for name, phones in expected.items():
        entries = grid.getTier(name).entries
        labelled = [(entry.label, entry.start, entry.end) for entry in entries if entry.label]
        assert labelled == [phone[:3] for phone in phones]
        edges = [0.0, *(edge for entry in entries for edge in (entry.start, entry.end))]
        assert [*edges[1::2], utterance.seconds] == edges[::2]  # no gap
        empty = [not entry.label for entry in entries]
        assert not any(a and b for a, b in pairwise(empty))


def test_the_shortest_times_are_written_without_exponent():
    assert "xmax = 0.000001\n" in textgrid(AlignedUtterance("one", 1e-6, ()))


@pytest.mark.parametrize(
    "phones",
    [
        [("a", 0.1, 0.3), ("b", 0.2, 0.4)],
        [("a", 0.1, 0.1)],
        [("a", 0.1, 0.1000001)],
        [("a", 0.4, 0.6)],
        [("a", -0.1, 0.2)],
    ],
)
def test_phones_that_make_no_tier(phones):
    utterance = AlignedUtterance("one", 0.5, tuple(Phone(*phone) for phone in phones))
    with pytest.raises(ArgumentError, match="phones: expected stretches of a microsecond or more"):
        textgrid(utterance)


# --- file names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("test-0001", "test-0001"),
        ("Привет мир", "Привет мир"),
        ('say "ah"', "say %22ah%22"),
        ("wav/a.wav", "wav%2Fa.wav"),
        ("C:\\a", "C%3A%5Ca"),
        ("100%", "100%25"),
        ("..", "%2E."),
        ("a\nb\0", "a%0Ab%00"),
        ("con", "%63on"),
        ("LPT1.x", "%4CPT1.x"),
        ("console", "console"),
    ],
)
def test_file_names_by_hand(name, expected):
    assert file_names([name]) == [expected]
    assert unquote(expected) == name


def test_names_that_differ_where_a_file_system_may_not_look():
    files = ["SA1", "sa1 (2)", "sa1 (2) (2)", "Sa1 (3)"]
    assert file_names(["SA1", "sa1", "sa1 (2)", "Sa1"]) == files
    composed, decomposed = "й", unicodedata.normalize("NFD", "й")
    assert file_names([composed, decomposed]) == [composed, f"{decomposed} (2)"]
    assert file_names(["a/b", "a%2Fb"]) == ["a%2Fb", "a%252Fb"]


def test_long_names_are_cut_between_characters():
    first, second = file_names(["ж" * 150 + "1", "ж" * 150 + "2"])
    assert (first, second) == ("ж" * 100, "ж" * 100 + " (2)")


@given(st.lists(NAMES, max_size=8, unique=True))
def test_no_two_file_names_are_alike(names):
    files = file_names(names)
    assert len({unicodedata.normalize("NFC", file).casefold() for file in files}) == len(names)
    assert not any(set(file) & set('<>:"/\\|?*\0') or file.startswith(".") for file in files)


# --- writing -------------------------------------------------------------------------------------


def test_each_utterance_has_its_file(tmp_path):
    write_textgrids([AlignedUtterance(name, 1.0, ()) for name in ("a/ж", "A/ж")], tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"a%2Fж.TextGrid", "A%2Fж (2).TextGrid"}


def test_ctm_is_utf8(tmp_path):
    write_ctm([AlignedUtterance("ж", 1.0, (Phone("ы", 0.0, 1.0),))], tmp_path / "one.ctm")
    expected = "ж 1 0.000000 1.000000 ы 1.000000\n".encode()
    assert (tmp_path / "one.ctm").read_bytes() == expected


def test_a_file_is_new_and_has_a_folder(tmp_path):
    assert new_file(tmp_path / "one.ctm") == tmp_path / "one.ctm"
    (tmp_path / "one.ctm").touch()
    with pytest.raises(ArgumentError, match=r"out: expected a new file, got .*one\.ctm, which exi"):
        new_file(tmp_path / "one.ctm")
    with pytest.raises(ArgumentError, match="out: expected a file in a folder that exists"):
        new_file(tmp_path / "none" / "one.ctm")

"""Manifests: what a line may say, and the sentence for every other line."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.audio import tone, write_wav
from support.refusals import sentence_of

from refkd.check import DataError
from refkd.data.dataset import load, prepare
from refkd.data.lexicon import read_lexicon, words_of
from refkd.data.manifest import read_manifest

RATE = 8000


def write_tone(path, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_wav(path, tone(0.3, rate), rate)


def write_manifest(folder, lines):
    path = folder / "list.jsonl"
    text = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return path


def refusal(folder, lines, **options):
    """What is wrong with a manifest of these lines."""
    path = write_manifest(folder, lines)
    sentence = sentence_of(read_manifest, path, error=DataError, **options)
    assert sentence.startswith(f"{path}")
    return sentence.removeprefix(f"{path}")


def entries(folder, count=3, **changes):
    """A line and a tone for each of `count` recordings."""
    made = []
    for n in range(count):
        write_tone(folder / "sound" / f"{n}.wav")
        made.append({"audio": f"sound/{n}.wav", "phones": ["a", "b"], **changes})
    return made


# --- what a manifest may say ---------------------------------------------------------------------


def test_phones_as_a_list_or_a_text_in_turns_of_seven(tmp_path):
    lines = entries(tmp_path, 9)
    lines[1]["phones"] = " c  d "
    corpus = load(f"manifest:{write_manifest(tmp_path, lines)}")
    assert (corpus.name, corpus.rate, corpus.problems) == ("list.jsonl", RATE, {})
    splits = corpus.splits()
    names = {split: [utterance.name for utterance in splits[split]] for split in splits}
    assert names == {
        "train": [f"sound/{n}.wav" for n in (0, 3, 4, 5, 6, 7)],
        "validation": ["sound/1.wav", "sound/8.wav"],
        "test": ["sound/2.wav"],
    }
    assert corpus.train[0].phones == ("a", "b")
    assert corpus.validation[0].phones == ("c", "d")
    assert corpus.train[0].starts is None
    assert prepare(corpus).symbols == ("<blank>", "a", "b", "c", "d")


def test_splits_and_times_are_those_of_the_lines(tmp_path):
    lines = entries(tmp_path, 3, starts=[0, 0.125], ends=[0.125, 0.25])
    for line, split in zip(lines, ("test", "train", "validation"), strict=True):
        line["split"] = split
    corpus = read_manifest(write_manifest(tmp_path, ["", *lines, "  "]))
    assert [utterance.name[6] for utterance in corpus] == ["1", "2", "0"]
    for utterance in corpus:
        assert utterance.starts.tolist() == [0.0, 0.125]
        assert utterance.ends.tolist() == [0.125, 0.25]
    assert prepare(corpus).test.starts.values.tolist() == [0.0, 0.125]


def test_a_lexicon_speaks_for_a_text(tmp_path):
    lexicon = tmp_path / "words.txt"
    lexicon.write_text(
        ";;; a comment\n\nHELLO  HH AH L OW\nhello(2) HH EH L OW\nDON'T D OW N T\n",
        encoding="utf-8",
    )
    lines = entries(tmp_path, 3, text="Hello, don't!", split="train")
    lines[1]["split"], lines[2]["split"] = "validation", "test"
    for line in lines[1:]:
        del line["phones"]
    corpus = read_manifest(write_manifest(tmp_path, lines), lexicon=str(lexicon))
    assert corpus.train[0].phones == ("a", "b")
    assert corpus.test[0].phones == ("HH", "AH", "L", "OW", "D", "OW", "N", "T")


def test_equal_texts_and_equal_groups_share_a_split(tmp_path):
    lines = entries(tmp_path, 7)
    for line, text in zip(
        lines, ["one", "one", "two", "three", "two", "four", "four"], strict=True
    ):
        line["text"] = text
    lines[5]["group"] = lines[6]["group"] = "two"
    corpus = read_manifest(write_manifest(tmp_path, lines))
    numbers = [[utterance.name[6] for utterance in part] for part in corpus.splits().values()]
    assert numbers == [["0", "1"], ["2", "4", "5", "6"], ["3"]]


def test_recordings_that_cannot_be_used_are_counted(tmp_path):
    lines = entries(tmp_path, 3)
    lines.insert(0, {"audio": "none.wav", "phones": "a"})
    write_tone(tmp_path / "fast.wav", rate=16000)
    lines.append({"audio": "fast.wav", "phones": "a"})
    corpus = read_manifest(write_manifest(tmp_path, lines))
    assert len(list(corpus)) == 3
    assert corpus.problems == {
        "left out, expected a readable WAV file": 1,
        "clips left out, expected 8000 samples per second": 1,
    }


def test_times_beyond_the_audio_are_counted_and_named(tmp_path):
    lines = entries(tmp_path, 3, starts=[0, 0.2], ends=[0.2, 0.4])
    assert refusal(tmp_path, lines) == (
        f": expected at least one clip for train, got none ({tmp_path / 'list.jsonl'}, line 1: "
        "expected times that fit the audio, got starts, ends: expected times within 0.3 seconds of "
        "audio, got 0.0 to 0.4 seconds)"
    )


# --- what it may not -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"audio": None}, "'audio' as a text, got None"),
        ({"audio": ""}, "'audio' as a text, got ''"),
        ({"text": 3}, "'text' as a text, got 3"),
        ({"phones": []}, "'phones' as a list of symbols or a text, got []"),
        ({"phones": " "}, "'phones' as a list of symbols or a text, got ' '"),
        ({"phones": ["a", 1]}, "'phones' as a list of symbols or a text, got ['a', 1]"),
        ({"phones": {"a": 1}}, "'phones' as a list of symbols or a text, got {'a': 1}"),
        ({"speaker": "x"}, "the keys audio, phones, text, starts, ends, split, group, got 'spe"),
        ({"split": "dev"}, "a split of train, validation, test, got 'dev'"),
        ({"split": ["dev"]}, "a split of train, validation, test, got ['dev']"),
        ({"split": "train"}, "'split' on every line or on none, got a difference to line 1"),
        ({"starts": [0, 1]}, "'starts' and 'ends' or neither, got one of them"),
        ({"starts": [0], "ends": [1]}, "2 'starts', one for each phone, got 1"),
        ({"starts": "0 1", "ends": [1, 2]}, "'starts' as a list of seconds, got '0 1'"),
        ({"starts": [0, "1"], "ends": [1, 2]}, "'starts' as a list of seconds, got [0, '1']"),
        ({"starts": [0, 0.1], "ends": [0.1, 0.2]}, "'starts' on every line or on none, got a diff"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, changes, sentence):
    lines = entries(tmp_path)
    lines[1] |= changes
    assert refusal(tmp_path, lines).startswith(f", line 2: expected {sentence}")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "a JSON object, got Expecting property name"),
        ("[1]", "a JSON object, got [1]"),
        ("[" * 100_000, "a JSON object, got "),
        ("{}", "'audio', got none"),
        ('{"audio": "a.wav"}', "'phones' or 'text', got neither"),
        ('{"audio": "a.wav", "text": "hi"}', "'phones', or a lexicon for 'text', got no lexicon"),
    ],
)
def test_a_line_that_says_too_little_is_named(tmp_path, line, sentence):
    assert refusal(tmp_path, [line]).startswith(f", line 1: expected {sentence}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("Hello world", "words of the lexicon, got 'world'"), ("...", "a word in 'text', got '...'")],
)
def test_a_text_that_the_lexicon_cannot_speak(tmp_path, text, sentence):
    (tmp_path / "words.txt").write_text("hello hh\n", encoding="utf-8")
    lines, lexicon = [{"audio": "a.wav", "text": text}], str(tmp_path / "words.txt")
    assert refusal(tmp_path, lines, lexicon=lexicon) == f", line 1: expected {sentence}"


def test_lines_that_contradict_each_other_are_named(tmp_path):
    lines = entries(tmp_path, 3, group="g", split="train")
    lines[2]["split"] = "test"
    expected = ", line 3: expected group 'g' in one split, got train, test"
    assert refusal(tmp_path, lines) == expected
    lines = entries(tmp_path, 4)
    lines[3]["audio"] = lines[0]["audio"]
    assert refusal(tmp_path, lines) == ", line 4: expected every audio once, got 'sound/0.wav'"
    assert refusal(tmp_path, []) == ": expected at least one clip for train, got none"


def test_a_missing_manifest_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.jsonl: expected a manifest of JSON lines, got "):
        load(f"manifest:{tmp_path / 'none.jsonl'}")


# --- the lexicon ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("one w ah n\n\ntwo\n", ", line 3: expected a word and its phones, got 'two'"),
        (";;; nothing\n", ": expected lines of a word and its phones, got none"),
    ],
)
def test_a_wrong_lexicon_is_named(tmp_path, text, sentence):
    path = tmp_path / "words.txt"
    path.write_text(text, encoding="utf-8")
    assert sentence_of(read_lexicon, path, error=DataError) == f"{path}{sentence}"


def lexicon_of(tmp_path, text, inventory=None):
    (tmp_path / "words.txt").write_text(text, encoding="utf-8")
    if inventory is not None:
        (tmp_path / "phones.txt").write_text("\n".join(inventory), encoding="utf-8")
        inventory = tmp_path / "phones.txt"
    return read_lexicon(tmp_path / "words.txt", inventory)


@pytest.mark.parametrize(
    "text",
    [
        "GDP  G IY1 # abbrev\n# made by hand\n;;; old\nGDP(2) G AH0\n",
        "gdp\tG IY1\ngdp\tG AH0\n",
        "gdp 1.0 G IY1\ngdp 0.25 G AH0\n",
        "gdp 1 G IY1 #1\ngdp 0.25 G AH0 #2\n",
        "gdp\t0.25\t0.17\t1.0\t1.43\tG AH0\ngdp\t0.99\t0.05\t.5\t1.0\tG IY1\n",
        "gdp 1e-05 G AH0\ngdp\t0.5\t0.05\t.5\t1.0\tG IY1\n",
        "gdp G IY1\ngdp 0.5 G AH0\n",
    ],
)
def test_remarks_and_probabilities_are_no_phones(tmp_path, text):
    """The layouts of CMU, Kaldi and MFA, and the most probable pronunciation of two."""
    assert lexicon_of(tmp_path, text, ["G", "IY1", "AH0"]) == {"gdp": ("G", "IY1")}
    assert lexicon_of(tmp_path, text) == {"gdp": ("G", "IY1")}


@pytest.mark.parametrize(
    ("text", "inventory", "sentence"),
    [
        ("a 0.5 0.5 AH\n", None, "line 1, column 7: expected a phone, got '0.5'"),
        ("a AH\nb B 0.5\n", None, "line 2, column 5: expected a phone, got '0.5'"),
        ("a A\u00a0B\n", None, "line 1, column 3: expected a phone, got 'A\\xa0B' (U+0041 U+00A0"),
        ("a 0.5\n", None, "line 1: expected a word and its phones, got 'a'"),
        ("a AH\n b AH  abbr\n", ["AH"], "line 2, column 8: expected a phone of the inventory, got"),
        (
            "a AH0 B (x)\na AH1 B B\n",
            None,
            "line 1, column 9: expected a phone of ARPAbet, or an inventory that has it, got '(x)'",
        ),
        (
            "a \u0430\n",
            ["a"],
            "line 1, column 3: expected a phone of the inventory, got '\u0430' (U+04",
        ),
    ],
)
def test_what_is_no_phone_is_named_by_line_and_column(tmp_path, text, inventory, sentence):
    assert sentence_of(lexicon_of, tmp_path, text, inventory, error=DataError).startswith(
        f"{tmp_path / 'words.txt'}, {sentence}"
    )


def test_what_is_not_cmus_inventory_is_not_taken_for_it(tmp_path):
    """Pauses beside ARPAbet are phones, and so is all in lexicons of tones or of other phones."""
    assert lexicon_of(tmp_path, "a AH0 B D\n<unk> SPN\n")["<unk>"] == ("SPN",)
    assert lexicon_of(tmp_path, "a AO1 B X\nb AO4 Q\n")["b"] == ("AO4", "Q")
    assert lexicon_of(tmp_path, "a AH B X\n") == {"a": ("AH", "B", "X")}


def test_a_digit_may_be_a_phone(tmp_path):
    """German in SAMPA has 2, 6 and 9."""
    assert lexicon_of(tmp_path, "er 6\nund U n t\n") == {"er": ("6",), "und": ("U", "n", "t")}


def test_numbers_of_units_are_no_probabilities(tmp_path):
    """Classes of self-supervised models, without and with a column of probabilities."""
    units = {"hello": ("34", "12", "99", "5"), "bye": ("7",)}
    assert lexicon_of(tmp_path, "hello 34 12 99 5\nbye 7\n") == units
    assert lexicon_of(tmp_path, "hello 1.0 34 12 99 5\nbye 1.0 7\n") == units


def test_a_phone_of_the_inventory_begins_no_remark(tmp_path):
    """A pause in SAMPA is `#`."""
    assert lexicon_of(tmp_path, "ja j a: # #1\n", ["j", "a:", "#"])["ja"] == ("j", "a:", "#")


def test_phones_of_a_manifest_are_of_the_inventory(tmp_path):
    (tmp_path / "phones.txt").write_text("a 0\nb 1\ne\u0301 2\n", encoding="utf-8")
    lines = entries(tmp_path, 4)
    for line in lines:
        line["phones"] = "a \u00e9"
    inventory = str(tmp_path / "phones.txt")
    corpus = read_manifest(write_manifest(tmp_path, lines), inventory=inventory)
    assert corpus.train[0].phones == ("a", "\u00e9")
    lines[1]["phones"] = "a b\u00a0a"
    sentence = ", line 2: expected phones of the inventory, got 'b\\xa0a' (U+0062 U+00A0"
    assert refusal(tmp_path, lines, inventory=inventory).startswith(sentence)


def test_words_keep_letters_of_every_script():
    assert words_of("Ещё раз: naïve, 2nd!") == ["ещё", "раз", "naïve", "2nd"]
    assert words_of("don\u2019t") == ["don't"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("हिन्दी, की", ["हिन्दी", "की"]),
        ("ที่นี่", ["ที่นี่"]),
        ("كَتَبَ", ["كَتَبَ"]),
        ("E\u0301te\u0301", ["\u00e9t\u00e9"]),
        ("mi\u200cxaham\u200c!", ["mi\u200cxaham"]),
        ("\u2764\ufe0f \u0301", []),
    ],
)
def test_combining_marks_are_parts_of_words(text, words):
    assert words_of(text) == words


@given(st.text())
def test_words_do_not_depend_on_the_normal_form(text):
    assert words_of(unicodedata.normalize("NFD", text)) == words_of(text)


def test_a_text_is_found_whatever_its_normal_form(tmp_path):
    lexicon = lexicon_of(tmp_path, "e\u0301te\u0301 e t E\u0301\nl\u2019e\u0301 l e\n")
    assert lexicon == {"\u00e9t\u00e9": ("e", "t", "\u00c9"), "l'\u00e9": ("l", "e")}
    assert lexicon[words_of("\u00c9T\u00c9")[0]] == lexicon[words_of("E\u0301te\u0301")[0]]

"""Posteriors that others bring: every format read back, every refusal, every finding planted."""

import os
import sys

import numpy as np
import pytest
from tolerances import FLOAT32_NETWORK, VALUE, assert_close

from refkd.alignment.ctm_textgrid import AlignedUtterance, Phone, write_ctm, write_textgrids
from refkd.alignment.posteriors.conventions import metadata_of, normalised
from refkd.alignment.posteriors.diagnose import diagnose
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.alignment.posteriors.read import read_posteriors
from refkd.alignment.posteriors.reference import Reference, read_reference, words_of
from refkd.check import ArgumentError, DataError
from refkd.files.tokens import read_tokens

TOLD = {"blank": 0, "symbols": ("-", "a", "m"), "frame_shift": 0.02, "first_frame": 0.01}
SIZES = {"one": 40, "two": 30}


def spiky(frames=40, blank=0, classes=3, seed=0):
    """Probabilities with the blank best in most frames."""
    prob = np.random.default_rng(seed).dirichlet(np.ones(classes), frames)
    prob[np.arange(frames) % 4 != 1, blank] += 3.0
    prob[np.arange(frames) % 4 == 1, (blank + 1) % classes] += 3.0
    return prob / prob.sum(axis=1, keepdims=True)


def a_set(name="teacher", arrays=None, **facts):
    arrays = {key: spiky(frames) for key, frames in SIZES.items()} if arrays is None else arrays
    return PosteriorSet(name, arrays, **(TOLD | {"kind": "probabilities"} | facts))


def sentences(*sets, level=None, **options):
    findings = diagnose(*sets, **options)
    return [finding.sentence for finding in findings if level in (None, finding.level)]


# --- reading NumPy files -------------------------------------------------------------------------


def test_npz_with_metadata_as_a_run_writes_it(tmp_path):
    first, second = np.arange(6.0).reshape(2, 3), np.ones((4, 3), np.float32)
    metadata = {f"metadata.{key}": np.array(value) for key, value in TOLD.items()}
    more = {"metadata.kind": np.array("logits"), "metadata.subsampling": np.array(2)}
    np.savez(tmp_path / "small.npz", **metadata, **more, **{"b/one": first, "ж": second})
    model = read_posteriors(tmp_path / "small.npz")
    assert model.names == ("b/one", "ж")
    assert [array.dtype for array in model.arrays.values()] == [np.float64, np.float32]
    assert (model.arrays["b/one"] == first).all()
    assert (model.name, model.kind, model.subsampling) == ("small", "logits", 2)
    assert {key: getattr(model, key) for key in TOLD} == TOLD


def test_plain_npz_and_what_is_given_goes_first(tmp_path):
    path = tmp_path / "small.npz"
    np.savez(path, one=np.zeros((2, 3), np.float16), **{"metadata.blank": np.array(2)})
    model = read_posteriors(path, name="mine", kind="logits", frame_shift=0.04)
    assert (model.name, model.kind, model.blank, model.frame_shift) == ("mine", "logits", 2, 0.04)
    assert model.symbols is model.first_frame is model.subsampling is None
    assert read_posteriors(path, blank=1).blank == 1


def test_npy_is_one_utterance(tmp_path):
    np.save(tmp_path / "one.npy", np.arange(6).reshape(2, 3))
    model = read_posteriors(tmp_path / "one.npy")
    assert model.names == ("one",)
    assert model.arrays["one"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


def test_what_no_reader_takes(tmp_path):
    np.save(tmp_path / "batch.npy", np.zeros((2, 3, 4)))
    np.save(tmp_path / "pickled.npy", np.array([{}, None]), allow_pickle=True)
    np.savez(tmp_path / "empty.npz")
    np.savez(tmp_path / "turned.npz", one=np.zeros((3, 5)), two=np.zeros((3, 6)))
    np.savez(tmp_path / "classes.npz", one=np.zeros((4, 5)), two=np.zeros((3, 6)))
    np.savez(tmp_path / "flat.npz", one=np.zeros(3))
    np.savez(tmp_path / "none.npz", one=np.zeros((0, 3)))
    np.savez(tmp_path / "complex.npz", one=np.zeros((2, 3), complex))
    np.savez(tmp_path / "typo.npz", one=np.zeros((2, 3)), **{"metadata.shift": np.array(1)})
    np.savez(tmp_path / "list.npz", one=np.zeros((2, 3)), **{"metadata.blank": np.zeros(3, int)})
    np.savez(tmp_path / "kind.npz", one=np.zeros((2, 3)), **{"metadata.kind": np.array("logit")})
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "flat.npz").read_bytes()[:-30])
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "one.npz").write_bytes((tmp_path / "batch.npy").read_bytes())
    (tmp_path / "two.npy").write_bytes((tmp_path / "flat.npz").read_bytes())
    for name, reason in {
        "batch.npy": r"one utterance of shape \(T, K\), got a batch of shape \(2, 3, 4\)",
        "pickled.npy": "a single array of numbers, got the array of pickled objects",
        "empty.npz": "at least one utterance, got none",
        "turned.npz": r"utterance 'two': expected K=5 as in 'one', got K=6; \(K, T\) arrays must",
        "classes.npz": "utterance 'two': expected K=5 as in 'one', got K=6$",
        "flat.npz": r"utterance 'one': expected shape \(T, K\), got shape \(3,\)",
        "none.npz": "utterance 'one': expected T >= 1 and K >= 1",
        "complex.npz": "real numbers, got dtype complex128",
        "typo.npz": "metadata of kind, blank, .*, got 'shift'",
        "list.npz": r"metadata.blank as one value, got shape \(3,\)",
        "kind.npz": "kind: expected one of 'logits', .*, got 'logit'",
        "text.npz": "an npz archive of numbers, got no npz",
        "cut.npz": "an npz archive of numbers, got a damaged file: File is not a zip file",
        "folder.npz": "a file, got a folder",
        "missing.npz": "a file, got none",
        "one.npz": "an npz archive of numbers, got a single array",
        "two.npy": "a single array of numbers, got an npz archive",
        "model.pt": "a name that ends in .npz, .npy, .ark, .scp, got '.pt'",
    }.items():
        with pytest.raises(DataError, match=rf"{name}.*{reason}"):
            read_posteriors(tmp_path / name)


@pytest.mark.parametrize(
    ("fact", "value", "reason"),
    [
        ("blank", 3, "blank: expected a whole number <= 2, got 3"),
        ("symbols", ["a", "b"], "symbols: expected K=3 to match the arrays, got K=2"),
        ("frame_shift", 0.0, "frame_shift: expected a number > 0"),
        ("first_frame", float("nan"), "first_frame: expected a finite number"),
        ("kind", "logprobs", "kind: expected one of"),
    ],
)
def test_facts_that_do_not_fit(tmp_path, fact, value, reason):
    np.savez(tmp_path / "small.npz", one=np.zeros((2, 3)))
    with pytest.raises(DataError, match=rf"small\.npz: {reason}"):
        read_posteriors(tmp_path / "small.npz", **{fact: value})


# --- reading Kaldi's files -----------------------------------------------------------------------


@pytest.fixture
def kaldiio():
    return pytest.importorskip("kaldiio")


ARRAYS = {"one": spiky(7), "ж-2": np.log(spiky(5, seed=1))}


def test_archives_read_back(tmp_path, kaldiio):
    path = str(tmp_path / "a.ark")
    kaldiio.save_ark(path, ARRAYS)
    model = read_posteriors(path)
    assert model.names == tuple(ARRAYS)
    assert all((model.arrays[name] == ARRAYS[name]).all() for name in ARRAYS)
    for options in ({"text": True}, {"compression_method": 3}):
        kaldiio.save_ark(path, {n: a.astype(np.float32) for n, a in ARRAYS.items()}, **options)
        for name, array in read_posteriors(path).arrays.items():
            assert np.abs(array - ARRAYS[name]).max() < 1 / 2000  # 16 bits over the range
    kaldiio.save_ark(path, ARRAYS, text=True)
    assert_close(read_posteriors(path).arrays["one"], ARRAYS["one"], FLOAT32_NETWORK)


def test_text_by_hand(tmp_path, kaldiio):
    (tmp_path / "t.ark").write_text("a  [\n  0 0.25 0.75\n  1e-05 1 -inf ]\nb  [\n  1 0 0 ]\n")
    model = read_posteriors(tmp_path / "t.ark")
    assert_close(model.arrays["a"], [[0, 0.25, 0.75], [1e-5, 1, -np.inf]], FLOAT32_NETWORK)
    assert model.arrays["b"].tolist() == [[1.0, 0.0, 0.0]]


def test_scripts_read_back(tmp_path, kaldiio, monkeypatch):
    kaldiio.save_ark(str(tmp_path / "a.ark"), ARRAYS, scp=str(tmp_path / "a.scp"))
    model = read_posteriors(tmp_path / "a.scp")
    assert model.names == tuple(ARRAYS)
    assert all((model.arrays[name] == ARRAYS[name]).all() for name in ARRAYS)
    kaldiio.save_mat(str(tmp_path / "one.mat"), ARRAYS["one"])
    (tmp_path / "b.scp").write_text("x one.mat\n")
    monkeypatch.chdir(tmp_path)
    assert (read_posteriors("b.scp").arrays["x"] == ARRAYS["one"]).all()


def test_spaces_and_tabs_end_a_name_and_belong_to_a_path(tmp_path, kaldiio, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a folder").mkdir()
    kaldiio.save_mat("a folder/one.mat", ARRAYS["one"])
    for line in ("x a folder/one.mat", "x\ta folder/one.mat", " x\t  a folder/one.mat\t"):
        (tmp_path / "a.scp").write_text(f"\n{line}\n")
        model = read_posteriors("a.scp")
        assert model.names == ("x",)
        assert (model.arrays["x"] == ARRAYS["one"]).all()
    (tmp_path / "t.ark").write_text("x\t[\n 1 0 ]\ne\u0301  [\n 0 1 ]\n", encoding="utf-8")
    assert read_posteriors("t.ark").names == ("x", "\u00e9")


@pytest.mark.parametrize("entry", ["touch ran |", "|touch ran", "cat a.ark | tee ran|"])
def test_commands_are_refused_before_anything_is_opened(tmp_path, entry, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.scp").write_text(f"one none.ark:5\ntwo {entry}\n")
    with pytest.raises(DataError, match=r"a\.scp, line 2: expected a file, got a command, which"):
        read_posteriors(tmp_path / "a.scp")
    assert os.listdir(tmp_path) == ["a.scp"]


def test_archives_that_are_refused(tmp_path, kaldiio):
    kaldiio.save_ark(str(tmp_path / "good.ark"), ARRAYS)
    good = (tmp_path / "good.ark").read_bytes()
    kaldiio.save_ark(str(tmp_path / "vector.ark"), {"one": np.ones(3)})
    for name, data, reason in (
        ("cut.ark", good[:-10], "cut.ark, utterance 'ж-2': expected a matrix of Kaldi"),
        ("twice.ark", good + good, "twice.ark: expected every utterance once, got 'one'"),
        ("junk.ark", b"hello world", "junk.ark, utterance 'hello': expected a matrix"),
        ("name.ark", b"\xff\xfe [", "name.ark: expected names in UTF-8"),
        ("short.ark", b"one  [\n 0.5 0.5\n 1 ]\n", "short.ark, utterance 'one': expected a m"),
        ("line.ark", b"one  [ 1 0 ]\n", "first row on a new line"),
        ("empty.ark", b"", "empty.ark: arrays: expected at least one utterance"),
        ("pickle.ark", b"one PKL\x80\x04.", "pickle.ark, utterance 'one': expected a matrix"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DataError, match=reason):
            read_posteriors(tmp_path / name)
    with pytest.raises(DataError, match="utterance 'one': expected a matrix of Kaldi"):
        read_posteriors(tmp_path / "vector.ark")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("one\n", "line 1: expected NAME FILE or NAME FILE:OFFSET, got 'one'"),
        ("\none -\n", "line 2: expected NAME FILE"),
        ("one a.ark:4[0:3]\n", "line 1: expected NAME FILE"),
        ("one none.ark\none none.ark\n", "line 2: expected every utterance once"),
        ("one none.ark:3\n", r"line 1: expected to read none\.ark"),
        ("one a\0b\n", r"line 1: expected NAME FILE or NAME FILE:OFFSET, got 'one a\\x00b'"),
        ("one " + "a" * 9999, r"line 1: expected to read a{192} \.\.\. a{100}, got"),
    ],
)
def test_scripts_that_are_refused(tmp_path, kaldiio, text, reason, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.scp").write_text(text)
    with pytest.raises(DataError, match=reason):
        read_posteriors(tmp_path / "a.scp")


def test_a_sentence_where_kaldiio_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "kaldiio", None)
    (tmp_path / "a.ark").write_bytes(b"one  [\n 1.0 ]\n")
    with pytest.raises(DataError, match=r"pip install 'refkd\[kaldi\]'"):
        read_posteriors(tmp_path / "a.ark")


# --- tokens --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("<blank>\nж\n▁m\n", ("<blank>", "ж", "▁m")),
        ("\ufeff<blk> 0\r\nm\t2\r\n\r\na 1\r\n", ("<blk>", "a", "m")),
        ("<eps> 0\na 1\n#0 2\n#1 3\n", ("<eps>", "a")),
        ("#0\na\n", ("#0", "a")),
        ("<blk>\n \n\u3000\n\u00a0\na\n\n", ("<blk>", " ", "\u3000", "\u00a0", "a")),
        ("<blk> 0\n  1\n\u00a0 2\n", ("<blk>", " ", "\u00a0")),
        ("-\ne\u0301\n", ("-", "\u00e9")),
        ("-\np\t\n <td>\n", ("-", "p", "<td>")),
        ("\uf92c\n\u90ce\n", ("\u90ce", "\u90ce")),
    ],
)
def test_tokens(tmp_path, text, symbols):
    (tmp_path / "tokens.txt").write_bytes(text.encode())
    assert read_tokens(tmp_path / "tokens.txt") == symbols


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "tokens.txt: expected a symbol on every line, got none"),
        (b"a 0\nb\n", "tokens.txt, line 2: expected SYMBOL ID, got 'b'"),
        (b"a\nb 1\n", "tokens.txt, line 2: expected SYMBOL, got 'b 1'"),
        (b"a\n\nb\n", "tokens.txt, line 2: expected SYMBOL, got ''"),
        (b"a\n  \n", "tokens.txt, line 2: expected SYMBOL, got '  '"),
        ("ü\nü\n".encode(), r"line 2: expected every symbol once, got 'ü' \(U\+00FC\)"),
        (b"a " + b"9" * 9999, "line 1: expected SYMBOL, got 'a 9{197} [.]{3} 9{99}'$"),
        (b"a 0\nb 0\n", "line 2: expected every id once, got 0"),
        (b"a 0\na 1\n", "line 2: expected every symbol once, got 'a'"),
        (b"a 0\nb 2\n", "tokens.txt: expected the ids 0 to 1, got none with id 1"),
        (b"a 1\n\xff 0\n", "line 2: expected UTF-8"),
    ],
)
def test_tokens_that_are_refused(tmp_path, text, reason):
    (tmp_path / "tokens.txt").write_bytes(text)
    with pytest.raises(DataError, match=reason):
        read_tokens(tmp_path / "tokens.txt")
    with pytest.raises(DataError, match=r"none\.txt: expected a text file"):
        read_tokens(tmp_path / "none.txt")


# --- true times ----------------------------------------------------------------------------------

PHONES = (Phone("ж", 0.0, 0.25), Phone("a b%", 0.5, 0.75))


def check_phones(reference):
    assert reference.labels == ("ж", "a b%")
    assert_close(reference.starts, [0.0, 0.5], VALUE)
    assert_close(reference.ends, [0.25, 0.75], VALUE)


def test_what_align_writes_reads_back(tmp_path):
    utterances = [AlignedUtterance(name, 1.0, PHONES, PHONES[1:]) for name in ("a/b", "one two")]
    write_ctm(utterances, tmp_path / "true.ctm")
    write_textgrids(utterances, tmp_path)
    for reference in (read_reference(tmp_path / "true.ctm"), read_reference(tmp_path)):
        assert set(reference) == {"a/b", "one two"}
        for utterance in reference.values():
            check_phones(utterance)
    reference = read_reference(tmp_path / "a%2Fb.TextGrid", tier="true", skip=("sil",))
    assert reference["a/b"].labels == ("a b%",)
    assert read_reference(tmp_path / "true.ctm", skip=("ж",))["a/b"].labels == ("a b%",)


SHORT = """File type = "ooTextFile"
Object class = "TextGrid"

0
1
<exists>
2
"IntervalTier"
"words"
0
1
2
0
0.5
"hi"
0.5
1
""
"TextTier"
"marks"
0
1
1
0.5
"x"
"""


def test_short_textgrid(tmp_path):
    (tmp_path / "one.TextGrid").write_text(SHORT, encoding="utf-16")
    reference = read_reference(tmp_path, tier="words")["one"]
    assert (reference.labels, *reference.starts, *reference.ends) == (("hi",), 0.0, 0.5)
    with pytest.raises(DataError, match=r"one\.TextGrid: .* a tier 'phones', got 'words', 'marks'"):
        read_reference(tmp_path)
    with pytest.raises(DataError, match="intervals in tier 'marks', got points"):
        read_reference(tmp_path, tier="marks")
    (tmp_path / "two.TextGrid").write_text("hello")
    with pytest.raises(DataError, match=r"two\.TextGrid: expected a TextGrid"):
        read_reference(tmp_path / "two.TextGrid")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="TextGrids in the folder, got none"):
        read_reference(tmp_path / "empty")


def test_ctm_comments_order_and_rounding(tmp_path):
    (tmp_path / "a.ctm").write_text(
        ";; made by hand\nu A 0.50 0.20 %hm 0.9\nu A 0.00 0.51 hi\n\nv 1 1 1 x\n", encoding="utf-8"
    )
    reference = read_reference(tmp_path / "a.ctm")
    assert reference["u"].labels == ("hi", "%hm")
    assert reference["u"].ends[0] == reference["u"].starts[1] == 0.5
    assert list(reference) == ["u", "v"]


def test_ctm_of_eight_columns_and_only_spaces_and_tabs_split(tmp_path):
    """As NeMo writes it. A no-break space belongs to its label; what is skipped has any length."""
    (tmp_path / "a.ctm").write_text(
        "u\t1\t0.00 0.50 a\u00a0b NA lex NA\nu 1 0.50 0 sp\nu 1 0.50 0.2 e\u0301 0.9 lex x\n",
        encoding="utf-8",
    )
    reference = read_reference(tmp_path / "a.ctm", skip=("sp",))["u"]
    assert reference.labels == ("a\u00a0b", "\u00e9")
    assert_close(reference.ends, [0.5, 0.7], VALUE)
    skipped = read_reference(tmp_path / "a.ctm", skip=("sp", "e\u0301"))["u"]
    assert skipped.labels == ("a\u00a0b",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected at least one line, got none"),
        ("u 1 0 1\n", "line 1: expected utterance channel start duration label"),
        ("u 1 0 1 a\nu 1 x 1 b\n", "line 2: expected seconds for start and duration, got x 1"),
        ("u 1 0 nan a\n", "line 1: expected seconds"),
        (
            "u 1 0 0 a\n",
            "line 1: expected a positive duration, or the label skipped, got 0 s of 'a'",
        ),
        ("u 1 0 -1 a\n", "line 1: expected start >= 0 and duration >= 0, got 0 and -1"),
        ("u 1 0 1 New York\n", "line 1, column 6: expected a confidence or NA, got 'York'"),
        ("u 1 0 1 a 0.5 b\n", "line 1, column 7: expected one of lex, .*, got 'b'"),
        ("u 1 0 1 a 0.5 lex s t\n", "line 1: expected utterance channel start duration label"),
        ("u 1 0 1 a\nu 2 1 1 b\n", "line 2: expected one channel for 'u', got 1 and 2"),
        (
            "u 1 0.5 1 b\nu 1 0 0.6 a\n",
            "line 1: expected no other label after 0.5 s, got 'a' until",
        ),
    ],
)
def test_ctm_that_is_refused(tmp_path, text, reason):
    (tmp_path / "a.ctm").write_text(text)
    with pytest.raises(DataError, match=reason):
        read_reference(tmp_path / "a.ctm")
    with pytest.raises(DataError, match=r"a \.ctm or \.TextGrid file or a folder, got '\.txt'"):
        read_reference(tmp_path / "a.txt")


def timed(labels, edges):
    edges = np.array(edges)
    return Reference(tuple(labels), edges[:-1], edges[1:])


def test_phones_in_words():
    words = Reference(("x", "y"), np.array([0.1, 0.5]), np.array([0.4, 0.9]))
    phones = timed("abcdef", [0.0, 0.1, 0.2, 0.45, 0.5, 0.85, 1.0])
    assert words_of(phones, words).tolist() == [-1, 0, 0, -1, 1, -1]
    none = Reference((), np.zeros(0), np.zeros(0))
    assert words_of(phones, none).tolist() == [-1] * 6
    assert words_of(none, words).tolist() == []


# --- findings ------------------------------------------------------------------------------------


def test_nothing_to_say():
    reference = {name: timed("am", [0, 0.1, 0.3]) for name in SIZES}
    assert diagnose(a_set(), a_set("small"), reference=reference) == ()


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("probabilities", lambda p: p),
        ("log_probabilities", np.log),
        ("logits", lambda p: np.log(p) + np.linspace(-3, 3, len(p))[:, None]),
    ],
)
def test_kinds_are_told_apart_and_normalised(kind, change):
    prob = spiky()
    model = PosteriorSet("small", {"one": change(prob)})
    assert metadata_of(model).kind == kind
    words = f"the numbers are {kind.replace('_', '-')}, by their range and row sums"
    assert words in sentences(model)
    result = normalised(model)
    assert_close(result.arrays["one"], np.log(prob), VALUE)
    assert (result.kind, result.blank, result.symbols) == ("log_probabilities", 0, ("0", "1", "2"))
    assert (result.first_frame, result.frame_shift) == (0.0, None)


def test_what_is_told_is_kept():
    model = normalised(a_set(subsampling=2))
    assert {key: getattr(model, key) for key in TOLD} == TOLD
    assert model.subsampling == 2


def test_no_probability_is_minus_infinity():
    model = normalised(PosteriorSet("small", {"one": [[1.0, 0.0]]}))
    assert model.arrays["one"].tolist() == [[0.0, -np.inf]]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none(bad):
    arrays = {"one": spiky(), "two": spiky(30, seed=1)}
    arrays["two"][[7, 9], 1] = bad
    model = a_set(arrays=arrays)
    assert sentences(model) == [
        "NaN, +inf or nothing but -inf in 2 frames of 1 utterances, first in utterance 'two', "
        "frame 7"
    ]
    assert diagnose(model)[0].level == "error"
    with pytest.raises(ArgumentError, match=r"utterance 'two': expected finite posteriors, .* 7"):
        normalised(model)


def test_silent_frames_are_errors():
    logp = np.log(spiky())
    logp[3] = -np.inf
    model = a_set(arrays={"one": logp}, kind="log_probabilities")
    assert "utterance 'one', frame 3" in sentences(model, level="error")[0]
    nothing = a_set(arrays={"one": np.full((2, 3), np.nan)}, kind=None)
    assert len(sentences(nothing, level="error")) == 1
    with pytest.raises(ArgumentError, match="finite posteriors"):
        normalised(nothing)
    with pytest.raises(ArgumentError, match="frame 0"):
        normalised(PosteriorSet("small", {"one": [[0.0, 0.0]]}, kind="probabilities"))


def test_rows_that_do_not_sum_to_one():
    arrays = {"one": spiky(), "two": spiky(30, seed=1)}
    arrays["one"][3] *= 1.1
    arrays["two"][5] *= 1.5
    expected = (
        "the probabilities of 2 of 70 frames do not sum to one; the worst is off by 0.5 in "
        "utterance 'two', frame 5; all are normalised"
    )
    assert sentences(a_set(arrays=arrays), level="warning") == [expected]
    assert_close(np.exp(normalised(a_set(arrays=arrays)).arrays["two"]).sum(axis=1), 1.0, VALUE)
    logs = {name: np.log(array) for name, array in arrays.items()}
    assert sentences(a_set(arrays=logs, kind="log_probabilities")) == [expected]
    assert sentences(a_set(arrays=logs, kind="logits")) == []


def test_probabilities_told_as_something_else_and_the_reverse():
    for kind in ("logits", "log_probabilities"):
        expected = f"{kind} are given, but the numbers look like probabilities"
        assert sentences(a_set(kind=kind)) == [expected]
    logs = a_set(arrays={"one": np.log(spiky())})
    assert (
        "probabilities are given, but the smallest number is -" in sentences(logs, level="error")[0]
    )
    with pytest.raises(ArgumentError, match="utterance 'one': expected probabilities >= 0"):
        normalised(logs)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (np.log10, "logarithms to base 10; multiply by ln 10"),
        (np.log2, "logarithms to base 2; multiply by ln 2"),
        (lambda p: -np.log(p), "negative logarithms; change the sign"),
    ],
)
def test_other_logarithms(change, words):
    """Not told, they stop; told to be logits, they are taken for such with a warning."""
    arrays = {"one": change(spiky())}
    assert sentences(a_set(arrays=arrays, kind=None), level="error") == [
        f"expected natural logarithms, or --kind to specify them, got what looks like {words}"
    ]
    model = a_set(arrays=arrays, kind="logits")
    assert sentences(model, level="error") == []
    assert f"the numbers look like {words}" in sentences(model, level="warning")


LAST = {"one": spiky(blank=2)}
ANY = {"one": np.eye(3)[[0, 1, 2, 2, 0, 0, 1]]}
PADDED = {"one": np.concatenate([spiky(), np.tile(spiky(1), (12, 1))]), "two": spiky(30)}


FINDINGS = [
    ({"arrays": LAST}, None,
     ["blank 0 is the best class in 25 % of frames; 2 is best in 75 % and looks like the blank"]),
    ({"arrays": LAST, "blank": None, "symbols": None}, "assumed",
     ["the blank is 2, the best class in 75 % of frames", "classes are named by their numbers"]),
    ({"arrays": LAST, "blank": None, "symbols": ("a", "m", "<blk>")}, None,
     ["the blank is 2, by its symbol '<blk>'"]),
    # of several names the one that is heard
    ({"arrays": LAST, "blank": None, "symbols": ("-", "_", "blank")}, None,
     ["the blank is 2, by its symbol 'blank'"]),
    ({"arrays": ANY, "blank": None, "symbols": ("a",) * 3}, "warning",
     ["the blank is 0, the best class in 43 % of frames"]),
    ({"arrays": PADDED}, "warning",
     ["1 of 2 utterances end in 10 or more equal frames, as padding does, such as 'one'"]),
    ({"symbols": None, "frame_shift": None, "first_frame": None}, "assumed",
     ["classes are named by their numbers",
      "the frame shift is unknown, so times are in frames",
      "frame 0 is at 0 s"]),
    ({"frame_shift": 10.0}, None, ["a frame shift of 10 s is unusual; it is in seconds"]),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "level", "expected"), FINDINGS)
def test_findings_in_one_set(facts, level, expected):
    assert sentences(a_set(**facts), level=level) == expected


@pytest.mark.parametrize(
    "name",
    ["<blk>", "<blank>", "blank", "<pad>", "[PAD]", "[blank]", "[CTCblank]", "<b>", "-", "_", None],
)
def test_names_of_blanks(name):
    symbols = ("a", "m", name) if name else None
    assert metadata_of(a_set(arrays=LAST, blank=None, symbols=symbols)).blank == 2


def test_a_name_against_the_evidence_is_an_error():
    """Best in no frame, although another class is in 90 %; rare but not against it: a warning."""
    best = np.repeat([2, 0, 1], [90, 0, 10])
    model = a_set(arrays={"one": np.eye(3)[best]}, blank=None, symbols=("-", "a", "m"))
    assert [sentence for sentence in sentences(model) if "blank" in sentence] == [
        "expected --blank to specify the class, got 0 by its symbol '-', which is best in 0 % "
        "of frames, but 2 ('m') in 90 %"
    ]
    with pytest.raises(ArgumentError, match="teacher: expected --blank to specify the class"):
        normalised(model)
    rare = np.repeat([2, 0, 1], [60, 20, 20])
    model = a_set(arrays={"one": np.eye(3)[rare]}, blank=None, symbols=("-", "a", "m"))
    assert sentences(model, level="error") == []
    assert normalised(model).blank == 0
    assert sentences(a_set(arrays={"one": np.eye(3)[best]}), level="error") == []  # told: class 0


@pytest.mark.parametrize("total", [0.5, 0.95, 1.2])
def test_numbers_from_0_to_1_that_do_not_sum_to_one_are_of_no_kind(total):
    arrays = {"one": total * 0.7 * spiky() + 0.3 * total / 3}
    model = a_set(arrays=arrays, kind=None)
    assert sentences(model) == [
        "expected --kind to specify whether the numbers are probabilities or logits, got numbers "
        f"from 0 to 1 that sum to {total:.3g} in a frame"
    ]
    with pytest.raises(ArgumentError, match="teacher: expected --kind to specify whether"):
        normalised(model)
    expected = arrays["one"] / total
    got = normalised(a_set(arrays=arrays)).arrays["one"]
    assert_close(np.exp(got), expected, VALUE)
    assert sentences(a_set(arrays=arrays, kind="logits"), level="error") == []


def test_one_normal_form_of_symbols_and_names():
    """An accent of its own is no other symbol; a look-alike is, and shows its code points."""
    composed, other = (
        a_set(name, {utterance: spiky()}, symbols=("-", letter, "m"))
        for name, utterance, letter in (
            ("teacher", "caf\u00e9", "\u00e9"),
            ("small", "cafe\u0301", "e\u0301"),
        )
    )
    assert other.names == ("caf\u00e9",)
    true = {"caf\u00e9": timed(["e\u0301", "m"], [0, 0.1, 0.3])}
    assert sentences(composed, other, reference=true) == []
    alike = a_set("small", {"caf\u00e9": spiky()}, symbols=("-", "\u00e9", "\u043c"))
    assert sentences(composed, alike) == [
        "1 classes have a different symbol than in teacher, such as 2: '\u043c' (U+043C), there 'm'"
    ]
    with pytest.raises(ArgumentError, match="arrays: expected names=2 to match their names in NFC"):
        PosteriorSet("small", {"\u00e9": spiky(), "e\u0301": spiky()})


def test_names_of_two_sets():
    first, second, third = spiky(), spiky(30), spiky(20)
    findings = diagnose(a_set(), a_set("small", {"two": second, "three": third}))
    assert [(each.level, each.name) for each in findings] == [("warning", "small")]
    assert (
        "2 utterances are not in both this model and teacher and are left out"
        in findings[0].sentence
    )
    nothing = sentences(a_set(), a_set("small", {"three": first}), level="error")
    assert nothing == ["no utterance is in both this model and teacher, such as 'one' and 'three'"]


def test_classes_of_two_sets():
    arrays = {"one": spiky(classes=4), "two": spiky(30)[:, [0, 1, 2, 2]]}
    wider = a_set("small", arrays, symbols=None)
    assert "K=4 classes, teacher has K=3" in sentences(a_set(), wider, level="error")
    other = a_set("small", symbols=("-", "m", "a"))
    assert sentences(a_set(), other) == [
        "2 classes have a different symbol than in teacher, such as 1: 'm', there 'a'"
    ]
    last = a_set("small", {"one": spiky(blank=2), "two": spiky(30, 2)}, blank=2, symbols=None)
    assert sentences(a_set(), last, level="error") == [
        "the blank is 2, that of teacher is 0, so their classes are in different orders"
    ]


def test_durations_of_two_sets():
    halves = {"one": spiky(20), "two": spiky(15)}
    assert sentences(a_set(), a_set("small", halves, frame_shift=0.04)) == []
    assert sentences(a_set(), a_set("small", halves)) == [
        "2 of 2 shared utterances differ in duration from teacher, the worst 'one': 0.4 s, there "
        "0.8 s; numbers of frames are as 1 to 2, frame shifts as 1 to 1"
    ]
    unknown = sentences(a_set(), a_set("small", halves, frame_shift=None), level="warning")
    assert unknown == [
        "2 of 2 shared utterances differ in duration from teacher, the worst 'one': 20 frames, "
        "there 40 frames; numbers of frames are as 1 to 2, frame shifts not known of both"
    ]
    edges = {"one": spiky(37), "two": spiky(30)}
    assert sentences(a_set(), a_set("small", edges)) == []
    wrong = {"one": spiky(36), "two": spiky(30)}
    assert "1 of 2 shared utterances" in sentences(a_set(), a_set("small", wrong))[0]


def test_reference_that_does_not_fit():
    true = {"one": timed("ax", [0.0, 0.1, 1.6]), "three": timed("a", [0.0, 0.1])}
    findings = sentences(a_set(), reference=true)
    assert findings == [
        "2 utterances are not in both this model and the reference and are left out, "
        "such as 'three'",
        "1 labels of the reference are not symbols, such as 'x'",
        "1 of 1 utterances end before their reference, the worst 'one': posteriors until 0.81 s, "
        "reference until 1.6 s",
    ]
    unnamed = a_set(frame_shift=None, symbols=None)
    assert len(sentences(unnamed, reference=true, level="warning")) == 1


def test_diagnose_wants_sets():
    with pytest.raises(ArgumentError, match="sets: expected at least one, got none"):
        diagnose()
    with pytest.raises(ArgumentError, match="sets: expected a PosteriorSet, got dict"):
        diagnose({})

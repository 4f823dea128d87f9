"""`refkd plot` as a stranger uses it: files in; sentences, tables, figures, numbers out."""

import csv
import json
import wave

import numpy as np
import pytest
from support.figures import assert_readable, proofs
from support.plot import FRAMES, LATE, SYMBOLS, TEACHER, arguments, arrays_of, logits, write
from tolerances import VALUE, assert_close

from refkd.alignment.posteriors.comparison import compare
from refkd.alignment.posteriors.delays import TrueDelays
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.alignment.posteriors.reference import Reference
from refkd.alignment.posteriors.truth import Truth
from refkd.alignment.statistics import EmissionDelay
from refkd.cli import main
from refkd.losses.rules import Hard, Window
from visualize import delays_figure
from visualize.output.figures import figures_of_models
from visualize.output.models_drawing import ModelsDrawing


@pytest.fixture
def files(tmp_path):
    """A teacher and a late student, with everything told."""
    facts = {"kind": "logits", "blank": 0, "symbols": SYMBOLS, "frame_shift": 0.02}
    facts["first_frame"] = 0.0
    return [
        f"{name}={write(tmp_path / f'{name}.npz', arrays_of(events), **facts)}"
        for name, events in (("teacher", TEACHER), ("small", LATE))
    ]


@pytest.fixture
def truth(tmp_path):
    """Each symbol of `one` begins with the teacher's spike and lasts 80 ms; `two` is not known."""
    path = tmp_path / "true.ctm"
    lines = [f"one 1 {0.02 * t} 0.08 {SYMBOLS[k]}\n" for t, k in TEACHER["one"].items()]
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def plot(tmp_path, capsys):
    """Run the command; SVG only, because it is the quickest."""

    def run(models, *more, out="figures"):
        words = arguments(models, "--format", "svg", "--out", str(tmp_path / out), *map(str, more))
        code = main(words)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def measure(plot):
    """What --json prints; without --numbers a single figure is drawn."""

    def run(*words, **options):
        figures = () if {"--numbers", "--rule"} & set(words[1:]) else ("--figures", "offsets")
        code, out, _ = plot(*words, *figures, "--json", **options)
        assert code == 0
        return json.loads(out)

    return run


def number(text):
    """nan for a name, and where a line reaches across the axes."""
    try:
        return float(text)
    except ValueError:
        return np.nan


def numbers(path):
    """Rows of the table under (figure, panel, series)."""
    rows = {}
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            place = row["figure"], row["panel"], row["series"]
            rows.setdefault(place, []).append([number(row[side]) for side in "xy"])
    return {place: np.array(values) for place, values in rows.items()}


# --- what is said and written --------------------------------------------------------------------


def test_first_plot(files, plot, tmp_path):
    code, out, err = plot(files)
    assert code == 0
    assert err.splitlines() == [
        "left out: delays: there is no --reference",
        "left out: tradeoff: there is no --reference",
        "left out: band: there is no --rule",
        "left out: gradients: there is no --rule",
    ]
    made = [
        str(tmp_path / "figures" / f"{name}.svg") for name in ("shift", "offsets", "cumulative")
    ]
    assert out.splitlines() == [
        *made,
        "",
        "2 utterances; positive is late",
        "",
        "after teacher (ms)  n  mean  frames  median   p5  p95  unmatched  extra",
        "small               6   +30   +1.50     +20  +20  +55      0.0 %  0.0 %",
    ]
    written = {path.name for path in (tmp_path / "figures").iterdir()}
    assert written == {"shift.svg", "offsets.svg", "cumulative.svg", "plot.json"}


def test_everything_at_once(files, truth, plot, tmp_path):
    table = tmp_path / "numbers.csv"
    more = ("--reference", truth, "--rule", "Hard", "--window", "3,0", "--numbers", table)
    code, out, err = plot(files, *more)
    assert (code, err) == (
        0,
        "teacher: warning: 1 utterances are not in both this model and the reference and are left "
        "out, such as 'two'\n"
        "small: warning: 1 utterances are not in both this model and the reference and are left "
        "out, such as 'two'\n",
    )
    figures = ("shift", "offsets", "cumulative", "delays", "tradeoff")
    figures += ("band-small", "gradients-small")
    names = [line.split("figures")[1][1:] for line in out.splitlines()[: len(figures)]]
    assert names == [f"{name}.svg" for name in figures]
    assert {figure for figure, _, _ in numbers(table)} == set(figures)
    assert out.splitlines()[-3:] == [
        "after true end (ms)  n  mean  median   p5  p95  unmatched  extra  symbol error",
        "teacher              4   -80     -80  -80  -80      0.0 %  0.0 %         0.0 %",
        "small                4   -45     -50  -60  -23      0.0 %  0.0 %         0.0 %",
    ]


def test_a_single_model_is_drawn_alone(files, plot):
    code, out, err = plot(files[:1])
    assert code == 0
    assert "left out: offsets: there is only one model" in err
    assert out.splitlines()[0].endswith("shift.svg")


def test_plotting_again_replaces_its_own_files_and_no_others(files, plot, tmp_path):
    folder = tmp_path / "figures"
    assert plot(files)[0] == 0
    before = (folder / "shift.svg").read_bytes()
    (folder / "offsets.svg").write_text("older", encoding="utf-8")
    (folder / "delays.svg").write_text("somebody's", encoding="utf-8")
    assert plot(files)[0] == 0
    assert (folder / "shift.svg").read_bytes() == before
    assert (folder / "offsets.svg").read_text(encoding="utf-8") != "older"
    assert (folder / "delays.svg").read_text(encoding="utf-8") == "somebody's"


def test_files_of_others_are_left_alone(files, truth, plot, tmp_path):
    folder = tmp_path / "figures"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    code, out, err = plot(files)
    assert (code, out) == (2, "")
    assert "out: expected a new or empty folder" in err
    (folder / "notes.txt").unlink()
    assert plot(files)[0] == 0
    (folder / "delays.svg").write_text("somebody's", encoding="utf-8")
    code, _, err = plot(files, "--reference", truth)
    assert code == 2
    assert "out: expected a folder without delays.svg or with one that `refkd plot`" in err
    assert (folder / "delays.svg").read_text(encoding="utf-8") == "somebody's"


def test_numbers_replace_only_numbers(files, plot, tmp_path):
    table = tmp_path / "numbers.csv"
    table.write_text("mine\n", encoding="utf-8")
    code, _, err = plot(files, "--numbers", table)
    assert code == 2
    assert "numbers: expected a new file or one of this command in a folder" in err
    table.unlink()
    assert plot(files, "--numbers", table)[0] == plot(files, "--numbers", table)[0] == 0


def test_several_utterances_have_files_of_their_own(files, plot):
    _, out, _ = plot(files, "--utterance", "two", "--utterance", "one", "--figures", "shift")
    assert [line.split("shift")[1] for line in out.splitlines()[:2]] == ["-two.svg", "-one.svg"]


def test_symbols_that_the_font_lacks_are_told_once(files, plot, tmp_path):
    tokens = tmp_path / "tokens.txt"
    tokens.write_text("<blk>\n\u4f60\n\u597d\ns\n", encoding="utf-8")
    code, _, err = plot(files, "--tokens", tokens, "--rule", "Hard")
    assert code == 0
    (warning,) = [line for line in err.splitlines() if line.startswith("warning: ")]
    assert "2 of the symbols drawn have characters that the font DejaVu Sans lacks" in warning
    assert "--font" in warning


# --- the numbers ---------------------------------------------------------------------------------


def test_frames_of_another_length_with_the_same_events_are_not_shifted(tmp_path, measure):
    slow = write(tmp_path / "teacher.npz", arrays_of(TEACHER), frame_shift=0.04, blank=0)
    fast = write(tmp_path / "small.npz", arrays_of(TEACHER, times=2), frame_shift=0.02, blank=0)
    table = tmp_path / "numbers.csv"
    measured = measure([slow, fast], "--numbers", table)["shift"]["small"]
    assert (measured["n"], measured["mean"], measured["p5"], measured["p95"]) == (6, 0.0, 0.0, 0.0)
    rows = numbers(table)
    for label, seconds in (("1", [0.2, 1.2]), ("2", [0.4]), ("3", [0.8])):  # of utterance `one`
        ends = rows["shift", "shift small", f"matched {label}"]
        assert_close(ends[:, 0], np.repeat(seconds, 2), VALUE)  # upright
    offsets = rows["offsets", "small", "share"]
    assert offsets[offsets[:, 1] > 0].tolist() == [[0.0, 100.0]]


def test_latency_moves_all_offsets_by_itself(files, measure):
    plain = measure(files)["shift"]["small"]
    late = measure(files, "--latency", "small=0.25")["shift"]["small"]
    every = measure(files, "--latency", "0.25")["shift"]["small"]
    for measure in ("mean", "median", "p5", "p95"):
        assert_close(late[measure], plain[measure] + 0.25, VALUE, measure)
    assert every == plain
    assert late["n"] == plain["n"]


def test_options_go_before_metadata_and_names_before_all(files, measure):
    models = measure(files, "--frame-shift", "0.04", "--frame-shift", "small=0.03")["models"]
    assert models["teacher"]["frame_shift"] == 0.04
    assert models["small"]["frame_shift"] == 0.03
    assert measure(files, "--first-frame", "small=0.5")["models"]["small"]["first_frame"] == 0.5


def test_a_blank_at_the_end_changes_nothing(files, tmp_path, measure):
    expected = measure(files)
    turned = [
        write(
            tmp_path / f"{name}-last.npz",
            {
                utterance: np.roll(array, -1, axis=1)
                for utterance, array in arrays_of(events).items()
            },
            frame_shift=0.02,
        )
        for name, events in (("teacher", TEACHER), ("small", LATE))
    ]
    models = [f"teacher={turned[0]}", f"small={turned[1]}"]
    tokens = tmp_path / "tokens.txt"
    tokens.write_text("a\nm\ns\n<blk>\n", encoding="utf-8")
    measured = measure(models, "--blank", "-1", "--tokens", tokens)
    assert measured["blank"] == 3
    assert measured["shift"] == expected["shift"]
    mixed = measure([files[0], models[1]], "--tokens", f"small={tokens}", "--kind", "logits")
    assert mixed["shift"] == expected["shift"]
    assert [finding["sentence"] for finding in mixed["findings"]] == [
        "classes are put in the order of teacher",
        "frame 0 is at 0 s",
    ]


@pytest.mark.parametrize("kind", ["probabilities", *proofs("log_probabilities")])
def test_kinds_of_numbers_give_one_figure(kind, files, tmp_path, measure):
    changed = []
    for name, events in (("teacher", TEACHER), ("small", LATE)):
        prob = {utterance: np.exp(array) for utterance, array in arrays_of(events).items()}
        prob = {
            utterance: array / array.sum(axis=1, keepdims=True) for utterance, array in prob.items()
        }
        if kind == "log_probabilities":
            prob = {utterance: np.log(array) for utterance, array in prob.items()}
        path = write(tmp_path / f"{name}-2.npz", prob, symbols=SYMBOLS, frame_shift=0.02)
        changed.append(f"{name}={path}")
    tables = tmp_path / "logits.csv", tmp_path / "others.csv"
    expected, measured = (
        measure(files, "--numbers", tables[0]),
        measure(changed, "--numbers", tables[1]),
    )
    assert measured["models"]["small"]["kind"] == kind
    assert measured["shift"] == expected["shift"]
    first, second = map(numbers, tables)
    assert first.keys() == second.keys()
    for series, values in first.items():
        assert_close(second[series], values, VALUE, series)


def test_delays_after_true_times(files, truth, measure, tmp_path):
    table = tmp_path / "numbers.csv"
    measured = measure(files, "--reference", truth, "--numbers", table)["truth"]
    assert (measured["by"], measured["edge"]) == ("symbol", "start")
    teacher, small = measured["models"]["teacher"], measured["models"]["small"]
    assert (teacher["error"], small["error"], small["utterances"]) == (0.0, 0.0, 1)
    assert_close([teacher["after_start"]["mean"], small["after_start"]["mean"]], [0, 0.035], VALUE)
    assert_close(small["after_end"]["mean"], 0.035 - 0.08, VALUE)
    rows = numbers(table)
    bars = rows["delays", "small, after the true start", "share"]
    assert bars[bars[:, 1] > 0].tolist() == [[20.0, 50.0], [40.0, 25.0], [60.0, 25.0]]
    assert_close(rows["tradeoff", "tradeoff", "small"], [[35.0, 0.0]], VALUE)


def test_what_is_wrong_or_missing_counts(files, truth, measure, tmp_path):
    """`one` of the student without its m, and s for the last a."""
    wrong = {"one": {6: 1, 21: 3, 33: 3}, "two": {}}
    small = write(tmp_path / "wrong.npz", arrays_of(wrong), frame_shift=0.02, blank=0)
    measured = measure([files[0], f"small={small}"], "--reference", truth)
    shift, true = measured["shift"]["small"], measured["truth"]["models"]["small"]
    assert (shift["n"], shift["teacher_unmatched"], shift["student_unmatched"]) == (2, 4, 1)
    assert (true["error"], true["after_start"]["n"]) == (0.5, 2)
    assert (true["after_end"]["phones_left_out"], true["after_end"]["spikes_left_out"]) == (2, 1)


def words_ctm(path, **words):
    lines = [f"one 1 {start} {end - start} {word}\n" for word, (start, end) in words.items()]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_phones_grouped_to_words(files, truth, measure, tmp_path):
    words = words_ctm(tmp_path / "words.ctm", AM=(0.1, 0.3), SA=(0.4, 0.7))
    more = ("--reference", truth, "--by", "word", "--words", words)
    measured = measure(files, *more)["truth"]
    small = measured["models"]["small"]
    assert (measured["by"], small["after_start"]["n"], small["after_end"]["n"]) == ("word", 2, 2)
    # a and s at 0.12 and 0.42; m and the last a at 0.24 and 0.66
    assert_close(small["after_start"]["mean"], (0.02 + 0.02) / 2, VALUE)
    assert_close(small["after_end"]["mean"], (-0.06 - 0.04) / 2, VALUE)
    assert_close(small["delay_interval"]["mean"], -0.05, VALUE)


def test_subwords_joined_to_words(tmp_path, measure, plot):
    begin = "\N{LOWER ONE EIGHTH BLOCK}"
    symbols = ("<blk>", begin + "ma", "ma", begin + "so")
    facts = {"symbols": symbols, "frame_shift": 0.02, "blank": 0, "kind": "logits"}
    events = {"one": {5: 1, 10: 2, 20: 3}}
    late = {"one": {6: 1, 12: 2, 20: 1}}  # the second word is wrong
    models = [
        write(tmp_path / f"{name}.npz", arrays_of(spikes), **facts)
        for name, spikes in (("teacher", events), ("small", late))
    ]
    words = words_ctm(tmp_path / "words.ctm", Mama=(0.1, 0.22), so=(0.36, 0.44))
    measured = measure(models, "--reference", words, "--by", "word")
    assert not [finding for finding in measured["findings"] if "no symbols" in finding["sentence"]]
    teacher, small = (measured["truth"]["models"][name] for name in ("teacher", "small"))
    assert_close([teacher["error"], small["error"]], [0.0, 0.5], VALUE)
    assert_close(teacher["after_end"]["mean"], (-0.02 - 0.04) / 2, VALUE)
    assert_close(small["after_start"]["mean"], 0.02, VALUE)
    assert_close(small["after_end"]["mean"], 0.02, VALUE)
    assert small["after_end"]["phones_left_out"] == 1
    code, _, err = plot(models, "--reference", words)
    assert code == 0
    assert "small: warning: 2 labels of the reference are not symbols, such as 'Mama'" in err
    expected = "left out: delays: no spike is a label of the reference; try --by word"
    assert expected in err


def test_missing_utterances_are_left_out(files, tmp_path, measure):
    arrays = arrays_of(LATE) | {"three": logits({3: 1}, 9)}
    del arrays["two"]
    other = write(tmp_path / "less.npz", arrays, frame_shift=0.02, blank=0)
    measured = measure([files[0], f"small={other}"])
    assert (measured["utterances"], measured["shift"]["small"]["n"]) == (1, 4)
    sentence = "2 utterances are not in both this model and teacher and are left out, such as 'two'"
    assert {"level": "warning", "name": "small", "sentence": sentence} in measured["findings"]


@pytest.mark.proof
@pytest.mark.compiled_only
def test_thousands_of_classes(tmp_path, measure):
    events = {"one": {10: 17, 30: 2999, 60: 512}}
    late = {"one": {12: 17, 31: 2999, 63: 513}}
    models = []
    for name, spikes in (("teacher", events), ("small", late)):
        array = 3 * logits(spikes["one"], 100, 3000).astype(np.float32)
        models.append(write(tmp_path / f"{name}.npz", {"one": array}, frame_shift=0.04))
    measured = measure(models, "--rule", "Hard")
    assert measured["classes"] == 3000
    assert_close(measured["shift"]["small"]["mean"], 0.06, VALUE)
    assert len(measured["files"]) == 5


# --- other files ---------------------------------------------------------------------------------


def test_kaldi_archives(files, tmp_path, measure):
    kaldiio = pytest.importorskip("kaldiio")
    expected = measure(files)
    models = []
    for name, events in (("teacher", TEACHER), ("small", LATE)):
        single = {
            utterance: array.astype(np.float32) for utterance, array in arrays_of(events).items()
        }
        ark, scp = tmp_path / f"{name}.ark", tmp_path / f"{name}.scp"
        kaldiio.save_ark(str(ark), single, scp=str(scp))
        models.append(ark if name == "teacher" else scp)
    tokens = tmp_path / "tokens.txt"
    tokens.write_text("m 2\n<blk> 0\na 1\ns 3\n#0 4\n", encoding="utf-8")
    measured = measure(models, "--frame-shift", "0.02", "--tokens", tokens)
    assert measured["shift"] == expected["shift"]


def test_commands_in_lists_are_never_run(files, tmp_path, plot):
    script = tmp_path / "small.scp"
    script.write_text("one gunzip -c one.ark.gz |\n", encoding="utf-8")
    code, out, err = plot([files[0], script])
    assert (code, out) == (1, "")
    assert "small.scp, line 1: expected a file, got a command, which is never run" in err


def test_single_arrays(tmp_path, measure):
    for name, events in (("teacher", TEACHER), ("small", LATE)):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "one.npy", arrays_of(events)["one"])
    models = [f"{name}={tmp_path / name / 'one.npy'}" for name in ("teacher", "small")]
    measured = measure(models, "--frame-shift", "0.02", "--blank", "0")
    assert_close(measured["shift"]["small"]["mean"], 0.035, VALUE)


def test_a_spectrogram_above(files, tmp_path, plot):
    folder, table = tmp_path / "wav", tmp_path / "numbers.csv"
    folder.mkdir()
    for name in FRAMES:
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(np.arange(160 * FRAMES[name], dtype="<i2").tobytes())
    audio = ("--audio", folder, "--figures", "shift", "--numbers", table)
    assert plot(files, *audio)[0] == 0
    assert "speech" in {panel for _, panel, _ in numbers(table)}
    code, _, err = plot(files, "--audio", folder / "one.wav", "--utterance", "one")
    assert code == 0
    both = ("--utterance", "one", "--utterance", "two")
    code, _, err = plot(files, "--audio", folder / "one.wav", *both)
    assert (code, "audio: expected a folder for several utterances" in err) == (2, True)
    code, _, err = plot(files, "--audio", folder / "two.wav", "--utterance", "one")
    sentence = "audio: expected 0.8 s for utterance 'one', as teacher has, got 0.4 s"
    assert (code, sentence in err) == (2, True)
    (folder / "one.wav").rename(folder / "one.WAV")
    (folder / "two.wav").write_bytes(b"not drawn")
    assert plot(files, "--audio", folder, "--utterance", "one")[0] == 0
    (folder / "one.WAV").unlink()
    code, _, err = plot(files, "--audio", folder, "--utterance", "one")
    assert (code, "one.wav: expected a readable WAV file" in err) == (1, True)


# --- guesses against the evidence ----------------------------------------------------------------


def spoken(path, *words):
    """Words of 0.1 s each in utterance `one`."""
    lines = [f"one 1 {0.1 * n} 0.1 {word}\n" for n, word in enumerate(words)]
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("separator", [" ", "\N{LOWER ONE EIGHTH BLOCK}x"])
def test_a_separator_that_no_model_says_stops_by_word(tmp_path, plot, separator):
    symbols, spikes = ("<blk>", "a", separator), {"one": {2: 1, 8: 1}}
    arrays = arrays_of(spikes, {"one": 12})
    arrays = {name: array[:, :3] for name, array in arrays.items()}
    facts = {"symbols": symbols, "frame_shift": 0.02}
    files = [write(tmp_path / "m.npz", arrays, **facts)]
    by_word = ("--reference", spoken(tmp_path / "w.ctm", "a", "a"), "--by", "word")
    code, _, err = plot([f"m={files[0]}"], *by_word)
    sentence = (
        f"by word: expected {separator!r}, or another symbol that separates words, to be best"
    )
    assert (code, sentence in err, "--no-marks" in err) == (2, True, True)
    code, _, err = plot([f"m={files[0]}"], *by_word, "--no-marks")
    assert (code, "words: expected a CTM or TextGrids, because the models have" in err) == (2, True)
    phones = ("--words", spoken(tmp_path / "words.ctm", "A", "A"), "--no-marks")
    assert plot([f"m={files[0]}"], *by_word, *phones)[0] == 0
    single = ("--reference", spoken(tmp_path / "w.ctm", "aa"), "--by", "word")
    assert plot([f"m={files[0]}"], *single)[0] == 0


def test_a_separator_that_is_said_is_one(tmp_path, plot):
    arrays = arrays_of({"one": {2: 1, 5: 2, 8: 1}}, {"one": 12})
    path = write(tmp_path / "m.npz", arrays, symbols=("<blk>", "a", " ", "b"), frame_shift=0.02)
    by_word = ("--reference", spoken(tmp_path / "w.ctm", "a", "a"), "--by", "word")
    assert plot([f"m={path}"], *by_word)[0] == 0


def test_a_hyphen_is_no_blank_by_its_name_alone(tmp_path, plot):
    """An alphabet of letters and a hyphen, its blank called otherwise."""
    facts = {"symbols": ("", "a", "-", "b"), "frame_shift": 0.02}
    path = write(tmp_path / "m.npz", arrays_of({"one": {2: 1}}, {"one": 10}), **facts)
    code, _, err = plot([f"m={path}"])
    sentence = "m: error: expected --blank to specify the class, got 2 by its symbol '-', which "
    assert (code, sentence in err) == (1, True)
    assert "is best in 0 % of frames, but 0 ('') in 90 %" in err
    assert plot([f"m={path}"], "--blank", "0")[0] == 0


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "code", "sentence"),
    [
        (["--frame-shift", "fast"], 2, "frame-shift: expected a number, or teacher=... or small="),
        (["--frame-shift", "tiny=0.1"], 2, "frame-shift: expected a number, or teacher=... or"),
        (["--frame-shift", "0"], 1, "frame_shift: expected a number > 0, got 0.0"),
        (["--latency", "soon"], 2, "latency: expected a number"),
        (["--latency", "nan"], 2, "latency: expected a finite number"),
        (["--blank", "4"], 2, "blank: expected a whole number <= 3, got 4"),
        (["--blank", "-5"], 2, "blank: expected a whole number >= 0, got -1"),
        (["--blank", "last"], 2, "blank: expected a number"),
        (["--kind", "logit"], 2, "kind: expected one of 'logits', 'log_probabilities'"),
        (["--tokens", "nothing.txt"], 1, "nothing.txt: expected a text file"),
        (["--reference", "nothing.ctm"], 1, "nothing.ctm: expected a text file"),
        (["--reference", "nothing.txt"], 1, "expected a .ctm or .TextGrid file or a folder"),
        (["--by", "word"], 2, "reference: expected it together with --by, got none"),
        (["--skip", "sil"], 2, "reference: expected it together with --skip, got none"),
        (["--window", "5,0"], 2, "rule: expected it together with --window, got none"),
        (["--temperature", "2"], 2, "rule: expected it together with --temperature, got none"),
        (["--rule", "CTC"], 2, "rule: expected one of 'FrameWise', 'Shift'"),
        (["--rule", "Hard", "--window", "5"], 2, "window: expected LEFT,RIGHT in frames, or whole"),
        (["--rule", "Hard", "--window", "2,-3"], 2, "Window: expected left + right >= 0"),
        (["--rule", "Hard", "--divergence", "l1"], 2, "divergence: expected one of 'kl'"),
        (["--figures", "shift,spikes"], 2, "figures: expected one of 'shift', 'offsets'"),
        (["--figures", "delays"], 2, "'delays': there is no --reference"),
        (["--figures", "band"], 2, "'band': there is no --rule"),
        (["--utterance", "three"], 2, "utterance: expected one of 2, such as 'one', got 'three'"),
        (["--format", "svg,jpg"], 2, "format: expected one of 'png', 'svg', 'pdf', got 'jpg'"),
        (["--font", "No Such Font"], 2, "font: expected the name of an installed font"),
        (["--numbers", "no/such/folder.csv"], 2, "numbers: expected a new file"),
        (["--model", "small=again.npz"], 2, "model: expected a different name for each"),
        (["--model", "=again.npz"], 2, "model: expected NAME=PATH, got '=again.npz'"),
        (["--model", "third=nothing.npz"], 1, "nothing.npz: expected a file, got none"),
    ],
)
def test_refusals_in_one_sentence(more, code, sentence, files, plot, tmp_path):
    *outcome, err = plot(files, *more)
    assert outcome == [code, ""]
    assert sentence in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "figures").exists()


@pytest.mark.parametrize("inputs", [[], ["run", "--model", "a.npz"]])
def test_a_run_or_models(inputs, capsys):
    assert main(["plot", *inputs]) == 2
    assert "refkd plot: expected RUN_DIR, --model NAME=FILE or --toy" in capsys.readouterr().err


def test_an_unknown_frame_shift(tmp_path, plot):
    path = write(tmp_path / "teacher.npz", arrays_of(TEACHER), blank=0)
    code, _, err = plot([path])
    assert code == 2
    expected = "it for teacher, such as --frame-shift teacher=0.04, got none"
    assert err == f"refkd: frame-shift: expected {expected}\n"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda array: np.where(array == array, np.nan, array), "NaN, +inf or nothing but -inf in"),
        (lambda array: array[:, :3], "K=3 classes, teacher has K=4"),
        (lambda array: np.roll(array, 1, axis=1), "the blank is 1, that of teacher is 0"),
    ],
)
def test_certain_errors_end_without_a_figure(change, sentence, files, tmp_path, plot):
    arrays = {name: change(array) for name, array in arrays_of(LATE).items()}
    wrong = write(tmp_path / "wrong.npz", arrays, frame_shift=0.02)
    code, out, err = plot([files[0], wrong])
    assert (code, out) == (1, "")
    assert any(line.startswith("wrong: error: ") and sentence in line for line in err.splitlines())
    assert not (tmp_path / "figures").exists()
    code, out, _ = plot([files[0], wrong], "--json")
    assert code == 1
    measured = json.loads(out)
    assert measured["files"] == []
    assert sentence in next(
        finding["sentence"] for finding in measured["findings"] if finding["level"] == "error"
    )


def test_no_shared_utterance(files, tmp_path, plot):
    other = write(tmp_path / "other.npz", {"three": logits({3: 1}, 9)}, frame_shift=0.02, blank=0)
    code, _, err = plot([files[0], other])
    assert code == 1
    assert "other: error: no utterance is in both this model and teacher" in err


def test_a_rule_needs_equal_frames(files, tmp_path, plot):
    fast = write(tmp_path / "fast.npz", arrays_of(TEACHER, times=2), frame_shift=0.01, blank=0)
    code, out, err = plot([*files, fast], "--rule", "Hard")
    assert code == 0
    reason = "frame shift: expected 20 ms as of teacher, got 10 ms"
    assert f"left out: band: fast, utterance 'one': {reason}" in err
    assert "band-small.svg" in out
    assert "band-fast.svg" not in out


# --- the figure of delays ------------------------------------------------------------------------


def late(*delays, left_out=1):
    return EmissionDelay(np.array(delays), phones_left_out=left_out, spikes_left_out=0)


def test_bars_lines_and_words_of_delays():
    starts, ends = late(0.0, 0.02, 0.02, 0.06), late(-0.1, -0.08, -0.08, -0.04)
    delays = {
        "teacher": {"after": starts, "before": ends},
        "small": {"after": ends, "before": starts},
    }
    figure = delays_figure(delays, 0.02, teacher="teacher", unit="word")
    assert [axes.get_label() for axes in figure.axes] == [
        "teacher, after",
        "teacher, before",
        "small, after",
        "small, before",
    ]
    axes = figure.axes[0]
    bars = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in axes.patches}
    assert {place: share for place, share in bars.items() if share} == {0: 25, 20: 50, 60: 25}
    (line,) = [line for line in axes.lines if line.get_gid() == "cumulative share"]
    times, shares = line.get_data()
    assert_close(times, [-110.0, 0.0, 20.0, 60.0, 70.0], VALUE)
    assert_close(shares, [0.0, 25.0, 75.0, 100.0, 100.0], VALUE)
    (mean,) = [line for line in axes.lines if line.get_gid() == "mean"]
    assert_close(mean.get_xdata()[0], 25.0, VALUE)
    assert " ".join(text.get_text() for text in reversed(axes.texts)) == (
        "teacher after n = 4, mean +25 ms, median +20 ms left out: 1 of 5 words, 0 spikes"
    )
    assert axes.patches[0].get_facecolor() != figure.axes[2].patches[0].get_facecolor()
    assert_readable(figure)


def test_bars_are_wider_where_there_would_be_too_many_and_nothing_is_lost():
    """Of 20 ms there would be 95; of 60 ms each holds three."""
    values = np.concatenate([0.02 * np.arange(99), [50.0, -50.0]])
    figure = delays_figure({"small": {"after": late(*values)}}, 0.02)
    bars = {
        round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in figure.axes[0].patches
    }
    assert np.unique(np.diff(list(bars))).tolist() == [60]
    assert_close([bars[60 * n] for n in range(1, 31)], 300 / 101, VALUE)
    assert_close(bars[min(bars)], 100 / 101, VALUE)
    assert_close(sum(bars.values()), 100.0, VALUE)


@pytest.mark.parametrize("width", [3.4, *proofs(None, 7.0, 6.67)])
@pytest.mark.parametrize("models", [2, *proofs(1, 5)])
def test_delays_are_readable_at_every_width(width, models):
    rng = np.random.default_rng(models)
    names = ["a student with a long name, and its rule", *"bcde"][:models]
    double = {
        name: {
            measure: late(*rng.normal(0.1 * n, 0.05, 300), left_out=12345)
            for measure in (
                "first spike after the true start of a word",
                "last spike after its end",
            )
        }
        for n, name in enumerate(names)
    }
    single = {name: {"spike": late(*rng.normal(size=50))} for name in names}
    for delays in (single, double):
        figure = delays_figure(delays, 0.02, width=width, caption="More words. " * 9)
        assert_readable(figure)
        if width is not None:
            assert figure.get_size_inches()[0] == pytest.approx(width)


def test_nothing_to_draw():
    assert_readable(delays_figure({"small": {"after": late()}}, 0.02))
    with pytest.raises(ValueError, match="delays: expected at least one model and measure"):
        delays_figure({}, 0.02)
    with pytest.raises(ValueError, match=r"delays\['b'\]: expected after, got before"):
        delays_figure({"a": {"after": late()}, "b": {"before": late()}}, 0.02)


# --- figures of a comparison ---------------------------------------------------------------------


@pytest.mark.parametrize("width", [3.4, *proofs(None, 7.0)])
def test_all_figures_are_readable(width):
    sets = [
        PosteriorSet(name, arrays_of(events), frame_shift=0.02, symbols=SYMBOLS)
        for name, events in (("teacher", TEACHER), ("small", LATE))
    ]
    both = compare(sets, latency={"small": 0.1})
    starts = 0.02 * np.array(list(TEACHER["one"]))
    labels = tuple(SYMBOLS[k] for k in TEACHER["one"].values())
    truth = Truth({"one": Reference(labels, starts, starts + 0.08)})
    drawing = ModelsDrawing.of(both, ("one",), truth, rule=Hard(Window(3, 0)), width=width)
    drawn = figures_of_models(drawing)
    assert len(drawn.figures) == 7
    assert (drawn.left_out, drawn.failures) == ([], {})
    for figure in drawn.figures.values():
        assert_readable(figure)
    assert sum(delays.starts.n for delays in drawing.true_delays["small"].values()) == 4
    assert isinstance(drawing.true_delays["small"]["one"], TrueDelays)

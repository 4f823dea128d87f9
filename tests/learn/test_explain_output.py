"""`refkd explain`: how narrations are laid out, what the command reads, and what its page shows."""

import io
import re
import shlex
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import refkd
from refkd.cli import main
from refkd.cli.explain_output import in_colour
from refkd.learn.explain import examples
from refkd.learn.explain.ctc import explain_ctc
from refkd.learn.explain.distill import explain_distill
from refkd.learn.explain.html import as_html
from refkd.learn.explain.lstm import explain_lstm
from refkd.learn.explain.markdown import as_markdown
from refkd.learn.explain.narration import Narration, Step, Table, shown
from refkd.learn.explain.select import explain_select
from refkd.learn.explain.text import NARROWEST, text_blocks

pytestmark = pytest.mark.compiled_once
PAGE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "explain.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
ESCAPES = re.compile(r"\x1b\[\d+m")
AWKWARD = ("</td><script>", "|a*b_c`", "&amp;")


@pytest.fixture(scope="module")
def narrations():
    late, teacher = examples.late_logits(), examples.teacher_logits()
    rules = [refkd.Hard(refkd.Window(2)), refkd.OrderedPath(refkd.Window.whole())]
    return [
        explain_ctc(examples.ctc_logits(), [1, 1], symbols=AWKWARD),
        explain_lstm(examples.lstm_params(2), [[1.0], [0.0], [-1.0]]),
        explain_select(late, teacher, rules, symbols=AWKWARD),
        explain_distill(late, teacher, refkd.Soft(refkd.Window(2), 0.3), symbols=AWKWARD),
    ]


def tables(narration):
    return [table for step in narration.steps for table in step.tables]


# --- text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [10, NARROWEST, 47, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_lost(narrations, width):
    for narration in narrations:
        text = "\n".join(text_blocks(narration, width))
        assert max(map(len, text.splitlines())) <= max(width, NARROWEST)
        assert not any(line != line.rstrip() for line in text.splitlines())
        numbers = re.findall(r"-?(?:\d+\.\d+(?:e-\d+)?|inf)\b", text)
        for table in tables(narration):
            for cell in (cell for row in table.cells for cell in row):
                if isinstance(cell, float):
                    assert shown(cell) in numbers


def test_a_table_is_split_by_its_columns_with_the_heads_of_the_rows():
    heads = [f"t = {t}" for t in range(4)]
    table = Table("numbers", "s", ["0 -", "1 a"], heads, np.arange(8.0).reshape(2, 4), {(1, 2)})
    narration = Narration("title", "Text.", (Step("step", "It is.", (), (table,)),))
    assert "\n".join(text_blocks(narration, 32)).splitlines()[5:] == [
        "",
        "  numbers",
        "  s     t = 0   t = 1    t = 2",
        "  ---  ------  ------  --------",
        "  0 -  0.0000  1.0000   2.0000",
        "  1 a  4.0000  5.0000  [6.0000]",
        "",
        "  numbers, continued",
        "  s     t = 3",
        "  ---  ------",
        "  0 -  3.0000",
        "  1 a  7.0000",
    ]


def test_wide_letters_keep_columns_straight():
    table = Table("classes", "k", ["音音", "e\N{COMBINING ACUTE ACCENT}"], ["p"], [[1.0], [2.0]])
    narration = Narration("title", "Text.", (Step("step", "It is.", (), (table,)),))
    lines = "\n".join(text_blocks(narration)).splitlines()
    assert lines[-2:] == ["  音音  1.0000", "  e\N{COMBINING ACUTE ACCENT}     2.0000"]


def test_colour_says_nothing_that_is_not_there_without_it(narrations):
    for narration in narrations:
        coloured = "\n".join(text_blocks(narration, 60, colour=True))
        assert ESCAPES.sub("", coloured) == "\n".join(text_blocks(narration, 60))
        assert "\x1b[7m[" in coloured or not any(table.marked for table in tables(narration))


def test_colour_only_on_a_terminal_that_wants_it(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("WT_SESSION", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert in_colour(Terminal())
    assert not in_colour(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not in_colour(Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not in_colour(Terminal())


# --- pages ---------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Which elements there are, whether all are closed, and the text of cells."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.attributes, self.cells = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag != "meta":
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1] += data


def test_html_is_whole_escaped_and_needs_nothing_else(narrations):
    for narration in narrations:
        text = as_html(narration)
        page = Page(text)
        assert page.open == []
        assert not {"script", "link", "img", "iframe"} & set(page.seen)
        assert not {"src", "href", "style"} & set(page.attributes)
        assert "url(" not in text
        expected = []
        for table in tables(narration):
            expected += [table.corner, *table.columns]
            for head, row in zip(table.rows, table.cells, strict=True):
                expected += [head, *map(shown, row)]
        assert page.cells == expected
        assert text.count('class="marked"') == sum(len(table.marked) for table in tables(narration))


def test_markdown_tables_keep_their_columns(narrations):
    for narration in narrations:
        text = as_markdown(narration)
        assert "<script>" not in text.replace("\\<script\\>", "")
        blocks = re.findall(r"((?:^\|.*\|\n)+)", text, re.M)
        assert len(blocks) == len(tables(narration))
        for lines, table in zip(blocks, tables(narration), strict=True):
            for line in lines.splitlines():
                assert len(re.findall(r"(?<!\\)\|", line)) == len(table.columns) + 2
            assert len(lines.splitlines()) == len(table.rows) + 2
            assert lines.count("**") == 2 * len(table.marked)


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def explain(capsys):
    def run(*arguments):
        code = main(["explain", *map(str, arguments)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def files(tmp_path):
    """Posteriors of a teacher and a student a frame behind it; the second utterance is short."""
    for name, make in (("teacher", examples.teacher_logits), ("student", examples.late_logits)):
        arrays = {"long": np.tile(make(), (3, 1)), "short": make()}
        symbols = {"metadata.symbols": np.array(["<blk>", "m", "s"])}
        np.savez(tmp_path / f"{name}.npz", **arrays, **symbols)
    return tmp_path


@pytest.mark.parametrize("topic", ["ctc", "lstm", "select", "distill"])
@pytest.mark.parametrize(("form", "begins"), [("text", ""), ("markdown", "# "), ("html", "<!DO")])
def test_every_topic_is_told_in_every_form(topic, form, begins, explain, tmp_path):
    code, out, err = explain(topic, "--format", form)
    assert (code, err) == (0, "")
    assert out.startswith(begins)
    assert "\x1b" not in out
    path = tmp_path / "told"
    assert explain(topic, "--format", form, "--out", path) == (0, "", "")
    assert path.read_text(encoding="utf-8") == out


def test_ctc_of_posteriors_is_of_the_shortest_and_of_what_it_decodes_to(explain, files):
    code, out, err = explain("ctc", "--posteriors", files / "student.npz")
    assert code == 0
    assert out.startswith(
        'CTC: how probable is the label sequence "m s"?\n7 frames, 3 classes; the blank is <blk>.'
    )
    assert "posteriors: assumed: the blank is 0, by its symbol '<blk>'" in err
    options = ["--posteriors", files / "student.npz", "--utterance", "long", "--labels", "s,1"]
    _, out, _ = explain("ctc", *options, "--frames", "2,4")
    assert out.startswith(
        'CTC: how probable is the label sequence "s m"?\n21 frames, 3 classes; the blank is <blk>.'
    )
    assert re.findall(r"alpha at frame (\d+)", out) == ["2", "3"]
    _, out, _ = explain("ctc", *options)
    assert len(re.findall(r"alpha at frame", out)) == 12


def test_blank_kind_and_tokens_are_those_told(explain, files):
    tokens = files / "tokens.txt"
    tokens.write_text("x\ny\n_\n", encoding="utf-8")
    options = ["--posteriors", files / "student.npz", "--tokens", tokens, "--blank", "-1"]
    _, out, err = explain("ctc", *options, "--kind", "log_probabilities", "--labels", "x,y")
    assert 'how probable is the label sequence "x y"?' in out
    assert "the blank is _." in out
    assert "by their range" not in err


@pytest.mark.parametrize("topic", ["select", "distill"])
def test_two_models_of_posteriors(topic, explain, files):
    options = ["--teacher", files / "teacher.npz", "--student", files / "student.npz"]
    code, out, err = explain(topic, *options, "--rule", "Hard", "--window", "1,0")
    assert code == 0
    assert "Hard(window=Window(left=1, right=0))" in out
    assert "teacher: assumed" in err


def test_options_of_a_rule_reach_it(explain):
    _, out, _ = explain(
        *("distill", "--rule", "TopK", "--k", "1", "--tau", "0.5", "--window", "whole"),
        *("--divergence", "js", "--temperature", "2", "--scale-t2"),
        *("--blank-frames", "drop_selected"),
    )
    assert "TopK(window=Window.whole(), k=1, tau=0.5)" in out
    assert "temperature 2, divergence js,\nblank frames: drop_selected." in out
    assert "and multiplied by temperature^2" in " ".join(out.split())
    _, out, _ = explain("select")
    assert all(f" {rule}\n" in out for rule in ("FrameWise", "Soft", "Monotone", "PerTeacher"))
    assert "Shift(d=1)" in out


def test_lstm_of_two_units_in_reverse(explain):
    _, out, _ = explain("lstm", "--units", "2", "--inputs", "0.5,2", "--reverse")
    assert out.startswith("LSTM: 2 units, 2 frames\nThe pass goes from the last frame")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ("ctc --labels q", 2, "labels: expected symbols such as 'b', or numbers, got 'q'"),
        ("ctc --labels 9999999999", 2, "labels: expected symbols such as 'b', or numbers, got '99"),
        ("ctc --labels a,a,a", 2, "labels: expected at most 4 frames to be needed, got 3 labels"),
        ("ctc --labels -", 2, "labels: expected labels other than blank=0, got the blank at 0"),
        ("ctc --blank 1", 2, "posteriors: expected it together with --blank, got none"),
        ("ctc --posteriors none.npz", 1, "none.npz: expected a file, got none"),
        ("ctc --frames 3", 2, "frames: expected FIRST,END, got '3'"),
        ("ctc --step", 2, "step: expected a terminal, to wait for Enter"),
        ("ctc --step --format html", 2, "step: expected text on a terminal"),
        ("ctc --out none/told.txt", 1, "told.txt: expected to write there, got No such file"),
        ("lstm --inputs 1,x", 2, "inputs: expected a number, got 'x'"),
        ("select --teacher t.npz", 2, "student: expected it together with --teacher, got none"),
        ("select --rule Harder", 2, "rule: expected one of 'FrameWise'"),
        ("select --window 1", 2, "window: expected LEFT,RIGHT in frames, or whole, got '1'"),
        ("distill --blank-frames no", 2, "blank_frames: expected one of 'keep'"),
        ("distill --rule Hard --temperature 0", 2, "temperature: expected a number > 0"),
    ],
)
def test_mistakes_are_one_sentence(arguments, code, sentence, explain, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    got, out, err = explain(*arguments.split())
    assert (got, out, err.count("\n")) == (code, "", 1)
    assert sentence in err


def test_an_utterance_and_posteriors_that_are_not_there(explain, files):
    options = "ctc", "--posteriors", files / "student.npz"
    code, _, err = explain(*options, "--utterance", "none")
    assert (code, "utterance: expected one of 2, such as 'long', got 'none'" in err) == (2, True)
    np.savez(files / "wrong.npz", one=np.full((3, 2), np.nan))
    code, out, err = explain("ctc", "--posteriors", files / "wrong.npz")
    assert (code, out, "refkd: posteriors: NaN" in err) == (1, "", True)


class Typed(io.StringIO):
    """A terminal at which somebody has typed."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("typed", "steps"), [("\n\nq\n", 3), ("", 1), ("\n" * 99, 14)])
def test_step_by_step(typed, steps, explain, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Typed(typed))
    code, out, err = explain("ctc", "--step")
    assert code == 0
    assert len(re.findall(r"^\d+/14  ", out, re.M)) == steps
    assert err.count("Enter for the next step, q to stop: ") == min(steps, 13)


# --- the page ------------------------------------------------------------------------------------


def test_the_page_shows_what_its_commands_print(explain):
    out = None
    commands = []
    for kind, text in BLOCKS:
        if kind == "sh":
            program, command, *arguments = shlex.split(text)
            assert (program, command) == ("refkd", "explain")
            code, out, _ = explain(*arguments)
            assert code == 0
        elif kind == "text" and not text.startswith("refkd "):
            assert text in out
            commands.append(text)
    assert len(commands) >= 5

"""Hostile words to every command: what it does, or one sentence, never a traceback."""

import argparse

import numpy as np
import pytest
from hypothesis import strategies as st
from support.hostile import judged

import refkd
from refkd.check import DataError
from refkd.cli import command_line, main

CALLS = 2_000
RULE = ["--rule", "TopK", "--window", "2,0", "--tau", "0.5", "--k", "2", "--temperature", "1"]
PAIR = ["--teacher", "teacher.npz", "--student", "student.npz", "--blank", "0", "--kind", "logits"]
COMMANDS = {
    "run": [["--quick", "--data", "synthetic", "--rules", "CTC,Hard", "--seed", "1", "--seeds", "2",
             "--cell", "lstm", "--config", "run.toml", "--out", "out"]],
    "plot": [
        ["--model", "teacher=teacher.npz", "--model", "small=student.npz", "--frame-shift", "0.04",
         "--latency", "small=0.1", "--figures", "offsets", "--format", "svg", "--at", "peak",
         "--blank", "0", "--tokens", "tokens.txt", "--out", "plots", "--size", "page"],
        ["out", "--figures", "spikes", "--utterance", "one"],
    ],
    "explain": [
        ["ctc", "--posteriors", "teacher.npz", "--labels", "1,2", "--frames", "0,3"],
        ["lstm", "--units", "2", "--inputs", "1,0,-1", "--frames", "0,2", "--format", "markdown"],
        ["select", *PAIR, *RULE, "--utterance", "one", "--tokens", "tokens.txt"],
        ["distill", *PAIR, *RULE, "--blank-frames", "keep", "--out", "told.txt"],
    ],
    "exercise": [["new", "mine"], ["hint", "ctc_alpha", "2"],
                 ["check", "nowhere", "hard", "--time-limit", "5"]],
    "stream": [["network.npz", "audio.wav", "--json"]],
    "align": [["network.npz", "synthetic", "--format", "ctm", "--split", "test", "--out", "ctm",
               "--config", "run.toml"]],
    "data": [["describe", "synthetic", "--config", "run.toml", "--json"]],
    "verify": [[kit, "--list", "--quick", "--seed", "1"] for kit in ("ctc", "lstm", "distill")],
}  # fmt: skip
HOSTILE = [
    "", " ", "-", "--", "-1", "0", "nan", "inf", "1e400", "-1e400", "1e-400", "9" * 5000, "1" * 400,
    "\0", "\ud800", "a\nb", "\x1b[2J", "x" * 5000, "é" * 300, ",", "=", "a=", "=a", "a=b=c",
    "1,2,3", "1,99999999999999999999", "[1]", "None", "whole", "folder", "none.npz", "empty.npz",
    "text.npz", "teacher.npz", "network.npz", "run.toml", "wrong.toml", "synthetic:1",
    "festvox:none", "--help",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that the commands name."""
    folder = tmp_path_factory.mktemp("commands")
    rng = np.random.default_rng(0)
    for name in ("teacher", "student"):
        np.savez(folder / f"{name}.npz", one=rng.normal(size=(6, 3)))
    network = refkd.Network.create(80, 2, 1, 3, bidirectional=False)
    network.save(folder / "network.npz")
    (folder / "folder").mkdir()
    (folder / "empty.npz").touch()
    for name, text in {
        "text.npz": "text", "tokens.txt": "-\na\nb\n", "audio.wav": "RIFF", "wrong.toml": "[[",
        "run.toml": "[speech]\ntrain = 2\nvalidation = 1\ntest = 1\n",
    }.items():  # fmt: skip
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_every_command_is_in_the_table():
    actions = command_line()._actions
    commands = next(action for action in actions if isinstance(action, argparse._SubParsersAction))
    assert set(commands.choices) == set(COMMANDS)


@st.composite
def words(draw):
    """The words of a command, one or two of them hostile."""
    name = draw(st.sampled_from(sorted(COMMANDS)))
    line = list(draw(st.sampled_from(COMMANDS[name])))
    some = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_characters="/\\.~"), max_size=9)
    for _ in range(draw(st.integers(1, 2))):
        line[draw(st.integers(0, len(line) - 1))] = draw(some)
    return [name, *line]


def judge(line, capsys):
    """Fail unless the command does something or says in one sentence, its last, why not."""
    try:
        code = main(line)
    except SystemExit as stopped:  # of argparse, whose usage comes before its sentence
        code = stopped.code
        assert code in (0, 2)
    lines = capsys.readouterr().err.splitlines()
    assert code in (0, 1, 2)
    if code == 1 and not lines:  # a verdict of `verify` or `exercise check`, on standard output
        return
    if code == 2:
        assert lines[-1].startswith("refkd"), lines
    if code != 0 and not lines[0].startswith("usage"):
        assert [text for text in lines if text.startswith("refkd: ")] == lines[-1:]
        assert len(lines[-1]) < 2000


@pytest.fixture
def judge_line(folder, capsys, monkeypatch):
    def untrained(*arguments):
        raise DataError("training: expected nothing of it, got so far")

    monkeypatch.chdir(folder)
    monkeypatch.setattr("refkd.experiment.experiment.run_experiment", untrained)
    return lambda line: judge(line, capsys)


def test_hostile_words_give_a_result_or_a_sentence(judge_line):
    judged(60, words(), judge_line)


@pytest.mark.proof
@pytest.mark.compiled_once
def test_hostile_words_in_great_number(judge_line):
    assert judged(CALLS, words(), judge_line) >= CALLS

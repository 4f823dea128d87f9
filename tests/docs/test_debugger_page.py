"""docs/guides/debugger.md: its session runs in pdb, and its tables hold what it says."""

import ast
import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from support.pages import DOCS, blocks, read
from tolerances import PRINTED_4, assert_close

import refkd

pytestmark = pytest.mark.compiled_once

PAGE = read(DOCS / "guides" / "debugger.md")
BLOCKS = blocks(DOCS / "guides" / "debugger.md")
THREE_FRAMES, ONE_KERNEL, OUTSIDE, PRINTING = (text for kind, text in BLOCKS if kind == "python")
SESSION, OUT_OF_BOUNDS, PRINTED = (text for kind, text in BLOCKS if kind == "text")
INSTALLED = Path(refkd.__file__).resolve().parents[1]
PROMPT = "(Pdb) "
ROW = re.compile(r"^\| `(\w+\.\w+)` \| (\d) \| `(.+?)` \| `(.+?)` \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE)

WATCHER = """
import json, runpy, sys
from importlib import import_module

rows = json.loads(sys.argv[1])
calls = {}

def function_of(name):
    module, _, function = name.partition(".")
    return getattr(import_module("refkd.kernels." + module), function)

codes = {function_of(name).__code__: name for name, _, _ in rows}

def watch(frame, event, argument):
    name = codes.get(frame.f_code)
    if name is None:
        return None
    if event == "return":
        calls[name] = calls.get(name, 0) + 1
        for n, (stop, call, expression) in enumerate(rows):
            if (stop, call) == (name, calls[name]):
                value = eval(expression, frame.f_globals, frame.f_locals)
                parts = value if isinstance(value, tuple) else [value]
                seen = [part.tolist() for part in parts]
                print(json.dumps([n, seen if isinstance(value, tuple) else seen[0]]))
    return watch

sys.settrace(watch)
runpy.run_path("three_frames.py")
"""


def run(folder, *words, typed="", **variables):
    """What a Python process prints, and what it complains of."""
    environment = {**os.environ, "PYTHONPATH": str(INSTALLED), "HOME": str(folder)}
    environment |= {"USERPROFILE": str(folder), "PYTHONUTF8": "1", **variables}
    (folder / "three_frames.py").write_text(THREE_FRAMES, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, *words],
        input=typed,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout, done.stderr


def without_places(text):
    """Output of pdb without folders and line numbers."""
    text = text.replace(str(INSTALLED) + os.sep, "").replace("\\", "/")
    text = re.sub(r"(?<=> )[^\n]*(?=three_frames\.py)", "", text)
    return re.sub(r"\.py(:\d+|\(\d+\))", lambda m: ".py " if m[1][0] == "(" else ".py", text)


def session(folder, commands):
    """The same session as pdb holds it, laid out as on the page."""
    typed = "\n".join(commands) + "\n"
    out, _ = run(folder, "-m", "pdb", "three_frames.py", typed=typed, NUMBA_DISABLE_JIT="1")
    first, *answers = without_places(out).split(PROMPT)
    shown = [first]
    for command, answer in zip(commands, answers, strict=False):
        shown.append(f"{PROMPT}{command}\n{answer}")
    return "".join(shown)


def test_the_session_is_what_pdb_says(tmp_path):
    commands = re.findall(r"^\(Pdb\) (.*)$", SESSION, re.MULTILINE)
    assert commands[-1] == "quit"
    assert session(tmp_path, commands).rstrip("\n") == SESSION.rstrip("\n")


def test_what_is_watched_holds_what_the_table_says(tmp_path):
    watched = json.dumps([(name, int(call), expression) for name, call, expression, _ in ROWS])
    out, complaints = run(tmp_path, "-c", WATCHER, watched, NUMBA_DISABLE_JIT="1")
    seen = dict(json.loads(line) for line in out.splitlines())
    assert sorted(seen) == list(range(len(ROWS))), complaints
    for n, (name, call, expression, held) in enumerate(ROWS):
        expected = ast.literal_eval(held.replace("inf", "1e999"))
        what = f"{expression} of call {call} of {name}"
        assert_close(np.array(seen[n], dtype=float), expected, PRINTED_4, what)


def test_every_place_to_stop_exists():
    modules = {path.stem for path in (INSTALLED / "refkd" / "kernels").glob("*.py")}
    mentioned = set(re.findall(r"`([a-z_]+)\.([a-z_]+)`", PAGE))
    stops = {(module, name) for module, name in mentioned if module in modules}
    stopped_in = {module for module, _ in stops}
    assert stopped_in >= {"ctc", "lstm", "selection", "rnn", "matmul", "numeric"}
    for module, name in stops:
        assert callable(getattr(import_module(f"refkd.kernels.{module}"), name, None)), name


@pytest.mark.proof
def test_one_kernel_stops_and_the_rest_is_compiled(tmp_path):
    (tmp_path / "one_kernel.py").write_text(ONE_KERNEL, encoding="utf-8")
    commands = ["import refkd", "tbreak refkd.ctc_trace", "continue", "break kernels.ctc_alpha"]
    commands += ["continue", "p states", "tbreak log_add", "continue", "quit"]
    typed = "\n".join(commands) + "\n"
    out, _ = run(tmp_path, "-m", "pdb", "one_kernel.py", typed=typed, NUMBA_DISABLE_JIT="0")
    answers = out.split(PROMPT)
    assert "array([0, 1, 0])" in answers[6]
    assert "The program finished" in answers[8]  # log_add was never entered


@pytest.mark.parametrize(
    ("variable", "complaint"),
    [
        pytest.param("NUMBA_BOUNDSCHECK", OUT_OF_BOUNDS.strip(), marks=pytest.mark.proof),
        ("NUMBA_DISABLE_JIT", "IndexError: index 2 is out of bounds for axis 1 with size 2"),
    ],
)
def test_an_index_outside_is_an_error_where_indices_are_tested(tmp_path, variable, complaint):
    (tmp_path / "outside.py").write_text(OUTSIDE, encoding="utf-8")
    cache = str(tmp_path / "cache")
    _, complaints = run(tmp_path, "outside.py", NUMBA_CACHE_DIR=cache, **{variable: "1"})
    assert complaints.rstrip().splitlines()[-1] == complaint


@pytest.mark.proof
def test_a_kernel_prints_what_the_page_says(tmp_path):
    (tmp_path / "printing.py").write_text(PRINTING, encoding="utf-8")
    out, complaints = run(tmp_path, "printing.py", NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert out == PRINTED, complaints


def test_the_settings_of_the_editor_are_json():
    [settings] = [json.loads(text) for kind, text in BLOCKS if kind == "json"]
    assert settings["configurations"][0]["env"] == {"NUMBA_DISABLE_JIT": "1"}

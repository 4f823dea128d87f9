"""The second process of a run: it only saves time, whatever becomes of it."""

import subprocess
import sys

import numba
import pytest

from refkd.experiment import compile_ahead
from refkd.experiment.compile_ahead import cache_is_empty, compiling_ahead
from refkd.experiment.second_process import second_process
from refkd.experiment.settings import read_settings
from refkd.kernels.lstm import lstm_forward

SLEEP = "timeit", "-n", "1", "import time; time.sleep(99)"


@pytest.fixture
def started(monkeypatch):
    """The processes that are started, on a machine of two cores."""
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 2)
    processes, start = [], subprocess.Popen

    def popen(*arguments, **options):
        processes.append(start(*arguments, **options))
        return processes[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    return processes


@pytest.fixture
def table(tmp_path):
    """Arguments that write a file, and the file."""
    (tmp_path / "in.json").write_text("[1]", encoding="utf-8")
    return (
        "json.tool",
        str(tmp_path / "in.json"),
        str(tmp_path / "out.json"),
    ), tmp_path / "out.json"


def test_it_works_beside_a_block_and_is_waited_for(started, table):
    arguments, file = table
    with second_process(*arguments, wait=True):
        pass
    assert file.read_text(encoding="utf-8").split() == ["[", "1", "]"]
    assert [process.returncode for process in started] == [0]


def test_it_ends_with_the_block(started):
    with second_process(*SLEEP, wait=False):
        assert started[0].poll() is None
    assert started[0].returncode not in (None, 0)


def test_it_ends_with_a_block_that_fails(started):
    with pytest.raises(KeyError), second_process(*SLEEP, wait=True):
        raise KeyError
    assert started[0].returncode not in (None, 0)


def test_what_goes_wrong_in_it_is_silent(started, capfd):
    with second_process("json.tool", "nowhere.json", wait=True):
        pass
    assert started[0].returncode != 0
    assert capfd.readouterr() == ("", "")


def test_one_core_has_no_second_process(started, monkeypatch, table):
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 1)
    arguments, file = table
    with second_process(*arguments, wait=True):
        pass
    assert started == []
    assert not file.exists()


def test_a_process_that_cannot_be_started_is_done_without(started, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with second_process(*SLEEP, wait=True):
        pass
    assert started == []


def test_compilation_ahead_needs_an_empty_cache(started, tmp_path, monkeypatch):
    class Stats:
        cache_path = str(tmp_path)

    class Kernel:
        stats = Stats

    monkeypatch.setattr(compile_ahead, "lstm_forward", Kernel)
    assert cache_is_empty()
    with compiling_ahead(read_settings()):
        assert len(started) == 1
    (tmp_path / "a.nbi").write_bytes(b"")
    assert not cache_is_empty()
    with compiling_ahead(read_settings()):
        assert len(started) == 1
    monkeypatch.setattr(Stats, "cache_path", None)
    assert not cache_is_empty()


FIRST = """
import sys
from numba.core import event
from refkd.experiment.compile_ahead import compile_in_order
from refkd.experiment.experiment import run_experiment
from refkd.experiment.settings import read_settings
from refkd.losses.rules import RULES, Hard, Window

class Compiled(event.Listener):
    depth = 0
    def on_start(self, started):
        if self.depth == 0:
            print(started.data["dispatcher"].py_func.__name__)
        self.depth += 1
    def on_end(self, ended):
        self.depth -= 1

settings = read_settings(
    overrides={"rules": ["CTC", "Hard"], "speech": {"train": 2, "validation": 1, "test": 1},
               "training": {"epochs": 1}, "network": {"hidden": 4}}
)
if sys.argv[1] == "ahead":
    compile_in_order("lstm", [(Hard(Window(5)), "kl")])
else:
    event.register("numba:compile", Compiled())
    run_experiment(settings)
"""


@pytest.mark.proof
@pytest.mark.compiled_only
def test_a_run_compiles_only_what_was_not_compiled_ahead(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    subprocess.run([sys.executable, "-c", FIRST, "ahead"], check=True)
    run = subprocess.run([sys.executable, "-c", FIRST, "run"], check=True, stdout=subprocess.PIPE)
    kernels = run.stdout.decode().split()
    assert sorted(kernels) == [
        "lstm_forward_share",
        "parallel_add_matmul",
        "resonate",
        "run_shares",
    ]


@pytest.mark.parametrize("cell", ["lstm", "tanh"])
def test_all_kernels_can_be_called_ahead(cell):
    compile_ahead.compile_in_order(cell, [])
    assert not hasattr(lstm_forward, "stats") or not cache_is_empty()

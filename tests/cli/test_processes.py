"""Workers of every start method: the right numbers, or a sentence where it would hang."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.compiled_only,
    pytest.mark.skipif(
        os.environ.get("NUMBA_BOUNDSCHECK", "0") not in ("", "0"),
        reason="parallel loops run as plain ones under bounds checks",
    ),
]
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="where workers are forked")
PATIENCE = 120.0  # seconds, for a machine that compiles first

FORKED = """
import multiprocessing, sys
sys.path.insert(0, sys.argv[1])
import numba
from pool import loss_of
import refkd

def used():
    return loss_of(1)

if __name__ == "__main__":
    early = multiprocessing.get_context("fork").Pool(1)  # before the first parallel loop
    wanted = loss_of(1)
    with early:
        print(early.apply_async(used).get(60) == wanted)
    print(numba.threading_layer())
    with multiprocessing.get_context("fork").Pool(1) as late:
        print(round(late.apply_async(refkd.ctc_loss, ([[0.0] * 3] * 3, [1, 2])).get(60)[0], 4))
        try:
            print(late.apply_async(used).get(60) == wanted)
        except RuntimeError as error:
            print(error)
"""
HELD = """
import os, threading
from refkd.kernels import compile
with compile._one_parallel_loop:
    child = os.fork()
    if child == 0:
        os._exit(0 if compile._one_parallel_loop.acquire(timeout=1) else 1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def output(*words, **environment):
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "NUMBA_NUM_THREADS": "2"} | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.proof
def test_spawned_workers_compute_the_same_bits():
    assert output(ROOT / "docs" / "examples" / "pool.py") == ["the same bits"]


@linux_only
@pytest.mark.parametrize("layer", ["omp", pytest.param("workqueue", marks=pytest.mark.proof)])
def test_a_fork_after_use_has_a_sentence_or_the_same_bits(layer):
    lines = output("-c", FORKED, ROOT / "docs" / "examples", NUMBA_THREADING_LAYER=layer)
    assert lines[:3] == ["True", layer, "1.6864"]
    [last] = lines[3:]
    if layer == "omp":
        assert last.startswith("parallel loop: expected a process by spawn or forkserver, got one")
        assert last in (ROOT / "docs" / "guides" / "processes.md").read_text(encoding="utf-8")
    else:
        assert last == "True"


@linux_only
def test_a_fork_in_the_middle_of_a_loop_does_not_wait_for_it():
    assert output("-c", HELD) == ["0"]


def test_the_page_shows_the_example():
    page = (ROOT / "docs" / "guides" / "processes.md").read_text(encoding="utf-8")
    example = (ROOT / "docs" / "examples" / "pool.py").read_text(encoding="utf-8")
    shown = page.partition("```python\n")[2].partition("```")[0]
    assert shown in example

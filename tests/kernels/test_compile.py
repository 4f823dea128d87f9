"""The decorator of the kernels: options, the cache that cannot be written, one parallel loop."""

import errno
import importlib.util
import os
import threading
import time
from pathlib import Path

import numba
import pytest

from refkd.kernels.compile import kernel


class Compiler:
    """In place of numba.njit: keeps the options and, if asked, has no folder for its cache."""

    def __init__(self, can_cache=True):
        self.can_cache = can_cache
        self.calls = []

    def __call__(self, **options):
        def compile(function):
            if options.get("cache") and not self.can_cache:
                raise RuntimeError("cannot cache function")
            self.calls.append(options)
            return function

        return compile


@pytest.fixture
def compiler(monkeypatch):
    def install(**options):
        compiler = Compiler(**options)
        monkeypatch.setattr(numba, "njit", compiler)
        return compiler

    return install


def double(x):
    return 2 * x


def test_never_fastmath_always_cached(compiler):
    calls = compiler().calls
    assert kernel(double)(4) == 8
    assert kernel(contract=True)(double)(4) == 8
    assert [call["fastmath"] for call in calls] == [False, {"contract"}]
    for call in calls:
        assert call["cache"] is True
        assert call["error_model"] == "numpy"
        assert call["nogil"] is True
        assert call["parallel"] is False


def test_without_a_folder_for_the_cache_kernels_still_compile(compiler):
    calls = compiler(can_cache=False).calls
    assert kernel(double)(4) == 8
    assert kernel(contract=True, parallel=True)(double)(4) == 8
    assert [call.get("cache", False) for call in calls] == [False, False]
    assert calls[0] == {
        "error_model": "numpy",
        "nogil": True,
        "fastmath": False,
        "parallel": False,
    }
    assert (calls[1]["fastmath"], calls[1]["parallel"]) == ({"contract"}, True)


def test_two_threads_never_enter_parallel_loops_at_once(compiler):
    compiler()
    inside, most = 0, 0

    @kernel(parallel=True)
    def slow():
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.01)
        inside -= 1

    @kernel(parallel=True)
    def other():
        slow.__wrapped__()

    threads = [threading.Thread(target=function) for function in (slow, other, slow, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_the_wrapper_keeps_name_and_documentation(compiler):
    compiler()

    def documented():
        """What it says."""

    assert kernel(parallel=True)(documented).__name__ == "documented"
    assert kernel(parallel=True)(documented).__doc__ == "What it says."


@pytest.fixture
def made_anew(tmp_path):
    """A function that makes the same kernel as a new process would."""
    source = tmp_path / f"kernels_{tmp_path.name}.py"
    source.write_text(
        "from refkd.kernels.compile import kernel\n\n@kernel\ndef double(x):\n    return 2 * x\n",
        encoding="utf-8",
    )

    def make():
        spec = importlib.util.spec_from_file_location(source.stem, source)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.double

    return make


@pytest.mark.compiled_only
@pytest.mark.parametrize(("ending", "length"), [("nbi", 0), ("nbi", 50), ("nbc", 0), ("nbc", 100)])
def test_a_damaged_cache_is_named_and_mended(made_anew, ending, length):
    first = made_anew()
    assert first(4) == 8
    folder = Path(first.stats.cache_path)
    [damaged] = folder.glob(f"*.{ending}")
    damaged.write_bytes(damaged.read_bytes()[:length])
    second = made_anew()
    with pytest.warns(RuntimeWarning) as caught:
        assert second(4) == 8
    assert [str(warning.message) for warning in caught] == [
        f"{folder}: expected Numba's cache, got damaged files; their kernels are compiled anew"
    ]
    third = made_anew()
    assert third(4) == 8
    assert sum(third.stats.cache_hits.values()) == 1


@pytest.mark.compiled_only
def test_the_code_of_another_signature_is_not_taken(made_anew):
    first = made_anew()
    assert (first(4), first(0.5)) == (8, 1.0)
    whole, half = sorted(Path(first.stats.cache_path).glob("*.nbc"))
    half.write_bytes(whole.read_bytes())  # as if two processes had given both the same file
    second = made_anew()
    assert (second(0.5), second(4)) == (1.0, 8)
    assert sum(second.stats.cache_hits.values()) == 1


@pytest.mark.compiled_only
def test_kernels_call_a_twin_that_leaves_no_file(made_anew):
    double = made_anew()

    @kernel
    def quadruple(x):
        return double(double(x))

    assert quadruple(4) == 16
    assert (double.signatures, len(double.callee.signatures)) == ([], 1)
    assert not list(Path(double.stats.cache_path).glob("*double-*.nbc"))


@pytest.mark.compiled_only
def test_a_cache_that_cannot_be_written_is_named_and_the_call_goes_on(made_anew, monkeypatch):
    double = made_anew()

    def full(*paths):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    expected = "expected to write Numba's cache there, got No space left on device"
    with pytest.warns(RuntimeWarning, match=expected) as caught:
        assert double(4) == 8
    assert str(caught[0].message).startswith(double.stats.cache_path)

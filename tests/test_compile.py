"""The decorator of the kernels: options, the cache that cannot be written, one parallel loop."""

import threading
import time

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

    threads = [threading.Thread(target=one) for one in (slow, other, slow, other)]
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

"""The one decorator every kernel wears."""

import functools
import os
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numba
import numpy as np
from numba import prange, types
from numba.core.registry import CPUDispatcher
from numba.core.sigutils import normalize_signature

# Numba's plainest thread pool aborts the process when two Python threads enter it at once.
_one_parallel_loop = threading.Lock()
_without_threads = False  # a forked process whose parent's OpenMP cannot be used any more
_warned: set[str] = set()


def kernel(
    function: Callable[..., Any] | None = None, *, contract: bool = False, parallel: bool = False
) -> Any:
    """Compile a function on first call and keep the machine code on disk.

    A cache that is damaged or cannot be written costs a warning and the time to compile.
    Division by zero gives inf or nan as in NumPy, and the GIL is released. With `contract` a
    product and a sum may become one fused operation; nothing is ever reassociated, so -inf and
    the order of additions are safe. With `parallel` the function may use `prange`.
    """
    if function is None:
        return functools.partial(kernel, contract=contract, parallel=parallel)
    options: dict[str, Any] = {
        "error_model": "numpy",
        "nogil": True,
        "fastmath": {"contract"} if contract else False,
        "parallel": parallel,
    }
    try:
        compiled = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder can be written to: compile in every process
        compiled = numba.njit(**options)(function)
    if hasattr(compiled, "_cache"):
        _forgive(compiled._cache)
        compiled.__class__ = _Kernel
        unwrapped: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        compiled.callee = numba.njit(**options, **unwrapped)(function)
    if not parallel:
        return compiled

    @functools.wraps(function)
    def one_at_a_time(*arguments: Any) -> Any:
        if _without_threads:  # or else OpenMP would end this process, and its pool would hang
            raise RuntimeError(
                "parallel loop: expected a process by spawn or forkserver, got one forked from a "
                "process that has run such a loop (docs/guides/processes.md)"
            )
        with _one_parallel_loop:
            return compiled(*arguments)

    return one_at_a_time


class _Kernel(CPUDispatcher):
    """A kernel for Python. Other kernels call a twin, which becomes a part of them: it is compiled
    without code that unpacks Python's objects, and not kept on disk.
    """

    callee: Any

    @property
    def _numba_type_(self) -> Any:
        return types.Dispatcher(self.callee)


def _after_fork() -> None:
    """Find out what a forked process can do; the thread that held the lock is not in it."""
    global _one_parallel_loop, _without_threads
    _one_parallel_loop = threading.Lock()
    try:
        layer = numba.threading_layer()  # type: ignore[attr-defined]
    except ValueError:  # no parallel loop has run
        return
    if layer == "omp":
        from numba.np.ufunc import omppool  # type: ignore[attr-defined]

        _without_threads = omppool.openmp_vendor == "GNU"


class _Value:
    """A compiled kernel of one signature: all values of this signature have the same type."""

    def __init__(self, compiled: Any, signature: Any) -> None:
        compiled.compile(signature)
        result = compiled.get_compile_result(signature)
        self._library, self._signature = result.library, signature  # the library owns the code
        self._numba_type_ = types.FunctionType(signature)
        self._address = int(
            self._library.get_pointer_to_function(result.fndesc.llvm_cfunc_wrapper_name)
        )

    def __wrapper_address__(self) -> int:
        return self._address

    def signature(self) -> Any:
        return self._signature


@functools.cache
def as_value(compiled: Any, signature: Any) -> Any:
    """A kernel that kernels can be passed: they are compiled once for all of its signature."""
    return _Value(compiled, signature) if hasattr(compiled, "compile") else compiled


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _forgive(cache: Any) -> None:
    """Let whatever is wrong with Numba's files be a warning that names their folder."""
    load, save = cache.load_overload, cache.save_overload

    def load_overload(signature: Any, context: Any) -> Any:
        try:
            result = load(signature, context)
        except Exception:  # a damaged pickle raises anything
            with suppress(OSError):
                cache.flush()  # the file is written anew after compilation
            _warn(cache, "Numba's cache, got damaged files; their kernels are compiled anew")
            return None
        # Two processes that save at once may give two signatures the same file.
        expected = normalize_signature(signature)[0]
        return result if result is None or result.signature.args == expected else None

    def save_overload(signature: Any, result: Any) -> None:
        try:
            save(signature, result)
        except OSError as error:
            got = f"{error.strerror}; kernels are compiled in every process"
            _warn(cache, f"to write Numba's cache there, got {got}")

    cache.load_overload, cache.save_overload = load_overload, save_overload


def _warn(cache: Any, expected: str) -> None:
    sentence = f"{cache.cache_path}: expected {expected}"
    if sentence not in _warned:  # once, not for every kernel
        _warned.add(sentence)
        warnings.warn(sentence, RuntimeWarning, stacklevel=3)


@kernel(parallel=True)
def run_shares(share, shares, batch):
    """Call share(n, shares, batch) for every n < shares; batch is a tuple.

    Numba compiles the body of a parallel loop five times: so it is only a call.
    """
    for n in prange(shares):
        share(np.int64(n), shares, batch)


_shares: dict[Any, Any] = {}  # values by kernel and kinds of its arguments: to type them is slow


def in_parallel(share: Any, shares: int, batch: Any) -> None:
    """Let threads run a kernel, each with the number of its share, that of all and a tuple."""
    if hasattr(share, "compile"):
        key = share, *map(_kind, batch)
        if key not in _shares:
            kinds = types.int64, types.int64, numba.typeof(batch)
            _shares[key] = as_value(share, types.void(*kinds))
        share = _shares[key]
    run_shares(share, shares, batch)


def _kind(value: Any) -> Any:
    """What Numba's type of a value depends on."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.ndim, value.flags.c_contiguous, value.flags.writeable
    return type(value)

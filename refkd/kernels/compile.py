"""The one decorator every kernel wears."""

import functools
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numba

# Numba's plainest thread pool aborts the process when two Python threads enter it at once.
_one_parallel_loop = threading.Lock()


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
    if not parallel:
        return compiled

    @functools.wraps(function)
    def one_at_a_time(*arguments: Any) -> Any:
        with _one_parallel_loop:
            return compiled(*arguments)

    return one_at_a_time


def _forgive(cache: Any) -> None:
    """Let whatever is wrong with Numba's files be a warning that names their folder."""
    load, save = cache.load_overload, cache.save_overload

    def load_overload(signature: Any, context: Any) -> Any:
        try:
            return load(signature, context)
        except Exception:  # a damaged pickle raises anything
            with suppress(OSError):
                cache.flush()  # the file is written anew after compilation
            warnings.warn(
                f"{cache.cache_path}: expected Numba's cache, got damaged files, which are "
                "compiled anew",
                RuntimeWarning,
                stacklevel=2,
            )
            return None

    def save_overload(signature: Any, result: Any) -> None:
        try:
            save(signature, result)
        except OSError as error:
            warnings.warn(
                f"{cache.cache_path}: expected to write Numba's cache there, got "
                f"{error.strerror}; kernels are compiled in every process",
                RuntimeWarning,
                stacklevel=2,
            )

    cache.load_overload, cache.save_overload = load_overload, save_overload

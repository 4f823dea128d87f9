"""The one decorator every kernel wears."""

import functools
import threading
from collections.abc import Callable
from typing import Any

import numba

# Numba's plainest thread pool aborts the process when two Python threads enter it at once.
_one_parallel_loop = threading.Lock()


def kernel(
    function: Callable[..., Any] | None = None, *, contract: bool = False, parallel: bool = False
) -> Any:
    """Compile a function on first call and keep the machine code on disk.

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
    if not parallel:
        return compiled

    @functools.wraps(function)
    def one_at_a_time(*arguments: Any) -> Any:
        with _one_parallel_loop:
            return compiled(*arguments)

    return one_at_a_time

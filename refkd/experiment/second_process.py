"""A second process for work that the first one would do later itself."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numba


@contextmanager
def second_process(module: str, *arguments: str, wait: bool) -> Iterator[None]:
    """Run a module as a program beside a block, if Numba may use a second core.

    At the end of the block wait for the process, or end it. It prints nothing, and whatever goes
    wrong in it is only work that is left to the first process.
    """
    process = None
    if numba.config.NUMBA_NUM_THREADS > 1:  # type: ignore[attr-defined]
        with suppress(OSError):
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    try:
        yield
        if process is not None and wait:
            process.wait()
    finally:
        if process is not None:
            process.terminate()
            process.wait()

"""Set up before refkd is imported: Numba's cache folder, Hypothesis profiles, the three modes.

compiled                  the default
NUMBA_DISABLE_JIT=1       every kernel runs as plain Python, so that coverage sees its branches
NUMBA_BOUNDSCHECK=1       every array index is checked; parallel loops become plain ones, because
                          Numba drops an IndexError raised inside a parallel loop
"""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

UNCOMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
BOUNDS_CHECKED = os.environ.get("NUMBA_BOUNDSCHECK", "0") not in ("", "0") and not UNCOMPILED
KERNELS = Path(__file__).resolve().parents[1] / "refkd" / "kernels"


def _kernel_digest() -> str:
    """A name that changes with any kernel and with the mode: Numba's cache sees neither."""
    digest = hashlib.sha256(f"{UNCOMPILED} {BOUNDS_CHECKED}".encode())
    for source in sorted(KERNELS.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


_base = Path(os.environ.get("NUMBA_CACHE_DIR") or Path.home() / ".cache" / "refkd-tests")
os.environ["NUMBA_CACHE_DIR"] = str(_base / _kernel_digest())

if BOUNDS_CHECKED:
    import numba

    _njit = numba.njit

    def _serial_njit(*arguments: Any, parallel: bool = False, **options: Any) -> Any:
        return _njit(*arguments, **options)

    numba.njit = _serial_njit

# Compilation happens inside tests, so no deadline holds.
settings.register_profile("full", deadline=None)
settings.register_profile("small", deadline=None, max_examples=25)
settings.register_profile("full-ci", settings.get_profile("full"), derandomize=True)
settings.register_profile("small-ci", settings.get_profile("small"), derandomize=True)
settings.load_profile(
    ("small" if UNCOMPILED or BOUNDS_CHECKED else "full") + ("-ci" if os.environ.get("CI") else "")
)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "compiled_only: too large to run as plain Python")
    config.addinivalue_line("markers", "compiled_once: not about kernels; in the first mode alone")
    if UNCOMPILED:  # NumPy scalars warn where machine code is silent
        for warning in ("overflow", "invalid value", "divide by zero"):
            config.addinivalue_line(
                "filterwarnings", f"ignore:{warning} encountered:RuntimeWarning"
            )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if UNCOMPILED and item.get_closest_marker("compiled_only"):
            item.add_marker(pytest.mark.skip(reason="too large to run as plain Python"))
        elif (UNCOMPILED or BOUNDS_CHECKED) and item.get_closest_marker("compiled_once"):
            item.add_marker(pytest.mark.skip(reason="not about kernels"))

"""Set up before refkd is imported: Numba's cache folder, Hypothesis profiles, the three modes.

compiled                  the default
NUMBA_DISABLE_JIT=1       every kernel runs as plain Python, so that coverage sees its branches
NUMBA_BOUNDSCHECK=1       every array index is checked; parallel loops become plain ones, because
                          Numba drops an IndexError raised inside a parallel loop

Nothing but pytest is imported at the top: a clone that is not installed ends in one sentence.
"""

import hashlib
import importlib
import importlib.metadata
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import pytest

UNCOMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
BOUNDS_CHECKED = os.environ.get("NUMBA_BOUNDSCHECK", "0") not in ("", "0") and not UNCOMPILED
KERNELS = Path(__file__).resolve().parents[1] / "refkd" / "kernels"
NEEDED = ("numpy", "numba", "matplotlib", "tqdm", "hypothesis", "praatio", "xdist")


def _kernel_digest() -> str:
    """A name that changes with any kernel and with the mode: Numba's cache sees neither."""
    digest = hashlib.sha256(f"{UNCOMPILED} {BOUNDS_CHECKED}".encode())
    for source in sorted(KERNELS.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


_base = Path(os.environ.get("NUMBA_CACHE_DIR") or Path.home() / ".cache" / "refkd-tests")
os.environ["NUMBA_CACHE_DIR"] = str(_base / _kernel_digest())


def _require_installed_package() -> None:
    """Say what to run where the package or something that its tests need is not installed.

    Being importable from this folder is not enough: child processes start elsewhere.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    try:
        importlib.metadata.version("refkd")
    except importlib.metadata.PackageNotFoundError:
        missing.insert(0, "refkd")
    if missing:
        raise pytest.UsageError(
            f"tests: expected {', '.join(missing)} to be installed;"
            f" run `pip install '.[test]'` in {KERNELS.parents[1]}"
        )


def _make_parallel_loops_plain() -> None:
    import numba

    njit = numba.njit

    def serial_njit(*arguments: Any, parallel: bool = False, **options: Any) -> Any:
        return njit(*arguments, **options)

    numba.njit = serial_njit


def _choose_hypothesis_profile() -> None:
    from hypothesis import settings

    # Compilation happens inside tests, so no deadline holds. .ci/run runs the full number.
    for name, examples in (("small", 25), ("plain", 50), ("full", 100)):
        settings.register_profile(name, deadline=None, max_examples=examples)
        settings.register_profile(f"{name}-ci", settings.get_profile(name), derandomize=True)
    settings.load_profile(
        ("small" if UNCOMPILED or BOUNDS_CHECKED else "plain")
        + ("-ci" if os.environ.get("CI") else "")
    )


def _import_visualize() -> None:
    """Import the package before the folder of its tests, on sys.path too, is taken for it.

    Python looks for an editable installation only after all folders of sys.path.
    """
    tests = str(Path(__file__).parent)
    places = [place for place in sys.path if place == tests]
    sys.path[:] = [place for place in sys.path if place != tests]
    importlib.import_module("visualize")
    sys.path[:0] = places


def pytest_configure(config: pytest.Config) -> None:
    _require_installed_package()
    if BOUNDS_CHECKED:
        _make_parallel_loops_plain()
    _import_visualize()
    _choose_hypothesis_profile()
    config.addinivalue_line("markers", "compiled_only: too large to run as plain Python")
    config.addinivalue_line("markers", "compiled_once: not about kernels; in the first mode alone")
    if UNCOMPILED:  # NumPy scalars warn where machine code is silent
        for warning in ("overflow", "invalid value", "divide by zero"):
            config.addinivalue_line(
                "filterwarnings", f"ignore:{warning} encountered:RuntimeWarning"
            )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """All cores for all tests; one process for a part of them, which is quicker and can print."""
    is_worker = hasattr(config, "workerinput")
    part = config.args != config.getini("testpaths") or config.option.keyword
    prints = config.option.capture == "no"
    if not (is_worker or part or prints) and config.option.numprocesses is None:
        config.option.numprocesses, config.option.dist = "auto", "loadfile"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if UNCOMPILED and item.get_closest_marker("compiled_only"):
            item.add_marker(pytest.mark.skip(reason="too large to run as plain Python"))
        elif (UNCOMPILED or BOUNDS_CHECKED) and item.get_closest_marker("compiled_once"):
            item.add_marker(pytest.mark.skip(reason="not about kernels"))

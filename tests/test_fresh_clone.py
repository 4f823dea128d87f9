"""A clone that is not installed ends in one sentence that says what to run."""

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def conftest(pytestconfig):
    return pytestconfig.pluginmanager.get_plugin(str(ROOT / "tests" / "conftest.py"))


def test_tests_without_their_packages_say_what_to_install(conftest, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(pytest.UsageError) as caught:
        conftest.pytest_configure(None)
    assert str(caught.value) == (
        f"tests: expected {', '.join(conftest.NEEDED)} to be installed;"
        f" run `pip install '.[test]'` in {ROOT}"
    )


def test_a_package_that_is_only_near_is_not_installed(conftest, monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(pytest.UsageError, match="expected refkd to be installed; run `pip inst"):
        conftest.pytest_configure(None)


def test_the_command_without_its_packages_says_what_to_install():
    done = subprocess.run(
        [sys.executable, "-S", "-m", "refkd", "run"],  # without site-packages
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        1,
        "refkd: expected numpy, numba, matplotlib, tqdm to be installed; run `pip install .`\n",
    )

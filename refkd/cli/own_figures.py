"""Whether the package `visualize` that Python finds is ours: others have the same name."""

import base64
import hashlib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, PackagePath, distribution, distributions
from importlib.util import find_spec
from pathlib import Path

import refkd
from refkd import check

PACKAGE = "visualize"
HOME = Path(refkd.__file__).resolve().parents[1]  # of both packages, installed or not
AGAIN = "install refkd again with `pip install --force-reinstall`"


def check_own_figures() -> None:
    """Refuse to draw with the files of another distribution, or without some of ours."""
    spec = find_spec(PACKAGE)
    origin = None if spec is None or spec.origin is None else Path(spec.origin).resolve()
    ours = HOME / PACKAGE / "__init__.py"
    if origin is not None and origin != ours:
        expected = f"the package in {HOME}"
        check.fail(PACKAGE, expected, f"{origin}{_of(*_owners(origin))}, which Python finds first")
    for path in _changed(ours):
        if owners := _owners(path):
            mend = f"run `pip uninstall {owners[0].partition(' ')[0]}` and {AGAIN}"
            check.fail(PACKAGE, "the files of refkd", f"{path}{_of(*owners)}; {mend}")
        if not path.exists():
            removed = f"no {path}, perhaps removed with a distribution of the same name; {AGAIN}"
            check.fail(PACKAGE, "the files of refkd", removed)


def _changed(ours: Path) -> Iterator[Path]:
    """Files of ours that are not as they were installed."""
    if not ours.exists():
        yield ours
    try:
        files = distribution("refkd").files or []
    except PackageNotFoundError:  # a checkout that is not installed
        return
    for file in _of_that_name(files):
        path = _located(file)
        if path.is_relative_to(HOME) and not _is_whole(file, path):
            yield path


def _is_whole(file: PackagePath, path: Path) -> bool:
    if file.hash is None:  # a list of sources, which is as old as the last editable install
        return True
    if not path.is_file():
        return False
    digest = hashlib.new(file.hash.mode, path.read_bytes()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") == file.hash.value


def _owners(path: Path) -> list[str]:
    """Name and version of other distributions that have installed a file."""
    return [
        f"{package.name} {package.version}"
        for package in distributions()
        if package.name != "refkd"
        and any(_located(file) == path for file in _of_that_name(package.files))
    ]


def _of_that_name(files: list[PackagePath] | None) -> Iterator[PackagePath]:
    return (file for file in files or () if file.parts[0] == PACKAGE)


def _located(file: PackagePath) -> Path:
    return Path(str(file.locate())).resolve()


def _of(*owners: str) -> str:
    return f" of {owners[0]}" if owners else ""

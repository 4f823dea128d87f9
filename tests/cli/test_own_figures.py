"""Another distribution with a package `visualize`: named before anything is drawn."""

import base64
import hashlib
import importlib
import shutil
import sys
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from pathlib import Path

import pytest

from refkd.check import ArgumentError
from refkd.cli import main, own_figures
from refkd.cli.own_figures import check_own_figures

IMPORTERS = (BuiltinImporter, FrozenImporter, PathFinder)  # and no finder of a checkout
FILES = {"visualize/__init__.py": b'"""Ours."""\n', "visualize/layout/style.py": b"FONT = 'ours'\n"}
AGAIN = "install refkd again with `pip install --force-reinstall`"


def install(site, name, version, files):
    """Write files and the record of them, as pip does."""
    record = [f"{name}-{version}.dist-info/METADATA,,", f"{name}-{version}.dist-info/RECORD,,"]
    for file, content in files.items():
        (site / file).parent.mkdir(exist_ok=True)
        (site / file).write_bytes(content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        record.append(f"{file},sha256={digest},{len(content)}")
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "RECORD").write_text("".join(line + "\n" for line in record))


def uninstall(site, name, version):
    info = site / f"{name}-{version}.dist-info"
    for line in (info / "RECORD").read_text().splitlines():
        (site / line.partition(",")[0]).unlink(missing_ok=True)
    info.rmdir()
    importlib.invalidate_caches()


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of packages in which refkd is installed, and no other with our figures."""
    importlib.import_module(
        "refkd.experiment.experiment"
    )  # and what it needs, which may be where refkd is
    install(tmp_path, "refkd", "9.0", FILES)
    monkeypatch.setattr(own_figures, "HOME", tmp_path.resolve())
    others = [path for path in sys.path if not Path(path, "visualize").exists()]
    monkeypatch.setattr(sys, "path", [str(tmp_path), *others])
    monkeypatch.setattr(
        sys, "meta_path", [importer for importer in sys.meta_path if importer in IMPORTERS]
    )
    monkeypatch.delitem(sys.modules, "visualize", raising=False)
    return tmp_path


def test_our_own_files_pass_and_so_does_what_their_user_has_edited(site):
    check_own_figures()
    (site / "visualize" / "layout" / "style.py").write_text("FONT = 'mine'\n")
    check_own_figures()


@pytest.mark.parametrize("file", FILES)
def test_who_has_overwritten_a_file_is_named(site, file):
    install(site, "visualize", "0.5.1", {file: b"import cv2\n"})
    with pytest.raises(ArgumentError) as refusal:
        check_own_figures()
    assert str(refusal.value) == (
        f"visualize: expected the files of refkd, got {(site / file).resolve()} of visualize "
        f"0.5.1; run `pip uninstall visualize` and {AGAIN}"
    )


def test_a_distribution_that_refkd_has_overwritten_does_not_matter(site):
    install(site, "visualize", "0.5.1", {"visualize/__init__.py": FILES["visualize/__init__.py"]})
    check_own_figures()
    uninstall(site, "visualize", "0.5.1")
    with pytest.raises(ArgumentError, match=r"__init__.py, perhaps removed with a distribution"):
        check_own_figures()


def test_files_that_are_gone_are_missed(site):
    for name in ("layout/style.py", "__init__.py"):
        (site / "visualize" / name).unlink()
        with pytest.raises(ArgumentError, match=rf"got no .*{name}, perhaps removed"):
            check_own_figures()
    shutil.rmtree(site / "visualize")
    importlib.invalidate_caches()
    with pytest.raises(ArgumentError, match="visualize: expected"):
        check_own_figures()


def test_a_package_that_is_found_first_is_named(site, tmp_path_factory, monkeypatch):
    first = tmp_path_factory.mktemp("first")
    install(first, "visualise-more", "1.2", {"visualize/__init__.py": b""})
    # Not by syspath_prepend: it would leave the path of this test to all that follow.
    monkeypatch.setattr(sys, "path", [str(first), *sys.path])
    with pytest.raises(ArgumentError) as refusal:
        check_own_figures()
    path = (first / "visualize" / "__init__.py").resolve()
    assert str(refusal.value) == (
        f"visualize: expected the package in {site.resolve()}, got {path} of visualise-more 1.2, "
        "which Python finds first"
    )


@pytest.mark.parametrize("command", [["run", "--quick"], ["plot", "--toy"]], ids=" ".join)
def test_commands_that_draw_stop_before_they_begin(site, capsys, command):
    install(site, "visualize", "0.5.1", {"visualize/__init__.py": b"import cv2\n"})
    assert main([*command, "--out", str(site / "out")]) == 2
    assert "of visualize 0.5.1; run `pip uninstall visualize`" in capsys.readouterr().err
    assert not (site / "out").exists()


def test_a_source_that_an_older_editable_install_lists_is_not_missed(site):
    record = site / "refkd-9.0.dist-info" / "RECORD"
    record.write_text(record.read_text() + "visualize/moved.py,,\n")
    check_own_figures()

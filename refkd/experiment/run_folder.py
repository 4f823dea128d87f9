"""The folder of a run, which one command claims, and the list of what `refkd plot` drew."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import refkd
from refkd import check
from refkd.check import DataError
from refkd.experiment.settings import RunSettings
from refkd.files.atomic import locked, remove_unfinished, replacing

RUN, RESULTS, CHECKPOINTS = "run.json", "results.json", "checkpoints"
LOCK = ".refkd-lock"  # there while a command is at work


@contextmanager
def locked_folder(path: str | Path, argument: str = "out") -> Iterator[Path]:
    """Make a folder and keep other commands out of it; if it stays empty, it is removed again.

    Examples
    --------
    >>> import tempfile
    >>> from refkd.experiment.run_folder import locked_folder
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     with locked_folder(parent + "/run") as folder:
    ...         _ = (folder / "word.txt").write_text("late")
    ...     sorted(file.name for file in folder.iterdir())
    ['word.txt']
    """
    folder = Path(path)
    with ExitStack() as stack:
        try:
            missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
            for parent in reversed(missing):
                parent.mkdir(exist_ok=True)
                stack.callback(_remove_empty, parent)
            if not folder.is_dir():
                check.fail(argument, "a folder that can be written to", f"the file {folder}")
            if os.access(folder, os.W_OK):  # where nothing can be written, nothing can be lost
                stack.enter_context(locked(folder / LOCK))
        except BlockingIOError:
            check.fail(argument, "a folder that no other command is using", folder)
        except OSError as error:
            check.fail(argument, "a folder that can be written to", f"{folder}: {error.strerror}")
        yield folder


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def new_folder(path: str | Path) -> Path:
    """Make a folder, or take an empty one."""
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(file.name != LOCK for file in folder.iterdir()):
            check.fail("out", "a new or empty folder", f"{folder}, which contains files")
    except OSError as error:
        check.fail("out", "a folder that can be written to", f"{folder}: {error.strerror}")
    return folder


def claim_folder(path: str | Path, settings: RunSettings) -> Path:
    """Make a folder for a run, or take the one in which the same run was interrupted.

    The settings are kept in run.json; a folder `checkpoints` is there unless the run has ended. An
    empty folder and one in which no epoch was completed are taken too.

    Examples
    --------
    >>> import tempfile
    >>> from refkd.experiment.settings import read_settings
    >>> from refkd.experiment.run_folder import claim_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first = claim_folder(folder + "/run", read_settings())
    ...     claim_folder(folder + "/run", read_settings()) == first
    True
    """
    folder = Path(path)
    identity = {"refkd": refkd.__version__, "configuration": settings.as_dict()}
    text = (json.dumps(identity, indent=1) + "\n").encode()
    try:
        if _begun(folder):
            if (folder / RUN).read_bytes() != text:
                expected = "a new or empty folder, or the folder of a run with these settings"
                other = f"{folder}, that of other settings or another version of refkd"
                check.fail("out", expected, other)
            remove_unfinished(folder, "**/*")
        else:
            remove_unfinished(folder, RUN)
            (folder / RUN).unlink(missing_ok=True)
            if (folder / CHECKPOINTS).is_dir() and not any((folder / CHECKPOINTS).iterdir()):
                (folder / CHECKPOINTS).rmdir()
            new_folder(folder)
            with replacing(folder / RUN) as file:
                file.write(text)
        if (folder / RESULTS).exists():  # perhaps killed as it removed its checkpoints
            shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
        else:
            (folder / CHECKPOINTS).mkdir(exist_ok=True)
    except OSError as error:
        check.fail("out", "a folder that can be written to", f"{folder}: {error.strerror}")
    return folder


def _begun(folder: Path) -> bool:
    """Whether a run has left anything here that another command must not touch."""
    if not (folder / RUN).exists():
        return False
    others = {path.name for path in folder.iterdir()} - {RUN, CHECKPOINTS, LOCK}
    checkpoints = folder / CHECKPOINTS
    return bool(others) or (checkpoints.is_dir() and any(checkpoints.iterdir()))


@contextmanager
def reporting_write_errors(folder: Path) -> Iterator[None]:
    """Turn the failure to write a file into one sentence."""
    try:
        yield
    except OSError as error:
        got = error.strerror or error  # Pillow leaves the first empty
        raise DataError(f"{folder}: expected to write there, got {got}") from None


PLOT = "plot.json"  # lists the files that were drawn here


def plot_folder(path: str | Path) -> Path:
    """Make a folder for figures, or take an empty one or one that lists what was drawn there.

    Examples
    --------
    >>> import tempfile
    >>> from refkd.experiment.run_folder import claim_files, plot_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     claim_files(plot_folder(folder), ["shift.png"])
    ...     plot_folder(folder).name == folder.split("/")[-1].split(chr(92))[-1]
    True
    """
    folder = Path(path)
    return folder if _claimed(folder) is not None else new_folder(folder)


def claim_files(folder: Path, files: Sequence[str]) -> None:
    """Add to the list of what is drawn in a folder, before it is written."""
    before = _claimed(folder) or []
    for name in files:
        if name not in before and (folder / name).exists():
            check.fail("out", f"a folder without {name} or with one that `refkd plot` drew", folder)
    names = sorted({*before, *files})
    text = json.dumps({"files": names}, indent=1) + "\n"
    with replacing(folder / PLOT) as file:
        file.write(text.encode())


def _claimed(folder: Path) -> list[str] | None:
    """The files on the list; None if there is none."""
    try:
        listing = json.loads((folder / PLOT).read_text(encoding="utf-8"))
        return [str(name) for name in listing["files"]]
    except (OSError, ValueError, TypeError, KeyError):
        return None

"""Files that are written completely or not at all, and locks that end with their process."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

UNFINISHED = ".part"  # ends the name of a temporary file


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a temporary file that becomes `path` only when everything has been written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from refkd.files.atomic import replacing
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder, "word.txt")) as file:
    ...         _ = file.write(b"late")
    ...     Path(folder, "word.txt").read_text()
    'late'
    """
    target = Path(path)
    if target.exists() and not target.is_file():  # a device would become a file for everybody
        raise OSError(errno.EINVAL, "something that is not a regular file", str(target))
    unfinished = target.with_name(f"{target.name}.{os.getpid()}{UNFINISHED}")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # a full disk shows before the older file is gone
        os.replace(unfinished, target)
    except OSError as error:
        if error.filename in (None, str(unfinished)):
            error.filename = str(target)
        raise
    finally:
        unfinished.unlink(missing_ok=True)


def remove_unfinished(folder: Path, files: str) -> None:
    """Remove temporary files that killed processes left; `files` is a pattern of their targets."""
    for unfinished in folder.glob(f"{files}.[0-9]*{UNFINISHED}"):
        unfinished.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock, a file that is removed afterwards; if the process dies, the lock is free.

    If another process holds it, raise BlockingIOError at once and change nothing.
    """
    descriptor = _open_locked(path)
    try:
        yield
    finally:
        if sys.platform == "win32":  # where an open file cannot be removed
            os.close(descriptor)
            with suppress(OSError):
                path.unlink()
        else:
            path.unlink(missing_ok=True)
            os.close(descriptor)


def _open_locked(path: Path) -> int:
    """The descriptor of the file at `path`, locked."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(descriptor)
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # whoever held it has removed it since it was opened


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(errno.EWOULDBLOCK, error.strerror) from None
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP):
            raise  # those are of file systems without locks

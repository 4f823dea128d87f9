"""Files that are complete or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

UNFINISHED = ".part"  # ends the name of a temporary file


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a temporary file that becomes `path` only when everything has been written.

    Parameters
    ----------
    path : path
        Its folder exists. A file of this name stays as it is until the new one is complete.

    Yields
    ------
    binary file
        To write to.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from refkd.files import replacing
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder, "word.txt")) as file:
    ...         _ = file.write(b"late")
    ...     Path(folder, "word.txt").read_text()
    'late'
    """
    target = Path(path)
    unfinished = target.with_name(f"{target.name}.{os.getpid()}{UNFINISHED}")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # a full disk shows before the older file is gone
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def remove_unfinished(folder: Path, files: str) -> None:
    """Remove the temporary files of processes that were killed as they wrote.

    Parameters
    ----------
    folder : Path
        Need not be there.
    files : str
        Pattern of the files that were to become, as for `Path.glob`: "**/*" for all in the folder.
    """
    for unfinished in folder.glob(f"{files}.[0-9]*{UNFINISHED}"):
        unfinished.unlink(missing_ok=True)

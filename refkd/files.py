"""Files that are complete or not there."""

import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import ArrayLike

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


def write_arrays(file: str | os.PathLike[str] | BinaryIO, arrays: Mapping[str, ArrayLike]) -> None:
    """Write named arrays as an npz file, which `numpy.load` reads.

    `numpy.savez` takes names as keywords: an array called "file" is an error, and before NumPy 2.2
    its `allow_pickle=False` is one more array.

    Parameters
    ----------
    file : path or binary file
        A path is taken as it stands.
    arrays : mapping of str to array
        Under any names.

    Raises
    ------
    ValueError
        If an array holds Python objects, which would have to be pickled.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from refkd.files import write_arrays
    >>> file = io.BytesIO()
    >>> write_arrays(file, {"file": [1.5, 2.0]})
    >>> _ = file.seek(0)
    >>> np.load(file)["file"]
    array([1.5, 2. ])
    """
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


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

"""Read npy and npz files with checks, within a limit of memory, and never with pickle."""

import io
import math
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, NoReturn

import numpy as np
from numpy.lib import format as npy
from numpy.typing import ArrayLike, NDArray

Arrays = dict[str, NDArray[Any]]
HEADER = 1 << 16  # bytes in which the header of any array of numbers or texts fits
ANY_FILE = 1 << 28  # bytes that a file of any size may hold when unpacked
PACKED = 100  # times that real posteriors are compressed at most
ENDING = ".npy"  # of every member
ENCRYPTED = 0x1  # bit of a member's flags
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # np.savez and np.savez_compressed


class ArrayFileError(ValueError):
    """What a file contains instead of arrays: the end of "FILE: expected ..., got"."""


def read_npz(
    file: str | os.PathLike[str] | BinaryIO,
    check: Callable[[Arrays], object] = lambda arrays: None,
    most: int | None = None,
) -> Arrays:
    """Read the arrays of an npz archive.

    `check` is called before any number is read, with arrays of the right names, shapes and dtypes
    that take no memory; what it raises is passed on. All arrays have at most `most` bytes; by
    default 256 MiB, or 100 times the size of the file if that is more.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from refkd.files.npz import read_npz
    >>> file = io.BytesIO()
    >>> np.savez(file, word=np.arange(3))
    >>> read_npz(file)
    {'word': array([0, 1, 2])}
    """
    with _opened(file) as stream:
        with _sentences():
            archive, shapes = _described(stream, most)
        check(shapes)
        with _sentences():
            return {name: _values(archive, name) for name in shapes}


def read_npy(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read the array of an npy file."""
    with _opened(path) as stream, _sentences():
        start = stream.read(6)
        if start != npy.MAGIC_PREFIX:
            _fail("an npz archive" if start[:2] == b"PK" else "no npy")
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        _shape("the array", stream, size)
        stream.seek(0)
        return np.asarray(npy.read_array(stream, allow_pickle=False))


def _described(stream: BinaryIO, most: int | None) -> tuple[zipfile.ZipFile, Arrays]:
    """The archive, and arrays as its headers describe them, which take no memory."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    start = stream.read(6)
    if start[:2] != b"PK":
        _fail("a single array" if start == npy.MAGIC_PREFIX else "no npz")
    archive = zipfile.ZipFile(stream)
    members = archive.infolist()
    for info in members:
        shown = f"{info.filename!r:.60}"
        if info.flag_bits & ENCRYPTED:
            _fail(f"{shown}, which is encrypted")
        if info.compress_type not in METHODS:
            _fail(f"{shown}, which is compressed by a method that NumPy does not use")
        if not info.filename.endswith(ENDING):
            _fail(f"{shown}, which is not npy")
    names = [info.filename.removesuffix(ENDING) for info in members]
    if len(set(names)) < len(names):
        _fail("two arrays with the same name")
    limit = max(ANY_FILE, PACKED * size) if most is None else most
    total = sum(info.file_size for info in members)
    if total > limit:
        _fail(f"{total} bytes of arrays in a file of {size}, more than the {limit} that are read")
    shapes = {}
    for name, info in zip(names, members, strict=True):
        with archive.open(info) as member:
            shapes[name] = _shape(f"{name!r:.60}", member, info.file_size)
    return archive, shapes


def _shape(name: str, stream: IO[bytes], size: int) -> NDArray[Any]:
    """An array without memory, as the header of an npy of `size` bytes describes it."""
    head = io.BytesIO(stream.read(min(size, HEADER)))
    try:
        version = npy.read_magic(head)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(head)
    except Exception:  # the header is parsed as Python, which raises anything
        _fail(f"{name} with a damaged header")
    if dtype.hasobject:
        _fail(f"{name} of pickled objects")
    if dtype.names is not None or dtype.subdtype is not None:
        _fail(f"{name} of dtype {dtype!s:.60}")
    held = size - head.tell()
    count = math.prod(shape)
    if min(shape, default=0) < 0 or count * dtype.itemsize != held or count > size:
        _fail(f"{name} of shape {shape!s:.60} and dtype {dtype!s:.20} in {held} bytes")
    return np.broadcast_to(np.zeros((), dtype), shape)


def _values(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    with archive.open(name + ENDING) as member:
        values = np.asarray(npy.read_array(member, allow_pickle=False))
        member.read(1)  # at the end, zipfile compares the checksum
        return values


@contextmanager
def _opened(file: str | os.PathLike[str] | BinaryIO) -> Iterator[BinaryIO]:
    """A regular file, open; one that was open stays open."""
    if not isinstance(file, str | os.PathLike):
        yield file
        return
    path = Path(file)
    if not path.is_file():
        there = "a folder" if path.is_dir() else "a device or a pipe"
        _fail(there if path.exists() else "no such file")
    try:
        stream = path.open("rb")
    except OSError as error:
        _fail(str(error.strerror))
    with stream:
        yield stream


@contextmanager
def _sentences() -> Iterator[None]:
    """What NumPy and zipfile raise, as one kind of error."""
    try:
        yield
    except ArrayFileError:
        raise
    except MemoryError:
        _fail("more than fits into memory")
    except Exception as error:  # of zipfile, zlib, struct and NumPy; all mean the same
        message = str(error).partition("\n")[0]
        _fail(f"a damaged file: {message:.200}" if message else "a damaged file")


def _fail(got: str) -> NoReturn:
    raise ArrayFileError(got) from None


def write_arrays(file: str | os.PathLike[str] | BinaryIO, arrays: Mapping[str, ArrayLike]) -> None:
    """Write named arrays as an npz file, which `numpy.load` reads.

    `numpy.savez` takes names as keywords: an array called "file" is an error, and before NumPy 2.2
    its `allow_pickle=False` is one more array.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from refkd.files.npz import write_arrays
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

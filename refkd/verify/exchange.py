"""Named values as files: npz, or a folder of raw little-endian arrays. Nothing is ever pickled.

Values are arrays, numbers, texts, or mappings that JSON can hold; None is left out.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from refkd.files import npz

MANIFEST = "manifest.txt"  # of a raw folder: NAME DTYPE DIMENSIONS LENGTH LENGTH ...
MOST = 1 << 28  # bytes of one answer
JSON = ".json"  # ends the name of a mapping


def write_npz(file: str | Path | BinaryIO, values: Mapping[str, Any]) -> None:
    """Write named values as one npz file; mappings become JSON texts called NAME.json."""
    npz.write_arrays(file, _arrays(values))


def read_npz(file: str | Path | BinaryIO) -> dict[str, Any]:
    """Read what `write_npz` has written, or a program that keeps to the same form."""
    return _values(npz.read_npz(file, most=MOST))


def write_raw(folder: Path, values: Mapping[str, Any]) -> None:
    """Write each array to a file of its own, little-endian in C order, and a manifest of all.

    Mappings and texts are UTF-8 files, called NAME.json and NAME.txt, that the manifest leaves out.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from refkd.verify.exchange import read_raw, write_raw
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_raw(Path(folder), {"loss": [1.5, 2.0], "blank": 0})
    ...     print(Path(folder, "manifest.txt").read_text(), end="")
    ...     read_raw(Path(folder))["loss"].tolist()
    loss float64 1 2
    blank int64 0
    [1.5, 2.0]
    """
    lines = []
    for name, value in _arrays(values).items():
        if value.dtype.kind == "U":
            ending = "" if name.endswith(JSON) else ".txt"
            (folder / (name + ending)).write_text(str(value), encoding="utf-8")
            continue
        (folder / name).write_bytes(value.astype(value.dtype.newbyteorder("<")).tobytes())
        lines.append(" ".join([name, value.dtype.name, *map(str, [value.ndim, *value.shape])]))
    (folder / MANIFEST).write_text("".join(line + "\n" for line in lines), encoding="ascii")


def read_raw(folder: Path) -> dict[str, Any]:
    """Read a folder as `write_raw` lays it out; without a manifest there are only texts."""
    files = {path.name: path for path in folder.iterdir() if not path.is_dir()}
    for name, path in files.items():
        if not path.is_file():
            raise ValueError(f"{name:.60}, which is not a regular file")
    if sum(path.stat().st_size for path in files.values()) > MOST:
        raise ValueError(f"files of more than {MOST} bytes")
    arrays = {}
    for line in _text(files.pop(MANIFEST)).splitlines() if MANIFEST in files else ():
        try:
            name, dtype, _, *lengths = line.split()
            kind = np.dtype(dtype).newbyteorder("<")
            shape = [int(length) for length in lengths]
            if min(shape, default=0) < 0:
                raise ValueError
            arrays[name] = np.frombuffer(files.pop(name).read_bytes(), kind).reshape(shape)
        except Exception:  # np.dtype parses what a program has written, which raises anything
            form = "NAME DTYPE DIMENSIONS LENGTH ... that fits a file"
            raise ValueError(f"{MANIFEST} expected {form}, got {line!r:.60}") from None
    for name, path in files.items():
        if name.endswith((".txt", JSON)):
            arrays[name.removesuffix(".txt")] = np.array(_text(path))
    return _values(arrays)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _arrays(values: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    arrays = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            arrays[name + JSON] = np.array(json.dumps(value))
        elif value is not None:
            arrays[name] = np.asarray(value)
    return arrays


def _values(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, array in arrays.items():
        if name.endswith(JSON):
            try:
                values[name.removesuffix(JSON)] = json.loads(str(array))
            except RecursionError:
                raise ValueError(f"{name:.60}, which is nested too deep") from None
        elif array.dtype.kind == "U":
            values[name] = str(array)
        else:
            values[name] = array
    return values

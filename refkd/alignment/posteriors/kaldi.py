"""Kaldi's archives (.ark) and their lists (.scp), through kaldiio.

Kaldiio runs the commands of piped entries and unpickles what an archive marks as pickled. So every
file is opened here, and only what begins like a matrix is passed to it.
"""

import re
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from refkd.files.text import columns, nfc, read_lines, refuse

Arrays = dict[str, NDArray[Any]]
BEGINS = re.compile(rb"\0B(FM|DM|CM[23]?) |\s*\[")  # a matrix, binary or as text
PLACE = re.compile(r"(?P<file>.+?)(:(?P<offset>[0-9]{1,18}))?")
WANTED = "a matrix of Kaldi, binary or text"


def read_archive(path: Path) -> Arrays:
    """Every matrix of an archive."""
    matio = _kaldiio(path)
    arrays: Arrays = {}
    with path.open("rb") as file:
        while True:
            name = _name(file, path)
            if not name:
                return arrays
            if name in arrays:
                refuse(path, "every utterance once", repr(name))
            arrays[name] = _matrix(matio, file, f"{path}, utterance {name!r}")


def read_script(path: Path) -> Arrays:
    """Every matrix that a list points to; relative paths as Kaldi takes them, from where we are.

    The first spaces and tabs end a name; those inside the path that follows belong to it. Nothing
    is opened if a line is refused.
    """
    places: dict[str, tuple[str, Path, int]] = {}
    for where, line in read_lines(path):
        fields = columns(line, most=2)
        if not fields:
            continue
        name, place = nfc(fields[0]), "".join(fields[1:])
        if place.startswith("|") or place.endswith("|"):
            refuse(where, "a file", "a command, which is never run; write the archive to a file")
        match = PLACE.fullmatch(place)
        if match is None or place == "-" or place.endswith("]") or "\0" in place:
            refuse(where, "NAME FILE or NAME FILE:OFFSET", repr(line))
        if name in places:
            refuse(where, "every utterance once", repr(name))
        places[name] = where, Path(match["file"]), int(match["offset"] or 0)
    matio = _kaldiio(path)
    arrays: Arrays = {}
    for name, (where, archive, offset) in places.items():
        try:
            with archive.open("rb") as file:
                file.seek(offset)
                arrays[name] = _matrix(matio, file, where)
        except OSError as error:
            refuse(where, f"to read {archive}", error.strerror)
    return arrays


def _name(file: BinaryIO, path: Path) -> str:
    """The name before the next matrix, which white space of ASCII ends; empty after the last."""
    letters = bytearray()
    while (byte := file.read(1)) and not (letters and byte.isspace()):
        letters += byte.strip()
    try:
        return nfc(letters.decode())
    except UnicodeDecodeError:
        refuse(path, "names in UTF-8", "other bytes")


def _matrix(matio: Any, file: BinaryIO, where: str) -> NDArray[Any]:
    place = file.tell()
    begins = BEGINS.match(file.read(16))
    file.seek(place)
    if begins is None:
        refuse(where, WANTED, "something else")
    try:
        matrix = np.asarray(matio.read_kaldi(file))
    except Exception as error:  # damaged files end in errors of many kinds inside the library
        refuse(where, WANTED, str(error).splitlines()[0] if str(error) else "a truncated file")
    if matrix.dtype.kind != "f":  # it guesses whole numbers where a text matrix lacks line breaks
        refuse(where, "a matrix with its first row on a new line", "one that begins differently")
    return matrix


def _kaldiio(path: Path) -> Any:
    try:
        from kaldiio import matio
    except ImportError:
        refuse(path, "kaldiio to be installed (pip install 'refkd[kaldi]')", "no such module")
    return matio

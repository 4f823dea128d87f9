"""Text of every kind: files by line, columns, one normal form, and the error for a refused file."""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from refkd import check
from refkd.check import DataError

SEPARATOR = re.compile("[ \t]+")
LONGEST = 400  # characters of a path, or of what is quoted out of a file


class FileError(DataError):
    """A file is not what its reader expects; `expected` is kept to count equal faults."""

    def __init__(self, path: object, expected: str, got: object) -> None:
        super().__init__(f"{_short(path)}: expected {_short(expected)}, got {_short(got)}")
        self.expected = expected


def _short(shown: object) -> str:
    """What is shown, without the middle of what is longer than a path may reasonably be."""
    text = str(shown)
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} ... {text[-LONGEST // 4 :]}"


def refuse(where: object, expected: str, got: object) -> NoReturn:
    """Raise an error in the form of all errors of files."""
    raise FileError(where, expected, got) from None


def read_lines(
    path: Path, expected: str = "a text file", errors: str = "strict"
) -> list[tuple[str, str]]:
    """Where each line of a text file in UTF-8 is, for errors, and the line as it stands there.

    Lines end in LF, CR LF or CR, and a byte order mark is passed over. A FileError if the file
    cannot be read or, where errors are strict, a line is not UTF-8.
    """
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    except (OSError, ValueError) as error:
        refuse(path, expected, getattr(error, "strerror", error))
    numbered = []
    for number, line in enumerate(lines, 1):
        where = f"{path}, line {number}"
        try:
            numbered.append((where, line.decode(errors=errors)))
        except UnicodeDecodeError:
            refuse(where, "UTF-8", "other bytes")
    return numbered


def columns(line: str, most: int = 0) -> list[str]:
    """Split a line at its spaces and tabs; no other white space separates columns.

    What follows column number `most`, where it is not 0, stays in that one.
    """
    stripped = line.strip(" \t")
    return SEPARATOR.split(stripped, max(0, most - 1)) if stripped else []


def nfc(text: str) -> str:
    """The composed normal form of Unicode, in which texts are compared here."""
    return unicodedata.normalize("NFC", text)


def symbols_of(argument: str, value: Iterable[str]) -> tuple[str, ...]:
    """Symbols in NFC; an ArgumentError for a plain text, whose letters would become symbols."""
    if isinstance(value, str):
        check.fail(argument, "a list of symbols", f"the text {value!r:.60}")
    return tuple(nfc(check.instance(argument, symbol, str)) for symbol in value)


def visible(text: str) -> str:
    """A text in quotes and, if it is not plain ASCII, with its code points.

    Examples
    --------
    >>> from refkd.files.text import visible
    >>> visible("s"), visible("\u0161")
    ("'s'", "'š' (U+0161)")
    """
    points = " ".join(f"U+{ord(letter):04X}" for letter in text)
    return repr(text) if text.isascii() else f"{text!r} ({points})"

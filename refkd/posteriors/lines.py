"""Text files by line, and the sentence for a file that is not what its reader expects."""

from pathlib import Path
from typing import NoReturn

from refkd.check import DataError


def refuse(where: object, expected: str, got: object) -> NoReturn:
    """Raise the sentence that all errors of files share."""
    raise DataError(f"{where}: expected {expected}, got {got}") from None


def read_lines(path: Path) -> list[tuple[str, str]]:
    """The lines of a text file in UTF-8 that are not blank.

    Parameters
    ----------
    path : Path
        The file; a byte order mark is passed over.

    Returns
    -------
    list of (str, str)
        Where each is, for errors, and what it says, stripped.

    Raises
    ------
    DataError
        If it cannot be read or a line is not UTF-8.
    """
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    except OSError as error:
        refuse(path, "a text file", error.strerror)
    found = []
    for number, line in enumerate(lines, 1):
        where = f"{path}, line {number}"
        try:
            text = line.decode().strip()
        except UnicodeDecodeError:
            refuse(where, "UTF-8", "other bytes")
        if text:
            found.append((where, text))
    return found

"""Reading tokens.txt: which symbol each class is."""

import os
import re
from pathlib import Path

from refkd.files.text import nfc, read_lines, refuse, visible

WITH_ID = re.compile(r"[ \t]*([^ \t]+|[ \t])[ \t]+([0-9]{1,9})[ \t]*")


def read_tokens(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Read the symbols of a model in the order of its classes.

    Parameters
    ----------
    path : path
        UTF-8; every line `SYMBOL` (ESPnet), or every line `SYMBOL ID` (Kaldi, icefall), separated
        by spaces or tabs, with the ids 0 to K-1 in any order. A symbol may be one space or tab.
        Without ids a line is a symbol, and spaces or tabs around a longer one do not count; empty
        lines may only end the file. Kaldi's disambiguation symbols (`#0`, `#1`, ...) are left out
        where they come after all others.

    Returns
    -------
    tuple of str
        K symbols, in Unicode's composed form (NFC); two may be equal in it, not in the file.

    Raises
    ------
    DataError
        Names the file and the line, if forms are mixed, a symbol or an id comes twice, or an id is
        missing.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from refkd.files.tokens import read_tokens
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "tokens.txt")
    ...     _ = file.write_text("<blk> 0\\nm 2\\na 1\\n", encoding="utf-8")
    ...     read_tokens(file)
    ('<blk>', 'a', 'm')
    """
    file = Path(path)
    lines = read_lines(file)
    while lines and not lines[-1][1]:
        lines.pop()
    if not lines:
        refuse(file, "a symbol on every line", "none")
    with_ids = WITH_ID.fullmatch(lines[0][1]) is not None
    symbols: dict[int, str] = {}
    taken: set[str] = set()
    for where, text in lines:
        if with_ids and not text.strip(" \t"):
            continue
        match = WITH_ID.fullmatch(text)
        if with_ids and match is None:
            refuse(where, "SYMBOL ID", repr(text))
        plain = text if len(text) == 1 else text.strip(" \t")
        if not with_ids and (not plain or (len(plain) > 1 and re.search(r"\s", plain))):
            refuse(where, "SYMBOL", visible(text))
        symbol, number = (match[1], int(match[2])) if match else (plain, len(symbols))
        if number in symbols:
            refuse(where, "every id once", number)
        if symbol in taken:
            refuse(where, "every symbol once", visible(symbol))
        taken.add(symbol)
        symbols[number] = nfc(symbol)
    while with_ids and symbols and re.fullmatch(r"#[0-9]+", symbols[max(symbols)]):
        symbols.pop(max(symbols))
    missing = next((n for n in range(len(symbols)) if n not in symbols), None)
    if missing is not None:
        refuse(file, f"the ids 0 to {len(symbols) - 1}", f"none with id {missing}")
    return tuple(symbols[n] for n in range(len(symbols)))

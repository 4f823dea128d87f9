"""Reading tokens.txt: which symbol each class is."""

import os
import re
from pathlib import Path

from refkd.posteriors.lines import read_lines, refuse

WITH_ID = re.compile(r"(\S+)\s+(\d+)")


def read_tokens(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Read the symbols of a model in the order of its classes.

    Parameters
    ----------
    path : path
        UTF-8; every line `SYMBOL` (ESPnet), or every line `SYMBOL ID` (Kaldi, icefall) with the
        ids 0 to K-1 in any order. Blank lines are passed over. Kaldi's disambiguation symbols
        (`#0`, `#1`, ...) are left out where they come after all others.

    Returns
    -------
    tuple of str
        K symbols.

    Raises
    ------
    DataError
        Names the file and the line, if forms are mixed, a symbol or an id comes twice, or an id is
        missing.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from refkd.posteriors.tokens import read_tokens
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "tokens.txt")
    ...     _ = file.write_text("<blk> 0\\nm 2\\na 1\\n", encoding="utf-8")
    ...     read_tokens(file)
    ('<blk>', 'a', 'm')
    """
    file = Path(path)
    lines = read_lines(file)
    if not lines:
        refuse(file, "a symbol on every line", "none")
    with_ids = WITH_ID.fullmatch(lines[0][1]) is not None
    symbols: dict[int, str] = {}
    taken: set[str] = set()
    for where, text in lines:
        found = WITH_ID.fullmatch(text)
        if (found is not None) != with_ids or (found is None and len(text.split()) > 1):
            refuse(where, "SYMBOL ID" if with_ids else "SYMBOL", repr(text))
        symbol, number = (found[1], int(found[2])) if found else (text, len(symbols))
        if number in symbols:
            refuse(where, "every id once", number)
        if symbol in taken:
            refuse(where, "every symbol once", repr(symbol))
        taken.add(symbol)
        symbols[number] = symbol
    while with_ids and symbols and re.fullmatch(r"#\d+", symbols[max(symbols)]):
        symbols.pop(max(symbols))
    missing = next((n for n in range(len(symbols)) if n not in symbols), None)
    if missing is not None:
        refuse(file, f"the ids 0 to {len(symbols) - 1}", f"none with id {missing}")
    return tuple(symbols[n] for n in range(len(symbols)))

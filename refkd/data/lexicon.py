"""Pronunciations: which phones a word has."""

import re
from pathlib import Path

from refkd.data.wav import FileError, read_lines

VARIANT = re.compile(r"\([0-9]+\)$")


def words_of(text: str) -> list[str]:
    """The lower-case words of a text, without punctuation.

    Parameters
    ----------
    text : str
        Anything; an apostrophe inside a word belongs to it.

    Examples
    --------
    >>> from refkd.data.lexicon import words_of
    >>> words_of("Don't stop, 'Ada'!")
    ["don't", 'stop', 'ada']
    """
    return re.findall(r"\w+(?:'\w+)*", text.lower().replace("\u2019", "'"))


def read_lexicon(path: str | Path) -> dict[str, tuple[str, ...]]:
    """The phones of each word, in the layout of the CMU pronouncing dictionary.

    Parameters
    ----------
    path : str or Path
        Lines of a word and its phones with spaces between. Lines that begin with `;;;` are
        comments; of several pronunciations, WORD(2) and so on, the first in the file counts.

    Returns
    -------
    dict
        {lower-case word: its phones}.

    Raises
    ------
    FileError
        If it cannot be read, a word has no phone, or there is no word; a DataError.
    """
    found: dict[str, tuple[str, ...]] = {}
    for n, line in enumerate(read_lines(Path(path), "a lexicon"), 1):
        word, *phones = line.split() or [";;;"]
        if word.startswith(";;;"):
            continue
        if not phones:
            raise FileError(f"{path}, line {n}", "a word and its phones", repr(word))
        found.setdefault(VARIANT.sub("", word).lower(), tuple(phones))
    if not found:
        raise FileError(path, "lines of a word and its phones", "none")
    return found

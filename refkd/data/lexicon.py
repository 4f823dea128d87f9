"""Pronunciations: which phones a word has."""

import re
import unicodedata
from pathlib import Path

from refkd.posteriors.tokens import read_tokens
from refkd.text import nfc, read_lines, refuse, visible

VARIANT = re.compile(r"\([0-9]+\)$")
FIELD = re.compile("[^ \t]+")
DECIMAL = re.compile(r"([0-9]*\.)?[0-9]+e[-+]?[0-9]+|[0-9]*\.[0-9]+")  # no alphabet has it
NUMBER = re.compile(rf"[0-9]+|{DECIMAL.pattern}")  # a digit is a phone in some
JOINERS = "\u200c\u200d"  # without width, inside words of Persian and of Indian languages
MARK = "\u0300"  # stands for all combining marks and joiners, which the class \w leaves out
WORD = re.compile(rf"\w[\w{MARK}]*(?:'\w[\w{MARK}]*)*")


def words_of(text: str) -> list[str]:
    """The lower-case words of a text, without punctuation, in Unicode's composed form (NFC).

    Parameters
    ----------
    text : str
        Anything; an apostrophe inside a word belongs to it, and so do combining marks.

    Examples
    --------
    >>> from refkd.data.lexicon import words_of
    >>> words_of("Don't stop, 'Ada'!")
    ["don't", 'stop', 'ada']
    """
    plain = nfc(text.lower().replace("\u2019", "'"))
    shadow = "".join(
        MARK if letter in JOINERS or unicodedata.category(letter)[0] == "M" else letter
        for letter in plain
    )
    words = (plain[match.start() : match.end()] for match in WORD.finditer(shadow))
    return [word.rstrip(JOINERS) for word in words]


def read_lexicon(
    path: str | Path, inventory: str | Path | None = None
) -> dict[str, tuple[str, ...]]:
    """The phones of each word, in the layouts of CMU's dictionary, of Kaldi and of MFA.

    Parameters
    ----------
    path : str or Path
        Lines of a word, perhaps one (Kaldi, MFA) or four (MFA) probabilities with a decimal point
        or on every line, and its phones, with spaces or tabs between. Lines that begin with `;;;`
        or whose first column is `#` are remarks, and so is the rest of a line from a later column
        that begins with `#`. Of several pronunciations, WORD(2) and so on, the most probable
        counts, else the first.
    inventory : str or Path, optional
        All phones, in the layout of `read_tokens`; without it anything is a phone that can be
        printed and is no decimal number.

    Returns
    -------
    dict
        {lower-case word: its phones}, in Unicode's composed form (NFC).

    Raises
    ------
    FileError
        If it cannot be read, a word has no phone, what stands for a phone is none (named by line
        and column, the place of its first character), or there is no word; a DataError.
    """
    phones = None if inventory is None else set(read_tokens(inventory))
    entries = []
    for where, line in read_lines(Path(path), "a lexicon"):
        fields = _columns(line)
        if fields:
            entries.append((where, fields))
    if not entries:
        refuse(path, "lines of a word and its phones", "none")
    shared = min(_leading(NUMBER, fields) for _, fields in entries)
    lexicon: dict[str, tuple[float, tuple[str, ...]]] = {}
    for where, fields in entries:
        numbers = max(shared, _leading(DECIMAL, fields))
        first = 1 + next(count for count in (4, 1, 0) if count <= numbers)
        if len(fields) == first:
            refuse(where, "a word and its phones", visible(fields[0][0]))
        for phone in fields[first:]:
            _check_phone(f"{where}, column {phone.start() + 1}", nfc(phone[0]), phones)
        word = nfc(VARIANT.sub("", fields[0][0]).lower())
        probability = float(fields[1][0]) if first > 1 else 1.0
        if word not in lexicon or probability > lexicon[word][0]:
            lexicon[word] = probability, tuple(nfc(phone[0]) for phone in fields[first:])
    return {word: spoken for word, (_, spoken) in lexicon.items()}


def _columns(line: str) -> list[re.Match[str]]:
    """The word and all columns after it, each with its place, without remarks."""
    fields = list(FIELD.finditer(line))
    if line.startswith(";;;") or (fields and fields[0][0] == "#"):
        return []
    remarks = (n for n, field in enumerate(fields) if n > 0 and field[0].startswith("#"))
    return fields[: next(remarks, len(fields))]


def _leading(pattern: re.Pattern[str], fields: list[re.Match[str]]) -> int:
    """How many columns after the word are such numbers."""
    return next(
        (n for n, field in enumerate(fields[1:]) if not pattern.fullmatch(field[0])),
        len(fields) - 1,
    )


def _check_phone(where: str, phone: str, inventory: set[str] | None) -> None:
    if inventory is not None and phone not in inventory:
        refuse(where, "a phone of the inventory", visible(phone))
    if DECIMAL.fullmatch(phone) or not phone.isprintable():
        refuse(where, "a phone", visible(phone))

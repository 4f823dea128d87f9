"""Pronunciations: which phones a word has."""

import re
import unicodedata
from collections import Counter
from itertools import chain, takewhile
from pathlib import Path

from refkd.files.text import columns, nfc, read_lines, refuse, visible
from refkd.files.tokens import read_tokens

VARIANT = re.compile(r"\([0-9]+\)$")
FIELD = re.compile("[^ \t]+")
DECIMAL = re.compile(r"([0-9]*\.)?[0-9]+e[-+]?[0-9]+|[0-9]*\.[0-9]+")  # no alphabet has it
NUMBER = re.compile(rf"[0-9]+|{DECIMAL.pattern}")  # a digit is a phone in some
VOWELS = "AA AE AH AO AW AX AXR AY EH ER EY IH IX IY OW OY UH UW UX"
CONSONANTS = "B CH D DH DX EL EM EN F G HH JH K L M N NG NX P Q R S SH T TH V W WH Y Z ZH"
PAUSES = "SIL SPN NSN sil sp spn nsn"  # beside the phones, in Kaldi and MFA
ARPABET_SHARE = 0.8
JOINERS = "\u200c\u200d"  # without width, inside words of Persian and of Indian languages
MARK = "\u0300"  # stands for all combining marks and joiners, which the class \w leaves out
WORD = re.compile(rf"\w[\w{MARK}]*(?:'\w[\w{MARK}]*)*")


def words_of(text: str) -> list[str]:
    """The lower-case words of a text, without punctuation, in Unicode's composed form (NFC).

    An apostrophe inside a word belongs to it, and so do combining marks.

    Examples
    --------
    >>> from refkd.data.lexicon import words_of
    >>> words_of("Don't stop, 'Ada'!")
    ["don't", 'stop', 'ada']
    """
    plain = _plain(text)
    shadow = "".join(
        MARK if letter in JOINERS or unicodedata.category(letter)[0] == "M" else letter
        for letter in plain
    )
    words = (plain[match.start() : match.end()] for match in WORD.finditer(shadow))
    return [word.rstrip(JOINERS) for word in words]


def read_lexicon(
    path: str | Path, inventory: str | Path | None = None
) -> dict[str, tuple[str, ...]]:
    """The phones of each lower-case word, in the layouts of CMU's dictionary, of Kaldi and of MFA.

    Lines of a word, perhaps one or four probabilities, each with a decimal point or on every line,
    and its phones. Lines that begin with `;;;` or whose first column is `#` are remarks, and so is
    the rest of a line from a later column that begins with `#` and is not in the inventory. Of
    several pronunciations, WORD(2) and so on, the most probable counts, else the first.

    Without an inventory, in the layout of `read_tokens`, phones are those of ARPAbet, if there are
    its vowels with a digit of stress and four of five symbols are of it; else anything that can be
    printed and is no decimal number.
    """
    phones = None if inventory is None else set(read_tokens(inventory))
    entries = []
    for where, line in read_lines(Path(path), "a lexicon"):
        fields = _fields(line, phones or set())
        if fields:
            entries.append((where, line, fields))
    if not entries:
        refuse(path, "lines of a word and its phones", "none")
    shared = _probabilities([fields for _, _, fields in entries])
    expected = "a phone of the inventory"
    if phones is None:
        counted = Counter(chain.from_iterable(fields[1:] for _, _, fields in entries))
        phones = _arpabet(counted)
        expected = (
            "a phone" if phones is None else "a phone of ARPAbet, or an inventory that has it"
        )
    composed: dict[str, str] = {}
    lexicon: dict[str, tuple[float, tuple[str, ...]]] = {}
    for where, line, fields in entries:
        decimals = sum(1 for _ in takewhile(DECIMAL.fullmatch, fields[1:]))
        numbers = max(shared, decimals)
        first = 1 + (4 if numbers >= 4 else min(numbers, 1))
        if len(fields) == first:
            refuse(where, "a word and its phones", visible(fields[0]))
        for n, field in enumerate(fields[first:], first):
            if field not in composed:
                composed[field] = nfc(field)
                if not _is_phone(composed[field], phones):
                    column = [match.start() for match in FIELD.finditer(line)][n] + 1
                    refuse(f"{where}, column {column}", expected, visible(field))
        word = _plain(VARIANT.sub("", fields[0]))
        probability = float(fields[1]) if first > 1 else 1.0
        if word not in lexicon or probability > lexicon[word][0]:
            lexicon[word] = probability, tuple(composed[field] for field in fields[first:])
    return {word: spoken for word, (_, spoken) in lexicon.items()}


def _plain(text: str) -> str:
    """In lower case and NFC, with one apostrophe."""
    return nfc(text.lower().replace("\u2019", "'"))


def _fields(line: str, phones: set[str]) -> list[str]:
    """The word and all columns after it, without remarks, which these phones do not begin."""
    fields = columns(line)
    if line.startswith(";;;") or fields[:1] == ["#"]:
        return []
    if "#" in line:
        remarks = (n for n, field in enumerate(fields) if n > 0 and _is_remark(field, phones))
        return fields[: next(remarks, len(fields))]
    return fields


def _is_remark(field: str, phones: set[str]) -> bool:
    return field.startswith("#") and nfc(field) not in phones


def _probabilities(lines: list[list[str]]) -> int:
    """How many columns, up to four, are of probabilities: numbers, but not those of units."""
    for column in range(1, 5):
        texts = [fields[column] if column < len(fields) else "" for fields in lines]
        if not all(map(NUMBER.fullmatch, texts)):
            return column - 1
        if not any(map(DECIMAL.fullmatch, texts)) and max(map(float, texts)) > 1.0:
            return column - 1
    return 4


def _arpabet(counted: Counter[str]) -> set[str] | None:
    """The inventory of CMU's dictionary, if stress and nearly all symbols show that it is used."""
    stressed = {vowel + digit for vowel in VOWELS.split() for digit in "012"}
    inventory = stressed.union(VOWELS.split(), CONSONANTS.split())
    inside = sum(count for symbol, count in counted.items() if symbol in inventory)
    shown = not stressed.isdisjoint(counted) and inside >= ARPABET_SHARE * counted.total()
    return inventory.union(PAUSES.split()) if shown else None


def _is_phone(phone: str, inventory: set[str] | None) -> bool:
    if inventory is not None:
        return phone in inventory
    return phone.isprintable() and not DECIMAL.fullmatch(phone)

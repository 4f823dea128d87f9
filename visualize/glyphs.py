"""Names that the font can draw: codes for what it lacks, signs for what cannot be seen."""

import unicodedata
import warnings
from collections.abc import Sequence
from functools import lru_cache

from matplotlib.font_manager import FontProperties, findfont, get_font

from visualize.style import font_families

SIGNS = {" ": "\N{OPEN BOX}", "\t": "\N{RIGHTWARDS ARROW TO BAR}", "\n": "\\n", "\r": "\\r"}
EMPTY = '""'
CARRIER = "\N{DOTTED CIRCLE}"  # under a mark that stands alone
FEW = 3  # characters that a warning names


def drawable(symbols: Sequence[str]) -> tuple[list[str], str]:
    """Write symbols so that each can be drawn and seen.

    Parameters
    ----------
    symbols : sequence of str
        A character that the font lacks becomes its code, such as U+4F60, and so do characters
        without a look of their own; spaces become open boxes, an empty symbol two quotes.

    Returns
    -------
    names : list of str
        One for each symbol.
    sentence : str
        How many symbols have characters that the font lacks, and which; "" if there are none.

    Examples
    --------
    >>> from visualize.glyphs import drawable
    >>> names, sentence = drawable(["a", "", "\\u200b", "\\u4f60\\u597d"])
    >>> names
    ['a', '""', 'U+200B', 'U+4F60U+597D']
    >>> sentence.split(":")[0]
    '1 of 4 symbols has characters that the font DejaVu Sans lacks'
    """
    names = [_spelled(symbol) for symbol in symbols]
    lacking = {symbol: [one for one in symbol if _lacks(one)] for symbol in symbols}
    count = sum(bool(lacking[symbol]) for symbol in symbols)
    if not count:
        return names, ""
    codes = list(dict.fromkeys(_code(one) for few in lacking.values() for one in few))
    some = ", ".join([*codes[:FEW], *["and more"] * (len(codes) > FEW)])
    fonts, has = " and ".join(font_families()), "has" if count == 1 else "have"
    return names, (
        f"{count} of {len(symbols)} symbols {has} characters that the font {fonts} lacks: "
        f"{some}. Codes stand for them; "
        "in_font (or --font) chooses another installed font."
    )


def symbol_names(symbols: Sequence[str]) -> list[str]:
    """Write symbols as `drawable` does, and warn if the font lacks any of their characters.

    Parameters
    ----------
    symbols : sequence of str
        As the model's list of labels has them.

    Returns
    -------
    list of str
        One name for each symbol.

    Examples
    --------
    >>> from visualize.glyphs import symbol_names
    >>> symbol_names(["<blank>", " "]) == ["<blank>", "\\u2423"]
    True
    """
    names, sentence = drawable(symbols)
    if sentence:
        warnings.warn(sentence, stacklevel=3)
    return names


def shown(text: str) -> str:
    """Write a text of any kind with codes for the characters that cannot be drawn.

    Parameters
    ----------
    text : str
        Spaces and line breaks stay.

    Returns
    -------
    str
        What can be drawn.

    Examples
    --------
    >>> from visualize.glyphs import shown
    >>> shown("clip \\u4f60")
    'clip U+4F60'
    """
    return "".join(
        one if one in " \n" or (_has_look(one) and not _lacks(one)) else _code(one) for one in text
    )


def _spelled(symbol: str) -> str:
    if not symbol:
        return EMPTY
    alone = CARRIER if unicodedata.combining(symbol[0]) else ""
    return alone + "".join(SIGNS.get(one) or shown(one) for one in symbol)


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"


def _has_look(character: str) -> bool:
    """Whether it is more than a control character, a format, a separator or nothing at all."""
    return unicodedata.category(character)[0] not in "CZ"


def _lacks(character: str) -> bool:
    """Whether it should have a look and the fonts have none."""
    return _has_look(character) and ord(character) not in _characters(font_families())


@lru_cache
def _characters(families: tuple[str, ...]) -> frozenset[int]:
    """Codes of the characters that the fonts have, in normal and in bold."""
    weights = [
        {
            code
            for family in families
            for code in get_font(
                findfont(FontProperties(family=[family], weight=weight))
            ).get_charmap()
        }
        for weight in ("normal", "bold")
    ]
    return frozenset(set.intersection(*weights))

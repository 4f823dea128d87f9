"""Names that the font can draw: codes for what it lacks, signs for what cannot be seen."""

import unicodedata
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from matplotlib.font_manager import FontProperties, findfont, get_font

from visualize.layout.fonts import font_with
from visualize.layout.style import font_families

SIGNS = {" ": "\N{OPEN BOX}", "\t": "\N{RIGHTWARDS ARROW TO BAR}", "\n": "\\n", "\r": "\\r"}
EMPTY = '""'
CARRIER = "\N{DOTTED CIRCLE}"  # under a mark that stands alone
FEW = 3  # characters that a warning names


def drawable(symbols: Sequence[str]) -> list[str]:
    """Write symbols so that each can be drawn and seen: codes such as U+4F60 for what the font
    lacks or what has no look of its own, open boxes for spaces, quotes for an empty symbol.

    >>> from visualize.layout.glyphs import drawable
    >>> drawable(["a", "", "\u200b", "\u4f60\u597d"])
    ['a', '""', 'U+200B', 'U+4F60U+597D']
    """
    return [_spelled(symbol, _lacks) for symbol in symbols]


def visible(symbols: Iterable[str]) -> list[str]:
    """Write symbols as `drawable` does, for a font that has every character.

    >>> from visualize.layout.glyphs import visible
    >>> visible([" ", "\u200b", "\u4f60"]) == ["\u2423", "U+200B", "\u4f60"]
    True
    """
    return [_spelled(symbol, lambda _: False) for symbol in symbols]


def lacking(symbols: Iterable[str]) -> str:
    """Describe in a sentence what the font lacks, and which installed font has it; an empty one if
    nothing is lacking.

    >>> from visualize.layout.glyphs import lacking
    >>> lacking(["a", "\u200b"])
    ''
    >>> lacking(["a", "\u4f60\u597d"]).split(":")[0]
    '1 of the symbols drawn has characters that the font DejaVu Sans lacks'
    """
    short = [symbol for symbol in symbols if any(map(_lacks, symbol))]
    if not short:
        return ""
    every = list(
        dict.fromkeys(character for symbol in short for character in symbol if _lacks(character))
    )
    some = ", ".join([*map(_code, every[:FEW]), *["and more"] * (len(every) > FEW)])
    fonts, has = " and ".join(font_families()), "has" if len(short) == 1 else "have"
    better = font_with(set(map(ord, every)))
    advice = f"{better} has them" if better else "no installed font has all of them, so install one"
    return (
        f"{len(short)} of the symbols drawn {has} characters that the font {fonts} "
        f"lacks: {some}. Codes stand for them; {advice}: in_font (or --font) chooses a font."
    )


def symbol_names(symbols: Sequence[str], drawn: Iterable[int | str]) -> list[str]:
    """Write symbols as `drawable` does, and warn if the font lacks characters of those drawn, which
    are labels or words.

    >>> from visualize.layout.glyphs import symbol_names
    >>> symbol_names(["<blank>", " ", "\u4f60"], [1]) == ["<blank>", "\u2423", "U+4F60"]
    True
    """
    sentence = lacking(
        dict.fromkeys(label if isinstance(label, str) else symbols[label] for label in drawn)
    )
    if sentence:
        warnings.warn(sentence, stacklevel=3)
    return drawable(symbols)


def shown(text: str) -> str:
    """Write a text with codes for the characters that cannot be drawn; spaces and line breaks stay.

    >>> from visualize.layout.glyphs import shown
    >>> shown("clip \\u4f60")
    'clip U+4F60'
    """
    return _coded(text, _lacks)


def _coded(text: str, lacks: Callable[[str], bool]) -> str:
    return "".join(
        character
        if character in " \n" or (_has_look(character) and not lacks(character))
        else _code(character)
        for character in text
    )


def _spelled(symbol: str, lacks: Callable[[str], bool]) -> str:
    if not symbol:
        return EMPTY
    alone = CARRIER if unicodedata.combining(symbol[0]) else ""
    return alone + "".join(SIGNS.get(character) or _coded(character, lacks) for character in symbol)


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

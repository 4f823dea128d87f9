"""Fonts that are installed now, not when matplotlib last made its list of them."""

from collections.abc import Set
from contextlib import suppress

from matplotlib.font_manager import FontProperties, findfont, findSystemFonts, fontManager, get_font


def is_installed(family: str) -> bool:
    """Whether there is a font of this name, one that was installed a moment ago included.

    >>> from visualize.layout.fonts import is_installed
    >>> is_installed("DejaVu Serif"), is_installed("No Such Font")
    (True, False)
    """
    return _is_known(family) or (_learn_new_fonts() and _is_known(family))


def font_with(codes: Set[int]) -> str | None:
    """Find the first installed font in alphabetical order, new ones included, whose upright files
    all have some characters; fonts that draw a box for every character do not count.

    >>> from visualize.layout.fonts import font_with
    >>> font_with({0x10FFFF}) is None
    True
    """
    _learn_new_fonts()
    files: dict[str, list[str]] = {}
    for font in fontManager.ttflist:
        hidden = font.name.startswith(".") or "last resort" in font.name.lower()
        if font.style == "normal" and not hidden:
            files.setdefault(font.name, []).append(font.fname)
    return next(
        (family for family in sorted(files) if all(_has(path, codes) for path in files[family])),
        None,
    )


def _has(path: str, codes: Set[int]) -> bool:
    with suppress(Exception):  # what cannot be read has nothing
        return codes <= get_font(path).get_charmap().keys()
    return False


def _is_known(family: str) -> bool:
    try:
        findfont(FontProperties(family=[family]), fallback_to_default=False)
    except ValueError:
        return False
    return True


def _learn_new_fonts() -> bool:
    """Add the files that matplotlib does not know of, and return whether there are any."""
    new = set(findSystemFonts()) - {font.fname for font in fontManager.ttflist}
    for path in sorted(new):
        with suppress(Exception):  # what cannot be read is no font
            fontManager.addfont(path)
    return bool(new)

"""Equations of the pages: where they stand, and the symbols that they use."""

import re

from support.pages import DOCS

COURSE = sorted((DOCS / "course").glob("*.md"))
FENCED = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)  # code shown on a page is no equation
DISPLAYED = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
INLINE = re.compile(r"(?<![\\$])\$([^$\n]+)\$")
TAG = re.compile(r"\\tag\{(\w+)\}")
TEXT = re.compile(r"\\text\{[^}]*\}|\\(?:begin|end)\{\w+\}(?:\{\w+\})?|\\operatorname\{\w+\}")
TOKEN = re.compile(r"\\mathrm\{([A-Za-z ]+)\}|\\([A-Za-z]+)|([A-Za-z])")
# What is written with a backslash and names a quantity; all other commands lay out or operate.
GREEK = {"alpha", "beta", "delta", "epsilon", "zeta", "theta"}
GREEK |= {"lambda", "nu", "rho", "sigma", "tau", "omega"}
# Upright words that are no quantities.
WORDS = {"d", "e", "i", "where", "for", "if", "else", "and", "or"}


def prose_of(text):
    """A page without its code."""
    return FENCED.sub("", text)


def equations(text):
    """Every equation of a page, displayed ones first."""
    prose = prose_of(text)
    return DISPLAYED.findall(prose) + INLINE.findall(DISPLAYED.sub("", prose))


def symbols(tex):
    """Letters, Greek letters and upright words of an equation."""
    tex = TEXT.sub(" ", TAG.sub(" ", tex))
    names = set()
    for word, command, letter in TOKEN.findall(tex):
        if word:
            names.add(word)
        elif command in GREEK or letter:
            names.add(command or letter)
    return names - WORDS

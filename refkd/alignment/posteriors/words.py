"""Joining the tokens of a model to words, by the marks that tokenizers leave on them."""

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple, TypeAlias

from refkd import check
from refkd.files.text import nfc

Marks: TypeAlias = Literal["\N{LOWER ONE EIGHTH BLOCK}", "##", "@@", "delimiter"]

BEGINS: Marks = "\N{LOWER ONE EIGHTH BLOCK}"  # before the first token of a word (SentencePiece)
DELIMITERS = ("|", "<space>", " ")  # a token of its own between words (wav2vec 2.0, ESPnet, NeMo)
MARKS: tuple[Marks, ...] = (BEGINS, "##", "@@", "delimiter")


class JoinedWord(NamedTuple):
    """A word, and the places of its first and last token in the sequence."""

    text: str
    first: int
    last: int


def word_marks(symbols: Sequence[str]) -> Marks | None:
    """Find out how the tokens of a model mark words; None if they have no mark.

    Examples
    --------
    >>> from refkd.alignment.posteriors.words import word_marks
    >>> word_marks(["<pad>", "|", "E", "T"]), word_marks(["[PAD]", "un", "##do"])
    ('delimiter', '##')
    >>> word_marks(["<blk>", "a", "m"]) is None
    True
    """
    if any(symbol.startswith(BEGINS) for symbol in symbols):
        return BEGINS
    if any(symbol.startswith("##") for symbol in symbols):
        return "##"
    if any(symbol.endswith("@@") for symbol in symbols):
        return "@@"
    return "delimiter" if set(DELIMITERS) & set(symbols) else None


def separated(emitted: Collection[str], marks: Marks) -> bool:
    """Whether symbols that a model emits can begin a second word; else all tokens are one."""
    return marks in ("##", "@@") or word_marks(list(emitted)) == marks


def join_words(tokens: Sequence[str], marks: Marks) -> list[JoinedWord]:
    """Join tokens without blanks to words in NFC, without their marks; words of marks alone go.

    Examples
    --------
    >>> from refkd.alignment.posteriors.words import join_words
    >>> join_words(["H", "I", "|", "|", "M", "A"], "delimiter")
    [JoinedWord(text='HI', first=0, last=1), JoinedWord(text='MA', first=4, last=5)]
    >>> [word.text for word in join_words(["un", "##do", "it"], "##")]
    ['undo', 'it']
    """
    check.one_of("marks", marks, MARKS)
    words: list[JoinedWord] = []
    open_word = False
    for place, token in enumerate(tokens):
        if marks == "delimiter" and token in DELIMITERS:
            open_word = False
            continue
        begins = {BEGINS: token.startswith(BEGINS), "##": not token.startswith("##")}
        text = _without(token, marks)
        if open_word and not begins.get(marks, False):
            word = words.pop()
            words.append(JoinedWord(word.text + text, word.first, place))
        else:
            words.append(JoinedWord(text, place, place))
        open_word = marks != "@@" or token.endswith("@@")
    return [word._replace(text=nfc(word.text)) for word in words if word.text]


def _without(token: str, marks: Marks) -> str:
    if marks == "@@":
        return token.removesuffix("@@")
    return token.removeprefix(marks) if marks in (BEGINS, "##") else token

"""Alignments as text: the CTM of NIST and the TextGrid of Praat (docs/guides/alignment.md)."""

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from refkd import check
from refkd.files.atomic import replacing

NOT_IN_NAMES = r'[\x00-\x1f\x7f<>:"/\\|?*%]|^\.'  # some system refuses or hides them
LOST_IN_LABELS = r"^\s+|\s+$|[\r\n%]"  # by readers of TextGrids; and % itself
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # on Windows
LONGEST = 200  # bytes of a file's name; most systems allow 255, and an ending follows


class Phone(NamedTuple):
    """A stretch of time with one symbol, 0 <= start < end in seconds from the first sample."""

    symbol: str
    start: float
    end: float
    confidence: float = 1.0  # from 0 to 1


@dataclass(frozen=True)
class AlignedUtterance:
    """An utterance and when its phones are according to a network, in order, without overlap."""

    name: str  # unique among those written together
    seconds: float  # length of the audio
    phones: tuple[Phone, ...]
    true: tuple[Phone, ...] | None = None  # according to the corpus, where known


def ctm(utterances: Iterable[AlignedUtterance]) -> str:
    """Lay out the phones of all utterances: utterance channel start duration phone score.

    Sorted by name, times to the microsecond, the channel always 1. White space and % within names
    and symbols are written as %20, %25 and the like.

    Examples
    --------
    >>> from refkd.alignment.ctm_textgrid import AlignedUtterance, Phone, ctm
    >>> phones = Phone("a", 0.1, 0.25, 0.5), Phone("m", 0.25, 0.3)
    >>> print(ctm([AlignedUtterance("one", 0.4, phones)]), end="")
    one 1 0.100000 0.150000 a 0.500000
    one 1 0.250000 0.050000 m 1.000000
    """
    lines = []
    for name, utterance in sorted((_word(utterance.name), utterance) for utterance in utterances):
        for phone in utterance.phones:
            start, end = _microseconds(phone.start), _microseconds(phone.end)
            times = f"{_decimal(start)} {_decimal(end - start)}"
            lines.append(f"{name} 1 {times} {_word(phone.symbol)} {phone.confidence:.6f}\n")
    return "".join(lines)


def textgrid(utterance: AlignedUtterance) -> str:
    """Lay out one utterance as a TextGrid in Praat's long text format.

    Times to the microsecond, from 0 to the end of the audio; an empty interval wherever there is no
    phone. Line breaks, white space around a symbol and % are written as %20 and the like.

    Examples
    --------
    >>> from refkd.alignment.ctm_textgrid import AlignedUtterance, Phone, textgrid
    >>> text = textgrid(AlignedUtterance("one", 0.4, (Phone("a", 0.1, 0.4),)))
    >>> print("".join(text.splitlines(keepends=True)[14:]), end="")
            intervals [1]:
                xmin = 0.000000
                xmax = 0.100000
                text = ""
            intervals [2]:
                xmin = 0.100000
                xmax = 0.400000
                text = "a"
    """
    tiers = {"phones": utterance.phones}
    if utterance.true is not None:
        tiers["true"] = utterance.true
    end = _microseconds(utterance.seconds)
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        *_bounds(0, end),
        "tiers? <exists>",
        f"size = {len(tiers)}",
        "item []:",
    ]
    for n, (name, phones) in enumerate(tiers.items(), 1):
        intervals = _intervals(phones, end)
        lines += [
            f"    item [{n}]:",
            '        class = "IntervalTier"',
            f'        name = "{name}"',
            *_bounds(0, end, "        "),
            f"        intervals: size = {len(intervals)}",
        ]
        for m, (start, stop, symbol) in enumerate(intervals, 1):
            lines.append(f"        intervals [{m}]:")
            lines += _bounds(start, stop, "            ")
            text = _escaped(LOST_IN_LABELS, symbol).replace('"', '""')
            lines.append(f'            text = "{text}"')
    return "\n".join(lines) + "\n"


def file_names(names: Sequence[str]) -> list[str]:
    """Name each utterance's file: legal on every system before an ending, no two alike.

    What is legal stays. Other characters become % and their UTF-8 bytes in hexadecimal; what
    differs only in case, or in the first 200 bytes, gets a number.

    Examples
    --------
    >>> from refkd.alignment.ctm_textgrid import file_names
    >>> file_names(["one", "wav/two.wav", "ONE", "nul"])
    ['one', 'wav%2Ftwo.wav', 'ONE (2)', '%6Eul']
    """
    taken: set[str] = set()
    result = []
    for name in names:
        legal = _escaped(NOT_IN_NAMES, name).encode()[:LONGEST].decode(errors="ignore")
        if DEVICES.match(legal):
            legal = f"%{ord(legal[0]):02X}{legal[1:]}"
        candidate, n = legal, 1
        while _folded(candidate) in taken:
            n += 1
            candidate = f"{legal} ({n})"
        taken.add(_folded(candidate))
        result.append(candidate)
    return result


def new_file(path: str | os.PathLike[str]) -> Path:
    """A path at which nothing is yet, in a folder that exists."""
    target = Path(path)
    if target.exists():
        check.fail("out", "a new file", f"{target}, which exists")
    if not target.parent.is_dir():
        check.fail("out", "a file in a folder that exists", target)
    return target


def write_ctm(utterances: Iterable[AlignedUtterance], path: Path) -> None:
    """Write one CTM file; an older one is replaced once the new one is complete."""
    with replacing(path) as file:
        file.write(ctm(utterances).encode())


def write_textgrids(utterances: Sequence[AlignedUtterance], folder: Path) -> None:
    """Write a TextGrid for each utterance, under the names of `file_names`."""
    names = file_names([utterance.name for utterance in utterances])
    for name, utterance in zip(names, utterances, strict=True):
        with replacing(folder / f"{name}.TextGrid") as file:
            file.write(textgrid(utterance).encode())


def _microseconds(seconds: float) -> int:
    """Whole, so that sums and differences of what is printed are exact."""
    return round(1e6 * float(seconds))


def _decimal(microseconds: int) -> str:
    """Seconds without an exponent, which not every reader of TextGrids knows."""
    return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}"


def _bounds(start: int, end: int, indent: str = "") -> list[str]:
    return [f"{indent}xmin = {_decimal(start)}", f"{indent}xmax = {_decimal(end)}"]


def _intervals(phones: Sequence[Phone], end: int) -> list[tuple[int, int, str]]:
    """The phones, and empty intervals for all the time between them."""
    intervals = []
    reached = 0
    for phone in phones:
        start, stop = _microseconds(phone.start), _microseconds(phone.end)
        if not reached <= start < stop <= end:
            expected = "stretches of a microsecond or more, one after the other within the audio"
            check.fail("phones", expected, tuple(phone))
        if start > reached:
            intervals.append((reached, start, ""))
        intervals.append((start, stop, phone.symbol))
        reached = stop
    if reached < end:
        intervals.append((reached, end, ""))
    return intervals


def _word(text: str) -> str:
    """A text as one column of a CTM, where two semicolons begin a comment."""
    return _escaped(r"[\s%]|^;", text)


def _escaped(pattern: str, text: str) -> str:
    def bytes_of(match: re.Match[str]) -> str:
        return "".join(f"%{byte:02X}" for byte in match[0].encode())

    return re.sub(pattern, bytes_of, text)


def _folded(name: str) -> str:
    """Equal for names that some file system takes for the same."""
    return unicodedata.normalize("NFC", name).casefold()

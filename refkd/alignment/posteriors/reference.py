"""Reading true times: CTM files and Praat's TextGrids (docs/guides/posteriors.md)."""

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

import numpy as np

from refkd import check
from refkd.check import Floats, Ints
from refkd.files.text import columns, nfc, read_lines, refuse, symbols_of

CTM = "utterance channel start duration label [confidence [type [speaker]]]"
KINDS_OF_LABEL = ("lex", "un-lex", "non-lex", "for-lex", "frag", "fp", "misc", "noscore", "na")
ROUNDING = 0.02  # seconds; what ends this much after the next begins, ends where that begins


@dataclass(frozen=True)
class Reference:
    """The phones or words of one utterance, and when they are spoken, in seconds."""

    labels: tuple[str, ...]  # L, in the order of time, in NFC
    starts: Floats  # (L,)
    ends: Floats  # (L,); start < end, and nothing begins before the end of the one before

    def __post_init__(self) -> None:
        check.store(self, labels=symbols_of("labels", self.labels))


class _Stretch(NamedTuple):
    where: str
    label: str
    start: float
    end: float


def read_reference(
    path: str | os.PathLike[str], tier: str = "phones", skip: Collection[str] = ()
) -> dict[str, Reference]:
    """Read when each phone, or each word, is spoken.

    Parameters
    ----------
    path : path
        A CTM file (ends in .ctm), a TextGrid (.TextGrid), or a folder of TextGrids, one for each
        utterance with its name. TextGrids need the extra `textgrid`.
    tier : str
        Which intervals of a TextGrid; not used for CTM.
    skip : collection of str
        Labels that are not read, such as those of silence; they may have no length. Empty
        intervals never are.

    Returns
    -------
    dict of str to Reference
        For each utterance. Names and labels in which `refkd align` has escaped characters
        are as they were before, and all are in Unicode's composed form (NFC).

    Raises
    ------
    DataError
        Names the file, and the line of a CTM, if something is missing, overlaps or has no length.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from refkd.alignment.posteriors.reference import read_reference
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "true.ctm")
    ...     _ = file.write_text("one 1 0.25 0.5 a\\none 1 0.0 0.25 m\\n", encoding="utf-8")
    ...     reference = read_reference(file)["one"]
    >>> reference.labels, reference.starts, reference.ends
    (('m', 'a'), array([0.  , 0.25]), array([0.25, 0.75]))
    """
    source = Path(path)
    if source.is_dir():
        grids = sorted(file for file in source.iterdir() if file.suffix.lower() == ".textgrid")
        if not grids:
            refuse(source, "TextGrids in the folder", "none")
        utterances = {_plain(grid.stem): _textgrid(grid, tier) for grid in grids}
    elif source.suffix.lower() == ".textgrid":
        utterances = {_plain(source.stem): _textgrid(source, tier)}
    elif source.suffix.lower() == ".ctm":
        utterances = _ctm(source)
    else:
        refuse(source, "a .ctm or .TextGrid file or a folder", repr(source.suffix))
    return {name: _ordered(stretches, skip) for name, stretches in utterances.items()}


def words_of(phones: Reference, words: Reference) -> Ints:
    """Find the word (L,) of each phone: start <= middle of the phone < end; -1 if there is none.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.posteriors.reference import Reference, words_of
    >>> phones = Reference(("h", "i", "sp"), np.array([0.0, 0.1, 0.3]), np.array([0.1, 0.3, 0.4]))
    >>> words_of(phones, Reference(("hi",), np.array([0.0]), np.array([0.3])))
    array([ 0,  0, -1])
    """
    check.instance("phones", phones, Reference)
    check.instance("words", words, Reference)
    middles = (phones.starts + phones.ends) / 2.0
    last = np.searchsorted(words.starts, middles, side="right") - 1
    ends = np.append(words.ends, -np.inf)  # place -1: before the first word
    return np.where(middles < ends[last], last, -1).astype(np.int64)


def _ordered(stretches: list[_Stretch], skip: Collection[str]) -> Reference:
    """In order of time, without gaps of rounding running backwards."""
    left_out = {nfc(label) for label in skip}
    selected = sorted(
        (stretch for stretch in stretches if stretch.label not in left_out),
        key=lambda stretch: (stretch.start, stretch.end),
    )
    for stretch in selected:
        if stretch.start == stretch.end:
            got = f"0 s of {stretch.label!r}"
            refuse(stretch.where, "a positive duration, or the label skipped", got)
    starts, ends = (
        np.array([getattr(stretch, side) for stretch in selected], dtype=np.float64)
        for side in ("start", "end")
    )
    for n in np.flatnonzero(ends[:-1] > starts[1:]):
        if ends[n] - starts[n + 1] > ROUNDING or starts[n + 1] <= starts[n]:
            got = f"{selected[n].label!r} until {ends[n]:g} s"
            refuse(selected[n + 1].where, f"no other label after {starts[n + 1]:g} s", got)
        ends[n] = starts[n + 1]
    return Reference(tuple(stretch.label for stretch in selected), starts, ends)


def _ctm(path: Path) -> dict[str, list[_Stretch]]:
    utterances: dict[str, list[_Stretch]] = {}
    channels: dict[str, str] = {}
    for where, text in read_lines(path):
        fields = columns(text)
        if not fields or fields[0].startswith(";;"):
            continue
        if not 5 <= len(fields) <= 8:
            refuse(where, CTM, repr(text))
        name, channel, *times, label = fields[:5]
        _check_more(where, *fields[5:7])
        try:
            start, duration = (check.finite_number("time", float(seconds)) for seconds in times)
        except ValueError:
            refuse(where, "seconds for start and duration", " ".join(times))
        if start < 0.0 or duration < 0.0:
            refuse(where, "start >= 0 and duration >= 0", f"{start:g} and {duration:g}")
        if channels.setdefault(name, channel) != channel:
            refuse(where, f"one channel for {name!r}", f"{channels[name]} and {channel}")
        stretch = _Stretch(where, _plain(label), start, start + duration)
        utterances.setdefault(_plain(name), []).append(stretch)
    if not utterances:
        refuse(path, "at least one line", "none")
    return utterances


def _check_more(where: str, confidence: str = "NA", kind: str = "lex") -> None:
    """Columns 6 and 7 of a CTM, so that a part of a label with spaces is not mistaken for one."""
    try:
        if confidence.upper() != "NA":
            check.finite_number("confidence", float(confidence))
    except ValueError:
        refuse(f"{where}, column 6", "a confidence or NA", repr(confidence))
    if kind.lower() not in KINDS_OF_LABEL:
        refuse(f"{where}, column 7", "one of " + ", ".join(KINDS_OF_LABEL), repr(kind))


def _textgrid(path: Path, tier: str) -> list[_Stretch]:
    try:
        from praatio import textgrid
        from praatio.data_classes.interval_tier import IntervalTier
    except ImportError:
        refuse(path, "praatio to be installed (pip install 'refkd[textgrid]')", "no such module")
    try:
        grid: Any = textgrid.openTextgrid(str(path), includeEmptyIntervals=False)
    except Exception as error:  # its parser fails in many ways on what is no TextGrid
        refuse(path, "a TextGrid", str(error).splitlines()[0] if str(error) else "something else")
    names = {nfc(name): name for name in grid.tierNames}
    if nfc(tier) not in names:
        refuse(path, f"a tier {tier!r}", ", ".join(map(repr, names)) or "none")
    intervals = grid.getTier(names[nfc(tier)])
    if not isinstance(intervals, IntervalTier):
        refuse(path, f"intervals in tier {tier!r}", "points")
    return [
        _Stretch(str(path), _plain(label), float(start), float(end))
        for start, end, label in intervals.entries
    ]


def _plain(text: str) -> str:
    """Undo the escapes of `refkd align`, where they are some, and compose accents (NFC)."""

    def decoded(match: re.Match[str]) -> str:
        try:
            return unquote_to_bytes(match[0]).decode()
        except UnicodeDecodeError:
            return match[0]

    return nfc(re.sub(r"(%[0-9A-F]{2})+", decoded, text))

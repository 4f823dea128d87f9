"""What is wrong with posteriors, or assumed of them, in sentences (docs/guides/posteriors.md)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from refkd import check
from refkd.alignment.posteriors.conventions import (
    ROW_SUM,
    Metadata,
    departures,
    metadata_of,
    named_blanks,
    other_logarithm,
)
from refkd.alignment.posteriors.mismatch import against_first, against_reference
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.alignment.posteriors.reference import Reference
from refkd.alignment.unit import SECONDS, Unit

Level: TypeAlias = Literal["assumed", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One sentence about a set: assumed by default, probably wrong, or certainly wrong."""

    level: Level
    name: str
    sentence: str


Remark: TypeAlias = tuple[Level, str]
PADDING = 10  # equal frames at the end are no coincidence
USUAL_SHIFTS = 0.002, 0.2  # seconds


def diagnose(
    *sets: PosteriorSet,
    reference: Mapping[str, Reference] | None = None,
    words: bool = False,
    unit: Unit = SECONDS,
) -> tuple[Finding, ...]:
    """Say what is wrong with posteriors, or has to be assumed about them.

    Parameters
    ----------
    *sets : PosteriorSet
        One or more, of models over the same utterances.
    reference : mapping of str to Reference, optional
        True times, from `read_reference`.
    words : bool
        Its labels are words, which need not be symbols.
    unit : Unit
        What times are in.

    Returns
    -------
    tuple of Finding
        About each set by itself, about every other set against the first, and about each against
        the reference. None if there is nothing to say.

    Raises
    ------
    ArgumentError
        If there is no set, or something else.

    Examples
    --------
    >>> from refkd.alignment.posteriors.posterior_set import PosteriorSet
    >>> from refkd.alignment.posteriors.diagnose import diagnose
    >>> posteriors = PosteriorSet("small", {"one": [[0.9, 0.1], [0.6, 0.4]]}, frame_shift=0.02)
    >>> for finding in diagnose(posteriors):
    ...     print(finding.level, "|", finding.sentence)
    assumed | the numbers are probabilities, by their range and row sums
    assumed | the blank is 0, the best class in 100 % of frames
    assumed | classes are named by their numbers
    assumed | frame 0 is at 0 s
    """
    if not sets:
        check.fail("sets", "at least one", "none")
    for posteriors in sets:
        check.instance("sets", posteriors, PosteriorSet)
    if reference is not None:
        check.mapping("reference", reference)
    words = check.flag("words", words)
    all_metadata = [metadata_of(posteriors) for posteriors in sets]
    remarks: list[tuple[PosteriorSet, Iterator[Remark]]] = [
        (posteriors, _remarks(posteriors, metadata, unit))
        for posteriors, metadata in zip(sets, all_metadata, strict=True)
    ]
    remarks += [
        (other, against_first(sets[0], other, all_metadata[0].blank, metadata.blank, unit.name))
        for other, metadata in zip(sets[1:], all_metadata[1:], strict=True)
    ]
    if reference is not None:
        remarks += [
            (posteriors, against_reference(posteriors, reference, words, unit.name))
            for posteriors in sets
        ]
    return tuple(
        Finding(level, posteriors.name, sentence)
        for posteriors, about in remarks
        for level, sentence in about
    )


def _remarks(posteriors: PosteriorSet, metadata: Metadata, unit: Unit) -> Iterator[Remark]:
    yield from _numbers(posteriors, metadata)
    yield from (("error", doubt.sentence) for doubt in metadata.doubts.values())
    if len(metadata.sample) and "kind" not in metadata.doubts:
        yield from _kind(posteriors, metadata)
    if len(metadata.sample) and "blank" not in metadata.doubts:
        yield from _blank(posteriors, metadata)
    yield from _times(posteriors, unit)


def _numbers(posteriors: PosteriorSet, metadata: Metadata) -> Iterator[Remark]:
    """Frames that are no posteriors, and frames that pad."""
    if metadata.unusable:
        count = sum(frames.size for frames in metadata.unusable.values())
        name, frames = next(iter(metadata.unusable.items()))
        first = f"first in utterance {name!r}, frame {frames[0]}"
        got = f"{count} frames of {len(metadata.unusable)} utterances, {first}"
        yield "error", f"NaN, +inf or nothing but -inf in {got}"
    padded = [
        name
        for name, array in posteriors.arrays.items()
        if len(array) > PADDING and (array[-PADDING:] == array[-1]).all()
    ]
    if padded:
        got = f"{PADDING} or more equal frames, as padding does, such as {padded[0]!r}"
        yield "warning", f"{len(padded)} of {len(posteriors.arrays)} utterances end in {got}"


def _kind(posteriors: PosteriorSet, metadata: Metadata) -> Iterator[Remark]:
    kind, shown = metadata.kind, metadata.shown
    words = shown.replace("_", "-")
    if posteriors.kind is None:
        yield "assumed", f"the numbers are {words}, by their range and row sums"
    if kind == "probabilities" and metadata.lowest < 0.0:
        yield "error", f"probabilities are given, but the smallest number is {metadata.lowest:g}"
        return
    other = other_logarithm(metadata.sample) if shown == "logits" and posteriors.kind else None
    if shown == "probabilities" != kind:
        yield "warning", f"{kind} are given, but the numbers look like probabilities"
    elif other is not None:
        yield "warning", f"the numbers look like {other}"
    elif kind != "logits":
        yield from _row_sums(posteriors, metadata)


def _row_sums(posteriors: PosteriorSet, metadata: Metadata) -> Iterator[Remark]:
    """How many frames do not sum to one, and where it is worst."""
    count = total = 0
    worst, worst_at = ROW_SUM, ("", 0)
    for name, array in posteriors.arrays.items():
        away = departures(array, metadata.kind)
        away[metadata.unusable.get(name, [])] = 0.0
        total += len(array)
        count += int(np.count_nonzero(away > ROW_SUM))
        if away.max() > worst:
            worst, worst_at = float(away.max()), (name, int(away.argmax()))
    if count:
        got = f"off by {worst:.3g} in utterance {worst_at[0]!r}, frame {worst_at[1]}"
        frames = f"the probabilities of {count} of {total} frames do not sum to one"
        yield "warning", f"{frames}; the worst is {got}; all are normalised"


def _blank(posteriors: PosteriorSet, metadata: Metadata) -> Iterator[Remark]:
    shares, blank = metadata.shares, metadata.blank
    likely, percent = int(shares.argmax()), 100.0 * shares
    symbols = posteriors.symbols or ()
    if posteriors.blank is None and named_blanks(posteriors):
        yield "assumed", f"the blank is {blank}, by its symbol {symbols[blank]!r}"
    elif posteriors.blank is None:
        level: Level = "assumed" if shares[blank] >= 0.5 else "warning"
        yield level, f"the blank is {blank}, the best class in {percent[blank]:.0f} % of frames"
    if shares[likely] > shares[blank]:
        yield (
            "warning",
            f"blank {blank} is the best class in {percent[blank]:.0f} % of frames; {likely} is "
            f"best in {percent[likely]:.0f} % and looks like the blank",
        )


def _times(posteriors: PosteriorSet, unit: Unit) -> Iterator[Remark]:
    shift = posteriors.frame_shift
    if posteriors.symbols is None:
        yield "assumed", "classes are named by their numbers"
    if shift is None:
        yield "assumed", "the frame shift is unknown, so times are in frames"
    elif unit == SECONDS and not USUAL_SHIFTS[0] <= shift <= USUAL_SHIFTS[1]:
        yield "warning", f"a frame shift of {shift:g} s is unusual; it is in seconds"
    if posteriors.first_frame is None:
        yield "assumed", f"frame 0 is at 0 {unit.name}"

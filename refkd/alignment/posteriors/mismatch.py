"""Whether the posteriors of two models, or posteriors and true times, belong together."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np

from refkd import check
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.alignment.posteriors.reference import Reference
from refkd.files.text import visible

EDGES = 3  # frames, the longer ones, that models may differ by at the ends of an utterance
WINDOW = 0.1  # seconds at the ends of the audio that models with short frames may not answer
Remark = tuple[Literal["warning", "error"], str]


def against_first(
    first: PosteriorSet, other: PosteriorSet, first_blank: int, blank: int, unit: str
) -> Iterator[Remark]:
    """What does not fit between two sets, as levels and sentences about the other."""
    shared = [name for name in first.names if name in other.arrays]
    yield from _names(first.names, other.names, f"and {first.name}")
    yield from _classes(first, other, first_blank, blank)
    if shared:
        yield from _durations(first, other, shared, unit)


def against_reference(
    posteriors: PosteriorSet, reference: Mapping[str, Reference], words: bool, unit: str
) -> Iterator[Remark]:
    """What does not fit between a set and true times."""
    shared = [name for name in posteriors.names if name in reference]
    yield from _names(tuple(reference), posteriors.names, "and the reference")
    if posteriors.symbols is not None and not words:
        labels = sorted({label for name in shared for label in reference[name].labels})
        unknown = [label for label in labels if label not in posteriors.symbols]
        if unknown:
            example = visible(unknown[0])
            got = f"{len(unknown)} labels of the reference are not symbols, such as {example}"
            yield "warning", got
    if posteriors.frame_shift is None:
        return
    late = []
    for name in shared:
        ends = reference[name].ends
        length = _end(posteriors, name)
        if ends.size and ends[-1] > length + EDGES * posteriors.frame_shift:
            late.append((ends[-1] / length, name, float(ends[-1]), length))
    if late:
        _, name, end, length = max(late)
        yield (
            "warning",
            f"{len(late)} of {len(shared)} utterances end before their reference, the worst "
            f"{name!r}: posteriors until {length:.3g} {unit}, reference until {end:.3g} {unit}",
        )


def check_audio_length(utterance: str, seconds: float, models: Sequence[PosteriorSet]) -> None:
    """Refuse audio that is not as long as the posteriors of an utterance, of known frame shifts."""
    for posteriors in models:
        length = _end(posteriors, utterance)
        if abs(seconds - length) > max(WINDOW, EDGES * (posteriors.frame_shift or 0.0)):
            expected = f"{length:.3g} s for utterance {utterance!r}, as {posteriors.name} has"
            check.fail("audio", expected, f"{seconds:.3g} s")


def _end(posteriors: PosteriorSet, utterance: str) -> float:
    """When the frames of an utterance end, in seconds."""
    frames, shift = len(posteriors.arrays[utterance]), posteriors.frame_shift or 0.0
    return (posteriors.first_frame or 0.0) + frames * shift


def _names(first: Collection[str], other: Collection[str], between: str) -> Iterator[Remark]:
    missing = [name for name in first if name not in other]
    extra = [name for name in other if name not in first]
    if len(missing) == len(first):
        got = "because one of them is empty"
        if missing and extra:
            got = f"such as {visible(missing[0])} and {visible(extra[0])}"
        yield "error", f"no utterance is in both this model {between}, {got}"
    elif missing or extra:
        count, example = len(missing) + len(extra), visible((missing or extra)[0])
        got = f"not in both this model {between} and are left out, such as {example}"
        yield "warning", f"{count} utterances are {got}"


def _classes(
    first: PosteriorSet, other: PosteriorSet, first_blank: int, blank: int
) -> Iterator[Remark]:
    if first.classes != other.classes:
        yield "error", f"K={other.classes} classes, {first.name} has K={first.classes}"
        return
    if first.symbols is not None and other.symbols is not None:
        different = [n for n, symbol in enumerate(first.symbols) if symbol != other.symbols[n]]
        if different:
            n = different[0]
            example = f"{n}: {visible(other.symbols[n])}, there {visible(first.symbols[n])}"
            got = f"a different symbol than in {first.name}, such as {example}"
            yield "error", f"{len(different)} classes have {got}"
            return
    if first_blank != blank:
        got = f"the blank is {blank}, that of {first.name} is {first_blank}"
        yield "error", f"{got}, so their classes are in different orders"


def _durations(
    first: PosteriorSet, other: PosteriorSet, shared: list[str], unit: str
) -> Iterator[Remark]:
    """Lengths in frames against lengths of a frame."""
    known = first.frame_shift is not None and other.frame_shift is not None
    first_shift = (first.frame_shift if known else None) or 1.0
    other_shift = (other.frame_shift if known else None) or 1.0
    lengths = np.array([[len(first.arrays[name]), len(other.arrays[name])] for name in shared])
    seconds = lengths * np.array([first_shift, other_shift])
    apart = np.abs(seconds[:, 0] - seconds[:, 1])
    count = int(np.count_nonzero(np.round(apart / max(first_shift, other_shift), 6) > EDGES))
    if count:
        worst = int(apart.argmax())
        unit = unit if known else "frames"
        ratio = lengths[:, 0].sum() / lengths[:, 1].sum()
        shifts = f"as {other_shift / first_shift:.3g} to 1" if known else "not known of both"
        yield (
            "warning",
            f"{count} of {len(shared)} shared utterances differ in duration from {first.name}, the "
            f"worst {shared[worst]!r}: {seconds[worst, 1]:.4g} {unit}, there "
            f"{seconds[worst, 0]:.4g} {unit}; numbers of frames are as 1 to {ratio:.3g}, frame "
            f"shifts {shifts}",
        )

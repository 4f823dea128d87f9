"""A part of long utterances: what several models say between two times, and what is said there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from refkd import check
from refkd.alignment.posteriors.conventions import facts_of
from refkd.alignment.posteriors.posterior_set import PosteriorSet
from refkd.alignment.posteriors.reference import Reference
from refkd.alignment.posteriors.truth import Truth
from refkd.alignment.unit import SECONDS, Unit


@dataclass(frozen=True)
class Part:
    """From one time to another, begin <= t < end; by default everything.

    Examples
    --------
    >>> from refkd.alignment.posteriors.posterior_set import PosteriorSet
    >>> from refkd.alignment.posteriors.part import Part
    >>> long = PosteriorSet("teacher", {"one": [[9, 0], [0, 9], [9, 0]]}, frame_shift=0.04)
    >>> part, = Part(0.03, 0.08).of([long])
    >>> part.arrays["one"].tolist(), part.first_frame
    ([[0.0, 9.0]], 0.04)
    """

    begin: float = -np.inf
    end: float = np.inf
    unit: Unit = SECONDS

    def __post_init__(self) -> None:
        if self.begin >= self.end:
            check.fail("from", f"less than --to, {self._told(self.end)}", self._told(self.begin))

    def _told(self, place: float) -> str:
        return f"{place:g} {self.unit.name}"

    def slice(self, frame_shift: float, first_frame: float) -> slice:
        """The frames whose times are in it."""
        begin, end = (
            max(0.0, np.ceil(round((edge - first_frame) / frame_shift, 6)))
            for edge in (self.begin, self.end)
        )
        return slice(int(begin), None if np.isinf(end) else int(end))

    def of(self, sets: Sequence[PosteriorSet]) -> tuple[PosteriorSet, ...]:
        """Cut the utterances of models with clocks, leaving out those of which nothing is left.

        Kind and blank stay what the whole shows: in a part another class may be best most often.
        """
        parts = []
        for one in sets:
            assert one.frame_shift is not None
            facts = facts_of(one)
            first = one.first_frame or 0.0
            frames = self.slice(one.frame_shift, first)
            arrays = {name: array[frames] for name, array in one.arrays.items()}
            arrays = {name: array for name, array in arrays.items() if len(array)}
            if not arrays:
                last = first + max(map(len, one.arrays.values())) * one.frame_shift
                begin = "the beginning" if np.isinf(self.begin) else self._told(self.begin)
                end = "the end" if np.isinf(self.end) else self._told(self.end)
                expected = f"frames of {one.name} between them, which end at {self._told(last)}"
                check.fail("from, to", expected, f"{begin} to {end}")
            begin = first + frames.start * one.frame_shift
            cut = replace(one, arrays=arrays, first_frame=begin)
            parts.append(replace(cut, kind=facts.kind, blank=facts.blank))
        return tuple(parts)

    def of_truth(self, truth: Truth) -> Truth:
        """Keep the phones and words whose middles are in it."""
        words = None if truth.words is None else self._of_references(truth.words)
        return replace(truth, labels=self._of_references(truth.labels), words=words)

    def _of_references(self, references: Mapping[str, Reference]) -> dict[str, Reference]:
        parts = {}
        for name, one in references.items():
            middles = (one.starts + one.ends) / 2
            inside = np.flatnonzero((middles >= self.begin) & (middles < self.end))
            labels = tuple(one.labels[n] for n in inside)
            if labels:
                parts[name] = Reference(labels, one.starts[inside], one.ends[inside])
        return parts


WHOLE = Part()

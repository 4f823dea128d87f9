"""A part of long utterances: posteriors of several models and true labels between two times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from refkd import check
from refkd.alignment.posteriors.conventions import metadata_of
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
            check.fail("from", f"less than --to, {self._text(self.end)}", self._text(self.begin))

    def _text(self, place: float) -> str:
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
        for posteriors in sets:
            assert posteriors.frame_shift is not None
            metadata = metadata_of(posteriors)
            first = metadata.first_frame
            frames = self.slice(posteriors.frame_shift, first)
            arrays = {name: array[frames] for name, array in posteriors.arrays.items()}
            arrays = {name: array for name, array in arrays.items() if len(array)}
            if not arrays:
                last = first + max(map(len, posteriors.arrays.values())) * posteriors.frame_shift
                begin = "the beginning" if np.isinf(self.begin) else self._text(self.begin)
                end = "the end" if np.isinf(self.end) else self._text(self.end)
                name = posteriors.name
                expected = f"frames of {name} between them, which end at {self._text(last)}"
                check.fail("from, to", expected, f"{begin} to {end}")
            begin = first + frames.start * posteriors.frame_shift
            cut = replace(posteriors, arrays=arrays, first_frame=begin)
            parts.append(replace(cut, kind=metadata.kind, blank=metadata.blank))
        return tuple(parts)

    def of_truth(self, truth: Truth) -> Truth:
        """Keep the phones and words whose middles are in it."""
        words = None if truth.words is None else self._of_references(truth.words)
        return replace(truth, labels=self._of_references(truth.labels), words=words)

    def _of_references(self, references: Mapping[str, Reference]) -> dict[str, Reference]:
        parts = {}
        for name, reference in references.items():
            middles = (reference.starts + reference.ends) / 2
            inside = np.flatnonzero((middles >= self.begin) & (middles < self.end))
            labels = tuple(reference.labels[n] for n in inside)
            if labels:
                parts[name] = Reference(labels, reference.starts[inside], reference.ends[inside])
        return parts


WHOLE = Part()

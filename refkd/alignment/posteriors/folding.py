"""Classes counted as another one, or as the blank, before anything is matched."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from refkd import check
from refkd.alignment.posteriors.conventions import certain_metadata
from refkd.alignment.posteriors.diagnose import Finding
from refkd.alignment.posteriors.posterior_set import Posteriors, PosteriorSet
from refkd.alignment.posteriors.reference import Reference

DROPPED = None  # what a symbol of the blank is counted as


@dataclass(frozen=True)
class Folding:
    """What symbols are counted as: others, along chains to their end, or the blank.

    Examples
    --------
    >>> from refkd.alignment.posteriors.folding import Folding
    >>> folding = Folding({"a": "b", "b": "c"}, ["<wb>"])
    >>> [folding.counted_as(symbol) for symbol in ("a", "m", "<wb>")]
    ['c', 'm', None]
    """

    merge: Mapping[str, str] = field(default_factory=dict)
    drop: Collection[str] = ()

    def __post_init__(self) -> None:
        for symbol in self.merge:
            if symbol in self.drop:
                check.fail("merge", "symbols that are not also dropped", repr(symbol))
            target = self.merge[symbol]
            for _ in self.merge:
                target = self.merge.get(target, target)
            if target in self.merge:
                check.fail("merge", "symbols that do not merge in a circle", repr(symbol))

    @property
    def symbols(self) -> tuple[str, ...]:
        """Those that are counted as something else."""
        return (*self.merge, *self.drop)

    def counted_as(self, symbol: str) -> str | None:
        """What a symbol is counted as; None is the blank."""
        while symbol in self.merge:
            symbol = self.merge[symbol]
        return DROPPED if symbol in self.drop else symbol

    def labels(self, reference: Reference) -> Reference:
        """True labels with what is merged under its new name; what is dropped is left out."""
        counted = [self.counted_as(label) for label in reference.labels]
        remaining = np.array([label is not DROPPED for label in counted], dtype=bool)
        return Reference(
            tuple(label for label in counted if label is not DROPPED),
            reference.starts[remaining],
            reference.ends[remaining],
        )


def fold_classes(
    sets: Sequence[PosteriorSet], folding: Folding
) -> tuple[tuple[PosteriorSet, ...], tuple[Finding, ...]]:
    """Add the probabilities of the classes that are counted as one; the kind of each set stays.

    Examples
    --------
    >>> from refkd.alignment.posteriors.posterior_set import PosteriorSet
    >>> from refkd.alignment.posteriors.folding import Folding, fold_classes
    >>> posteriors = PosteriorSet(
    ...     "small", {"one": [[0.5, 0.25, 0.125, 0.125]]}, blank=0, symbols=("-", "a", "A", "|")
    ... )
    >>> (folded,), (finding,) = fold_classes([posteriors], Folding({"A": "a"}, ["|"]))
    >>> folded.arrays["one"], folded.symbols
    (array([[0.625, 0.375]]), ('-', 'a'))
    >>> finding.sentence
    "folded: 'A' into 'a', '|' into the blank '-'"
    """
    known = {symbol for posteriors in sets for symbol in posteriors.class_names}
    for name, symbols in (("merge", folding.merge), ("drop", folding.drop)):
        for symbol in symbols:
            if symbol not in known:
                check.fail(name, "symbols of the models", repr(symbol))
    pairs = [_folded(posteriors, folding) for posteriors in sets]
    changes = tuple(change for _, change in pairs if change is not None)
    return tuple(posteriors for posteriors, _ in pairs), changes


def _folded(posteriors: PosteriorSet, folding: Folding) -> tuple[PosteriorSet, Finding | None]:
    """A set with its classes folded, and what was done to it."""
    symbols = posteriors.class_names
    folded = [symbol for symbol in symbols if symbol in folding.symbols]
    if not folded:
        return posteriors, None
    metadata = certain_metadata(posteriors)
    blank = metadata.blank
    if symbols[blank] in folding.symbols:
        expected = f"classes other than the blank of {posteriors.name}"
        check.fail("merge, drop", expected, repr(symbols[blank]))
    targets = {folding.counted_as(symbol) for symbol in folding.symbols}
    groups: dict[str | int | None, list[int]] = {}
    for n, symbol in enumerate(symbols):
        counted = DROPPED if n == blank else folding.counted_as(symbol)
        groups.setdefault(counted if n == blank or counted in targets else n, []).append(n)
    names = [symbols[blank] if key is DROPPED else key for key in groups]
    changes = ", ".join(
        f"{symbol!r} into {_target(folding, symbol, symbols[blank])}" for symbol in folded
    )
    return replace(
        posteriors,
        arrays={
            name: _added(array, list(groups.values()), metadata.kind == "probabilities")
            for name, array in posteriors.arrays.items()
        },
        symbols=tuple(symbols[name] if isinstance(name, int) else name for name in names),
        blank=list(groups).index(DROPPED),
    ), Finding("assumed", posteriors.name, f"folded: {changes}")


def _target(folding: Folding, symbol: str, blank: str) -> str:
    counted = folding.counted_as(symbol)
    return f"the blank {blank!r}" if counted is DROPPED else repr(counted)


def _added(values: Posteriors, columns: Sequence[Sequence[int]], probabilities: bool) -> Posteriors:
    """Sums (T, groups) of the probabilities of each group of classes, in the kind of `values`.

    Logits, too, are logarithms up to a constant of each frame, so their sums are exact.
    """
    add = np.add if probabilities else np.logaddexp
    return np.stack([add.reduce(values[:, group], axis=1) for group in columns], axis=1)

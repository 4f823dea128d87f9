"""Bring the classes of several models into one order by their symbols."""

from collections.abc import Sequence
from dataclasses import replace

from refkd.alignment.posteriors.conventions import metadata_of
from refkd.alignment.posteriors.diagnose import Finding
from refkd.alignment.posteriors.posterior_set import PosteriorSet


def in_one_order(
    sets: Sequence[PosteriorSet],
) -> tuple[tuple[PosteriorSet, ...], tuple[Finding, ...]]:
    """Give every set the symbols of the first, and its classes the order that the first has.

    A set whose classes do not correspond is returned unchanged, and `diagnose` reports it.

    Examples
    --------
    >>> from refkd.alignment.posteriors.posterior_set import PosteriorSet
    >>> from refkd.alignment.posteriors.symbol_order import in_one_order
    >>> teacher = PosteriorSet("teacher", {"one": [[0.7, 0.2, 0.1]]}, symbols=("<blk>", "a", "m"))
    >>> small = PosteriorSet("small", {"one": [[0.1, 0.3, 0.6]]}, symbols=("m", "a", "<blank>"))
    >>> (_, same), (finding,) = in_one_order([teacher, small])
    >>> same.arrays["one"], same.symbols, finding.sentence
    (array([[0.6, 0.3, 0.1]]), ('<blk>', 'a', 'm'), 'classes are put in the order of teacher')
    """
    labelled = next((posteriors for posteriors in sets if posteriors.symbols is not None), None)
    findings = []
    known = []
    for posteriors in sets:
        if labelled is not None and posteriors.symbols is None and _alike(posteriors, labelled):
            posteriors = replace(posteriors, symbols=labelled.symbols)
            sentence = f"classes are named as in {labelled.name}"
            findings.append(Finding("assumed", posteriors.name, sentence))
        known.append(posteriors)
    first, *others = known
    result = [first]
    for other in others:
        order = _order(first, other)
        if order is not None:
            other = replace(
                other,
                arrays={name: array[:, order] for name, array in other.arrays.items()},
                symbols=first.symbols,
                blank=metadata_of(first).blank,
            )
            sentence = f"classes are put in the order of {first.name}"
            findings.append(Finding("assumed", other.name, sentence))
        result.append(other)
    return tuple(result), tuple(findings)


def _alike(a: PosteriorSet, b: PosteriorSet) -> bool:
    """Whether the number of classes and the blank permit one order of classes."""
    return a.classes == b.classes and metadata_of(a).blank == metadata_of(b).blank


def _order(first: PosteriorSet, other: PosteriorSet) -> list[int] | None:
    """Where the other has each class of the first; None where it is not needed or not known."""
    if first.symbols is None or other.symbols is None or first.symbols == other.symbols:
        return None
    first_names, other_names = _names(first), _names(other)
    if first_names == other_names:  # but for the name of the blank
        return list(range(first.classes))
    if sorted(first_names) != sorted(other_names) or len(set(first_names)) != len(first_names):
        return None
    index = {symbol: n for n, symbol in enumerate(other_names)}
    return [index[symbol] for symbol in first_names]


def _names(posteriors: PosteriorSet) -> list[str]:
    """The symbols, with one name for the blank, whatever each toolkit calls it."""
    blank = metadata_of(posteriors).blank
    return ["" if n == blank else symbol for n, symbol in enumerate(posteriors.symbols or ())]

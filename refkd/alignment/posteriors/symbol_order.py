"""Making the classes of several models the same, where their symbols show how."""

from collections.abc import Sequence
from dataclasses import replace

from refkd.alignment.posteriors.conventions import facts_of
from refkd.alignment.posteriors.diagnose import Finding
from refkd.alignment.posteriors.posterior_set import PosteriorSet


def in_one_order(
    sets: Sequence[PosteriorSet],
) -> tuple[tuple[PosteriorSet, ...], tuple[Finding, ...]]:
    """Give every set the symbols of the first, and its classes the order that the first has.

    A set stays as it is where nothing can be done: `diagnose` says what does not fit.

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
    named = next((one for one in sets if one.symbols is not None), None)
    findings = []
    known = []
    for one in sets:
        if named is not None and one.symbols is None and _alike(one, named):
            one = replace(one, symbols=named.symbols)
            said = f"classes are called as those of {named.name}"
            findings.append(Finding("assumed", one.name, said))
        known.append(one)
    first, *others = known
    result = [first]
    for other in others:
        order = _order(first, other)
        if order is not None:
            other = replace(
                other,
                arrays={name: array[:, order] for name, array in other.arrays.items()},
                symbols=first.symbols,
                blank=facts_of(first).blank,
            )
            said = f"classes are put in the order of {first.name}"
            findings.append(Finding("assumed", other.name, said))
        result.append(other)
    return tuple(result), tuple(findings)


def _alike(one: PosteriorSet, named: PosteriorSet) -> bool:
    """Whether nothing speaks against one order of classes: their number, and the blank."""
    return one.classes == named.classes and facts_of(one).blank == facts_of(named).blank


def _order(first: PosteriorSet, other: PosteriorSet) -> list[int] | None:
    """Where the other has each class of the first; None where it is not needed or not known."""
    if first.symbols is None or other.symbols is None or first.symbols == other.symbols:
        return None
    wanted, there = _names(first), _names(other)
    if wanted == there:  # but for the name of the blank
        return list(range(first.classes))
    if sorted(wanted) != sorted(there) or len(set(wanted)) != len(wanted):
        return None
    place = {symbol: n for n, symbol in enumerate(there)}
    return [place[symbol] for symbol in wanted]


def _names(told: PosteriorSet) -> list[str]:
    """The symbols, with one name for the blank, whatever each toolkit calls it."""
    blank = facts_of(told).blank
    return ["" if n == blank else symbol for n, symbol in enumerate(told.symbols or ())]

"""Edit alignment of two symbol sequences: distance, error rate, and who belongs to whom."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from refkd import check
from refkd.check import Floats, Ints
from refkd.kernels.edit import edit_pairs, edit_table

Symbols: TypeAlias = Sequence[Hashable] | Ints


def edit_distance(reference: Symbols, hypothesis: Symbols) -> int:
    """Count the fewest substitutions, deletions and insertions between two sequences.

    Parameters
    ----------
    reference : (R,) sequence
        Labels, phone names or words: anything that can be compared for equality.
    hypothesis : (H,) sequence
        The same.

    Returns
    -------
    int
        0 <= distance <= max(R, H). Equations (E1), (E2).

    Raises
    ------
    ArgumentError
        If an argument is no sequence of symbols.

    Examples
    --------
    >>> import refkd
    >>> refkd.edit_distance(["a", "b", "c"], ["a", "c", "c", "d"])
    2
    """
    codes: dict[Hashable, int] = {}
    coded = [
        _coded(argument, value, codes)
        for argument, value in (("reference", reference), ("hypothesis", hypothesis))
    ]
    edits, _ = _align(coded[0], coded[1], np.zeros(coded[0].size), np.zeros(coded[1].size))
    return edits


def phone_error_rate(references: Iterable[Symbols], hypotheses: Iterable[Symbols]) -> float:
    """Divide the edit distances of many utterances by the length of their references.

    Parameters
    ----------
    references : N sequences
        True symbols of each utterance; not all empty.
    hypotheses : N sequences
        Decoded symbols of each utterance.

    Returns
    -------
    float
        A fraction >= 0, above 1 if there are many insertions.

    Raises
    ------
    ArgumentError
        If the numbers of utterances differ, every reference is empty, or one is a plain text, whose
        letters would be counted.

    Examples
    --------
    >>> from refkd.edits import phone_error_rate
    >>> phone_error_rate([[1, 2, 3], [4]], [[1, 3], [4]])
    0.25
    """
    true, decoded = list(references), list(hypotheses)
    for argument, sequences in (("references", true), ("hypotheses", decoded)):
        text = next((one for one in sequences if isinstance(one, str)), None)
        if text is not None:
            expected = "a list of symbols for each utterance, such as list(text) or text.split()"
            check.fail(argument, expected, f"the text {text!r:.60}")
    check.same_length("hypotheses", len(decoded), "references", len(true), "N")
    pairs = zip(true, decoded, strict=True)
    edits = sum(edit_distance(reference, hypothesis) for reference, hypothesis in pairs)
    symbols = sum(len(reference) for reference in true)
    if symbols == 0:
        check.fail("references", "at least one symbol", "none")
    return edits / symbols


def _coded(argument: str, symbols: Symbols, codes: dict[Hashable, int]) -> Ints:
    try:
        return np.array([codes.setdefault(one, len(codes)) for one in symbols], dtype=np.int64)
    except TypeError:
        check.fail(argument, "a sequence of symbols", f"{type(symbols).__name__} {symbols!r:.60}")


def _align(
    reference: Ints, hypothesis: Ints, reference_times: Floats, hypothesis_times: Floats
) -> tuple[int, Ints]:
    """The number of edits, and for each reference symbol its partner's position or -1."""
    shape = (reference.size + 1, hypothesis.size + 1)
    edits, displacement = np.empty(shape, dtype=np.int64), np.empty(shape)
    move = np.zeros(shape, dtype=np.int8)
    edit_table(reference, hypothesis, reference_times, hypothesis_times, edits, displacement, move)
    pair = np.empty(reference.size, dtype=np.int64)
    edit_pairs(move, pair)
    return int(edits[-1, -1]), pair


def matches(
    reference: Symbols,
    hypothesis: Symbols,
    reference_times: ArrayLike,
    hypothesis_times: ArrayLike,
) -> tuple[Ints, Ints]:
    """Positions of the equal symbols that the alignment pairs."""
    codes: dict[Hashable, int] = {}
    true, said = (_coded("symbols", one, codes) for one in (reference, hypothesis))
    times = (np.asarray(one, dtype=np.float64) for one in (reference_times, hypothesis_times))
    _, pair = _align(true, said, *times)
    paired = np.flatnonzero(pair >= 0)
    equal = paired[true[paired] == said[pair[paired]]]
    return equal, pair[equal]

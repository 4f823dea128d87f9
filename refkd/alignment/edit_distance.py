"""Edit alignment of two symbol sequences: distance, error rate, and the pairs of symbols."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from refkd import check
from refkd.check import Floats, Ints
from refkd.files.text import nfc
from refkd.kernels.edit_distance import edit_pairs, edit_table
from refkd.kernels.edit_distance_long import edit_crossing

Symbols: TypeAlias = Sequence[Hashable] | Ints
TABLE_CELLS = 2**20  # 18 MB; a larger table is never made


def edit_distance(reference: Symbols, hypothesis: Symbols) -> int:
    """Count the fewest substitutions, deletions and insertions between two sequences.

    Parameters
    ----------
    reference : (R,) sequence
        Labels, phone names or words: anything that can be compared for equality; texts are
        compared in Unicode's composed form (NFC).
    hypothesis : (H,) sequence
        The same.

    Returns
    -------
    int
        0 <= distance <= max(R, H). Equations (E1), (E2).

    Raises
    ------
    ArgumentError
        If an argument is not a sequence of symbols.

    Examples
    --------
    >>> import refkd
    >>> refkd.edit_distance(["a", "b", "c"], ["a", "c", "c", "d"])
    2
    """
    codes: dict[Hashable, int] = {}
    true = _coded("reference", reference, codes)
    decoded = _coded("hypothesis", hypothesis, codes)
    edits, _ = _align(true, decoded, np.zeros(true.size), np.zeros(decoded.size))
    return edits


def phone_error_rate(references: Iterable[Symbols], hypotheses: Iterable[Symbols]) -> float:
    """Divide the edit distances of many utterances by the length of all their references.

    Examples
    --------
    >>> from refkd.alignment.edit_distance import phone_error_rate
    >>> phone_error_rate([[1, 2, 3], [4]], [[1, 3], [4]])
    0.25
    """
    true, decoded = list(references), list(hypotheses)
    for argument, sequences in (("references", true), ("hypotheses", decoded)):
        text = next((sequence for sequence in sequences if isinstance(sequence, str)), None)
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
        composed = (nfc(symbol) if isinstance(symbol, str) else symbol for symbol in symbols)
        numbers = [codes.setdefault(symbol, len(codes)) for symbol in composed]
        return np.array(numbers, dtype=np.int64)
    except TypeError:
        got = f"{type(symbols).__name__} {check.shown(symbols):.60}"
        check.fail(argument, "a sequence of symbols", got)


def _align(
    reference: Ints, hypothesis: Ints, reference_times: Floats, hypothesis_times: Floats
) -> tuple[int, Ints]:
    """The number of edits, and for each reference symbol its partner's position or -1."""
    pair = np.empty(reference.size, dtype=np.int64)
    edits = _fill_pairs(reference, hypothesis, (reference_times, hypothesis_times), 0.0, None, pair)
    return edits, pair


def _fill_pairs(
    reference: Ints,
    hypothesis: Ints,
    times: tuple[Floats, Floats],
    before: float,
    bound: int | None,
    pair: Ints,
) -> int:
    """Fill `pair` (R,) by halves until the table is small, and return the number of edits."""
    R, H = reference.size, hypothesis.size
    if R < 2 or (R + 1) * (H + 1) <= TABLE_CELLS:
        shape = (R + 1, H + 1)
        table = np.empty(shape, dtype=np.int64), np.empty(shape)
        move = np.zeros(shape, dtype=np.int8)
        edit_table(reference, hypothesis, *times, before, *table, move)
        edit_pairs(move, pair)
        return int(table[0][-1, -1])

    longest = max(R, H)  # more edits are never needed
    if bound is None:
        bound = max(abs(R - H), longest // 64)
    row = np.empty(H + 1, dtype=np.int64), np.empty(H + 1), np.empty(H + 1, dtype=np.int64)
    middle = np.empty(H + 1, dtype=np.int64), np.empty(H + 1)
    parts = reference, hypothesis, times, before
    while (reached := edit_crossing(*parts, bound, row, middle)) < R:
        # if edits go on as they came, and a tenth more
        bound = min(longest, 1 + int(bound * min(4.0, 1.1 * R / max(1, reached))))
    edits, half, column = int(row[0][H]), R // 2, int(row[2][H])
    upper, passed = int(middle[0][column]), float(middle[1][column])

    first = times[0][:half], times[1][:column]
    second = times[0][half:], times[1][column:]
    _fill_pairs(reference[:half], hypothesis[:column], first, before, upper, pair[:half])
    rest = pair[half:]
    _fill_pairs(reference[half:], hypothesis[column:], second, passed, edits - upper, rest)
    rest[rest >= 0] += column
    return edits


def matches(
    reference: Symbols,
    hypothesis: Symbols,
    reference_times: ArrayLike,
    hypothesis_times: ArrayLike,
) -> tuple[Ints, Ints]:
    """Positions of the equal symbols that the alignment pairs."""
    codes: dict[Hashable, int] = {}
    true, decoded = (_coded("symbols", sequence, codes) for sequence in (reference, hypothesis))
    true_times = np.asarray(reference_times, dtype=np.float64)
    _, pair = _align(true, decoded, true_times, np.asarray(hypothesis_times, dtype=np.float64))
    paired = np.flatnonzero(pair >= 0)
    equal = paired[true[paired] == decoded[pair[paired]]]
    return equal, pair[equal]

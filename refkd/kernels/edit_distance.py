"""Alignment of two symbol sequences by the fewest edits. Equations: docs/course/measures.md."""

from refkd.kernels.compile import kernel

PAIR = 0
SKIP_REFERENCE = 1
SKIP_HYPOTHESIS = 2


@kernel
def edit_table(
    reference, hypothesis, reference_time, hypothesis_time, before, edits, displacement, move
):
    """Fill the tables of the best alignment of every pair of prefixes.

    reference, reference_time    (R,)  symbols and their times
    hypothesis, hypothesis_time  (H,)
    before                       sum of |time difference| of what is aligned already; mostly 0
    edits                        (R + 1, H + 1)  filled: fewest substitutions, deletions, insertions
    displacement                 (R + 1, H + 1)  filled: among those, least sum of |time difference|
    move                         (R + 1, H + 1)  filled: last step of that alignment
    """
    R = reference.size
    H = hypothesis.size
    edits[0, 0] = 0
    displacement[0, 0] = before
    for i in range(1, R + 1):
        edits[i, 0] = i  # (E1)
        displacement[i, 0] = before
        move[i, 0] = SKIP_REFERENCE
    for j in range(1, H + 1):
        edits[0, j] = j  # (E1)
        displacement[0, j] = before
        move[0, j] = SKIP_HYPOTHESIS
    for i in range(1, R + 1):
        for j in range(1, H + 1):
            substituted = 0 if reference[i - 1] == hypothesis[j - 1] else 1
            apart = abs(reference_time[i - 1] - hypothesis_time[j - 1])  # (E3)
            fewest = edits[i - 1, j - 1] + substituted  # (E2)
            least = displacement[i - 1, j - 1] + apart  # (E4)
            step = PAIR
            if (edits[i - 1, j] + 1, displacement[i - 1, j]) < (fewest, least):  # (E4)
                fewest = edits[i - 1, j] + 1
                least = displacement[i - 1, j]
                step = SKIP_REFERENCE
            if (edits[i, j - 1] + 1, displacement[i, j - 1]) < (fewest, least):  # (E4)
                fewest = edits[i, j - 1] + 1
                least = displacement[i, j - 1]
                step = SKIP_HYPOTHESIS
            edits[i, j] = fewest
            displacement[i, j] = least
            move[i, j] = step


@kernel
def edit_pairs(move, pair):
    """Walk back through the moves of `edit_table`.

    move (R + 1, H + 1)
    pair (R,)            filled: position in the hypothesis, or -1 for a deletion
    """
    i = move.shape[0] - 1
    j = move.shape[1] - 1
    while i > 0 or j > 0:
        if move[i, j] == SKIP_HYPOTHESIS:
            j -= 1
        elif move[i, j] == SKIP_REFERENCE:
            i -= 1
            pair[i] = -1
        else:
            i -= 1
            j -= 1
            pair[i] = j


@kernel
def edit_crossing(reference, hypothesis, times, before, bound, row, middle):
    """Find where the walk of `edit_pairs` crosses row R // 2, without a table: row by row.

    Only cells are visited that an alignment of at most `bound` edits can pass: from each, what is
    left of one sequence beyond the other still has to be skipped.

    reference (R,), hypothesis (H,)  symbols, R >= 2
    times                    their times, (R,) and (H,)
    before                   as for `edit_table`
    bound                    at least |R - H|
    row                      edits, displacement and column of the crossing, each (H + 1,): filled
                             with row R of the table; edits are R + H + 1 where nothing was visited
    middle                   edits and displacement, each (H + 1,): filled with row R // 2

    Returns R, or the last row that some alignment reaches with at most `bound` edits in all.
    """
    edits, displacement, crossing = row
    R = reference.size
    H = hypothesis.size
    edits[:] = R + H + 1
    displacement[:] = before
    crossing[:] = 0
    edits[0] = 0
    first = 0  # of the columns in use
    last = 0
    while last < H and last + 1 + abs(R - H + last + 1) <= bound:
        last += 1
        edits[last] = last  # (E1)
    for i in range(1, R + 1):
        rest = H - (R - i)  # the column from which nothing more has to be skipped
        here = (reference[i - 1], times[0][i - 1])
        last = edit_row(here, hypothesis, times[1], rest, bound, first, last, row)
        while first <= last and edits[first] + abs(first - rest) > bound:
            edits[first] = R + H + 1
            first += 1
        if first > last:
            return i - 1
        if i == R // 2:
            middle[0][:] = edits
            middle[1][:] = displacement
            for j in range(H + 1):
                crossing[j] = j
    return R


@kernel
def edit_row(here, hypothesis, hypothesis_time, rest, bound, first, last, row):
    """Replace one row of `edit_table` by the next, from column `first`; returns its last column.

    here                         symbol of the reference and its time
    hypothesis, hypothesis_time  (H,)
    rest, bound                  beyond `last`, edits + |column - rest| > bound ends the row
    first, last                  columns of the row before
    row                          edits, displacement and crossing, (H + 1,) each
    """
    symbol, time = here
    edits, displacement, crossing = row
    begin = max(first, 1)
    diagonal = (edits[begin - 1], displacement[begin - 1], crossing[begin - 1])
    if first == 0:
        edits[0] += 1  # (E1)
    left = (edits[begin - 1], displacement[begin - 1], crossing[begin - 1])
    for j in range(begin, hypothesis.size + 1):
        above = (edits[j], displacement[j], crossing[j])
        edited = diagonal[0] + (symbol != hypothesis[j - 1])  # (E2)
        apart = abs(time - hypothesis_time[j - 1])  # (E3)
        best = (edited, diagonal[1] + apart, diagonal[2])  # (E4)
        best = cheaper(best, (above[0] + 1, above[1], above[2]))  # (E4)
        best = cheaper(best, (left[0] + 1, left[1], left[2]))  # (E4)
        if j > last and best[0] + abs(j - rest) > bound:
            return j - 1
        edits[j], displacement[j], crossing[j] = best
        diagonal = above
        left = best
    return hypothesis.size


@kernel
def cheaper(best, other):
    """The other (edits, displacement, crossing) if it is cheaper; without a jump."""
    is_cheaper = (other[0] < best[0]) | ((other[0] == best[0]) & (other[1] < best[1]))
    return (
        other[0] if is_cheaper else best[0],
        other[1] if is_cheaper else best[1],
        other[2] if is_cheaper else best[2],
    )

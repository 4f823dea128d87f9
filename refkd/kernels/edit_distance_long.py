"""Edit alignment of long sequences: the cells of the table row by row, without a table."""

from refkd.kernels.compile import kernel


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
            for j in range(H + 1):
                middle[0][j], middle[1][j], crossing[j] = edits[j], displacement[j], j
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

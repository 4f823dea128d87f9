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

"""Prefix beam search: the most probable labels, not the most probable path.

Equations: docs/guides/decoding.md.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from refkd import check
from refkd.alignment.decode import log_posteriors
from refkd.check import Floats, Ints

Prefix: TypeAlias = tuple[int, ...]
WIDEST = 100_000  # sequences; more are memory without end


def beam_decode(logits: ArrayLike, beam: int = 16, blank: int = 0) -> Ints:
    """Find the labels of highest probability, summed over all paths that the beam has kept.

    Parameters
    ----------
    logits : (T, K) array
        -inf is allowed.
    beam : int
        Label sequences kept after each frame, 1 to 100,000. If there is room for every sequence
        of T frames, the result is the most probable of all.
    blank : int
        0 <= blank < K.

    Returns
    -------
    (L,) int64 array
        L <= T labels, without blanks. At a tie the result is the one that grew out of the better
        prefix, then the one whose last step is the lower label, where staying counts as the blank.

    Raises
    ------
    ArgumentError
        If the logits contain NaN, +inf or a frame of only -inf, or if beam is out of
        range or blank is not a class.

    Notes
    -----
    The search of Hannun et al. (arXiv:1408.2873, 2014), algorithm 1, without a language model.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> logits = np.log([[0.6, 0.4], [0.6, 0.4]])
    >>> refkd.greedy_decode(logits), refkd.beam_decode(logits)  # `a -`, `- a`, `a a`: 0.64
    (array([], dtype=int64), array([1]))
    """
    beam = check.integer("beam", beam, low=1, high=WIDEST)
    logp = log_posteriors(logits)
    blank = check.integer("blank", blank, low=0, high=logp.shape[1] - 1)
    prefixes: list[Prefix] = [()]
    ends_blank, ends_label = np.zeros(1), np.full(1, -np.inf)  # (B1)
    for frame in logp:
        prefixes, ends_blank, ends_label = _extend(
            frame, prefixes, ends_blank, ends_label, beam, blank
        )
    return np.array(prefixes[0], dtype=np.int64)


def _extend(
    frame: Floats,
    prefixes: list[Prefix],
    ends_blank: Floats,
    ends_label: Floats,
    beam: int,
    blank: int,
) -> tuple[list[Prefix], Floats, Floats]:
    """The best prefixes after one more frame, and the log-probabilities of their two endings.

    In the tables (N, K) column k stands for prefix + k, the column of the blank for the prefix.
    """
    nonempty = np.array([n for n, prefix in enumerate(prefixes) if prefix], dtype=np.int64)
    last = np.array([prefixes[n][-1] for n in nonempty], dtype=np.int64)
    total = np.logaddexp(ends_blank, ends_label)

    label_table = total[:, None] + frame  # (B2)
    label_table[nonempty, last] = ends_blank[nonempty] + frame[last]  # (B2)
    label_table[:, blank] = -np.inf
    label_table[nonempty, blank] = ends_label[nonempty] + frame[last]  # (B3)
    blank_table = np.full_like(label_table, -np.inf)
    blank_table[:, blank] = total + frame[blank]  # (B4)

    place = {prefix: n for n, prefix in enumerate(prefixes)}
    for n, label in zip(nonempty, last, strict=True):
        shorter = place.get(prefixes[n][:-1])
        if shorter is not None:
            grown = label_table[shorter, label]
            label_table[n, blank] = np.logaddexp(label_table[n, blank], grown)  # (B5)
            label_table[shorter, label] = -np.inf

    score = np.logaddexp(blank_table, label_table).ravel()
    best = np.argsort(-score, kind="stable")[:beam]  # (B6)
    best = best[score[best] > -np.inf]
    rows, labels = np.divmod(best, len(frame))
    extended = [
        prefixes[n] if k == blank else (*prefixes[n], k)
        for n, k in zip(rows.tolist(), labels.tolist(), strict=True)
    ]
    return extended, blank_table.ravel()[best], label_table.ravel()[best]

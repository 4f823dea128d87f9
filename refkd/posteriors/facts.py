"""What nobody has told about posteriors, as far as the numbers show it."""

import math

import numpy as np

from refkd import check
from refkd.check import Floats, Ints
from refkd.decode import log_posteriors
from refkd.posteriors.collection import PosteriorSet

ROW_SUM = 0.01  # half precision and compressed matrices stay within it
BLANK_NAMES = ("<blk>", "<blank>", "<pad>", "[PAD]", "<b>", "-")
OTHER_LOGARITHMS = {
    "logarithms to base 10; multiply by ln 10": math.log(10.0),
    "logarithms to base 2; multiply by ln 2": math.log(2.0),
    "negative logarithms; change the sign": -1.0,
}


def unusable(array: Floats) -> Ints:
    """Frames with NaN or +inf, or with nothing but -inf; in order, int64."""
    wrong = (np.isnan(array) | (array == np.inf)).any(axis=1) | (array == -np.inf).all(axis=1)
    return np.flatnonzero(wrong).astype(np.int64)


def usable_frames(told: PosteriorSet) -> Floats:
    """All other frames of all utterances, (n, K)."""
    return np.concatenate([np.delete(one, unusable(one), axis=0) for one in told.arrays.values()])


def departures(values: Floats, kind: str) -> Floats:
    """How far from one the probabilities of each frame sum, were they of this kind, (n,)."""
    with np.errstate(over="ignore"):  # what are no logarithms may be large
        prob = values if kind == "probabilities" else np.exp(values)
    return np.asarray(np.abs(prob.sum(axis=1) - 1.0), dtype=np.float64)


def kind_shown(values: Floats) -> str:
    """The kind of most frames, by range and row sums.

    Parameters
    ----------
    values : (n, K) array
        Frames without NaN or +inf.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.posteriors.facts import kind_shown
    >>> [kind_shown(np.array([row])) for row in ([0.9, 0.1], np.log([0.9, 0.1]), [2.0, -1.0])]
    ['probabilities', 'log_probabilities', 'logits']
    """
    if values.size == 0:
        return "logits"
    if values.min() >= 0.0 and np.median(departures(values, "probabilities")) <= ROW_SUM:
        return "probabilities"
    if np.median(departures(values, "log_probabilities")) <= ROW_SUM:
        return "log_probabilities"
    return "logits"


def other_logarithm(values: Floats) -> str | None:
    """The words for logarithms that are not natural, if the numbers are such."""
    for words, factor in OTHER_LOGARITHMS.items():
        natural = values * factor
        if natural.max() <= 0.0 and np.median(departures(natural, "log_probabilities")) <= ROW_SUM:
            return words
    return None


def kind_of(told: PosteriorSet) -> str:
    """The kind that was told; else the one that the numbers show."""
    return told.kind or kind_shown(usable_frames(told))


def best_shares(told: PosteriorSet) -> Floats:
    """For each class the share of frames in which it is best, (K,)."""
    values = usable_frames(told)
    counts = np.bincount(values.argmax(axis=1), minlength=told.classes)
    return np.asarray(counts / max(1, len(values)), dtype=np.float64)


def named_blank(told: PosteriorSet) -> int | None:
    """The one class whose symbol is a usual name of the blank."""
    found = [n for n, symbol in enumerate(told.symbols or ()) if symbol in BLANK_NAMES]
    return found[0] if len(found) == 1 else None


def blank_of(told: PosteriorSet) -> int:
    """The blank that was told; else the class named like one; else the one that is best most often.

    The last is usual: a CTC model says blank in most frames.
    """
    if told.blank is not None:
        return told.blank
    named = named_blank(told)
    return int(best_shares(told).argmax()) if named is None else named


def normalised(told: PosteriorSet) -> PosteriorSet:
    """Turn posteriors of any kind into log-posteriors, with every fact that drawing needs.

    Parameters
    ----------
    told : PosteriorSet
        Without NaN or +inf; probabilities are >= 0.

    Returns
    -------
    PosteriorSet
        Log-probabilities in nats that sum to one in every frame. What was not told is what
        `diagnose` says is assumed; an unknown frame shift stays unknown.

    Raises
    ------
    ArgumentError
        Names the utterance, if a frame has NaN, +inf, a negative probability or no probability.

    Examples
    --------
    >>> from refkd.posteriors.collection import PosteriorSet
    >>> from refkd.posteriors.facts import normalised
    >>> told = normalised(PosteriorSet("small", {"one": [[0.75, 0.25], [0.5, 0.5]]}))
    >>> told.kind, told.blank, told.arrays["one"].round(3)[0]
    ('log_probabilities', 0, array([-0.288, -1.386]))
    """
    check.instance("told", told, PosteriorSet)
    kind = kind_of(told)
    arrays = {}
    for name, array in told.arrays.items():
        values = array
        if kind == "probabilities":
            if (array < 0.0).any():
                check.fail(f"utterance {name!r}", "probabilities >= 0", array.min())
            with np.errstate(divide="ignore"):  # no probability is -inf
                values = np.log(array)
        bad = unusable(values)
        if bad.size:
            check.fail(f"utterance {name!r}", "finite posteriors", f"others in frame {bad[0]}")
        arrays[name] = log_posteriors(values)
    return PosteriorSet(
        told.name,
        arrays,
        kind="log_probabilities",
        blank=blank_of(told),
        symbols=told.symbols or tuple(str(n) for n in range(told.classes)),
        frame_shift=told.frame_shift,
        first_frame=0.0 if told.first_frame is None else told.first_frame,
        subsampling=told.subsampling,
    )

"""Conventions of posteriors that are not specified, as far as the numbers show them."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from refkd import check
from refkd.alignment.decode import log_posteriors
from refkd.alignment.posteriors.posterior_set import Posteriors, PosteriorSet
from refkd.check import Floats, Ints

ROW_SUM = 0.01  # half precision and compressed matrices stay within it
SAMPLE = 1000  # frames, spread over all utterances, that show what kind of numbers they are
# Usual names of the blank, in upper or lower case.
BLANKS = ("<blk>", "<blank>", "blank", "<pad>", "[pad]", "[blank]", "[ctcblank]", "<b>", "-", "_")
RARE = 0.1  # of the best class's share: what is best less often is no blank by its name alone
OTHER_LOGARITHMS = {
    "logarithms to base 10; multiply by ln 10": math.log(10.0),
    "logarithms to base 2; multiply by ln 2": math.log(2.0),
    "negative logarithms; change the sign": -1.0,
}


class Doubt(NamedTuple):
    """Where name or range and evidence contradict each other, and only the user can know."""

    expected: str
    got: str

    @property
    def sentence(self) -> str:
        """Both, as in every error."""
        return f"expected {self.expected}, got {self.got}"


@dataclass(frozen=True, eq=False)
class Metadata:
    """What is specified about posteriors or, where it is not, what the numbers show."""

    best: dict[str, Ints]  # (T,) best class of every frame of each utterance
    unusable: dict[str, Ints]  # frames with NaN, +inf or only -inf, of utterances with any
    lowest: float  # number in all other frames; inf without any
    sample: Posteriors  # (n, K) of the other frames of all utterances
    shown: str  # kind that the numbers look like
    kind: str  # as specified, else as shown
    shares: Floats  # (K,) of the usable frames in which each class is best
    blank: int  # as specified, else by its name, else the class that is best most often
    symbols: tuple[str, ...]  # K; as specified, else the numbers of the classes
    first_frame: float  # time of frame 0 as specified, else 0
    doubts: dict[str, Doubt]  # why "kind" or "blank" cannot be assumed


_RESOLVED = "_metadata"  # where a set keeps its resolved metadata


def metadata_of(posteriors: PosteriorSet) -> Metadata:
    """Resolve what a set does not specify: all its posteriors are looked through once.

    The set keeps the result; its arrays must stay as they are.

    Examples
    --------
    >>> from refkd.alignment.posteriors.posterior_set import PosteriorSet
    >>> from refkd.alignment.posteriors.conventions import metadata_of
    >>> metadata = metadata_of(PosteriorSet("small", {"one": [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]}))
    >>> metadata.kind, metadata.blank, metadata.best["one"], metadata.shares.round(2)
    ('probabilities', 0, array([0, 0, 1]), array([0.67, 0.33]))
    """
    metadata: Metadata | None = vars(posteriors).get(_RESOLVED)
    if metadata is None:
        metadata = _look_through(posteriors)
        check.store(posteriors, **{_RESOLVED: metadata})
    return metadata


def _look_through(posteriors: PosteriorSet) -> Metadata:
    best: dict[str, Ints] = {}
    bad: dict[str, Ints] = {}
    counts, lowest = np.zeros(posteriors.classes), math.inf
    step = -(-sum(len(array) for array in posteriors.arrays.values()) // SAMPLE)
    sample = []
    for name, array in posteriors.arrays.items():
        best[name] = array.argmax(axis=1).astype(np.int64)
        highest = array[np.arange(len(array)), best[name]]  # NaN and +inf are the best of all
        usable = np.isfinite(highest)
        if not usable.all():
            bad[name] = np.flatnonzero(~usable).astype(np.int64)
        counts += np.bincount(best[name][usable], minlength=posteriors.classes)
        numbers = array if usable.all() else array[usable]
        lowest = min(lowest, float(numbers.min(initial=math.inf)))
        sample.append(array[::step][usable[::step]])
    frames = np.concatenate(sample)
    shown = kind_shown(frames, lowest)
    shares = counts / max(1.0, counts.sum())
    blank = _blank(posteriors, shares)
    doubts: dict[str, Doubt | None] = {}
    if posteriors.kind is None and shown == "logits":
        doubts["kind"] = _doubt_of_kind(frames, lowest)
    if posteriors.blank is None:
        doubts["blank"] = _doubt_of_blank(posteriors, shares, blank)
    return Metadata(
        best=best,
        unusable=bad,
        lowest=lowest,
        sample=frames,
        shown=shown,
        kind=posteriors.kind or shown,
        shares=shares,
        blank=blank,
        symbols=posteriors.class_names,
        first_frame=posteriors.first_frame or 0.0,
        doubts={fact: doubt for fact, doubt in doubts.items() if doubt is not None},
    )


def certain_metadata(posteriors: PosteriorSet) -> Metadata:
    """The metadata of a model; an ArgumentError that names it where one has to be specified."""
    metadata = metadata_of(posteriors)
    for doubt in metadata.doubts.values():
        check.fail(posteriors.name, *doubt)
    return metadata


def _blank(posteriors: PosteriorSet, shares: Floats) -> int:
    if posteriors.blank is not None:
        return posteriors.blank
    candidates = named_blanks(posteriors) or range(posteriors.classes)
    return max(candidates, key=lambda label: shares[label])


def _doubt_of_kind(frames: Posteriors, lowest: float) -> Doubt | None:
    """Logarithms of another base, and numbers from 0 to 1 that do not sum to one, are no logits."""
    other = other_logarithm(frames) if frames.size else None
    if other is not None:
        expected = "natural logarithms, or --kind to specify them"
        return Doubt(expected, f"what looks like {other}")
    if frames.size and lowest >= 0.0 and 0.0 < frames.max() <= 1.0 + ROW_SUM:
        total = np.median(frames.sum(axis=1))
        return Doubt(
            "--kind to specify whether the numbers are probabilities or logits",
            f"numbers from 0 to 1 that sum to {total:.3g} in a frame",
        )
    return None


def _doubt_of_blank(posteriors: PosteriorSet, shares: Floats, blank: int) -> Doubt | None:
    """A class is no blank for its name alone if it is hardly ever best."""
    likely = int(shares.argmax())
    if blank not in named_blanks(posteriors) or shares[blank] >= RARE * shares[likely]:
        return None
    names = posteriors.symbols or ()
    return Doubt(
        "--blank to specify the class",
        f"{blank} by its symbol {names[blank]!r}, which is best in {100 * shares[blank]:.0f} % "
        f"of frames, but {likely} ({names[likely]!r}) in {100 * shares[likely]:.0f} %",
    )


def departures(values: Posteriors, kind: str) -> Floats:
    """How far from one the probabilities of each frame sum, were they of this kind, (n,)."""
    with np.errstate(over="ignore"):  # what are no logarithms may be large
        prob = values if kind == "probabilities" else np.exp(values)
        return np.asarray(np.abs(prob.sum(axis=1) - 1.0), dtype=np.float64)


def kind_shown(frames: Posteriors, lowest: float) -> str:
    """The kind of most frames (n, K) without NaN or +inf, by range and row sums.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.alignment.posteriors.conventions import kind_shown
    >>> rows = [0.9, 0.1], np.log([0.9, 0.1]), [2.0, -1.0]
    >>> [kind_shown(np.array([row]), lowest=min(row)) for row in rows]
    ['probabilities', 'log_probabilities', 'logits']
    """
    if frames.size == 0:
        return "logits"
    if lowest >= 0.0 and np.median(departures(frames, "probabilities")) <= ROW_SUM:
        return "probabilities"
    if np.median(departures(frames, "log_probabilities")) <= ROW_SUM:
        return "log_probabilities"
    return "logits"


def other_logarithm(frames: Posteriors) -> str | None:
    """The words for logarithms that are not natural, if the numbers are such."""
    for words, factor in OTHER_LOGARITHMS.items():
        natural = frames * factor
        if natural.max() <= 0.0 and np.median(departures(natural, "log_probabilities")) <= ROW_SUM:
            return words
    return None


def named_blanks(posteriors: PosteriorSet) -> list[int]:
    """The classes whose symbol is a usual name of the blank."""
    symbols = enumerate(posteriors.symbols or ())
    return [label for label, symbol in symbols if symbol.casefold() in BLANKS]


def log_posteriors_of(posteriors: PosteriorSet, kind: str, name: str) -> Floats:
    """Turn one utterance into log-posteriors (T, K) in nats; every frame sums to one."""
    values = posteriors.arrays[name]
    if kind == "probabilities":
        if (values < 0.0).any():
            check.fail(f"utterance {name!r}", "probabilities >= 0", values.min())
        with np.errstate(divide="ignore"):  # no probability is -inf
            values = np.log(values.astype(np.float64))
    bad = np.flatnonzero(~np.isfinite(values.max(axis=1)))
    if bad.size:
        check.fail(f"utterance {name!r}", "finite posteriors", f"others in frame {bad[0]}")
    return log_posteriors(values)


def normalised(posteriors: PosteriorSet) -> PosteriorSet:
    """Turn posteriors of any kind into log-posteriors in nats, with every fact that drawing needs.

    What was not specified is what `diagnose` says is assumed; an unknown frame shift stays unknown.

    Examples
    --------
    >>> from refkd.alignment.posteriors.posterior_set import PosteriorSet
    >>> from refkd.alignment.posteriors.conventions import normalised
    >>> posteriors = normalised(PosteriorSet("small", {"one": [[0.75, 0.25], [0.5, 0.5]]}))
    >>> posteriors.kind, posteriors.blank, posteriors.arrays["one"].round(3)[0]
    ('log_probabilities', 0, array([-0.288, -1.386]))
    """
    metadata = certain_metadata(check.instance("posteriors", posteriors, PosteriorSet))
    return PosteriorSet(
        posteriors.name,
        {name: log_posteriors_of(posteriors, metadata.kind, name) for name in posteriors.arrays},
        kind="log_probabilities",
        blank=metadata.blank,
        symbols=metadata.symbols,
        frame_shift=posteriors.frame_shift,
        first_frame=metadata.first_frame,
        subsampling=posteriors.subsampling,
    )

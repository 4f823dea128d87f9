"""Posteriors of one model over many utterances, and what is known about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from refkd import check
from refkd.files.text import nfc

Posteriors: TypeAlias = NDArray[np.floating]  # float32 or float64
KINDS = ("logits", "log_probabilities", "probabilities")


@dataclass(frozen=True)
class PosteriorSet:
    """Posteriors of one model over some utterances; None is what is not specified.

    float32 stays as it is, float16 becomes float32, all else float64. NaN is kept, and
    `diagnose` reports where it is. Names and symbols are kept in Unicode's composed form (NFC).

    Examples
    --------
    >>> from refkd.alignment.posteriors.posterior_set import PosteriorSet
    >>> posteriors = PosteriorSet("teacher", {"one": [[0.9, 0.1], [0.2, 0.8]]}, blank=0)
    >>> posteriors.names, posteriors.classes, posteriors.kind
    (('one',), 2, None)
    """

    name: str  # of the model, or of its file, for errors and findings
    arrays: Mapping[str, Posteriors]  # (T, K) of each utterance, T, K >= 1
    kind: str | None = None  # log-probabilities are in nats
    blank: int | None = None
    symbols: tuple[str, ...] | None = None  # K names, the blank's included
    frame_shift: float | None = None  # seconds from one frame to the next, > 0
    first_frame: float | None = None  # time of frame 0 in seconds
    subsampling: int | None = None  # frames of the features for each frame here

    def __post_init__(self) -> None:
        check.store(self, name=check.text("name", self.name))
        arrays = {
            nfc(check.text("arrays", name)): _posteriors(name, array)
            for name, array in check.mapping("arrays", self.arrays).items()
        }
        check.same_length("arrays", len(arrays), "their names in NFC", len(self.arrays), "names")
        if not arrays:
            check.fail("arrays", "at least one utterance", "none")
        _check_classes(arrays)
        check.store(self, arrays=arrays)
        if self.kind is not None:
            check.store(self, kind=check.one_of("kind", self.kind, KINDS))
        if self.blank is not None:
            high = self.classes - 1
            check.store(self, blank=check.integer("blank", self.blank, low=0, high=high))
        if self.symbols is not None:
            names = enumerate(check.sequence("symbols", self.symbols))
            symbols = tuple(nfc(check.text(f"symbols[{n}]", name)) for n, name in names)
            check.same_length("symbols", len(symbols), "the arrays", self.classes, "K")
            check.store(self, symbols=symbols)
        if self.frame_shift is not None:
            check.store(self, frame_shift=check.positive("frame_shift", self.frame_shift))
        if self.first_frame is not None:
            check.store(self, first_frame=check.finite_number("first_frame", self.first_frame))
        if self.subsampling is not None:
            check.store(self, subsampling=check.integer("subsampling", self.subsampling, low=1))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the utterances."""
        return tuple(self.arrays)

    @property
    def classes(self) -> int:
        """Number of classes K, the blank included."""
        return int(next(iter(self.arrays.values())).shape[1])

    @property
    def class_names(self) -> tuple[str, ...]:
        """The K symbols; the numbers of the classes where these are not specified."""
        return self.symbols or tuple(str(n) for n in range(self.classes))


def _posteriors(name: str, value: ArrayLike) -> Posteriors:
    half = getattr(value, "dtype", None) == np.float16
    single = np.asarray(value, np.float32) if half else value
    array = check.array(f"utterance {name!r}", single, ("T", "K"))
    if array.size == 0:
        check.fail(f"utterance {name!r}", "T >= 1 and K >= 1", f"shape {array.shape}")
    return array


def _check_classes(arrays: Mapping[str, Posteriors]) -> None:
    """One K for all; a common T instead shows that frames and classes are exchanged."""
    (first_name, first_array), *others = arrays.items()
    for name, array in others:
        if array.shape[1] != first_array.shape[1]:
            expected = f"K={first_array.shape[1]} as in {first_name!r}"
            turned = len({array.shape[0] for array in arrays.values()}) == 1
            hint = "; (K, T) arrays must be transposed" if turned else ""
            check.fail(f"utterance {name!r}", expected, f"K={array.shape[1]}{hint}")

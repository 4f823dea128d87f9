"""The classes with a row or column of their own, where there may be thousands."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from refkd.check import Floats

MOST = 8  # classes beside the blank
OTHERS = "others"


@dataclass(frozen=True)
class Classes:
    """Some of K classes with a row or column of their own; the others are shown by their sum."""

    indices: tuple[int, ...]
    symbols: Sequence[str]  # names of all K

    @classmethod
    def among(
        cls, candidates: NDArray[np.int64] | Sequence[int], blank: int, symbols: Sequence[str]
    ) -> "Classes":
        """The blank and the first few different candidates; all where K is small."""
        if len(symbols) <= MOST:
            return cls(tuple(range(len(symbols))), symbols)
        first = list(dict.fromkeys(int(k) for k in candidates if int(k) != blank))[:MOST]
        return cls(tuple(sorted([blank, *first])), symbols)

    @property
    def own(self) -> list[str]:
        """Names of those with a row or column of their own."""
        return [self.symbols[k] for k in self.indices]

    @property
    def heads(self) -> list[str]:
        """`own` and, where there are any, the others."""
        return self.own + [OTHERS] * (len(self.indices) < len(self.symbols))

    def summed(self, values: Floats) -> Floats:
        """(..., K) values as (..., n) under `heads`: the others are added up."""
        own = values[..., list(self.indices)]
        if len(self.indices) == len(self.symbols):
            return own
        rest = np.delete(values, list(self.indices), axis=-1).sum(axis=-1, keepdims=True)
        return np.concatenate([own, rest], axis=-1)

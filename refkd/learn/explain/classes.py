"""The classes that are told of one by one, where there may be thousands."""

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

    told: tuple[int, ...]
    symbols: Sequence[str]  # names of all K

    @classmethod
    def among(
        cls, wanted: NDArray[np.int64] | Sequence[int], blank: int, symbols: Sequence[str]
    ) -> "Classes":
        """The blank and the first few different ones of those wanted; all where K is small."""
        if len(symbols) <= MOST:
            return cls(tuple(range(len(symbols))), symbols)
        first = list(dict.fromkeys(int(k) for k in wanted if int(k) != blank))[:MOST]
        return cls(tuple(sorted([blank, *first])), symbols)

    @property
    def own(self) -> list[str]:
        """Names of those told of one by one."""
        return [self.symbols[k] for k in self.told]

    @property
    def heads(self) -> list[str]:
        """Names of those told of one by one and, where there are any, of the others."""
        return self.own + [OTHERS] * (len(self.told) < len(self.symbols))

    def summed(self, values: Floats) -> Floats:
        """(..., K) values as (..., n) under `heads`: the others are added up."""
        own = values[..., list(self.told)]
        if len(self.told) == len(self.symbols):
            return own
        rest = np.delete(values, list(self.told), axis=-1).sum(axis=-1, keepdims=True)
        return np.concatenate([own, rest], axis=-1)

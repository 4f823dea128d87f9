"""Sequences of different lengths, stored one after the other without padding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from refkd import check
from refkd.check import Ints


@dataclass(frozen=True, eq=False)
class Ragged:
    """N sequences in one array.

    Parameters
    ----------
    values : (sum T, ...) array
        The sequences, one after the other.
    offsets : (N + 1,) int64 array
        Sequence n is values[offsets[n] : offsets[n + 1]]; starts with 0, never decreases.

    Raises
    ------
    ArgumentError
        If the offsets do not describe the values.

    Examples
    --------
    >>> import numpy as np, refkd
    >>> batch = refkd.Ragged.from_list([np.zeros((3, 2)), np.ones((1, 2))])
    >>> len(batch), batch.values.shape, batch.offsets.tolist()
    (2, (4, 2), [0, 3, 4])
    >>> batch[1]
    array([[1., 1.]])
    """

    values: NDArray[Any]
    offsets: Ints

    def __post_init__(self) -> None:
        values, offsets = (
            np.ascontiguousarray(check.any_array(name, getattr(self, name)))
            for name in ("values", "offsets")
        )
        if offsets.dtype.kind not in "iu":
            check.fail("offsets", "whole numbers", f"dtype {offsets.dtype}")
        offsets = np.require(offsets, np.int64, ["A", "W"])  # as kernels are compiled for
        if offsets.ndim != 1 or offsets.size == 0 or offsets[0] != 0:
            check.fail("offsets", "shape (N+1,) starting with 0", offsets.tolist())
        if (np.diff(offsets) < 0).any():
            check.fail("offsets", "numbers that never decrease", offsets.tolist())
        if offsets[-1] != len(values):
            got = f"{offsets[-1]} for values of shape {values.shape}"
            check.fail("offsets", "the number of values at the end", got)
        check.store(self, values=values, offsets=offsets)

    @classmethod
    def from_list(cls, sequences: Sequence[ArrayLike]) -> "Ragged":
        """Store sequences one after the other.

        Parameters
        ----------
        sequences : list of (T_n, ...) arrays
            Equal in all but length, and in dtype, which is kept; label sequences (L_n,) may be
            empty.

        Returns
        -------
        Ragged
            The same sequences in one array.

        Raises
        ------
        ArgumentError
            If there are none, or if they differ in more than length.

        Examples
        --------
        >>> import refkd
        >>> refkd.Ragged.from_list([[1, 2], [], [3]]).offsets.tolist()
        [0, 2, 2, 3]
        """
        sequences = check.sequence("sequences", sequences)
        if not sequences:
            check.fail("sequences", "at least one", "none")
        arrays = [
            check.any_array(f"sequences[{n}]", sequence) for n, sequence in enumerate(sequences)
        ]
        for n, array in enumerate(arrays):
            if array.dtype.kind not in "biuf":
                check.fail(f"sequences[{n}]", "numbers", f"dtype {array.dtype}")
        if all(array.ndim == 1 for array in arrays):  # an empty list has no dtype of its own
            filled = [array.dtype for array in arrays if array.size]
            dtype = np.result_type(*filled) if filled else np.dtype(np.int64)
            arrays = [array.astype(dtype) for array in arrays]
        for n, array in enumerate(arrays):
            if array.ndim == 0 or array.shape[1:] != arrays[0].shape[1:]:
                expected = f"shape (T, {', '.join(map(str, arrays[0].shape[1:]))})"
                check.fail(f"sequences[{n}]", expected, f"shape {array.shape}")
            if array.dtype != arrays[0].dtype:
                check.fail(f"sequences[{n}]", f"dtype {arrays[0].dtype}", f"dtype {array.dtype}")
        offsets = np.concatenate([[0], np.cumsum([len(array) for array in arrays])])
        return cls(np.concatenate(arrays), offsets.astype(np.int64))

    def with_values(self, values: NDArray[Any]) -> "Ragged":
        """Other values of the same lengths."""
        return Ragged(values, self.offsets)

    @property
    def lengths(self) -> Ints:
        """(N,) lengths of the sequences."""
        return np.diff(self.offsets)

    @property
    def typical(self) -> int:
        """The place of a sequence of median length; of an even number, the longer middle one."""
        return int(np.argsort(self.lengths, kind="stable")[len(self) // 2])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, n: int) -> NDArray[Any]:
        if not -len(self) <= n < len(self):
            raise IndexError(f"sequence {n} of {len(self)}")
        n %= len(self)
        view: NDArray[Any] = self.values[self.offsets[n] : self.offsets[n + 1]]
        return view

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return (self[n] for n in range(len(self)))

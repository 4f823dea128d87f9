"""Run a function with known rubbish in every array that it allocates without filling."""

from typing import Any
from unittest import mock

import numpy as np

_empty = np.empty


def with_rubbish(number: float, function: Any, *arguments: Any, **options: Any) -> Any:
    """The function's result where np.empty gives floats of `number` and integers of 1."""

    def empty(shape: Any, dtype: Any = np.float64) -> np.ndarray:
        result = _empty(shape, dtype)
        result.fill(number if result.dtype.kind == "f" else 1)
        return result

    def empty_like(prototype: Any, dtype: Any = None) -> np.ndarray:
        return empty(np.shape(prototype), prototype.dtype if dtype is None else dtype)

    with mock.patch.multiple(np, empty=empty, empty_like=empty_like):
        return function(*arguments, **options)

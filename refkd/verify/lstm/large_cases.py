"""Questions to an LSTM of other sizes, and of many frames."""

from typing import Any

import numpy as np

from refkd.verify.lstm.cases import Register
from refkd.verify.lstm.inputs import batch

CASES = Register()
case = CASES.case

OPEN = 4.0  # bias of a forget gate that keeps a cell for some fifty frames


@case()
def many_ragged_utterances() -> dict[str, Any]:
    return batch(54, [1 + (7 * n) % 9 for n in range(17)], 3, 5, reverse=1)


@case("L4")
def odd_sizes() -> dict[str, Any]:
    """No size is a multiple of what vector instructions take at once."""
    return batch(55, [7, 5, 7, 3, 1], 17, 33)


@case("L4")
def wide() -> dict[str, Any]:
    return batch(56, [6, 8, 8], 96, 128)


@case("V10")
def frames_200_reversed_hardly_forgotten() -> dict[str, Any]:
    bias = np.repeat([0.0, OPEN, 0.0, 0.0], 4)
    return batch(58, [200, 163], 3, 4, reverse=1, bias=bias)


@case("V10")
def frames_2000() -> dict[str, Any]:
    return batch(59, [2_000, 1_999], 2, 3)


@case("V10")
def frames_20000() -> dict[str, Any]:
    return batch(60, [20_000], 2, 2)

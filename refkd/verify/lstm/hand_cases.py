"""LSTM cases worked by hand: numbers that fit on an envelope."""

from typing import Any

import numpy as np

from refkd.verify.lstm.cases import Register
from refkd.verify.lstm.inputs import NO_UPSTREAM, batch

CASES = Register()
case = CASES.case

LOG_2, LOG_3 = 0.6931471805599453, 1.0986122886681098
ABOVE: dict[str, Any] = NO_UPSTREAM | {"d_c_last": 1.0}
NO_MATRICES: dict[str, Any] = {"w_input": 0.0, "w_hidden": 0.0, "bias_hidden": 0.0}


@case(
    expected={
        "hidden": np.array([[[0.2744014530142786]]]),
        "c_last": np.array([[37 / 60]]),
        "d_inputs": np.zeros((1, 1, 2)),
        "d_bias": np.array([9 / 80, 1 / 18, 12 / 25, 0.0]),
        "d_h0": np.zeros((1, 1)),
        "d_c0": np.array([[2 / 3]]),
    },
)
def one_frame_by_hand() -> dict[str, Any]:
    """i = 3/4, f = 2/3, g = 3/5, o = 1/2, so c = 2/3 1/4 + 3/4 3/5."""
    bias = [LOG_3, LOG_2, LOG_2, 0.0]
    return batch(0, [1], 2, 1, inputs=1.0, h0=0.5, c0=0.25, bias=bias, **NO_MATRICES, **ABOVE)


@case(
    expected={
        "hidden": np.array([[[0.4996646498695336]], [[0.48201379003790845]],
                            [[0.3807970779778824]]]),
        "c_last": np.ones((1, 1)),
        "d_inputs": np.zeros((3, 1, 1)),
        "d_w_input": np.array([[0.0, 3 / 2, 7 / 8, 0.0]]),
        "d_bias": np.array([0.0, 3 / 2, 7 / 8, 0.0]),
        "d_h0": np.zeros((1, 1)),
        "d_c0": np.array([[1 / 8]]),
    },
)  # fmt: skip
def cell_halves_by_hand() -> dict[str, Any]:
    """With all weights 0 every sigmoid is 1/2: the cell goes 8, 4, 2, 1."""
    return batch(0, [3], 1, 1, inputs=1.0, h0=0.0, c0=8.0, bias=0.0, **NO_MATRICES, **ABOVE)

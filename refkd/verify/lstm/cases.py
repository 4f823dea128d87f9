"""Questions to an LSTM, each after some bug classes: worked by hand, small, and large ones."""

from typing import Any

import numpy as np

from refkd.check import Floats
from refkd.verify.case_set import Register
from refkd.verify.lstm.recipe import NO_UPSTREAM, batch, bug_classes

HUGE = 2.0**100  # a power of two: its products with sixteenths are exact, and so are their sums
OPEN = 4.0  # bias of a forget gate that keeps a cell for some fifty frames
LOG_2, LOG_3 = 0.6931471805599453, 1.0986122886681098
ZERO_STATES: dict[str, Any] = {"h0": 0.0, "c0": 0.0}
ABOVE: dict[str, Any] = NO_UPSTREAM | {"d_c_last": 1.0}
NO_MATRICES: dict[str, Any] = {"w_input": 0.0, "w_hidden": 0.0, "bias_hidden": 0.0}


def thousands(array: Floats) -> Floats:
    """1000 or -1000 in the place of each number."""
    return np.asarray(1000.0 * np.sign(array + 0.03125))


def with_inputs_of_1000(*size: Any, **changed: Any) -> dict[str, Any]:
    """Each gate is wide open or shut."""
    inputs = batch(*size, **changed)
    return inputs | {"inputs": [thousands(frames) for frames in inputs["inputs"]]}


BIASES_OF_1000 = thousands(batch(41, [4])["bias"])
CELLS_OF_1000 = thousands(batch(42, [4, 4, 4])["c0"])

CASES = Register(shown_by=bug_classes)
LARGE = Register(shown_by=bug_classes)

# --- worked by hand ------------------------------------------------------------------------------

# i = 3/4, f = 2/3, g = 3/5, o = 1/2, so c = 2/3 1/4 + 3/4 3/5.
CASES.add(
    "one_frame_by_hand", "", batch, 0, [1], 2, 1,
    inputs=1.0, h0=0.5, c0=0.25, bias=[LOG_3, LOG_2, LOG_2, 0.0], **NO_MATRICES, **ABOVE,
    expected={
        "hidden": np.array([[[0.2744014530142786]]]),
        "c_last": np.array([[37 / 60]]),
        "d_inputs": np.zeros((1, 1, 2)),
        "d_bias": np.array([9 / 80, 1 / 18, 12 / 25, 0.0]),
        "d_h0": np.zeros((1, 1)),
        "d_c0": np.array([[2 / 3]]),
    },
)  # fmt: skip
# With all weights 0 every sigmoid is 1/2: the cell goes 8, 4, 2, 1.
CASES.add(
    "cell_halves_by_hand", "", batch, 0, [3], 1, 1,
    inputs=1.0, h0=0.0, c0=8.0, bias=0.0, **NO_MATRICES, **ABOVE,
    expected={
        "hidden": np.array(
            [[[0.4996646498695336]], [[0.48201379003790845]], [[0.3807970779778824]]]
        ),
        "c_last": np.ones((1, 1)),
        "d_inputs": np.zeros((3, 1, 1)),
        "d_w_input": np.array([[0.0, 3 / 2, 7 / 8, 0.0]]),
        "d_bias": np.array([0.0, 3 / 2, 7 / 8, 0.0]),
        "d_h0": np.zeros((1, 1)),
        "d_c0": np.array([[1 / 8]]),
    },
)  # fmt: skip

# --- one frame -----------------------------------------------------------------------------------

CASES.add("one_frame_from_zero", "", batch, 1, [1, 1, 1], **ZERO_STATES)
CASES.add("one_frame_without_biases", "", batch, 15, [1, 1, 1], bias=0.0, bias_hidden=0.0,
          **ZERO_STATES)  # fmt: skip
CASES.add("one_frame_from_some_cell", "", batch, 16, [1, 1, 1], h0=0.0)
CASES.add("one_frame", "", batch, 2, [1, 1, 1])
CASES.add("one_frame_reversed", "", batch, 3, [1, 1, 1], reverse=1)
CASES.add("one_frame_pulled_at_the_output", "", batch, 4, [1, 1, 1], d_h_last=0.0, d_c_last=0.0)
CASES.add("one_frame_pulled_at_the_cell", "", batch, 5, [1, 1, 1], d_hidden=0.0, d_h_last=0.0)

# --- some frames ---------------------------------------------------------------------------------

# The probe: all sizes differ, no padding, nothing is zero.
CASES.add("some_frames", "", batch, 6, [4, 4, 4])
CASES.add("some_frames_from_zero", "", batch, 7, [4, 4, 4], **ZERO_STATES)
CASES.add("some_frames_reversed", "", batch, 8, [4, 4, 4], reverse=1)
CASES.add("some_frames_reversed_from_zero", "", batch, 9, [4, 4, 4], reverse=1, **ZERO_STATES)
CASES.add("pulled_at_the_outputs", "", batch, 10, [4, 4, 4], d_h_last=0.0, d_c_last=0.0)
CASES.add("pulled_at_the_last_hidden_state", "", batch, 11, [4, 4, 4], d_hidden=0.0, d_c_last=0.0)
CASES.add("pulled_at_the_last_cell_state", "", batch, 12, [4, 4, 4], d_hidden=0.0, d_h_last=0.0)
CASES.add("pulled_at_the_last_cell_state_reversed", "", batch, 13, [4, 4, 4], reverse=1,
          d_hidden=0.0, d_h_last=0.0)  # fmt: skip
# All gradients are zero.
CASES.add("pulled_nowhere", "", batch, 14, [4, 4, 4], **NO_UPSTREAM)

# --- utterances of different lengths -------------------------------------------------------------

CASES.add("ragged", "", batch, 20, [4, 2, 1])
CASES.add("ragged_the_longest_last", "", batch, 21, [1, 3, 4])
CASES.add("ragged_reversed", "", batch, 22, [4, 2, 1], reverse=1)
CASES.add("ragged_reversed_the_longest_last", "", batch, 23, [2, 3, 4], reverse=1)

# Padding that must not be read, in several shapes and sizes; no input is as large.
CASES.add("padded_by_one_frame", "", batch, 32, [4, 2, 3], layout={"extra_frames": 1})
CASES.add("padded_by_five_frames_reversed", "", batch, 33, [1, 3, 2], reverse=1,
          layout={"extra_frames": 5})  # fmt: skip
CASES.add("huge_numbers_behind", "", batch, 34, [4, 1, 3],
          layout={"padding": HUGE, "extra_frames": 1})  # fmt: skip
CASES.add("huge_numbers_behind_reversed", "", batch, 35, [2, 4, 3], reverse=1,
          layout={"padding": -HUGE, "extra_frames": 5})  # fmt: skip
CASES.add("ragged_with_nan_behind", "", batch, 24, [3, 4, 1], layout={"padding": np.nan})
CASES.add("ragged_reversed_with_nan_behind", "", batch, 25, [3, 4, 1], reverse=1,
          layout={"padding": np.nan})  # fmt: skip
CASES.add("padded_beyond_the_longest", "", batch, 26, [3, 4, 2], layout={"extra_frames": 2})
CASES.add("padded_beyond_the_longest_reversed", "", batch, 27, [3, 4, 2], reverse=1,
          layout={"extra_frames": 2})  # fmt: skip
CASES.add("pulled_at_padded_outputs", "L6", batch, 28, [2, 4, 3], layout={"upstream_padding": 3.0})
CASES.add("pulled_at_padded_outputs_reversed", "L6", batch, 29, [2, 4, 3], reverse=1,
          layout={"upstream_padding": -HUGE, "extra_frames": 1})  # fmt: skip
CASES.add("pulled_by_nan_at_padded_outputs", "", batch, 36, [1, 4, 3],
          layout={"upstream_padding": np.nan, "extra_frames": 2})  # fmt: skip
CASES.add("ragged_pulled_at_the_last_cell_state", "", batch, 30, [2, 4, 1], d_hidden=0.0,
          d_h_last=0.0)  # fmt: skip
CASES.add("an_utterance_without_frames", "L6", batch, 31, [4, 0, 2], status="acceptable")

# --- sizes --------------------------------------------------------------------------------------

CASES.add("one_unit", "", batch, 50, [5, 2], 3, 1)
CASES.add("one_number_in_a_frame", "", batch, 51, [3, 6], 1, 4)
CASES.add("one_utterance", "", batch, 52, [7], 2, 3)
CASES.add("as_many_inputs_as_units", "", batch, 53, [3, 3, 3], 3, 3)

# --- numbers and memory --------------------------------------------------------------------------

# Each gate is wide open or shut.
CASES.add("inputs_of_1000", "L12", with_inputs_of_1000, 40, [4, 4, 4])
CASES.add("inputs_of_1000_reversed", "L12", with_inputs_of_1000, 40, [4, 4, 4], reverse=1)
CASES.add("biases_of_1000", "L12", batch, 41, [4, 4, 4], bias=BIASES_OF_1000)
# tanh(c) is 1 or -1 until all is forgotten.
CASES.add("cells_of_1000", "L12 L10", batch, 42, [4, 4, 4], c0=CELLS_OF_1000)
# Biases of -20: the open share of each gate is 2e-9, its slope, too.
CASES.add("nearly_shut", "L10 L12", batch, 43, [4, 4, 4], bias=-20.0)
CASES.add("strided", "G10", batch, 44, [4, 3, 4], layout={"memory": "strided"})
CASES.add("lengths_in_32_bits", "G10", batch, 45, [2, 4, 3], reverse=1,
          layout={"integers": "int32"})  # fmt: skip
# More than eight bits can count.
CASES.add("frames_300", "V10", batch, 46, [300, 270], 3, 4)

# --- other sizes and many frames, not in quick runs ----------------------------------------------

LARGE.add("many_ragged_utterances", "", batch, 54, [1 + (7 * n) % 9 for n in range(17)], 3, 5,
          reverse=1)  # fmt: skip
# No size is a multiple of what vector instructions take at once.
LARGE.add("odd_sizes", "L4", batch, 55, [7, 5, 7, 3, 1], 17, 33)
LARGE.add("wide", "L4", batch, 56, [6, 8, 8], 96, 128)
LARGE.add("frames_200_reversed_hardly_forgotten", "V10", batch, 58, [200, 163], 3, 4, reverse=1,
          bias=[*4 * [0.0], *4 * [OPEN], *8 * [0.0]])  # fmt: skip
LARGE.add("frames_2000", "V10", batch, 59, [2_000, 1_999], 2, 3)
LARGE.add("frames_20000", "V10", batch, 60, [20_000], 2, 2)

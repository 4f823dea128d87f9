"""Small questions to an LSTM, each after some bug classes."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from refkd.verify.lstm.inputs import NO_UPSTREAM, batch, catches
from refkd.verify.records import Case, Status

Make: TypeAlias = Callable[[], dict[str, Any]]


class Register(dict[str, Callable[[], Case]]):
    """Makers of cases by name."""

    def case(
        self,
        *first: str,
        status: Status = "must",
        expected: Mapping[str, Any] | None = None,
        **form: Any,
    ) -> Callable[[Make], Make]:
        """Register a function that makes the inputs of the case of its name.

        `first` are bug classes besides those that its inputs show; `expected` is worked by hand;
        `form` lays the inputs out: padding, upstream_padding, extra_frames, integers, memory.
        """

        def register(make: Make) -> Make:
            def built() -> Case:
                inputs = make()
                shown = dict.fromkeys((*first, *catches(inputs, form.get("extra_frames", 0))))
                source = "hand" if expected else "reference"
                return Case(
                    make.__name__, inputs, tuple(shown), source, status, expected, form=form
                )

            self[make.__name__] = built
            return make

        return register


CASES = Register()
case = CASES.case

HUGE = 2.0**100  # a power of two: its products with sixteenths are exact, and so are their sums
ZERO_STATES: dict[str, Any] = {"h0": 0.0, "c0": 0.0}


# --- one frame -----------------------------------------------------------------------------------


@case()
def one_frame_from_zero() -> dict[str, Any]:
    return batch(1, [1, 1, 1], **ZERO_STATES)


@case()
def one_frame_without_biases() -> dict[str, Any]:
    return batch(15, [1, 1, 1], bias=0.0, bias_hidden=0.0, **ZERO_STATES)


@case()
def one_frame_from_some_cell() -> dict[str, Any]:
    return batch(16, [1, 1, 1], h0=0.0)


@case()
def one_frame() -> dict[str, Any]:
    return batch(2, [1, 1, 1])


@case()
def one_frame_reversed() -> dict[str, Any]:
    return batch(3, [1, 1, 1], reverse=1)


@case()
def one_frame_pulled_at_the_output() -> dict[str, Any]:
    return batch(4, [1, 1, 1], d_h_last=0.0, d_c_last=0.0)


@case()
def one_frame_pulled_at_the_cell() -> dict[str, Any]:
    return batch(5, [1, 1, 1], d_hidden=0.0, d_h_last=0.0)


# --- some frames ---------------------------------------------------------------------------------


@case()
def some_frames() -> dict[str, Any]:
    """The probe: all sizes differ, no padding, nothing is zero."""
    return batch(6, [4, 4, 4])


@case()
def some_frames_from_zero() -> dict[str, Any]:
    return batch(7, [4, 4, 4], **ZERO_STATES)


@case()
def some_frames_reversed() -> dict[str, Any]:
    return batch(8, [4, 4, 4], reverse=1)


@case()
def some_frames_reversed_from_zero() -> dict[str, Any]:
    return batch(9, [4, 4, 4], reverse=1, **ZERO_STATES)


@case()
def pulled_at_the_outputs() -> dict[str, Any]:
    return batch(10, [4, 4, 4], d_h_last=0.0, d_c_last=0.0)


@case()
def pulled_at_the_last_hidden_state() -> dict[str, Any]:
    return batch(11, [4, 4, 4], d_hidden=0.0, d_c_last=0.0)


@case()
def pulled_at_the_last_cell_state() -> dict[str, Any]:
    return batch(12, [4, 4, 4], d_hidden=0.0, d_h_last=0.0)


@case()
def pulled_at_the_last_cell_state_reversed() -> dict[str, Any]:
    return batch(13, [4, 4, 4], reverse=1, d_hidden=0.0, d_h_last=0.0)


@case()
def pulled_nowhere() -> dict[str, Any]:
    """All gradients are zero."""
    return batch(14, [4, 4, 4], **NO_UPSTREAM)


# --- utterances of different lengths -------------------------------------------------------------


@case()
def ragged() -> dict[str, Any]:
    return batch(20, [4, 2, 1])


@case()
def ragged_the_longest_last() -> dict[str, Any]:
    return batch(21, [1, 3, 4])


@case()
def ragged_reversed() -> dict[str, Any]:
    return batch(22, [4, 2, 1], reverse=1)


@case()
def ragged_reversed_the_longest_last() -> dict[str, Any]:
    return batch(23, [2, 3, 4], reverse=1)


# Padding that must not be read, in several shapes and sizes; no input is as large.


@case(extra_frames=1)
def padded_by_one_frame() -> dict[str, Any]:
    return batch(32, [4, 2, 3])


@case(extra_frames=5)
def padded_by_five_frames_reversed() -> dict[str, Any]:
    return batch(33, [1, 3, 2], reverse=1)


@case(padding=HUGE, extra_frames=1)
def huge_numbers_behind() -> dict[str, Any]:
    return batch(34, [4, 1, 3])


@case(padding=-HUGE, extra_frames=5)
def huge_numbers_behind_reversed() -> dict[str, Any]:
    return batch(35, [2, 4, 3], reverse=1)


@case(padding=np.nan)
def ragged_with_nan_behind() -> dict[str, Any]:
    return batch(24, [3, 4, 1])


@case(padding=np.nan)
def ragged_reversed_with_nan_behind() -> dict[str, Any]:
    return batch(25, [3, 4, 1], reverse=1)


@case(extra_frames=2)
def padded_beyond_the_longest() -> dict[str, Any]:
    return batch(26, [3, 4, 2])


@case(extra_frames=2)
def padded_beyond_the_longest_reversed() -> dict[str, Any]:
    return batch(27, [3, 4, 2], reverse=1)


@case("L6", upstream_padding=3.0)
def pulled_at_padded_outputs() -> dict[str, Any]:
    return batch(28, [2, 4, 3])


@case("L6", upstream_padding=-HUGE, extra_frames=1)
def pulled_at_padded_outputs_reversed() -> dict[str, Any]:
    return batch(29, [2, 4, 3], reverse=1)


@case(upstream_padding=np.nan, extra_frames=2)
def pulled_by_nan_at_padded_outputs() -> dict[str, Any]:
    return batch(36, [1, 4, 3])


@case()
def ragged_pulled_at_the_last_cell_state() -> dict[str, Any]:
    return batch(30, [2, 4, 1], d_hidden=0.0, d_h_last=0.0)


@case("L6", status="acceptable")
def an_utterance_without_frames() -> dict[str, Any]:
    return batch(31, [4, 0, 2])


# --- sizes --------------------------------------------------------------------------------------


@case()
def one_unit() -> dict[str, Any]:
    return batch(50, [5, 2], 3, 1)


@case()
def one_number_in_a_frame() -> dict[str, Any]:
    return batch(51, [3, 6], 1, 4)


@case()
def one_utterance() -> dict[str, Any]:
    return batch(52, [7], 2, 3)


@case()
def as_many_inputs_as_units() -> dict[str, Any]:
    return batch(53, [3, 3, 3], 3, 3)


# --- numbers and memory --------------------------------------------------------------------------


@case("L12")
def inputs_of_1000() -> dict[str, Any]:
    """Each gate is wide open or shut."""
    inputs = batch(40, [4, 4, 4])
    inputs["inputs"] = [1000.0 * np.sign(frames + 0.03125) for frames in inputs["inputs"]]
    return inputs


@case("L12")
def inputs_of_1000_reversed() -> dict[str, Any]:
    return inputs_of_1000() | {"reverse": 1}


@case("L12")
def biases_of_1000() -> dict[str, Any]:
    signs = np.where(batch(41, [4])["bias"] < 0.0, -1.0, 1.0)
    return batch(41, [4, 4, 4], bias=1000.0 * signs)


@case("L12", "L10")
def cells_of_1000() -> dict[str, Any]:
    """tanh(c) is 1 or -1 until all is forgotten."""
    inputs = batch(42, [4, 4, 4])
    inputs["c0"] = 1000.0 * np.sign(inputs["c0"] + 0.03125)
    return inputs


@case("L10", "L12")
def nearly_shut() -> dict[str, Any]:
    """Biases of -20: the open share of each gate is 2e-9, its slope, too."""
    return batch(43, [4, 4, 4], bias=-20.0)


@case("G10", memory="strided")
def strided() -> dict[str, Any]:
    return batch(44, [4, 3, 4])


@case("G10", integers="int32")
def lengths_in_32_bits() -> dict[str, Any]:
    return batch(45, [2, 4, 3], reverse=1)


@case("V10")
def frames_300() -> dict[str, Any]:
    """More than eight bits can count."""
    return batch(46, [300, 270], 3, 4)

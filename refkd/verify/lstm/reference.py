"""The right answer of an LSTM in the canonical form, from refkd's own; of a variant, in NumPy."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

import refkd
from refkd.verify.lstm.conventions import (
    CANONICAL_ARGUMENTS,
    CANONICAL_RESULTS,
    VARIANT_ARGUMENTS,
)
from refkd.verify.lstm.plain import PlainLSTM
from refkd.verify.records import Arguments, Outputs


def reference(arguments: Arguments) -> Outputs:
    """States and gradients of a padded batch, one utterance after the other.

    Parameters
    ----------
    arguments : mapping of str to Any
        In the canonical form.

    Returns
    -------
    mapping of str to array
        All results; hidden and d_inputs are 0 in padded frames.
    """
    if arguments.keys() & VARIANT_ARGUMENTS.keys():
        results = PlainLSTM()(*map(arguments.get, CANONICAL_ARGUMENTS))
        named = zip(CANONICAL_RESULTS, results, strict=True)
        return {name: values for name, values in named if values is not None}
    params = refkd.LSTMParams(
        arguments["w_input"], arguments["w_hidden"], arguments["bias"] + arguments["bias_hidden"]
    )
    found = _empty(arguments, params)
    for n, T in enumerate(arguments["lengths"]):
        _utterance(n, int(T), arguments, params, found)
    found["d_bias_hidden"] = found["d_bias"]
    return found


def _empty(arguments: Arguments, params: refkd.LSTMParams) -> dict[str, NDArray[np.float64]]:
    """Results of a batch in which no utterance has frames: first states are last states."""
    return {
        "hidden": np.zeros(arguments["d_hidden"].shape),
        "h_last": arguments["h0"].copy(),
        "c_last": arguments["c0"].copy(),
        "d_inputs": np.zeros(arguments["inputs"].shape),
        "d_w_input": np.zeros(params.w_input.shape),
        "d_w_hidden": np.zeros(params.w_hidden.shape),
        "d_bias": np.zeros(params.bias.shape),
        "d_h0": arguments["d_h_last"].copy(),
        "d_c0": arguments["d_c_last"].copy(),
    }


def _utterance(
    n: int, T: int, arguments: Arguments, params: refkd.LSTMParams, found: dict[str, Any]
) -> None:
    if T == 0:
        return
    trace = refkd.lstm_trace(
        params,
        arguments["inputs"][:T, n],
        arguments["h0"][n],
        arguments["c0"][n],
        reverse=bool(arguments["reverse"]),
    )
    last = 0 if arguments["reverse"] else T - 1
    found["hidden"][:T, n] = trace.hidden
    found["h_last"][n], found["c_last"][n] = trace.hidden[last], trace.cell[last]
    above = (arguments[name][n] for name in ("d_h_last", "d_c_last"))
    grads = refkd.lstm_grad(params, trace, arguments["d_hidden"][:T, n], *above)
    found["d_inputs"][:T, n] = grads.inputs
    found["d_h0"][n], found["d_c0"][n] = grads.h0, grads.c0
    for name in ("w_input", "w_hidden", "bias"):
        found["d_" + name] += getattr(grads, name)

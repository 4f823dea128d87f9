"""What LSTM implementations do differently and are right about."""

import itertools

from refkd.verify.kit import Convention, of_dtype
from refkd.verify.records import Conventions

ARGUMENTS = {
    "inputs": "(T, N, D) float: frames of N utterances, time first, padded at the end",
    "lengths": "(N,) int: frames of each utterance",
    "w_input": "(D, 4H) float: from a frame to the gates i, f, g, o, which lie side by side",
    "w_hidden": "(H, 4H) float: from the hidden state of the frame before to the gates",
    "bias": "(4H,) float: added",
    "bias_hidden": "(4H,) float: added, too; some layers have only one bias",
    "h0": "(N, H) float: hidden state before the first frame that is read",
    "c0": "(N, H) float: cell state there",
    "reverse": "int: 1 if each utterance is read from its last frame to its first, else 0",
    "d_hidden": "(T, N, H) float: upstream gradient of hidden",
    "d_h_last": "(N, H) float: additional upstream gradient of h_last",
    "d_c_last": "(N, H) float: upstream gradient of c_last",
}
STATES = {
    "hidden": "(T, N, H) float: hidden[t] belongs to frame t in either direction; 0 in padding",
    "h_last": "(N, H) float: hidden state after the last frame that is read",
    "c_last": "(N, H) float: cell state there",
}
GRADIENTS = {
    "d_inputs": "(T, N, D) float: 0 in padded frames",
    "d_w_input": "(D, 4H) float: summed over frames and utterances, as are the next three",
    "d_w_hidden": "(H, 4H) float",
    "d_bias": "(4H,) float",
    "d_bias_hidden": "(4H,) float: the same as d_bias",
    "d_h0": "(N, H) float",
    "d_c0": "(N, H) float",
}
RESULTS = {**STATES, **GRADIENTS}
VARIANT_ARGUMENTS = {  # these follow the others, for the variants that are set
    "peepholes": "(3H,) float: from the cell before to i and f, then from the new cell to o",
    "w_projection": "(H, P) float: hidden states, of P entries, are o tanh(c) times it",
    "coupled": "1: f = 1 - i; it is not sent",
    "cell_clip": "float: cells are clipped to [-cell_clip, cell_clip]",
    "gate_clip": "float: what enters i, f, g, o is clipped to [-gate_clip, gate_clip]",
}
VARIANT_RESULTS = {
    "d_peepholes": "(3H,) float: summed over frames and utterances, as is the next one",
    "d_w_projection": "(H, P) float",
}
CANONICAL_ARGUMENTS = (*ARGUMENTS, *VARIANT_ARGUMENTS)
CANONICAL_RESULTS = (*RESULTS, *VARIANT_RESULTS)
AXES = {  # of every result; P is H without a projection
    "hidden": ("T", "N", "P"),
    "h_last": ("N", "P"),
    "c_last": ("N", "H"),
    "d_inputs": ("T", "N", "D"),
    "d_w_input": ("D", "4H"),
    "d_w_hidden": ("P", "4H"),
    "d_bias": ("4H",),
    "d_bias_hidden": ("4H",),
    "d_h0": ("N", "P"),
    "d_c0": ("N", "H"),
    "d_peepholes": ("3H",),
    "d_w_projection": ("H", "P"),
}

GATES = "ifgo"  # the canonical order; g is the candidate
GATE_NAMES = {"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate"}
LIBRARIES = {
    "ifgo": "torch, cuDNN, Keras",
    "iofg": "ONNX",
    "igfo": "BasicLSTMCell of TensorFlow 1",
    "figo": "OpenVINO",
}
EXCHANGED = {  # what is taken for i, f, g, o
    "figo": "forget and input gates exchanged",
    "igfo": "forget gate and candidate exchanged",
    "ifog": "candidate and output gate exchanged",
    "iogf": "forget and output gates exchanged",
    "gfio": "input gate and candidate exchanged",
    "ofgi": "input and output gates exchanged",
    "iofg": "i, o, f, g taken for i, f, g, o",
    "igof": "i, f, g, o taken for i, o, f, g",
}
LIKELIEST_FIRST = dict.fromkeys([*LIBRARIES, *map("".join, itertools.permutations(GATES))])


def _order(gates: str) -> str:
    words = ", ".join(gates)
    if gates in LIBRARIES:
        words += f", as in {LIBRARIES[gates]}"
    if gates in EXCHANGED:
        words += f"; against torch: {EXCHANGED[gates]}"
    return words


def variants(conventions: Conventions) -> tuple[str, ...]:
    """Names in `VARIANT_ARGUMENTS` that these conventions have."""
    names = conventions.get("variants", "").split(",")
    return tuple(name for name in VARIANT_ARGUMENTS if name.removeprefix("w_") in names)


CONVENTIONS = (
    of_dtype("V10"),
    Convention(
        "layout",
        {"TND": "(T, N, D): time first", "NTD": "(N, T, D): batch first"},
        "call", bug="L11",
    ),
    Convention(
        "weights",
        {
            "rows": "(4H, D) and (4H, H), as in torch and ONNX",
            "columns": "(D, 4H) and (H, 4H), as in Keras",
        },
        "call", bug="L4",
    ),
    Convention("gates", {gates: _order(gates) for gates in LIKELIEST_FIRST}, "call", bug="L1"),
    Convention(
        "biases",
        {"two": "two, which are added", "one": "one; bias_hidden is not given"},
        "call", bug="L2",
    ),
    Convention(
        "forget_bias",
        {"none": "as given", "added": "1 is added to the bias of the forget gate"},
        "call", searched=("none",), bug="L3",  # set by the user; else it is a bug
    ),
    Convention(
        "variants",
        {
            "none": "none",
            "peepholes": "peepholes, from the cell before to i and f, from the new cell to o",
            "projection": "hidden states are projected",
            "coupled": "f = 1 - i",
            "cell_clip": "cells are clipped, as in TensorFlow",
            "gate_clip": "preactivations are clipped, as in ONNX Runtime",
        },
        "call", searched=("none",), bug="L10", several=True,  # the adapter takes more arguments
    ),
    Convention(
        "lengths",
        {
            "own": "each utterance has its own length",
            "equal": "all utterances of a call have the same length",
        },
        "call", searched=("own",),
    ),
    Convention(
        "returned",
        {
            "all": "states and all gradients",
            "states": "states, no gradient",
            "some": "some of the states and gradients",
        },
        "answer",
    ),
    Convention(
        "reversed",
        {
            "in_place": "hidden[t] belongs to frame t",
            "as_walked": "hidden[0] belongs to the last frame",
            "as_walked_padded": "hidden[0] belongs to the last padded frame, as in Keras",
            "refused": "there is no backward direction",
        },
        "later", bug="L5",
    ),
    Convention(
        "padding",
        {
            "zero": "hidden is 0 in padded frames",
            "held": "hidden keeps its value from the last frame",
            "any": "hidden may be anything in padded frames",
        },
        "later", bug="L6",
    ),
)  # fmt: skip

"""Between the canonical form of an LSTM call and the conventions of an implementation.

Canonical: inputs (T, N, D), w_input (D, 4H), w_hidden (H, 4H), two biases (4H,), gates i, f, g, o,
hidden[t] of either direction belongs to frame t and is 0 in padded frames. With a projection the
first states, w_hidden and hidden have P of H units, and w_projection is (H, P).
"""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refkd.check import Bools, Floats, Ints
from refkd.verify.compare import rounded
from refkd.verify.lstm.conventions import (
    ARGUMENTS,
    AXES,
    CANONICAL_RESULTS,
    GATES,
    GRADIENTS,
    STATES,
    VARIANT_ARGUMENTS,
    VARIANT_RESULTS,
    variants,
)
from refkd.verify.lstm.recipe import FRAMES, WEIGHTS
from refkd.verify.lstm.recipe import STATES as FIRST_AND_LAST
from refkd.verify.records import Arguments, Call, Case, Conventions, Outputs

PADDING_VALUE = 3.0  # in padded frames, and no input
LARGEST_HALF = 1024.0  # padding in half precision, so that sums of its products are finite
CELL_CLIP, GATE_CLIP = 0.5, 1.0
GATED = (*WEIGHTS, "d_w_input", "d_w_hidden", "d_bias", "d_bias_hidden")
PEEPHOLES = ("peepholes", "d_peepholes")
MATRICES = ("w_input", "w_hidden", "w_projection", "d_w_input", "d_w_hidden", "d_w_projection")
BY_FRAME = ("inputs", "d_hidden", "hidden", "d_inputs")
WALKED = ("d_hidden", "hidden")


def present(case: Case, conventions: Conventions) -> Arguments:
    """Pad whole utterances; padded frames hold values that must not be read."""
    dtype, layout = conventions["dtype"], case.layout
    extra = layout.get("extra_frames", 0)
    inputs = _of_variants(dict(case.inputs), conventions)
    if conventions["lengths"] == "equal":
        inputs, extra = _cut(inputs), 0
    lengths = np.array([len(utterance) for utterance in inputs["inputs"]])
    fill = dict.fromkeys(FRAMES, layout.get("padding", PADDING_VALUE))
    fill["d_hidden"] = layout.get("upstream_padding", 0.0)
    if conventions.get("padding", "zero") != "zero":  # other values may receive a gradient
        fill["d_hidden"] = 0.0
    largest = np.inf if is_exact(conventions) else LARGEST_HALF
    for name in FRAMES:
        rows = [rounded(utterance, dtype) for utterance in inputs[name]]
        inputs[name] = _padded(rows, extra, np.clip(fill[name], -largest, largest))
    for name in (*WEIGHTS, *FIRST_AND_LAST, *(set(inputs) & {"peepholes", "w_projection"})):
        inputs[name] = rounded(inputs[name], dtype)
    order = (*ARGUMENTS, *variants(conventions))
    return {name: lengths if name == "lengths" else inputs[name] for name in order}


def _of_variants(inputs: dict[str, Any], conventions: Conventions) -> dict[str, Any]:
    """The inputs of a case with what the variants need, and without what they do not."""
    present = variants(conventions)
    inputs |= {"coupled": 1, "cell_clip": CELL_CLIP, "gate_clip": GATE_CLIP}
    if "w_projection" in present:
        P = (len(inputs["w_projection"]) + 1) // 2
        inputs["w_hidden"] = inputs["w_hidden"][:P]
        inputs["d_hidden"] = [utterance[:, :P] for utterance in inputs["d_hidden"]]
        inputs |= {name: inputs[name][:, :P] for name in ("h0", "d_h_last", "w_projection")}
    unused = set(VARIANT_ARGUMENTS) - set(present)
    return {name: value for name, value in inputs.items() if name not in unused}


def is_exact(conventions: Conventions) -> bool:
    """Whether the dtype holds more than half precision."""
    return conventions["dtype"] in ("float64", "float32")


def padded_shape(case: Case) -> tuple[int, ...]:
    """T, N, D and 4H of a call."""
    frames = [len(utterance) for utterance in case.inputs["inputs"]]
    extra = case.layout.get("extra_frames", 0)
    return (max(frames) + extra, len(frames), *case.inputs["w_input"].shape)


def _cut(inputs: dict[str, Any]) -> dict[str, Any]:
    """All utterances as long as the shortest one that has frames."""
    spoken = [n for n, utterance in enumerate(inputs["inputs"]) if len(utterance)]
    shortest = min(len(inputs["inputs"][n]) for n in spoken)
    cut = {name: [inputs[name][n][:shortest] for n in spoken] for name in FRAMES}
    return inputs | cut | {name: inputs[name][spoken] for name in FIRST_AND_LAST}


def _padded(utterances: list[Floats], extra: int, fill: float) -> Floats:
    """(T, N, ...) from N arrays (T_n, ...)."""
    frames = max(map(len, utterances)) + extra
    padded = np.full((frames, len(utterances), utterances[0].shape[1]), fill)
    for n, utterance in enumerate(utterances):
        padded[: len(utterance), n] = utterance
    return padded


def padded_frames(arguments: Arguments) -> Bools:
    """(T, N): which frames are padding."""
    frames = np.arange(len(arguments["inputs"]))
    return np.asarray(frames[:, None] >= arguments["lengths"])


def translate(case: Case, arguments: Arguments, conventions: Conventions) -> Call:
    """Canonical arguments in the conventions of the implementation."""
    dtype = np.dtype(conventions["dtype"].replace("bfloat16", "float32"))
    values = sent(arguments, conventions)
    for name, value in values.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            values[name] = value.astype(dtype)
    if case.layout.get("second_bias"):  # which a layer that has one bias does not look at
        values["bias_hidden"] = values["bias"]
    values["lengths"] = values["lengths"].astype(case.layout.get("integers", "int64"))
    return Call(values, case.layout.get("memory", "contiguous"))


def sent(arguments: Arguments, conventions: Conventions) -> dict[str, Any]:
    """Arguments as the implementation takes them, but for its dtypes."""
    values = {name: value for name, value in arguments.items() if name != "coupled"}
    if conventions["biases"] == "one":
        values |= {"bias": values["bias"] + values["bias_hidden"], "bias_hidden": None}
    if conventions["forget_bias"] == "added":  # the sum is that of the canonical form
        bias = values["bias"].reshape(4, -1).copy()
        bias[GATES.index("f")] -= 1.0
        values["bias"] = bias.ravel()
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            values[name] = laid_out(name, value, arguments, conventions)
    return values


def restore(outputs: Outputs, arguments: Arguments, conventions: Conventions) -> Outputs:
    """The implementation's outputs with axes, gates and frames in the canonical order."""
    expected = _returned(outputs, conventions)
    restored = {}
    for name in CANONICAL_RESULTS:
        if name in expected:
            got = _checked(name, outputs.get(name), arguments, conventions)
            restored[name] = _received(name, got.astype(np.float64), arguments, conventions)
        elif name in outputs:
            raise ValueError(f"{name}: expected nothing, got shape {outputs[name].shape}")
    return restored


def express(arguments: Arguments, outputs: Outputs, conventions: Conventions) -> Outputs:
    """The returned part of the canonical outputs, with padded frames by the conventions."""
    left_out = _left_out(conventions)
    expressed = {name: value for name, value in outputs.items() if name not in left_out}
    if conventions.get("padding") == "held" and not arguments["reverse"]:
        hidden, T = expressed["hidden"].copy(), arguments["lengths"]
        for n in range(len(T)):
            hidden[T[n] :, n] = hidden[T[n] - 1, n] if T[n] else arguments["h0"][n]
        expressed["hidden"] = hidden
    return expressed


def _left_out(conventions: Conventions) -> set[str]:
    """Results that are not expected."""
    without = {name for name in VARIANT_RESULTS if name[2:] not in variants(conventions)}
    if conventions["returned"] == "states":
        return {*GRADIENTS, *VARIANT_RESULTS}
    return without | {"d_bias_hidden"} if conventions["biases"] == "one" else without


def _returned(outputs: Outputs, conventions: Conventions) -> set[str]:
    """Names of the results that are expected; of "some", `hidden` and those that came."""
    expected = {*CANONICAL_RESULTS} - _left_out(conventions)
    if conventions["returned"] != "some":
        return expected
    returned = expected & outputs.keys()
    if returned in (expected, set(STATES)):
        raise ValueError(
            f"expected some results, got {'all' if returned == expected else 'the states'}"
        )
    return returned | {"hidden"}


def _checked(
    name: str, got: NDArray[Any] | None, arguments: Arguments, conventions: Conventions
) -> NDArray[Any]:
    """A result that is there, has its shape, and is made of numbers."""
    (T, N, D), (P, _) = arguments["inputs"].shape, arguments["w_hidden"].shape
    H = arguments["c0"].shape[1]
    sizes = {"T": T, "N": N, "D": D, "H": H, "P": P, "3H": 3 * H, "4H": 4 * H}
    axes = AXES[name]
    if "w_projection" not in arguments:
        axes = tuple(axis.replace("P", "H") for axis in axes)
    if name in BY_FRAME and conventions["layout"] == "NTD":
        axes = (axes[1], axes[0], axes[2])
    if name in MATRICES and conventions["weights"] == "rows":
        axes = axes[::-1]
    shape = tuple(sizes[axis] for axis in axes)
    if got is None or got.shape != shape:
        received = (
            "nothing" if got is None else f"{got.shape}{_turned_axes(got.shape, axes, shape)}"
        )
        raise ValueError(f"{name}: expected shape ({', '.join(axes)}) = {shape}, got {received}")
    if got.dtype.kind not in "fiub":
        raise ValueError(f"{name}: expected numbers, got {got.dtype}")
    return got


def _turned_axes(got: tuple[int, ...], axes: tuple[str, ...], shape: tuple[int, ...]) -> str:
    """Which order of axes a shape has, if it is another one."""
    orders = itertools.permutations(range(len(axes)))
    fitting = [order for order in orders if tuple(shape[axis] for axis in order) == got]
    names = ", ".join(axes[axis] for axis in fitting[0]) if len(fitting) == 1 else ""
    return f", which is ({names})" if names else ""


def laid_out(
    name: str, values: NDArray[Any], arguments: Arguments, conventions: Conventions
) -> NDArray[Any]:
    """One argument or result, from the canonical form to the implementation's."""
    if name in GATED or name in PEEPHOLES:
        values = values[..., _columns(name, values.shape[-1], conventions)]
    if name in MATRICES and conventions["weights"] == "rows":
        values = values.T
    if name in WALKED:
        values = _turned(values, arguments, conventions)
    if name in BY_FRAME and conventions["layout"] == "NTD":
        values = values.swapaxes(0, 1)
    return values


def _received(name: str, value: Floats, arguments: Arguments, conventions: Conventions) -> Floats:
    """One array, from the implementation's form to the canonical one."""
    if name in BY_FRAME and conventions["layout"] == "NTD":
        value = value.swapaxes(0, 1)
    if name in WALKED:
        value = _turned(value, arguments, conventions)
    if name in MATRICES and conventions["weights"] == "rows":
        value = value.T
    if name in GATED or name in PEEPHOLES:
        value = value[..., np.argsort(_columns(name, value.shape[-1], conventions))]
    return value


def _columns(name: str, width: int, conventions: Conventions) -> Ints:
    """Where the implementation's columns, one block for each gate, stand in the canonical ones."""
    gates, own = GATES, conventions["gates"]
    if name in PEEPHOLES:
        gates, own = gates.replace("g", ""), own.replace("g", "")
    blocks = np.arange(width).reshape(len(gates), -1)
    return np.asarray(blocks[[gates.index(gate) for gate in own]].ravel())


def _turned(value: NDArray[Any], arguments: Arguments, conventions: Conventions) -> NDArray[Any]:
    """Each utterance turned around, if that is how its outputs lie; twice is not at all."""
    order = conventions.get("reversed")
    if not arguments["reverse"] or order not in ("as_walked", "as_walked_padded"):
        return value
    turned = value[::-1].copy()
    if order == "as_walked":
        for n, T in enumerate(arguments["lengths"]):
            turned[:T, n], turned[T:, n] = value[:T, n][::-1], value[T:, n]
    return turned

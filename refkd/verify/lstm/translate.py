"""Between the canonical form of an LSTM call and somebody's conventions.

Canonical: inputs (T, N, D), w_input (D, 4H), w_hidden (H, 4H), two biases (4H,), gates i, f, g, o,
hidden[t] of either direction belongs to frame t and is 0 in padded frames.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from refkd.verify.compare import rounded
from refkd.verify.lstm.conventions import GATES, GRADIENTS, RESULTS
from refkd.verify.lstm.inputs import FRAMES, WEIGHTS
from refkd.verify.lstm.inputs import STATES as FIRST_AND_LAST
from refkd.verify.records import Arguments, Call, Case, Conventions, Outputs

RUBBISH = 3.0  # in padded frames
GATED = (*WEIGHTS, "d_w_input", "d_w_hidden", "d_bias", "d_bias_hidden")
MATRICES = ("w_input", "w_hidden", "d_w_input", "d_w_hidden")
BY_FRAME = ("inputs", "d_hidden", "hidden", "d_inputs")
WALKED = ("d_hidden", "hidden")


def present(case: Case, conventions: Conventions) -> Arguments:
    """Pad whole utterances; padded frames hold rubbish that nobody may look at."""
    dtype, form = conventions["dtype"], case.form
    given = dict(case.inputs)
    extra = form.get("extra_frames", 0)
    if conventions["lengths"] == "equal":
        given, extra = _cut(given), 0
    lengths = np.array([len(one) for one in given["inputs"]])
    fill = dict.fromkeys(FRAMES, form.get("padding", RUBBISH))
    fill["d_hidden"] = form.get("upstream_padding", 0.0)
    if conventions.get("padding") == "held":  # padded outputs repeat the last one, which they pull
        fill["d_hidden"] = 0.0
    padded = {
        name: _padded([rounded(one, dtype) for one in given[name]], extra, fill[name])
        for name in FRAMES
    }
    numbers = {name: rounded(given[name], dtype) for name in (*WEIGHTS, *FIRST_AND_LAST)}
    return {
        "inputs": padded["inputs"],
        "lengths": lengths,
        **{name: numbers[name] for name in (*WEIGHTS, "h0", "c0")},
        "reverse": given["reverse"],
        "d_hidden": padded["d_hidden"],
        **{name: numbers[name] for name in ("d_h_last", "d_c_last")},
    }


def padded_shape(case: Case) -> tuple[int, ...]:
    """T, N, D and 4H of a call."""
    frames = [len(one) for one in case.inputs["inputs"]]
    extra = case.form.get("extra_frames", 0)
    return (max(frames) + extra, len(frames), *case.inputs["w_input"].shape)


def _cut(given: dict[str, Any]) -> dict[str, Any]:
    """All utterances as long as the shortest one that has frames."""
    there = [n for n, one in enumerate(given["inputs"]) if len(one)]
    shortest = min(len(given["inputs"][n]) for n in there)
    cut = {name: [given[name][n][:shortest] for n in there] for name in FRAMES}
    return given | cut | {name: given[name][there] for name in FIRST_AND_LAST}


def _padded(rows: list[NDArray[np.float64]], extra: int, fill: float) -> NDArray[np.float64]:
    """(T, N, ...) from N arrays (T_n, ...)."""
    frames = max(map(len, rows)) + extra
    padded = np.full((frames, len(rows), rows[0].shape[1]), fill)
    for n, one in enumerate(rows):
        padded[: len(one), n] = one
    return padded


def padded_frames(arguments: Arguments) -> NDArray[np.bool_]:
    """(T, N): which frames are padding."""
    frames = np.arange(len(arguments["inputs"]))
    return np.asarray(frames[:, None] >= arguments["lengths"])


def translate(case: Case, arguments: Arguments, conventions: Conventions) -> Call:
    """Canonical arguments as the implementation wants them."""
    dtype = np.dtype(conventions["dtype"].replace("bfloat16", "float32"))
    values = dict(arguments)
    if conventions["biases"] == "one":
        values |= {"bias": values["bias"] + values["bias_hidden"], "bias_hidden": None}
    if conventions["forget_bias"] == "added":  # so that the sum is what the canonical form says
        H = len(values["w_hidden"])
        values["bias"] = values["bias"] - (np.arange(4 * H) // H == GATES.index("f"))
    for name, value in values.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            values[name] = _sent(name, value, arguments, conventions).astype(dtype)
    values["lengths"] = values["lengths"].astype(case.form.get("integers", "int64"))
    return Call(values, case.form.get("memory", "contiguous"))


def restore(outputs: Outputs, arguments: Arguments, conventions: Conventions) -> Outputs:
    """The implementation's outputs with axes, gates and frames in the canonical order."""
    _check_returned(outputs, conventions)
    shapes = _shapes(arguments)
    restored = {}
    for name, got in outputs.items():
        wanted = _sent(name, np.zeros(shapes[name]), arguments, conventions).shape
        if got.shape != wanted:
            raise ValueError(f"returns {name} of shape {got.shape}, expected {wanted}")
        restored[name] = _received(name, got.astype(np.float64), arguments, conventions)
    return restored


def express(arguments: Arguments, outputs: Outputs, conventions: Conventions) -> Outputs:
    """What is returned of the canonical outputs, with padded frames as the conventions say."""
    left_out = _left_out(conventions)
    kept = {name: value for name, value in outputs.items() if name not in left_out}
    if conventions.get("padding") == "held" and not arguments["reverse"]:
        hidden, T = kept["hidden"].copy(), arguments["lengths"]
        for n in range(len(T)):
            hidden[T[n] :, n] = hidden[T[n] - 1, n] if T[n] else arguments["h0"][n]
        kept["hidden"] = hidden
    return kept


def _left_out(conventions: Conventions) -> set[str]:
    if conventions["returned"] == "states":
        return set(GRADIENTS)
    return {"d_bias_hidden"} if conventions["biases"] == "one" else set()


def _check_returned(outputs: Outputs, conventions: Conventions) -> None:
    every = RESULTS.keys() - _left_out(conventions)
    surplus = [name for name in outputs if name not in every]
    if surplus:
        raise ValueError(f"returns {surplus[0]}, which is not expected")
    missing = [name for name in RESULTS if name in every and name not in outputs]
    if conventions["returned"] == "some":
        if not missing or missing == list(GRADIENTS):
            raise ValueError("returns more or less than some outputs")
        missing = [name for name in missing if name == "hidden"]
    if missing:
        raise ValueError(f"returns no {missing[0]}")


def _shapes(arguments: Arguments) -> dict[str, tuple[int, ...]]:
    """Canonical shape of every result."""
    T, N, _ = arguments["inputs"].shape
    H = len(arguments["w_hidden"])
    states = dict.fromkeys(("h_last", "c_last", "d_h0", "d_c0"), (N, H))
    of_arguments = {"d_" + name: arguments[name].shape for name in ("inputs", *WEIGHTS)}
    return {"hidden": (T, N, H), **states, **of_arguments}


def _sent(
    name: str, value: NDArray[np.float64], arguments: Arguments, conventions: Conventions
) -> NDArray[np.float64]:
    """One array, from the canonical form to the implementation's."""
    if name in GATED:
        value = value[..., _columns(value.shape[-1], conventions)]
    if name in MATRICES and conventions["weights"] == "rows":
        value = value.T
    if name in WALKED:
        value = _turned(value, arguments, conventions)
    if name in BY_FRAME and conventions["layout"] == "NTD":
        value = value.swapaxes(0, 1)
    return value


def _received(
    name: str, value: NDArray[np.float64], arguments: Arguments, conventions: Conventions
) -> NDArray[np.float64]:
    """One array, from the implementation's form to the canonical one."""
    if name in BY_FRAME and conventions["layout"] == "NTD":
        value = value.swapaxes(0, 1)
    if name in WALKED:
        value = _turned(value, arguments, conventions)
    if name in MATRICES and conventions["weights"] == "rows":
        value = value.T
    if name in GATED:
        value = value[..., np.argsort(_columns(value.shape[-1], conventions))]
    return value


def _columns(width: int, conventions: Conventions) -> NDArray[np.int64]:
    """Where the implementation's 4H columns stand in the canonical ones."""
    blocks = np.arange(width).reshape(4, -1)
    return np.asarray(blocks[[GATES.index(gate) for gate in conventions["gates"]]].ravel())


def _turned(
    value: NDArray[np.float64], arguments: Arguments, conventions: Conventions
) -> NDArray[np.float64]:
    """Each utterance turned around, if that is how its outputs lie; twice is not at all."""
    if not arguments["reverse"] or conventions.get("reversed") != "as_walked":
        return value
    turned = value.copy()
    for n, T in enumerate(arguments["lengths"]):
        turned[:T, n] = value[:T, n][::-1]
    return turned

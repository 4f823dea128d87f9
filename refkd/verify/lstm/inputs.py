"""Inputs of LSTM cases."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WEIGHTS = ("w_input", "w_hidden", "bias", "bias_hidden")
STATES = ("h0", "c0", "d_h_last", "d_c_last")  # (N, H)
FRAMES = ("inputs", "d_hidden")  # one array for each utterance
NO_UPSTREAM: dict[str, Any] = {"d_hidden": 0.0, "d_h_last": 0.0, "d_c_last": 0.0}


def sixteenths(rng: np.random.Generator, shape: Sequence[int], within: float = 2.0) -> Floats:
    """Numbers that every dtype and every file holds exactly."""
    most = round(16 * within)
    return np.asarray(rng.integers(-most, most + 1, size=tuple(shape)) / 16.0)


def batch(
    seed: int, lengths: Sequence[int], D: int = 5, H: int = 2, reverse: int = 0, **changed: Any
) -> dict[str, Any]:
    """Drawn inputs of a case: frames of D numbers, weights, states and gradients of H units.

    `changed` replaces what is drawn; a number fills the whole array.
    """
    rng = np.random.default_rng(seed)
    N, spread = len(lengths), min(1.0, 2.0 / np.sqrt(H))
    inputs: dict[str, Any] = {
        "inputs": [sixteenths(rng, (T, D)) for T in lengths],
        "w_input": sixteenths(rng, (D, 4 * H), min(1.0, 2.0 / np.sqrt(D))),
        "w_hidden": sixteenths(rng, (H, 4 * H), spread),
        "bias": sixteenths(rng, (4 * H,), 1.0),
        "bias_hidden": sixteenths(rng, (4 * H,), 1.0),
        "h0": sixteenths(rng, (N, H), 1.0),
        "c0": sixteenths(rng, (N, H)),
        "reverse": reverse,
        "d_hidden": [sixteenths(rng, (T, H)) for T in lengths],
        "d_h_last": sixteenths(rng, (N, H)),
        "d_c_last": sixteenths(rng, (N, H)),
        "peepholes": sixteenths(rng, (3 * H,), 1.0),
        "w_projection": sixteenths(rng, (H, H), spread),
    }
    for name, value in changed.items():
        inputs[name] = _filled(inputs[name], value)
    return inputs


def _filled(drawn: Any, value: Any) -> Any:
    if isinstance(drawn, list):
        return [_filled(array, value) for array in drawn]
    return np.full_like(drawn, value) if np.ndim(value) == 0 else np.array(value, dtype=float)


def bug_classes(inputs: Mapping[str, Any], extra_frames: int = 0) -> tuple[str, ...]:
    """Bug classes that would corrupt most numbers of these inputs, the more special first."""
    lengths = [len(frames) for frames in inputs["inputs"]]
    T, N = max(lengths), len(lengths)
    h0, c0 = inputs["h0"].any(), inputs["c0"].any()
    upstream = any(np.any(frames) for frames in (*inputs["d_hidden"], inputs["d_h_last"]))
    shown = {
        "L5": inputs["reverse"] and T > 1,
        "L6": min(lengths) < T + extra_frames,
        "L7": T > 1 and (upstream or inputs["d_c_last"].any()),
        "L8": upstream or inputs["d_c_last"].any(),
        "L11": T > 1 and N > 1,
        "L13": h0 or c0,
        "L4": T > 1 or h0,
        "L3": T > 1 or c0,
        "L2": inputs["bias"].any() or inputs["bias_hidden"].any(),
        "L10": True,
        "L1": True,
    }
    return tuple(bug for bug, is_shown in shown.items() if is_shown)

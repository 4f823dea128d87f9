"""How close is close enough, and where an answer is furthest off."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from refkd.check import Bools, Floats
from refkd.verify.records import Deviation, Outputs, Tolerance

EPS = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
TOLERANCES = {
    "float64": Tolerance(1e-9, 1e-9),
    "float32": Tolerance(1e-4, 1e-5),
    "float16": Tolerance(8 * EPS["float16"], 8 * EPS["float16"]),
    "bfloat16": Tolerance(8 * EPS["bfloat16"], 8 * EPS["bfloat16"]),
}
SMALLEST_SCALE = 1.0  # atol is relative to the largest entry of an output, or to this


def rounded(values: Floats, dtype: str) -> Floats:
    """Float64 numbers that the dtype can hold, to nearest; bfloat16 by dropping bits of float32.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.verify.compare import rounded
    >>> rounded(np.array([0.1]), "float16").tolist(), rounded(np.array([1.01]), "bfloat16").tolist()
    ([0.0999755859375], [1.0078125])
    """
    if dtype == "float64":
        return values
    with np.errstate(over="ignore", under="ignore"):
        if dtype != "bfloat16":
            return values.astype(dtype).astype(np.float64)
        bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    half = 0x7FFF + ((bits >> 16) & 1)  # to nearest, ties to even
    to_nearest = np.where(np.isfinite(values), (bits + half) & 0xFFFF0000, bits)
    return to_nearest.astype(np.uint32).view(np.float32).astype(np.float64)


def combined(*tolerances: Tolerance | None) -> Tolerance:
    """What all of them together allow."""
    parts = [tolerance for tolerance in tolerances if tolerance is not None]
    return Tolerance(sum(part.rtol for part in parts), sum(part.atol for part in parts))


def worst_deviation(
    outputs: Outputs,
    expected: Outputs,
    tolerance: Tolerance,
    free: Mapping[str, Bools] | None = None,
    extra: Mapping[str, Floats] | None = None,
) -> Deviation | None:
    """The entry that is furthest outside the tolerance; None if all are inside.

    Infinities and NaN must be equal: every finite number is close to an infinite one by a relative
    tolerance. Anything may stand where `free` is true; `extra` adds to what the tolerance allows.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.verify.compare import Tolerance, worst_deviation
    >>> got, expected = {"loss": np.array([1.0, 2.5])}, {"loss": np.array([np.inf, 2.0])}
    >>> worst_deviation(got, expected, Tolerance(1e-9, 1e-9)).index
    (0,)
    """
    for name, reference in expected.items():
        reference = np.asarray(reference)
        limit = allowed(reference, tolerance) + (extra or {}).get(name, 0.0)
        mask = (free or {}).get(name, np.False_)
        deviation = _worst_entry(name, outputs[name], reference, limit, mask)
        if deviation is not None:
            return deviation
    return None


def allowed(reference: NDArray[Any], tolerance: Tolerance) -> Floats:
    """How far each entry may be off: atol is relative to the largest finite one, at least to 1."""
    finite = np.isfinite(reference)
    scale = max(SMALLEST_SCALE, float(np.abs(reference[finite]).max(initial=0.0)))
    return np.asarray(
        tolerance.atol * scale + tolerance.rtol * np.abs(np.where(finite, reference, 0.0))
    )


def distances(got: ArrayLike, reference: ArrayLike) -> Floats:
    """How far each entry is off: 0 where both are the same infinity or NaN, inf where one is.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.verify.compare import distances
    >>> distances(np.array([1.0, -np.inf, 2.0]), np.array([1.5, -np.inf, np.nan]))
    array([0.5, 0. , inf])
    """
    got, reference = np.asarray(got, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        distance = np.abs(got - reference)
    same = (got == reference) | (np.isnan(got) & np.isnan(reference))
    return np.where(same, 0.0, np.where(np.isnan(distance), np.inf, distance))


def _worst_entry(
    name: str, got: NDArray[Any], reference: NDArray[Any], limit: Floats, free: Any
) -> Deviation | None:
    distance = np.where(free, 0.0, distances(got, reference))
    outside = distance > limit
    if not outside.any():
        return None
    place = np.unravel_index(np.where(outside, distance, -1.0).argmax(), reference.shape)
    index = tuple(int(i) for i in place)
    return Deviation(
        name,
        index,
        expected=float(reference[index]),
        got=float(got[index]),
        allowed=float(limit[index]),
        outside=int(outside.sum()),
        entries=int(reference.size),
    )


def largest_difference(first: Outputs, second: Outputs) -> float:
    """How far two answers to the same call are apart; inf where only one of them is a number."""
    largest = 0.0 if first.keys() == second.keys() else np.inf
    for name in first.keys() & second.keys():
        if first[name].shape != second[name].shape:
            return np.inf
        a, b = np.float64(first[name]), np.float64(second[name])
        largest = max(largest, float(distances(a, b).max(initial=0.0)))
    return float(largest)


def check_real(outputs: Outputs) -> None:
    """Refuse outputs that are no real numbers."""
    for name, values in outputs.items():
        if values.dtype.kind not in "fiub":
            raise ValueError(f"{name}: expected real numbers, got {values.dtype}")


def check_shape(outputs: Outputs, name: str, axes: str, shape: tuple[int, ...]) -> None:
    """Refuse an output that has not the shape of these axes."""
    got = outputs[name].shape if name in outputs else "nothing"
    if got != shape:
        names = ", ".join(axes) + "," * (len(axes) == 1)
        raise ValueError(f"{name}: expected shape ({names}) = {shape}, got {got}")


def log_softmax(logits: Floats) -> Floats:
    """Logarithm of the softmax over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def sendable(logits: Floats, form: str, dtype: str) -> Floats:
    """Logits (T, K) that the dtype holds exactly in this form: logits, log_probs or probs."""
    if form == "logits":
        return rounded(logits, dtype)
    logp = log_softmax(logits)
    if form == "log_probs":
        return rounded(logp, dtype)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(rounded(np.exp(logp), dtype)))

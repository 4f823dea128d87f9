"""Adam, gradient clipping and the learning-rate schedule, as pure functions of {name: array}."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refkd import check
from refkd.networks.stack import Values


@dataclass(frozen=True, eq=False)
class AdamState:
    """What Adam remembers between steps."""

    step: int  # steps taken
    mean: Values  # running mean of every gradient
    square: Values  # of every squared gradient


def adam_start(parameters: Mapping[str, NDArray[Any]]) -> AdamState:
    """The state before the first step: zeros shaped like the parameters."""
    zeros = {name: np.zeros_like(value) for name, value in parameters.items()}
    return AdamState(0, zeros, dict(zeros))


def adam_step(
    parameters: Mapping[str, NDArray[Any]],
    grads: Mapping[str, NDArray[Any]],
    state: AdamState,
    rate: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Values, AdamState]:
    """Take one step of Adam (Kingma & Ba 2015, algorithm 1) and return the new parameters.

    Examples
    --------
    The first step moves every parameter by the rate, whatever the size of its gradient:

    >>> import numpy as np
    >>> parameters = {"w": np.array([1.0, 1.0])}
    >>> grads = {"w": np.array([100.0, -0.01])}
    >>> new, state = adam_step(parameters, grads, adam_start(parameters), rate=0.5)
    >>> new["w"].round(5).tolist(), state.step
    ([0.5, 1.5], 1)
    """
    if parameters.keys() != grads.keys():
        check.fail("grads", f"the names {', '.join(parameters)}", ", ".join(grads) or "none")
    step = state.step + 1
    scale = rate / (1.0 - beta1**step)
    new: Values = {}
    mean: Values = {}
    square: Values = {}
    for name, value in parameters.items():
        grad = grads[name]
        mean[name] = beta1 * state.mean[name] + (1.0 - beta1) * grad
        square[name] = beta2 * state.square[name] + (1.0 - beta2) * grad * grad
        root = np.sqrt(square[name] / (1.0 - beta2**step))
        new[name] = value - scale * mean[name] / (root + epsilon)
    return new, AdamState(step, mean, square)


def gradient_norm(grads: Mapping[str, NDArray[Any]]) -> float:
    """Euclidean norm of all gradients as one vector, in float64.

    Examples
    --------
    >>> import numpy as np
    >>> gradient_norm({"a": np.array([3.0]), "b": np.array([[4.0]])})
    5.0
    """
    flat = (grad.astype(np.float64).ravel() for grad in grads.values())
    return math.sqrt(sum(float((values * values).sum()) for values in flat))


def clip_gradients(grads: Mapping[str, NDArray[Any]], limit: float) -> Values:
    """Shrink all gradients by one factor so that their norm does not exceed a limit.

    Examples
    --------
    >>> import numpy as np
    >>> clip_gradients({"w": np.array([3.0, 4.0])}, limit=2.5)["w"].tolist()
    [1.5, 2.0]
    """
    limit = check.positive("limit", limit)
    norm = gradient_norm(grads)
    if not math.isfinite(norm):
        check.fail("grads", "finite numbers", f"a norm of {norm}")
    if norm <= limit:
        return dict(grads)
    return {name: grad * grad.dtype.type(limit / norm) for name, grad in grads.items()}


def learning_rate(step: int, steps: int, peak: float, rise: float = 0.15) -> float:
    """Learning rate of a step: a straight rise, a plateau until half time, half a cosine to zero.

    Examples
    --------
    >>> [round(learning_rate(step, 8, peak=1.0, rise=0.25), 3) for step in range(8)]
    [0.5, 1.0, 1.0, 1.0, 1.0, 0.854, 0.5, 0.146]
    """
    steps = check.integer("steps", steps, low=1)
    step = check.integer("step", step, low=0, high=steps - 1)
    peak = check.positive("peak", peak)
    rise = check.finite_number("rise", rise)
    if not 0.0 <= rise <= 0.5:
        check.fail("rise", "a share between 0 and 0.5", rise)
    risen = min(1.0, (step + 1) / (rise * steps)) if rise > 0.0 else 1.0
    late = max(0.0, 2.0 * step / steps - 1.0)
    return peak * risen * 0.5 * (1.0 + math.cos(math.pi * late))

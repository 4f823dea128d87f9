"""Hand-made questions to a CTC loss, each after some bug classes."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refkd.verify.records import Case, Status

CASES: dict[str, Callable[[], Case]] = {}


def case(
    *catches: str, provenance: str = "hand", status: Status = "must", **form: Any
) -> Callable[[Callable[[], dict[str, Any]]], Callable[[], dict[str, Any]]]:
    """Register a function that makes the inputs of the case of its name."""

    def register(make: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
        name = make.__name__
        CASES[name] = lambda: Case(name, make(), catches, provenance, status, form=form)
        return make

    return register


def batch(
    logits: list[NDArray[np.float64]], labels: list[list[int]], blank: int, *d_loss: float
) -> dict[str, Any]:
    """Inputs of a case."""
    return {
        "logits": logits,
        "labels": labels,
        "blank": blank,
        "d_loss": np.array(d_loss) if d_loss else None,
    }


def drawn(seed: int, frames: int, classes: int, scale: float = 1.0) -> NDArray[np.float64]:
    """Logits (T, K) in sixteenths, so that every dtype and every file holds them exactly."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.integers(-32, 33, size=(frames, classes)) / 16.0 * scale)


@case("V4")
def probe() -> dict[str, Any]:
    return batch([drawn(1, 5, 4), drawn(2, 5, 4)], [[0, 3], [2, 0]], 1)


@case("V1")
def repeated_label() -> dict[str, Any]:
    return batch([drawn(3, 4, 3)], [[1, 1]], 0)


@case("V2", "G3")
def ragged() -> dict[str, Any]:
    return batch([drawn(4, 6, 5), drawn(5, 3, 5), drawn(6, 1, 5)], [[1, 2, 1], [4], [3]], 0)

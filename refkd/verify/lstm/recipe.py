"""Inputs of LSTM cases, and drawn cases: a recipe in one word, which is the name of the case."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from refkd import check
from refkd.check import Floats
from refkd.verify.case_set import drawn_by_hypothesis
from refkd.verify.records import Case

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


PREFIX = "drawn-"
FORM = re.compile(r"drawn-d(\d+)-h(\d+)-x(\d+)-s(\d+)-([fb])-t(\d+(?:\.\d+)*)")
SCALES = (1, 1, 1, 2, 8)  # 8 shuts and opens most gates
STANDARD, STANDARD_FRAMES = (5, 2, 3), 4  # D, H, N and T of the small cases


@dataclass(frozen=True)
class Recipe:
    """Sizes, factor of the weights, seed, direction and frames: what a drawn case follows from.

    Examples
    --------
    >>> from refkd.verify.lstm.recipe import Recipe
    >>> Recipe(3, 2, 1, 7, False, (4, 1)).name
    'drawn-d3-h2-x1-s7-f-t4.1'
    """

    D: int
    H: int
    scale: int
    seed: int
    reverse: bool
    lengths: tuple[int, ...]

    @property
    def name(self) -> str:
        """The recipe in one word."""
        frames = ".".join(map(str, self.lengths))
        way = "b" if self.reverse else "f"
        return f"{PREFIX}d{self.D}-h{self.H}-x{self.scale}-s{self.seed}-{way}-t{frames}"

    @classmethod
    def from_name(cls, name: str) -> "Recipe":
        """The recipe that has this name."""
        match = FORM.fullmatch(name)
        if match is None:
            check.fail("--case", "a name such as drawn-d3-h2-x1-s7-f-t4.1", name)
        D, H, scale, seed = map(int, match.groups()[:4])
        recipe = cls(D, H, scale, seed, match[5] == "b", tuple(map(int, match[6].split("."))))
        if not (D and H and all(recipe.lengths)):
            check.fail("--case", "at least one number, unit and frame", name)
        return recipe

    def case(self) -> Case:
        """The case that follows from it."""
        inputs = batch(self.seed, self.lengths, self.D, self.H, int(self.reverse))
        inputs |= {name: self.scale * inputs[name] for name in WEIGHTS}
        return Case(self.name, inputs, bug_classes(inputs), "generated")


def by_numpy(count: int, seed: int, few_shapes: bool = False) -> Iterator[Recipe]:
    """Recipes from a seeded generator, small first; of one padded shape if few are required."""
    rng = np.random.default_rng(seed)
    for n in range(count):
        largest = 2 + 7 * n // count
        sizes = tuple(int(size) for size in rng.integers(1, largest + 1, size=3))
        D, H, N = STANDARD if few_shapes else sizes
        longest = STANDARD_FRAMES if few_shapes else int(rng.integers(1, largest + 1))
        lengths = rng.integers(1, longest + 1, size=N)
        lengths[rng.integers(N)] = longest
        yield Recipe(
            D,
            H,
            scale=int(rng.choice(SCALES)),
            seed=int(rng.integers(10_000)),
            reverse=bool(rng.integers(2)),
            lengths=tuple(int(T) for T in lengths),
        )


def by_hypothesis(count: int, seed: int) -> Sequence[Recipe]:
    """Recipes that Hypothesis draws; an ImportError if it is not installed."""
    from hypothesis import strategies as st

    recipes = st.builds(
        Recipe,
        D=st.integers(1, 6),
        H=st.integers(1, 6),
        scale=st.sampled_from(SCALES),
        seed=st.integers(0, 9_999),
        reverse=st.booleans(),
        lengths=st.lists(st.integers(1, 8), min_size=1, max_size=6).map(tuple),
    )
    return drawn_by_hypothesis(recipes, count, seed)

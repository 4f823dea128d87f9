"""LSTM cases that are drawn: a recipe in one word, which is the name of the case."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from refkd import check
from refkd.verify.case_set import drawn_by_hypothesis
from refkd.verify.lstm.inputs import WEIGHTS, batch, bug_classes
from refkd.verify.records import Case

PREFIX = "drawn-"
FORM = re.compile(r"drawn-d(\d+)-h(\d+)-x(\d+)-s(\d+)-([fb])-t(\d+(?:\.\d+)*)")
SCALES = (1, 1, 1, 2, 8)  # 8 shuts and opens most gates
STANDARD, FRAMES = (5, 2, 3), 4  # D, H, N and T of the small cases


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
    """Recipes from a seeded generator, small ones first; of one padded shape if few are wanted."""
    rng = np.random.default_rng(seed)
    for n in range(count):
        largest = 2 + 7 * n // count
        sizes = tuple(int(size) for size in rng.integers(1, largest + 1, size=3))
        D, H, N = STANDARD if few_shapes else sizes
        longest = FRAMES if few_shapes else int(rng.integers(1, largest + 1))
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

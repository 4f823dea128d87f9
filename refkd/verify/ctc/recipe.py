"""CTC cases that are drawn: a recipe in one word, which is the name of the case."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from refkd import check
from refkd.check import Floats
from refkd.verify.case_set import drawn_by_hypothesis
from refkd.verify.records import Case


def batch(
    logits: Sequence[Floats], labels: Sequence[Sequence[int]], blank: int = 0, *d_loss: float
) -> dict[str, Any]:
    """Whole utterances and what belongs to them; no `d_loss` is none given."""
    return {
        "logits": list(logits),
        "labels": [list(target) for target in labels],
        "blank": blank,
        "d_loss": np.array(d_loss) if d_loss else None,
    }


def drawn_logits(seed: int, frames: int, classes: int, scale: float = 1) -> Floats:
    """Logits (T, K) in sixteenths, which every dtype and every file holds exactly."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.integers(-32, 33, size=(frames, classes)) / 16.0 * scale)


def drawn(
    seed: int,
    lengths: Sequence[int],
    classes: int,
    labels: Sequence[Sequence[int]],
    blank: int = 0,
    *d_loss: float,
    draw: Callable[[int, int, int], Floats] = drawn_logits,
) -> dict[str, Any]:
    """Utterances of these lengths with logits (T, K) of draw(seed, T, K), each of the next seed."""
    logits = [draw(seed + n, frames, classes) for n, frames in enumerate(lengths)]
    return batch(logits, labels, blank, *d_loss)


def spoken(seed: int, frames: int, classes: int, labels: Sequence[int]) -> Floats:
    """Logits (T, K) of a network that is rather sure of these labels; the blank is class 0."""
    return favoured(drawn_logits(seed, frames, classes), labels)


def spoken_batch(
    seed: int, lengths: Sequence[int], classes: int, labels: Sequence[Sequence[int]], *d_loss: float
) -> dict[str, Any]:
    """Utterances of these lengths with logits of `spoken`, each of the next seed."""
    logits = [
        spoken(seed + n, frames, classes, target)
        for n, (frames, target) in enumerate(zip(lengths, labels, strict=True))
    ]
    return batch(logits, labels, 0, *d_loss)


def with_values(logits: Floats, *changes: tuple[Any, Any, float]) -> Floats:
    """Logits with other values: frames, classes, and what stands there."""
    for frames, classes, value in changes:
        logits[frames, classes] = value
    return logits


def turning(count: int, step: int, classes: int) -> list[int]:
    """Labels that go through the classes in steps, from 1 to their number, again and again."""
    return [1 + step * n % classes for n in range(count)]


def favoured(logits: Floats, labels: Sequence[int], blank: int = 0) -> Floats:
    """Logits (T, K), 4 more for these labels at even distances, and for the blank elsewhere."""
    frames = len(logits)
    best = np.full(frames, blank)
    best[((np.arange(len(labels)) + 0.5) * frames / max(len(labels), 1)).astype(int)] = labels
    logits[np.arange(frames), best] += 4.0
    return logits


PREFIX = "drawn-"
FORM = re.compile(r"drawn-k(\d+)-b(\d+)-x(\d+)-s(\d+)((?:-t\d+(?:\.\d+)*)+)")
SCALES = (0, 1, 1, 4, 16)  # 0 is flat; 16 times two is nearly certain


@dataclass(frozen=True)
class Recipe:
    """Everything that a drawn case follows from.

    Examples
    --------
    >>> from refkd.verify.ctc.recipe import Recipe
    >>> Recipe(3, 0, 1, 7, ((4, (1, 1)), (2, ()))).name
    'drawn-k3-b0-x1-s7-t4.1.1-t2'
    """

    classes: int
    blank: int
    scale: int  # factor of the logits
    seed: int
    utterances: tuple[tuple[int, tuple[int, ...]], ...]  # frames, labels, which need not fit

    @property
    def name(self) -> str:
        """The recipe in one word."""
        parts = (".".join(map(str, [frames, *labels])) for frames, labels in self.utterances)
        head = f"{PREFIX}k{self.classes}-b{self.blank}-x{self.scale}-s{self.seed}"
        return head + "".join("-t" + part for part in parts)

    @classmethod
    def from_name(cls, name: str) -> "Recipe":
        """The recipe that has this name."""
        match = FORM.fullmatch(name)
        if match is None:
            check.fail("--case", "a name such as drawn-k3-b0-x1-s7-t4.1.1-t2", name)
        K, blank, scale, seed = map(int, match.groups()[:4])
        rows = [[int(n) for n in part.split(".")] for part in match[5].split("-t")[1:]]
        recipe = cls(K, blank, scale, seed, tuple((row[0], tuple(row[1:])) for row in rows))
        labels = [label for row in rows for label in row[1:]]
        if not (blank < K and all(label < K for label in labels) and all(row[0] for row in rows)):
            check.fail("--case", "blank and labels below K, and frames", name)
        return recipe

    def case(self) -> Case:
        """The case that follows from it."""
        rng = np.random.default_rng(self.seed)
        logits = [
            drawn_logits(int(rng.integers(2**31)), frames, self.classes, self.scale)
            for frames, _ in self.utterances
        ]
        d_loss = rng.integers(-8, 9, size=len(logits)) / 4.0
        labels = [list(labels) for _, labels in self.utterances]
        inputs = batch(logits, labels, self.blank, *d_loss)
        return Case(self.name, inputs, self.bug_classes, "generated")

    @property
    def bug_classes(self) -> tuple[str, ...]:
        """Bug classes that these utterances can show."""
        frames = {frames for frames, _ in self.utterances}
        targets = [labels for _, labels in self.utterances]
        shown = {
            "V1": any(a == b for labels in targets for a, b in pairwise(labels)),
            "V7": () in targets,
            "V8": any(_needed(labels) > frames for frames, labels in self.utterances),
            "V2": len(frames) > 1,
            "G3": len(frames) > 1,
            "V3": len({*map(len, targets)}) > 1 or any(0 in labels for labels in targets),
            "V4": self.blank > 0,
            "G7": any(len(set(labels)) < len(labels) for labels in targets),
            "V10": self.scale > 4,
            "G2": True,
        }
        return tuple(bug for bug, there in shown.items() if there)


def _needed(labels: Sequence[int]) -> int:
    """Frames that a target needs."""
    return len(labels) + sum(a == b for a, b in pairwise(labels))


def by_numpy(count: int, seed: int) -> Iterator[Recipe]:
    """Recipes from a seeded generator, small ones first."""
    rng = np.random.default_rng(seed)
    for n in range(count):
        largest = 2 + 6 * n // count
        K = int(rng.integers(1, largest + 1))
        blank = int(rng.integers(K))
        others = [k for k in range(K) if k != blank]
        utterances = []
        for _ in range(int(rng.integers(1, 4))):
            frames = int(rng.integers(1, largest + 2))
            length = int(rng.integers(0, frames + 1)) if others else 0
            labels = [int(rng.choice(others)) for _ in range(length)]
            utterances.append((frames, tuple(labels)))
        scale = int(rng.choice(SCALES))
        yield Recipe(K, blank, scale, int(rng.integers(10_000)), tuple(utterances))


def by_hypothesis(count: int, seed: int) -> Sequence[Recipe]:
    """Recipes that Hypothesis draws, which likes edges and repetitions."""
    from hypothesis import strategies as st

    @st.composite
    def recipes(drawn: st.DrawFn) -> Recipe:
        K = drawn(st.integers(1, 6))
        blank = drawn(st.integers(0, K - 1))
        others = [k for k in range(K) if k != blank]
        utterances = []
        for frames in drawn(st.lists(st.integers(1, 8), min_size=1, max_size=3)):
            labels = drawn(st.lists(st.sampled_from(others), max_size=frames)) if others else []
            utterances.append((frames, tuple(labels)))
        scale, number = drawn(st.sampled_from(SCALES)), drawn(st.integers(0, 9_999))
        return Recipe(K, blank, scale, number, tuple(utterances))

    return drawn_by_hypothesis(recipes(), count, seed)

"""Draw recipes of cases with Hypothesis, which likes edges and repetitions."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Recipe = TypeVar("Recipe")


def has_hypothesis() -> bool:
    """Whether Hypothesis is installed; without it, kits draw by NumPy."""
    return find_spec("hypothesis") is not None


def by_hypothesis(recipes: "SearchStrategy[Recipe]", count: int, seed: int) -> Sequence[Recipe]:
    """Recipes that Hypothesis draws, none of them twice; the same ones for the same seed.

    Parameters
    ----------
    recipes : SearchStrategy
        Of what to draw.
    count : int
        How many at most.
    seed : int
        Of the drawing.

    Returns
    -------
    sequence
        In the order in which they were drawn.
    """
    import hypothesis

    found: dict[Recipe, None] = {}

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(recipes)
    def collect(recipe: Recipe) -> None:
        found[recipe] = None

    collect()
    return list(found)

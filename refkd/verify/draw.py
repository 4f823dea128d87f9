"""Draw recipes of cases with Hypothesis, which likes edges and repetitions."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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

    Neither a profile of the user nor the modules that are loaded make a difference.
    """
    import hypothesis

    drawn: dict[Recipe, None] = {}  # in the order of drawing

    @hypothesis.seed(seed)
    @hypothesis.settings(
        hypothesis.settings.get_profile("default"),
        max_examples=count,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(recipes)
    def collect(recipe: Recipe) -> None:
        drawn[recipe] = None

    with _without_constants():
        collect()
    return list(drawn)


@contextmanager
def _without_constants() -> Iterator[None]:
    """Keep Hypothesis from drawing the constants that it reads in the source of loaded modules.

    It has no option for that; versions that read none lack the method.
    """
    try:
        from hypothesis.internal.conjecture.providers import HypothesisProvider as Provider

        usual = Provider._maybe_draw_constant
    except (ImportError, AttributeError):
        yield
        return
    Provider._maybe_draw_constant = lambda *arguments, **options: None  # type: ignore
    try:
        yield
    finally:
        Provider._maybe_draw_constant = usual  # type: ignore

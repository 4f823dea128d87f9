"""The cases of a kit: registered by name, or drawn by a recipe that is their name."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from refkd.verify.records import Case, Selection, Status

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Recipe = TypeVar("Recipe")
NOTHING: Mapping[str, Any] = MappingProxyType({})
SHAPES = 8  # padded shapes, where few are wanted


class Register(dict[str, Callable[[], Case]]):
    """Makers of cases by name, in the order in which the cases are run."""

    def __init__(
        self,
        source: str = "reference",
        shown_by: Callable[[dict[str, Any], int], Iterable[str]] = lambda inputs, extra_frames: (),
    ) -> None:
        super().__init__()
        self.source = source  # provenance of cases that nobody worked by hand
        self.shown_by = shown_by  # further bug classes, from the inputs and the frames of padding

    def add(
        self,
        name: str,
        bug_classes: str,
        make: Callable[..., dict[str, Any]],
        *values: Any,
        status: Status = "must",
        expected: Mapping[str, Any] | None = None,
        by_paths: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
        layout: Mapping[str, Any] = NOTHING,
        **parameters: Any,
    ) -> None:
        """Register a case after some bug classes with inputs make(*values, **parameters).

        What is right is `expected`, worked by hand, or `by_paths` of the inputs, or else computed
        by the reference. `layout` is padding, dtypes and memory of the call.
        """

        def build() -> Case:
            inputs = make(*values, **parameters)
            further = self.shown_by(inputs, layout.get("extra_frames", 0))
            bugs = tuple(dict.fromkeys((*bug_classes.split(), *further)))
            right = by_paths(inputs) if by_paths else expected
            source = "path enumeration" if by_paths else "hand" if expected else self.source
            return Case(name, inputs, bugs, source, status, right, layout=dict(layout))

        self[name] = build


@dataclass(frozen=True, kw_only=True)
class CaseSet:
    """How the cases of a kit are named, made and reduced."""

    small: Mapping[str, Callable[[], Case]]  # by name, in the order in which they are run
    large: Mapping[str, Callable[[], Case]]  # come last, and not in quick runs
    large_in_files: bool = True  # whether these are written to files, too
    drawn: Callable[[Selection], Iterable[str]]  # names of further cases: the same everywhere
    by_hypothesis: Callable[[Selection], Iterable[str]] | None = None  # instead, if installed
    make: Callable[[str], Case]  # the case of a name that is neither small nor large
    reduced: Callable[[Case, str], Case]  # the case after one step
    shape: Callable[[Case], tuple[int, ...]]  # of the padded arrays
    fitted: Callable[[Case], Case | None] | None = None  # the case in one of few shapes

    def names(self, selection: Selection) -> Iterator[str]:
        """Names of all cases of a selection."""
        draw = self.by_hypothesis if self.by_hypothesis and has_hypothesis() else self.drawn
        yield from (*self.small, *draw(selection))
        if not selection.quick:
            yield from self.large

    def vectors(self) -> Iterator[Case]:
        """The cases that are written to files: the same ones on every machine."""
        names = (
            *self.small,
            *self.drawn(Selection()),
            *(self.large if self.large_in_files else ()),
        )
        return map(self.find, names)

    def find(self, name: str) -> Case:
        """The case of this name, a reduced one (`NAME/step/step`) included."""
        base, *steps = name.split("/")
        makers = self.small if base in self.small else self.large
        case = makers[base]() if base in makers else self.make(base)
        for step in steps:
            case = self.reduced(case, step)
        return case

    def cases(self, selection: Selection) -> Iterator[Case]:
        """All cases of a selection; of few shapes, those that fit, or have one of the first."""
        every = map(self.find, self.names(selection))
        if not selection.few_shapes:
            yield from every
        elif self.fitted is not None:
            yield from (case for case in map(self.fitted, every) if case is not None)
        else:
            shapes: set[tuple[int, ...]] = set()
            for case in every:
                if len(shapes | {self.shape(case)}) <= SHAPES:
                    shapes.add(self.shape(case))
                    yield case

    def remarks(self, selection: Selection) -> list[str]:
        """Sentences on what a selection leaves out."""
        sentences = []
        if self.by_hypothesis and not has_hypothesis():
            sentences.append("Hypothesis is not installed: cases are drawn by NumPy instead")
        if selection.few_shapes:
            left_out = len(list(self.names(selection))) - len(list(self.cases(selection)))
            sentences.append(f"{SHAPES} padded shapes; cases left out: {left_out}")
        return sentences


def has_hypothesis() -> bool:
    """Whether Hypothesis is installed; without it, kits draw by NumPy."""
    return find_spec("hypothesis") is not None


def drawn_by_hypothesis(
    recipes: "SearchStrategy[Recipe]", count: int, seed: int
) -> Sequence[Recipe]:
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

    with without_constants():
        collect()
    return list(drawn)


@contextmanager
def without_constants() -> Iterator[None]:
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

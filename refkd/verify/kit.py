"""What a kit for one kind of implementation has to know; everything else is the core's."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from numpy.typing import NDArray

from refkd import check
from refkd.verify.records import (
    Answer,
    Arguments,
    Call,
    Case,
    Conventions,
    Defect,
    Deviation,
    Outcome,
    Outputs,
    Settled,
    Symptom,
)


@dataclass(frozen=True)
class Convention:
    """One thing that implementations do differently and are right about."""

    name: str  # key in the conventions, and the flag: `grad_of` is --grad-of
    choices: Mapping[str, str]  # each value and its plain words; the likeliest first
    # It changes the call, only the expected answer, or is found out on its own by `settle`
    decides: Literal["call", "answer", "later"]
    bug: str = ""  # class of an implementation that differs from what its user says; may be empty
    searched: tuple[str, ...] = ()  # the values to try where the user says none; all if empty
    several: bool = False  # a value is any number of choices with commas between: "Hard,Soft"

    @property
    def flag(self) -> str:
        """As on the command line."""
        return "--" + self.name.replace("_", "-")

    def tried(self, claims: Conventions) -> tuple[str, ...]:
        """The values to try: the one that the user claims, else the searched ones."""
        if self.name in claims:
            for part in self.parts(claims[self.name]):
                check.one_of(self.flag, part, self.choices)
            return (claims[self.name],)
        return self.searched or tuple(self.choices)

    def parts(self, value: str) -> tuple[str, ...]:
        """The choices that a value is made of."""
        return tuple(value.split(",") if value else ()) if self.several else (value,)

    def words(self, value: str) -> str:
        """A value in plain words."""
        return "; ".join(self.choices[part] for part in self.parts(value)) or "none"


@dataclass(frozen=True)
class Selection:
    """Which cases to run."""

    quick: bool = False
    few_shapes: bool = False
    seed: int = 0


class Asker(ABC):
    """Runs cases of a kit on an implementation."""

    @abstractmethod
    def outcomes(self, cases: Iterable[Case], conventions: Conventions) -> list[Outcome]:
        """What came of each case."""


class Kit(ABC):
    """A kind of implementation that can be verified.

    In the canonical form everything has its one meaning and layout; `arguments` and `results` name
    what an adapter takes and returns, in that form and order. A defect's `compute` is an adapter
    in the canonical form.

    Attributes
    ----------
    name : str
        On the command line.
    arguments, results : mapping of str to str
        Signature of the adapter and what each means in the canonical form; the last results may
        be None.
    conventions : tuple of Convention
        What is found out, or told by flags; one of them is called "dtype".
    defects : tuple of Defect
        Known ways to be wrong, the more specific first.
    forward : tuple of str
        Results of the forward pass. What no defect gives as a whole is told by these alone: the
        gradient of a wrong forward pass may be anything.
    """

    name: ClassVar[str]
    arguments: ClassVar[Mapping[str, str]]
    results: ClassVar[Mapping[str, str]]
    conventions: ClassVar[tuple[Convention, ...]]
    defects: ClassVar[tuple[Defect, ...]]
    forward: ClassVar[tuple[str, ...]] = ()

    def signature(self, claims: Conventions) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of what an adapter takes and returns under these conventions."""
        return tuple(self.arguments), tuple(self.results)

    @property
    def canonical_arguments(self) -> tuple[str, ...]:
        """What defects take: the arguments, and what else some conventions need."""
        return tuple(self.arguments)

    @property
    def canonical(self) -> tuple[str, ...]:
        """What defects compute: the results, and what else is needed to express them."""
        return tuple(self.results)

    @abstractmethod
    def probe_case(self) -> Case:
        """One generic, tiny, asymmetric case that separates conventions and few defects affect."""

    def probe_cases(self) -> Sequence[Case]:
        """The same, and simpler ones for implementations that are wrong there."""
        return (self.probe_case(),)

    def concerns(self, case: Case, conventions: Conventions) -> bool:
        """Whether to put this case to an implementation with these conventions."""
        return True

    def can_show(self, bug: str, case: Case, conventions: Conventions) -> bool:
        """Whether an example made from this case can show this bug class at all."""
        return True

    def traits(self, case: Case, conventions: Conventions) -> Mapping[str, str]:
        """What is special about a case, such as "an empty target", and the class it is after.

        The class is empty if more than one fits.
        """
        return {}

    def contradictions(self, case: Case, conventions: Conventions) -> Sequence[Case]:
        """The same question with values that have no effect under these conventions.

        Another answer than the right one or a refusal refutes the conventions.
        """
        return ()

    @abstractmethod
    def cases(self, selection: Selection) -> Iterator[Case]:
        """All cases of a selection, small ones first."""

    @abstractmethod
    def vectors(self) -> Iterator[Case]:
        """The cases that are written to files: the same ones on every machine."""

    @abstractmethod
    def find(self, name: str) -> Case:
        """The case of this name, a reduced one (`NAME/step/step`) included."""

    @abstractmethod
    def present(self, case: Case, conventions: Conventions) -> Arguments:
        """Arguments in the canonical form: padded, in numbers that the dtype can hold."""

    @abstractmethod
    def reference(self, case: Case, arguments: Arguments, conventions: Conventions) -> Outputs:
        """Right outputs in the canonical form, float64."""

    def written(self, outputs: Outputs) -> Outputs:
        """Right outputs as they are written to files: what an adapter returns."""
        return {name: outputs[name] for name in self.results if name in outputs}

    @abstractmethod
    def translate(self, case: Case, arguments: Arguments, conventions: Conventions) -> Call:
        """Canonical arguments in the implementation's conventions."""

    @abstractmethod
    def restore(self, outputs: Outputs, arguments: Arguments, conventions: Conventions) -> Outputs:
        """Its outputs in the canonical layout, values untouched; ValueError if unreadable."""

    def laid_out(
        self, name: str, values: NDArray[Any], arguments: Arguments, conventions: Conventions
    ) -> NDArray[Any]:
        """One canonical output in the implementation's own layout; `restore` undoes it."""
        return values

    @abstractmethod
    def express(self, arguments: Arguments, outputs: Outputs, conventions: Conventions) -> Outputs:
        """What canonical outputs become in its conventions, in the canonical layout."""

    @abstractmethod
    def judge(
        self,
        case: Case,
        arguments: Arguments,
        expected: Outputs,
        answer: Answer,
        conventions: Conventions,
    ) -> tuple[str | None, Deviation | None]:
        """What is wrong with a restored answer in plain words, and where; None if nothing is."""

    @abstractmethod
    def settle(self, ask: Asker, conventions: Conventions, claims: Conventions) -> Settled:
        """Values of the conventions that are decided later, and what else came up on the way."""

    @abstractmethod
    def symptoms(self, outcome: Outcome) -> Sequence[Symptom]:
        """What the wrong numbers of one case show, the most telling first."""

    @abstractmethod
    def remark(self, outcome: Outcome) -> Symptom | None:
        """What to know from an answer that will do; every `acceptable` case has something."""

    @abstractmethod
    def reductions(self, case: Case) -> Sequence[Case]:
        """Smaller cases made from this one, the smallest first."""

    @abstractmethod
    def size(self, case: Case) -> int:
        """How much a reader has to look at; by it, cases are ordered."""

    @abstractmethod
    def cost(self, arguments: Arguments) -> int:
        """How long a plain implementation takes, in cells of its tables."""

    @abstractmethod
    def remarks(self, selection: Selection) -> list[str]:
        """Sentences on what a selection leaves out."""

    @abstractmethod
    def example(self, arguments: Arguments, conventions: Conventions) -> str:
        """Inputs of a small case as text, as the implementation numbers and orders them."""

"""What a kit for one kind of implementation has to know; everything else is the core's."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from numpy.typing import NDArray

from refkd import check
from refkd.verify.case_set import CaseSet
from refkd.verify.records import (
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

Names: TypeAlias = tuple[str, ...]
Layout: TypeAlias = Callable[[str, NDArray[Any], Arguments, Conventions], NDArray[Any]]


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


def of_dtype(bug: str) -> Convention:
    """The dtype of all arrays; without its digits, an implementation is wrong in this class."""
    dtypes = {name: name for name in ("float64", "float32", "float16")}
    dtypes["bfloat16"] = "bfloat16, sent as float32"
    return Convention("dtype", dtypes, "call", bug, searched=("float64", "float32"))


def first_numbers(values: NDArray[Any]) -> str:
    """A row of numbers for an example; of a long one its beginning."""
    row = values.tolist()
    return str(row) if len(row) <= 12 else f"{row[:10]} and {len(row) - 10} more"


class Asker(Protocol):
    """Runs cases of a kit on an implementation."""

    def outcomes(self, cases: Iterable[Case], conventions: Conventions) -> list[Outcome]:
        """What came of each case."""


def _as_it_is(
    name: str, values: NDArray[Any], arguments: Arguments, conventions: Conventions
) -> NDArray[Any]:
    return values


@dataclass(frozen=True, kw_only=True)
class Kit(CaseSet):
    """A kind of implementation that can be verified: its tables, its cases and its functions.

    In the canonical form everything has its one meaning and layout; `arguments` and `results` name
    what an adapter takes and returns, in that form and order. A defect's `compute` is an adapter
    in the canonical form.
    """

    name: str  # on the command line
    arguments: Mapping[str, str]  # each with its meaning in the canonical form
    results: Mapping[str, str]  # the last ones may be None
    conventions: tuple[Convention, ...]  # found out, or set by flags; one is called "dtype"
    defects: tuple[Defect, ...]  # known ways to be wrong, the more specific first

    # --- cases, besides how they are made
    # One generic, tiny, asymmetric case that separates conventions and few defects affect; then
    # simpler ones for implementations that are wrong there
    probe_cases: Callable[[], Sequence[Case]]
    size: Callable[[Case], int]  # how much a reader has to look at; by it, cases are ordered
    reductions: Callable[[Case], Sequence[Case]]  # smaller cases made from this one
    cost: Callable[[Arguments], int]  # time of a plain implementation, in cells of its tables
    example: Callable[[Arguments, Conventions], str]  # inputs as the implementation orders them

    # --- between the canonical form and the conventions of an implementation
    present: Callable[[Case, Conventions], Arguments]  # padded, in numbers that the dtype can hold
    reference: Callable[[Case, Arguments, Conventions], Outputs]  # right outputs, canonical
    translate: Callable[[Case, Arguments, Conventions], Call]
    restore: Callable[[Outputs, Arguments, Conventions], Outputs]  # ValueError if unreadable
    express: Callable[[Arguments, Outputs, Conventions], Outputs]  # its values, canonical layout

    # --- verdicts
    # The worst entry of an answer, given the case, its arguments, the right outputs and the answer
    deviation: Callable[[Case, Arguments, Outputs, Outputs, Conventions], Deviation | None]
    # Values of the conventions that are decided later, and what else came up on the way
    settle: Callable[[Asker, Conventions, Conventions], Settled]
    symptoms: Callable[[Outcome], Iterable[Symptom]]  # of wrong numbers, the most telling first
    remark: Callable[[Outcome], Symptom | None]  # every `acceptable` case has one
    # What is special about a case, such as "an empty target", and the class it is after; the class
    # is empty if more than one fits
    traits: Callable[[Case], Mapping[str, str]]
    # Whether an example made from a case can show a bug class at all
    can_show: Callable[[str, Case, Conventions], bool]

    # --- what only some kits need
    laid_out: Layout = _as_it_is  # a canonical output in its own layout; `restore` undoes it
    # Results of the forward pass. Where no defect gives all results, these alone are compared with
    # defects, because the gradient of a wrong forward pass may be anything
    forward: Names = ()
    more_arguments: Names = ()  # that defects take besides
    more_results: Names = ()  # that defects compute besides, to express the others
    # Names of further arguments and results of an adapter under these conventions
    variant_signature: Callable[[Conventions], tuple[Names, Names]] = lambda claims: ((), ())
    # Whether to put a case to an implementation with these conventions
    concerns: Callable[[Case, Conventions], bool] = lambda case, conventions: True
    # Whether a refusal is as right as numbers, given the right outputs
    may_refuse: Callable[[Case, Arguments, Outputs], bool] = lambda case, arguments, right: False
    # The same question with values that have no effect under these conventions; another answer
    # than the right one or a refusal refutes the conventions
    contradictions: Callable[[Case, Conventions], Sequence[Case]] = lambda case, conventions: ()
    as_rows: Callable[[Outputs], Outputs] = lambda outputs: outputs  # as they are written to files
    deviating: str = "other numbers"  # what a deviation is called

    def signature(self, claims: Conventions) -> tuple[Names, Names]:
        """Names of what an adapter takes and returns under these conventions."""
        arguments, results = self.variant_signature(claims)
        return (*self.arguments, *arguments), (*self.results, *results)

    @property
    def canonical_arguments(self) -> Names:
        """What defects take."""
        return (*self.arguments, *self.more_arguments)

    @property
    def canonical(self) -> Names:
        """What defects compute."""
        return (*self.results, *self.more_results)

    def written(self, outputs: Outputs) -> Outputs:
        """Right outputs as they are written to files: what an adapter returns."""
        outputs = self.as_rows(outputs)
        return {name: outputs[name] for name in self.results if name in outputs}

"""What an exercise is: tables to fill, cases, what is right, and known ways to be wrong."""

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refkd.learn.exercises.hints import HINTS
from refkd.learn.explain.equations import page_of
from refkd.verify.kits import kit_named
from refkd.verify.records import Case, Defect

DERIVED = re.compile(r"^    \((\w+)\) Derive: ", re.MULTILINE)
Tables = tuple[Any, ...]  # arrays or numbers; None where a slip says nothing


@dataclass(frozen=True)
class Table:
    """One result of an exercise, in the order in which it is filled."""

    name: str  # as in the docstring of the stub
    axes: Sequence[str]  # an index for each axis, such as "ts"
    first: tuple[str, ...]  # tags of the equations of the row that is filled first
    others: tuple[str, ...] = ()  # those of the other rows; the same if empty
    backward: bool = False  # whether the last row is filled first
    together: bool = False  # whether it is filled row by row with the others of which this holds

    def first_cell(self, wrong: NDArray[np.bool_]) -> tuple[int, ...]:
        """The first of the wrong cells in the order of filling."""
        rows = wrong[::-1] if self.backward else wrong
        index = [int(i) for i in np.argwhere(rows)[0]]
        if self.backward:
            index[0] = len(wrong) - 1 - index[0]
        return tuple(index)

    def step(self, index: tuple[int, ...], length: int) -> int:
        """When the row of a cell is filled, in a table of so many rows."""
        row = index[0] if index else 0
        return length - 1 - row if self.backward else row

    def equations(self, index: tuple[int, ...], length: int) -> tuple[str, ...]:
        """Tags of what gives a cell of a table of so many rows."""
        return self.first if self.step(index, length) == 0 else self.others or self.first

    def place(self, index: tuple[int, ...]) -> str:
        """A cell in words, such as log_alpha[t=1, s=2]."""
        if not index:
            return self.name
        inside = ", ".join(f"{axis}={i}" for axis, i in zip(self.axes, index, strict=True))
        return f"{self.name}[{inside}]"


@dataclass(frozen=True, eq=False)
class Exercise:
    """One function to write."""

    number: int  # place in the order
    name: str  # of the function, and of the module of its solution
    tables: tuple[Table, ...]  # what it returns; earlier tables are needed for later ones
    # The cases, small ones first; their inputs are the arguments, in order.
    asked: Callable[[], Sequence[Case]]
    right: Callable[..., Tables]  # takes the arguments, returns the tables of the reference
    # Known ways to be wrong, likelier ones first; None for a table left open.
    slips: Callable[[], Sequence[Defect]]
    derived_on: str = ""  # the page of the course; empty if it is that of the first equation

    @property
    def file(self) -> str:
        """Name of the file that the learner completes."""
        return f"{self.number:02}_{self.name}.py"

    @property
    def page(self) -> str:
        """The page of the course that derives it."""
        return self.derived_on or page_of(self.tables[0].first[0])

    @cached_property
    def derived(self) -> frozenset[str]:
        """Tags of the equations that the learner derives; neither stub nor mark prints them."""
        return frozenset(DERIVED.findall(self.source))

    @property
    def hints(self) -> tuple[str, str, str]:
        """A question, the idea, and nearly the line of code."""
        return HINTS[self.name]

    @cached_property
    def cases(self) -> Sequence[Case]:
        """What is asked, small cases first."""
        return self.asked()

    @property
    def source(self) -> str:
        """Text of the module of the solution."""
        return inspect.getsource(import_module(self._module))

    @property
    def title(self) -> str:
        """What is computed, in a few words."""
        return str(import_module(self._module).__doc__).strip()

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of the arguments in their order."""
        return tuple(self.cases[0].inputs)

    @property
    def results(self) -> tuple[str, ...]:
        """Names of the tables in their order."""
        return tuple(table.name for table in self.tables)

    @property
    def _module(self) -> str:
        return f"refkd.learn.exercises.solutions.{self.name}"

    def expected(self, case: Case) -> dict[str, NDArray[Any]]:
        """The right tables of a case."""
        values = self.right(*case.inputs.values())
        return {name: np.asarray(value) for name, value in zip(self.results, values, strict=True)}

    def slipped(self, slip: Defect, case: Case) -> dict[str, NDArray[Any]]:
        """The tables that somebody with this slip would have."""
        with np.errstate(all="ignore"):
            values = slip.compute(*case.inputs.values())
        return {
            name: np.asarray(value)
            for name, value in zip(self.results, values, strict=True)
            if value is not None
        }


def case(name: str, **inputs: Any) -> Case:
    """One question: the arguments by name, in their order."""
    return Case(name, inputs, (), "exercise")


def slip(words: str, compute: Callable[..., Tables]) -> Defect:
    """A known way to be wrong that is no bug class of the kits."""
    return Defect("", words, compute)


def slips_of_kit(
    name: str, tables: Callable[..., Tables], bugs: Collection[str] = ()
) -> Iterator[Defect]:
    """The defects of a kit of `refkd verify`, or of some bug classes, seen through the tables.

    Many of them change nothing here; what changes nothing explains nothing.
    """
    for defect in kit_named(name).defects:
        if not bugs or defect.bug in bugs:
            yield Defect(defect.bug, defect.words, partial(tables, defect.compute))

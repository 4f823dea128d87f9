"""The records of all kits: cases, calls, answers, deviations, findings and the report."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Arguments: TypeAlias = Mapping[str, Any]  # arrays, numbers, texts, mappings; None is not given
Outputs: TypeAlias = Mapping[str, NDArray[Any]]
Conventions: TypeAlias = Mapping[str, str]  # what each convention of a kit is: {"blank": "first"}
Status: TypeAlias = Literal["must", "must_reject", "acceptable"]


@dataclass(frozen=True)
class Tolerance:
    """|got - expected| <= atol + rtol |expected|, entry by entry."""

    rtol: float
    atol: float


@dataclass(frozen=True)
class Case:
    """One test case for an implementation, with whole utterances and no padding."""

    name: str  # by which it is run again; the kit's `find` makes the case from it
    inputs: Mapping[str, Any]  # canonical: lists of arrays, one for each utterance, and numbers
    bug_classes: tuple[str, ...]  # bug classes that it is after, likeliest first
    provenance: str  # "hand", "path enumeration", "published: ..." or "generated"
    status: Status = "must"  # right numbers are wanted, a refusal, or whatever comes is reported
    expected: Mapping[str, Any] | None = None  # canonical outputs, where the source gives them
    tolerance: Tolerance | None = None  # of the source's printed digits; added to the dtype's
    layout: Mapping[str, Any] = field(default_factory=dict)  # padding, dtypes, memory of the call


@dataclass(frozen=True)
class Selection:
    """Which cases to run."""

    quick: bool = False
    few_shapes: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Call:
    """Named arguments, and how arrays lie in memory.

    A call that `may_corrupt` the memory of the process comes after all others, and the process gets
    no other call afterwards.
    """

    arguments: Arguments
    memory: Literal["contiguous", "strided"] = "contiguous"
    may_corrupt: bool = False


@dataclass(frozen=True)
class Answer:
    """The result of a call: outputs, or how the call failed and its message.

    A refusal is "raised"; a returned value that the kit does not expect is "unreadable".
    `traceback` is that of the implementation; `overwritten` names the arguments that it changed;
    `seconds` is how long the call took, where that is known.
    """

    outputs: Outputs | None = None
    failure: Literal["raised", "unreadable", "crashed", "timed out", "not asked"] | None = None
    sentence: str = ""
    overwritten: tuple[str, ...] = ()
    traceback: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Deviation:
    """The worst entry of an answer that is not close enough."""

    output: str
    index: tuple[int, ...]
    expected: float
    got: float
    allowed: float
    outside: int  # entries that are not close enough
    entries: int
    layout: str = ""  # whose the index is, where it is not the canonical one


@dataclass(frozen=True, eq=False)
class Outcome:
    """A case that was run: the expected and the returned values, and their deviation.

    `arguments`, `expected` and `answer` are in the kit's canonical layout; `problem` describes
    what is wrong, None if nothing is.
    """

    case: Case
    arguments: Arguments
    expected: Outputs
    answer: Answer
    conventions: Conventions
    problem: str | None = None
    deviation: Deviation | None = None

    @property
    def kind(self) -> tuple[str, ...]:
        """What kind of deviation this is, so that one fault is not minimized into another.

        Without numbers, how the call failed. Else the output; whether it is a wrong number (of a
        number for each utterance: less or more), NaN or infinite; whether infinity was expected.
        """
        if self.deviation is None:
            return (self.answer.failure or str(self.problem),)
        output, got, expected = (self.deviation.output, self.deviation.got, self.deviation.expected)
        beside = any(not np.isfinite(values).all() for values in self.expected.values())
        if not math.isfinite(got) or not math.isfinite(expected):
            what = f"{_quality(got)} for {_quality(expected)}"
        elif len(self.deviation.index) > 1:
            what = "number"
        else:
            what = "less" if got < expected else "more"
        return (output, what, "beside infinity" if beside else "")


def _quality(value: float) -> str:
    return "a number" if math.isfinite(value) else str(value)


@dataclass(frozen=True)
class Defect:
    """A known defect: a plain implementation, in the canonical form, that has it."""

    bug: str
    words: str
    compute: Callable[..., tuple[Any, ...]]  # takes the kit's arguments, returns its results


@dataclass(frozen=True)
class Symptom:
    """What the wrong numbers themselves show."""

    bug: str
    words: str


@dataclass(frozen=True)
class Finding:
    """One bug, or one note, as text."""

    bug: str  # bug class, such as "G3"; empty if none fits
    words: str
    level: Literal["must", "note"]  # a fault; or a convention or property to know of
    case: str = ""  # the smallest that shows it; empty for what was found while probing
    problem: str = ""  # what came in that case
    failing: tuple[str, ...] = ()  # names of the cases that show it
    deviation: Deviation | None = None  # its index in the implementation's own layout
    example: str = ""  # inputs of that case, as text
    again: str = ""  # command that runs that case again


@dataclass(frozen=True)
class Settled:
    """Conventions that further cases decided, and findings of these cases.

    `unasked` names the conventions that no case decides for this implementation.
    """

    values: dict[str, str]
    findings: tuple[Finding, ...] = ()
    unasked: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Trial:
    """A case that was run: what is wrong, in lines, and how many seconds the call took."""

    case: str
    problem: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Report:
    """All findings of a run of a kit."""

    kit: str
    target: str
    conventions: Mapping[str, tuple[str, str]]  # name: (value, how it is known: see `Probed`)
    findings: tuple[Finding, ...]
    asked: int
    agreed: int
    remarks: tuple[str, ...] = ()
    spread: float | None = None  # largest difference between repeats, None if not repeated
    trials: tuple[Trial, ...] = ()  # one for each case that was run

    @property
    def exit_code(self) -> int:
        """1 if anything must be fixed, else 0."""
        return int(any(finding.level == "must" for finding in self.findings))

"""Mark an exercise: ask every case in a child process, compare table by table."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from refkd.check import ArgumentError
from refkd.learn.exercises.exercise import Exercise, Table
from refkd.verify.compare import TOLERANCES, allowed, distances
from refkd.verify.python_runner import PythonRunner
from refkd.verify.records import Answer, Call, Case, Deviation, Outputs

START_LIMIT = 60.0  # seconds to import a file
TOLERANCE = TOLERANCES["float64"]
UNWRITTEN = "NotImplementedError"
FAILURES = {
    "raised": "raises",
    "unreadable": "returns an unreadable value:",
    "crashed": "crashes:",
    "timed out": "takes too long:",
    "not asked": "was not called:",
}
Status = Literal["right", "wrong", "not done yet"]


@dataclass(frozen=True, eq=False)
class Fault:
    """What is wrong with one table in one case."""

    case: Case
    table: Table
    problem: str  # in plain words
    deviation: Deviation | None = None  # the first wrong cell in the order of filling


@dataclass(frozen=True, eq=False)
class Mark:
    """The result of marking an exercise."""

    exercise: Exercise
    status: Status  # "right", "wrong" or "not done yet"
    asked: int = 0  # how many cases were asked
    wrong: Mapping[str, int] | None = None  # in how many cases each table is wrong
    fault: Fault | None = None  # the first wrong table in the smallest case that shows it
    problem: str = ""  # why nothing could be asked; empty if it could
    slip: str = ""  # the known way to be wrong that gives these very numbers; else empty


def mark(exercise: Exercise, folder: Path, time_limit: float) -> Mark:
    """Mark the file of an exercise; there is a mark even if the file cannot be imported."""
    path = folder / exercise.file
    if not path.is_file():
        return Mark(exercise, "not done yet", problem="there is no such file")
    door = PythonRunner(
        f"{path}:{exercise.name}", exercise.arguments, exercise.results, time_limit, START_LIMIT
    )
    try:
        answers = door.ask([Call(case.inputs) for case in exercise.cases])
    except ArgumentError as error:
        problem = str(error).partition("imported, got ")[2]
        return Mark(exercise, "wrong", problem=f"the file cannot be imported: {problem}")
    finally:
        door.close()
    return marked(exercise, answers)


def marked(exercise: Exercise, answers: Sequence[Answer]) -> Mark:
    """Compare answers, one for each case, with the reference."""
    if answers[0].sentence.startswith(UNWRITTEN):
        return Mark(exercise, "not done yet", len(answers))
    faults = [
        fault
        for case, answer in zip(exercise.cases, answers, strict=True)
        for fault in _faults(exercise, case, answer)
    ]
    wrong = {table.name: sum(fault.table is table for fault in faults) for table in exercise.tables}
    if not faults:
        return Mark(exercise, "right", len(answers), wrong)
    first = min(faults, key=lambda fault: _order(exercise, fault))
    numbers = {fault.table.name for fault in faults if fault.deviation is not None}
    slip = "" if first.deviation is None else _slip(exercise, answers, numbers)
    return Mark(exercise, "wrong", len(answers), wrong, first, slip=slip)


def _order(exercise: Exercise, fault: Fault) -> tuple[int, ...]:
    """What is shown first: earlier tables, but of tables filled together the smallest case and row.

    Among equals the smallest case comes first.
    """
    place = exercise.tables.index(fault.table)
    if not fault.table.together:
        return (place,)
    rows = len(exercise.expected(fault.case)[fault.table.name])
    step = -1 if fault.deviation is None else fault.table.step(fault.deviation.index, rows)
    group = [table.together for table in exercise.tables].index(True)
    cases = [case.name for case in exercise.cases]
    return group, cases.index(fault.case.name), step, place


def _faults(exercise: Exercise, case: Case, answer: Answer) -> Iterator[Fault]:
    """What is wrong in one case, in the order of the tables."""
    expected = exercise.expected(case)
    for table in exercise.tables:
        if answer.outputs is None:
            yield Fault(case, table, f"It {FAILURES[str(answer.failure)]} {answer.sentence}")
        elif table.name not in answer.outputs:
            yield Fault(case, table, f"{table.name} is not returned.")
        else:
            got, correct = answer.outputs[table.name], expected[table.name]
            if got.shape != correct.shape:
                problem = f"{table.name} has shape {got.shape}, expected {correct.shape}."
                yield Fault(case, table, problem)
            elif (wrong := _wrong(got, correct)).any():
                yield Fault(case, table, "", _deviation(table, got, correct, wrong))


def _wrong(got: NDArray[Any], correct: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(distances(got, correct) > allowed(correct, TOLERANCE))


def _deviation(
    table: Table, got: NDArray[Any], correct: NDArray[Any], wrong: NDArray[np.bool_]
) -> Deviation:
    index = table.first_cell(wrong)
    limit = float(allowed(correct, TOLERANCE)[index])
    count = int(wrong.sum())
    return Deviation(
        table.name, index, float(correct[index]), float(got[index]), limit, count, wrong.size
    )


def _slip(exercise: Exercise, answers: Sequence[Answer], numbers: Set[str]) -> str:
    """The first known slip that gives, in every case, the first table with wrong numbers.

    One that says nothing about this table is held against the next.
    """
    answered = [
        (case, answer.outputs)
        for case, answer in zip(exercise.cases, answers, strict=True)
        if answer.outputs is not None
    ]
    tables = [name for name in exercise.results if name in numbers]
    for slip in exercise.slips():
        if all(_same(exercise.slipped(slip, case), outputs, tables) for case, outputs in answered):
            return slip.words
    return ""


def _same(slipped: Outputs, outputs: Outputs, tables: Sequence[str]) -> bool:
    name = next((name for name in tables if name in slipped), None)
    if name is None or name not in outputs or outputs[name].shape != slipped[name].shape:
        return False
    return not _wrong(outputs[name], slipped[name]).any()

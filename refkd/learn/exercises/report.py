"""Marks as text and as JSON, and hints."""

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import refkd
from refkd.learn.exercises.exercise import Exercise
from refkd.learn.exercises.mark import Fault, Mark
from refkd.learn.explain.equations import EQUATIONS
from refkd.verify.records import Case
from refkd.verify.report import deviation_values

SCHEMA = 1  # version of the JSON
WIDTH = 80  # columns
MOST = 100  # numbers of an input that are printed


def exit_code(marks: Sequence[Mark]) -> int:
    """0 if all are right, else 1."""
    return int(any(mark.status != "right" for mark in marks))


def summary(marks: Sequence[Mark]) -> str:
    """How many are right."""
    return f"{sum(mark.status == 'right' for mark in marks)} of {len(marks)} right"


def as_text(mark: Mark) -> str:
    """What a learner reads: a line for each table, and the first wrong cell."""
    lines = [f"{mark.exercise.file}: {mark.problem or mark.status}"]
    wide = max(map(len, mark.exercise.results))
    for name, count in (mark.wrong or {}).items():
        state = "right" if not count else f"WRONG in {count} of {mark.asked} cases"
        lines.append(f"  {name:{wide}}  {state}")
    if mark.fault is not None:
        lines += ["", *(f"  {line}" for line in _details(mark, mark.fault)), ""]
    return "\n".join(lines)


def as_hint(exercise: Exercise, step: int) -> str:
    """A hint from 1 on, and the command of the next one."""
    hints = exercise.hints
    head = f"{exercise.name}, hint {step} of {len(hints)}"
    last = f"This is the last hint. The page: {exercise.page}"
    next_hint = f"Next hint: refkd exercise hint {exercise.name} {step + 1}"
    return "\n".join(
        [head, "", *_filled(hints[step - 1]), "", next_hint if step < len(hints) else last]
    )


def as_json(marks: Sequence[Mark]) -> str:
    """The same for machines; infinities and NaN are texts."""
    value = {
        "schema": SCHEMA,
        "refkd": refkd.__version__,
        "exercises": [_values(mark) for mark in marks],
        "right": sum(mark.status == "right" for mark in marks),
        "exit_code": exit_code(marks),
    }
    return json.dumps(value, indent=2, allow_nan=False)


def as_python(case: Case) -> str:
    """The arguments of a case as lines to copy; large arrays by their shape alone.

    Examples
    --------
    >>> import numpy as np
    >>> from refkd.learn.exercises.exercise import case
    >>> from refkd.learn.exercises.report import as_python
    >>> print(as_python(case("one", divergence=np.array([[np.inf, 0.5]]), left=1)))
    divergence = np.array([[np.inf, 0.5]])
    left = 1
    """
    return "\n".join(f"{name} = {_literal(name, value)}" for name, value in case.inputs.items())


def _literal(name: str, value: Any) -> str:
    """Logarithms are written as those of round numbers."""
    array = np.asarray(value)
    if array.size > MOST:
        return f"...  # shape {array.shape}"
    if name.startswith(("logp", "log_")):
        return f"np.log({_nested(np.exp(array))})"
    dtype = "" if array.size else ", dtype=int"
    return f"np.array({_nested(array)}{dtype})" if array.ndim else _nested(array)


def _nested(values: np.ndarray[Any, Any]) -> str:
    rounded = np.vectorize(lambda number: float(f"{number:.6g}"))(values) if values.size else values
    printed = values if values.dtype.kind in "iu" else rounded
    return str(printed.tolist()).replace("inf", "np.inf")


def _details(mark: Mark, fault: Fault) -> Iterator[str]:
    if fault.deviation is not None:
        deviation = fault.deviation
        yield f"First wrong cell: {fault.table.place(deviation.index)}"
        yield f"  expected {deviation.expected:.10g}, got {deviation.got:.10g}"
        rows = len(mark.exercise.expected(fault.case)[deviation.output]) if deviation.index else 0
        for tag in fault.table.equations(deviation.index, rows):
            asked = "is for you to derive" if tag in mark.exercise.derived else EQUATIONS[tag]
            yield from _filled(f"  ({tag}) {asked}", " " * (len(tag) + 5))
        yield f"  {mark.exercise.page}"
    else:
        yield from _filled(fault.problem)
    if mark.slip:
        yield from _filled(f"These numbers come out when {mark.slip}.")
    yield f"Smallest case that shows it: {fault.case.name}"
    yield from (f"  {line}" for line in as_python(fault.case).splitlines())


def _filled(text: str, others: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=others, break_on_hyphens=False)


def _values(mark: Mark) -> dict[str, Any]:
    return {
        "name": mark.exercise.name,
        "file": mark.exercise.file,
        "page": mark.exercise.page,
        "status": mark.status,
        "problem": mark.problem,
        "cases": mark.asked,
        "wrong": dict(mark.wrong or {}),
        "first": mark.fault and _fault_values(mark.fault),
        "slip": mark.slip,
    }


def _fault_values(fault: Fault) -> dict[str, Any]:
    return {
        "case": fault.case.name,
        "table": fault.table.name,
        "problem": fault.problem,
        "deviation": fault.deviation and deviation_values(fault.deviation),
        "inputs": as_python(fault.case),
    }

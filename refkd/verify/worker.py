"""The child process of an adapter: `python -m refkd.verify.worker` (docs/guides/verify.md).

It imports NumPy and the adapter, nothing else, answers one call after the other, and may crash.
"""

import importlib
import inspect
import io
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from refkd.verify.exchange import MOST, read_npz, write_npz

LENGTH_BYTES = 8
NUMBERS = "fiub"  # kinds of dtypes


def send(pipe: BinaryIO, values: Mapping[str, Any]) -> None:
    """Write values as npz, preceded by its length."""
    data = io.BytesIO()
    write_npz(data, values)
    pipe.write(len(data.getbuffer()).to_bytes(LENGTH_BYTES, "little"))
    pipe.write(data.getbuffer())
    pipe.flush()


def receive(pipe: BinaryIO) -> dict[str, Any] | None:
    """Read what `send` has written; None at the end of the pipe."""
    head = pipe.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    length = int.from_bytes(head, "little")
    if length > 2 * MOST:
        raise ValueError("something other than `send` wrote to the pipe")
    data = pipe.read(length)
    return read_npz(io.BytesIO(data))


def in_memory(array: NDArray[Any], memory: str) -> NDArray[Any]:
    """The same numbers, contiguous or as every second column of a wider array."""
    if memory == "contiguous" or array.ndim == 0:
        return array.copy()
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), dtype=array.dtype)
    wide[..., 1::2] = 77  # what a kernel reads that takes the array for contiguous
    strided = wide[..., ::2]
    strided[...] = array
    return strided


def answer(
    function: Callable[..., Any], names: Sequence[str], results: Sequence[str], call: dict[str, Any]
) -> dict[str, Any]:
    """Call the adapter and name what it returns; a refusal is `error`, its sentence."""
    memory = call.pop("call.memory")
    values = [
        in_memory(value, memory) if isinstance(value, np.ndarray) else value
        for value in map(call.get, names)
    ]
    values = [_plain(value) for value in values]
    _leave_rubbish(call)
    try:
        returned = function(*values)
    except (Exception, SystemExit) as error:
        return {"error": _first_line(error), "traceback": traceback_of(error)}
    several = tuple | list if len(results) > 1 else tuple  # a list may be the one result
    parts = returned if isinstance(returned, several) else (returned,)
    try:
        outputs = {
            name: _numbers(name, value)
            for name, value in zip(results, parts, strict=False)
            if value is not None
        }
    except Exception as error:
        return {"unreadable": str(error)}
    changed = [
        name
        for name, value in zip(names, values, strict=True)
        if isinstance(value, np.ndarray) and not _same(value, call[name])
    ]
    return {**outputs, "overwritten": ",".join(changed)}


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip()}".splitlines()[0]


def traceback_of(error: BaseException) -> str:
    """The traceback of an adapter's exception, without the frame of this module that called it."""
    inner = error.__traceback__ and error.__traceback__.tb_next
    return "".join(traceback.format_exception(type(error), error, inner))


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value


def _numbers(name: str, value: Any) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except ValueError:
        sentence = f"{name}: expected an array of numbers, got rows of unequal length"
        raise TypeError(sentence) from None
    if array.dtype.kind not in NUMBERS:
        if array.dtype.name != "bfloat16":
            kind = type(value).__name__ if array.ndim == 0 else f"{array.dtype} entries"
            raise TypeError(f"{name}: expected an array of numbers, got {kind}")
        array = array.astype(np.float32)
    return array


def _leave_rubbish(call: Mapping[str, Any]) -> None:
    """Free arrays full of NaN of the sizes at hand, so that unset memory shows."""
    for value in call.values():
        if isinstance(value, np.ndarray):
            np.full(value.shape, np.nan)
            np.full(value.shape[:1], np.nan)


def _same(first: NDArray[Any], second: NDArray[Any]) -> bool:
    return bool(np.array_equal(first, second, equal_nan=first.dtype.kind == "f"))


def imported(module: str) -> ModuleType:
    """The module of this name or, if it ends in .py, of this file."""
    if not module.endswith(".py"):
        return importlib.import_module(module)
    made = ModuleType(Path(module).stem)
    vars(made).update(runpy.run_path(module, run_name=made.__name__))  # never from a .pyc
    return made


def takes(function: Callable[..., Any], names: Sequence[str]) -> bool:
    """Whether a function can be called with that many arguments, as far as it can be known."""
    try:
        inspect.signature(function).bind(*names)
    except TypeError:
        return False
    except ValueError:  # some compiled functions have no signature
        return True
    return True


def main(target: str, names: str, results: str) -> None:
    """Import MODULE:FUNCTION or FILE.py:FUNCTION, report that, and answer until the pipe closes.

    `names` of its arguments and of its `results` stand in their order, separated by commas.
    """
    calls, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what the adapter prints must not get between the answers
    module, _, function = target.rpartition(":")
    try:
        adapter = getattr(imported(module), function)
    except (Exception, SystemExit) as error:
        send(answers, {"error": _first_line(error), "traceback": traceback_of(error)})
        return
    if not takes(adapter, names.split(",")):
        send(answers, {"error": f"TypeError: it does not accept ({names.replace(',', ', ')})"})
        return
    send(answers, {"ready": True})
    while (call := receive(calls)) is not None:
        send(answers, answer(adapter, names.split(","), results.split(","), call))


if __name__ == "__main__":
    main(*sys.argv[1:])
